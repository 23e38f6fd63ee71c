"""Reads the files that people import: which kind a file is, its header and its rows.

Rows are read one after the other; nothing here holds a whole file in memory. What is wrong with
the file as a whole is a `BadFile`; what is wrong with one row travels with the row.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO, Any

from kernel.errors import Invalid
from kernel.i18n import Text, lazy

MAX_ROWS = 500_000
MAX_COLUMNS = 500
MAX_CELL = 100_000
MAX_HEADER = 300
_SHEET_ROWS = 1_048_576
"""Rows a spreadsheet can have: blank ones are skipped, but not without end."""


class BadFile(Invalid):
    """A file that cannot be read; the message says where and what to do."""

    code = "bad_file"
    title = lazy("The file cannot be read.")


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How to read a file. `encoding` and `delimiter` are those of CSV, `sheet` of a workbook."""

    kind: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file. `number` counts from 1 and includes the header, as
    spreadsheets show it. `values` are those of an NDJSON line, `cells` those of all others."""

    number: int
    cells: tuple[str, ...] = ()
    values: dict[str, Any] | None = None
    error: Text | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's header and the rows under it, without blank ones.

    A context manager: who leaves it before the last row lets go of the file in good order.
    """

    header: tuple[str, ...]
    rows: Iterator[Row]
    lines: Generator[Any, None, None]

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_details: object) -> None:
        self.lines.close()


def table_of(lines: Generator[tuple[str, ...], None, None]) -> Table:
    """The table of lines of cells, the first of which is the header.

    Raises `BadFile` for an empty file or header; the rows do for a row that breaks a limit.
    """
    try:
        return _table(lines)
    except BaseException:
        lines.close()  # now, while its file is open
        raise


def _table(lines: Generator[tuple[str, ...], None, None]) -> Table:
    numbered = iter(enumerate(lines, start=1))
    for number, cells in numbered:
        if any(cell.strip() for cell in cells):
            header = _header(cells, number)
            return Table(header, _rows(numbered, len(header)), lines)
        if number >= 100:
            break
    raise BadFile(lazy("The file is empty: its first row must name the columns."))


def _header(cells: tuple[str, ...], number: int) -> tuple[str, ...]:
    names = [" ".join(cell.split()) for cell in _trimmed(cells)]
    _check_width(names, number)
    seen: set[str] = set()
    result: list[str] = []
    for place, name in enumerate(names, start=1):
        _refuse_nul(name, number, place)
        if len(name) > MAX_HEADER:
            raise BadFile(
                lazy(
                    "The name of column %(column)s is longer than %(n)s characters.",
                    column=place,
                    n=MAX_HEADER,
                )
            )
        unique = base = name or f"#{place}"
        repeat = 1
        while unique in seen:
            repeat += 1
            unique = f"{base} ({repeat})"
        seen.add(unique)
        result.append(unique)
    return tuple(result)


def _rows(numbered: Iterator[tuple[int, tuple[str, ...]]], width: int) -> Iterator[Row]:
    found = 0
    for number, cells in numbered:
        if number > _SHEET_ROWS:
            raise BadFile(_too_many_rows())
        if not any(cell.strip() for cell in cells):
            continue
        found += 1
        if found > MAX_ROWS:
            raise BadFile(_too_many_rows())
        yield _row(number, cells, width)


def _row(number: int, cells: tuple[str, ...], width: int) -> Row:
    if len(cells) > width:
        _check_width(cells := _trimmed(cells), number)
    error: Text | None = None
    if len(cells) > width:
        error = lazy("The row has more cells than the header: %(n)s.", n=len(cells))
        cells = cells[:width]
    cells += ("",) * (width - len(cells))
    for place, cell in enumerate(cells, start=1):
        if len(cell) > MAX_CELL:
            raise BadFile(_too_long(number, place))
        _refuse_nul(cell, number, place)
    return Row(number, cells, error=error)


def _refuse_nul(cell: str, number: int, place: int) -> None:
    if "\0" in cell:
        raise BadFile(
            lazy(
                "Row %(row)s, column %(column)s holds a character that is no text. "
                "The file may be damaged or not be a text file.",
                row=number,
                column=place,
            )
        )


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Without the blank cells at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _check_width(cells: list[str] | tuple[str, ...], number: int) -> None:
    if len(cells) > MAX_COLUMNS:
        raise BadFile(
            lazy(
                "Row %(row)s has %(found)s columns; at most %(n)s can be imported.",
                row=number,
                found=len(cells),
                n=MAX_COLUMNS,
            )
        )


def _too_many_rows() -> Text:
    return lazy(
        "The file has more than %(n)s rows. Please split it into several files.", n=MAX_ROWS
    )


def _too_long(number: int, place: int) -> Text:
    return lazy(
        "Row %(row)s, column %(column)s holds more than %(n)s characters.",
        row=number,
        column=place,
        n=MAX_CELL,
    )


def detect(file: IO[bytes], wanted: FileFormat | None = None) -> FileFormat:
    """How a file is to be read: by its content, whatever its name says.

    What `wanted` leaves open is found out; raises `BadFile` when that is not possible.
    """
    from runtime.transfer import csvfiles, workbooks

    file.seek(0)
    start = file.read(8)
    if not start:
        raise BadFile(lazy("The file is empty."))
    if start.startswith(b"PK\x03\x04"):
        sheets = workbooks.sheet_names(file)
        sheet = wanted.sheet if wanted and wanted.sheet else sheets[0]
        if sheet not in sheets:
            raise BadFile(lazy("The workbook has no sheet “%(sheet)s”.", sheet=sheet[:80]))
        return FileFormat("xlsx", sheet=sheet)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(
            lazy(
                "This is an old (.xls) or a protected workbook. "
                "Please save it as .xlsx without a password, or as CSV."
            )
        )
    if wanted and wanted.kind == "ndjson":
        return FileFormat("ndjson")
    return csvfiles.detect(file, wanted)


def read_table(file: IO[bytes], how: FileFormat) -> Table:
    """The file's table; `file` must stay open while its rows are read."""
    from runtime.transfer import csvfiles, jsonlines, workbooks

    file.seek(0)
    if how.kind == "xlsx":
        return workbooks.read(file, how.sheet)
    if how.kind == "ndjson":
        return jsonlines.read(file)
    return csvfiles.read(file, how)
