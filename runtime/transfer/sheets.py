"""Writes rows to CSV and XLSX as they come; numbers and dates keep their type."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Protocol

from xlsxwriter import Workbook

from kernel.errors import Invalid
from kernel.i18n import lazy
from runtime.transfer.cells import neutralise

XLSX_ROWS = 1_048_576
XLSX_TEXT = 32_767
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; longer ones are written as text."""
_FIRST_DAY = date(1900, 3, 1)
"""Before it the days of spreadsheets are not those of the calendar."""

CONTENT_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Percentage(Decimal):
    """A percentage in hundredths, which a spreadsheet shows with its sign."""


class Sheet(Protocol):
    """A file in the making. Cells are text, numbers, booleans, dates, or None."""

    def row(self, cells: Sequence[Any]) -> None:
        """Add a row."""

    def close(self) -> None:
        """Write what is left; the file itself stays open."""


def open_sheet(kind: str, file: IO[bytes], *, bom: bool = True) -> Sheet:
    """A sheet of a kind (csv, xlsx) on an open binary file. `bom` marks CSV as UTF-8, without
    which older spreadsheets misread Chinese."""
    return XlsxSheet(file) if kind == "xlsx" else CsvSheet(file, bom=bom)


class CsvSheet:
    """CSV in UTF-8."""

    def __init__(self, file: IO[bytes], *, bom: bool) -> None:
        encoding = "utf-8-sig" if bom else "utf-8"
        self._text = io.TextIOWrapper(file, encoding=encoding, newline="")
        self._writer = csv.writer(self._text)

    def row(self, cells: Sequence[Any]) -> None:
        """Add a row."""
        self._writer.writerow([_plain(cell) for cell in cells])

    def close(self) -> None:
        """Write what is left."""
        self._text.flush()
        self._text.detach()


def _plain(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case Decimal():
            return f"{cell:f}"
        case datetime() | date():
            return cell.isoformat()
        case str():
            return neutralise(cell)
    return str(cell)


class XlsxSheet:
    """A workbook with one sheet, written without being held in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._book = Workbook(
            file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._sheet = self._book.add_worksheet()
        self._head = self._book.add_format({"bold": True})
        self._formats: dict[str, Any] = {}
        self._next = 0
        self._sheet.freeze_panes(1, 0)

    def row(self, cells: Sequence[Any]) -> None:
        """Add a row; the first is the header. Raises `Invalid` when the format has no room."""
        if self._next == XLSX_ROWS:
            raise Invalid(
                lazy("A workbook has at most %(n)s rows. Please export to CSV.", n=XLSX_ROWS)
            )
        for place, cell in enumerate(cells):
            self._write(place, cell)
        self._next += 1

    def _write(self, place: int, cell: Any) -> None:
        at = (self._next, place)
        match cell:
            case None | "":
                return
            case bool():
                self._sheet.write_boolean(*at, cell)
            case Percentage() if _fits(cell):
                self._sheet.write_number(*at, float(cell / 100), self._format("0.##%"))
            case Decimal() | int() if _fits(cell):
                self._sheet.write_number(*at, float(cell), self._format(_number_format(cell)))
            case datetime() if cell.date() >= _FIRST_DAY:
                local = cell.replace(tzinfo=None)
                self._sheet.write_datetime(*at, local, self._format("yyyy-mm-dd hh:mm:ss"))
            case date() if not isinstance(cell, datetime) and cell >= _FIRST_DAY:
                self._sheet.write_datetime(*at, cell, self._format("yyyy-mm-dd"))
            case str():
                self._text(at, neutralise(cell))
            case _:
                self._text(at, _plain(cell))

    def _text(self, at: tuple[int, int], text: str) -> None:
        if len(text) > XLSX_TEXT:
            raise Invalid(
                lazy(
                    "A text in row %(row)s is longer than a workbook can hold (%(n)s characters). "
                    "Please export to CSV.",
                    row=at[0] + 1,
                    n=XLSX_TEXT,
                )
            )
        self._sheet.write_string(*at, text, self._head if at[0] == 0 else None)

    def _format(self, code: str) -> Any:
        if code not in self._formats:
            self._formats[code] = self._book.add_format({"num_format": code})
        return self._formats[code]

    def close(self) -> None:
        """Write what is left."""
        self._book.close()


def _fits(number: Decimal | int) -> bool:
    digits = Decimal(number).normalize().as_tuple().digits
    return len(digits) <= _EXACT_DIGITS


def _number_format(number: Decimal | int) -> str:
    exponent = Decimal(number).as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return "#,##0" + ("." + "0" * decimals if decimals else "")
