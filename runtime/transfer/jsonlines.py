"""NDJSON: one JSON object a line, with the values of a record as in the API."""

from __future__ import annotations

from collections.abc import Generator
from typing import IO

import orjson

from kernel.i18n import lazy
from runtime.transfer.readers import MAX_COLUMNS, MAX_ROWS, BadFile, Row, Table

MAX_LINE = 2 << 20
_SHOWN = 200


def read(file: IO[bytes]) -> Table:
    """The rows of a file; there is no header. A line that is no JSON object is a bad row."""
    rows = _rows(file)
    return Table((), rows, rows)


def _rows(file: IO[bytes]) -> Generator[Row, None, None]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadFile(
                lazy("Line %(line)s is longer than %(n)s bytes.", line=number, n=MAX_LINE)
            )
        if not line.strip():
            continue
        if number > MAX_ROWS:
            raise BadFile(lazy("The file has more than %(n)s lines.", n=MAX_ROWS))
        yield _row(number, line)


def _row(number: int, line: bytes) -> Row:
    shown = (line.decode("utf-8", "replace").strip()[:_SHOWN],)
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Row(number, shown, {}, lazy("The line is not JSON."))
    if not isinstance(values, dict):
        return Row(number, shown, {}, lazy("The line is not a JSON object."))
    if len(values) > MAX_COLUMNS:
        return Row(number, shown, {}, lazy("The line has more than %(n)s fields.", n=MAX_COLUMNS))
    return Row(number, shown, values)
