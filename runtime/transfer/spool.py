"""A file's rows on local disk, to be read in any order: parents go before their children."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from typing import Any

import orjson

from kernel.i18n import Text
from runtime.transfer.cells import TypedText
from runtime.transfer.readers import Row, Table


class Spool:
    """Rows by position (from 0). A context manager: its file vanishes when it is left."""

    def __init__(self, table: Table) -> None:
        self.header = table.header
        self._source = table.rows
        self._starts = array("Q")
        self._file = tempfile.TemporaryFile(prefix="banyan-import-")  # noqa: SIM115 - `__exit__`

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_details: Any) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._starts)

    def fill(self) -> Iterator[Row]:
        """Take in all rows of the table, handing each out as it passes."""
        for row in self._source:
            self._starts.append(self._file.tell())
            self._file.write(orjson.dumps(_pack(row)) + b"\n")
            yield row

    def __getitem__(self, position: int) -> Row:
        self._file.seek(self._starts[position])
        return _unpack(orjson.loads(self._file.readline()))


def _pack(row: Row) -> list[Any]:
    cells = [[str(cell)] if isinstance(cell, TypedText) else cell for cell in row.cells]
    error: Text | None = row.error
    return [row.number, cells, row.values, None if error is None else str(error)]


def _unpack(packed: list[Any]) -> Row:
    number, cells, values, error = packed
    texts = tuple(TypedText(cell[0]) if isinstance(cell, list) else cell for cell in cells)
    return Row(number, texts, values, error)
