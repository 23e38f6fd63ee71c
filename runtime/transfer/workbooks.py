"""XLSX workbooks, distrusted: no entity, no bomb and no endless sheet gets past this file."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, Any
from xml.parsers import expat

from openpyxl import load_workbook

from kernel.i18n import lazy
from runtime.transfer.cells import cell_text
from runtime.transfer.readers import MAX_COLUMNS, BadFile, Table, table_of

MAX_PARTS = 2_000
MAX_UNPACKED = 1 << 30
MAX_STRINGS = 256 << 20
MAX_OTHER_PART = 32 << 20
MAX_RATIO = 200
"""Unpacked to packed size; honest sheets stay below 60."""
_RATIO_FROM = 16 << 20
_PROLOG_BLOCK = 1 << 16


class _Started(Exception):
    """The root element begins: what may hold entities is over."""


def sheet_names(file: IO[bytes]) -> tuple[str, ...]:
    """Names of the visible sheets; raises `BadFile` when this is no safe workbook."""
    with _opened(file) as book:
        names = tuple(sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible")
    if not names:
        raise BadFile(lazy("The workbook has no sheet with cells."))
    return names


def read(file: IO[bytes], sheet: str | None) -> Table:
    """The table of a sheet (the first one when None)."""
    return table_of(_lines(file, sheet))


def _lines(file: IO[bytes], sheet: str | None) -> Generator[tuple[str, ...], None, None]:
    with _opened(file) as book:
        source = book[sheet] if sheet is not None else book.worksheets[0]
        source.reset_dimensions()  # what the file claims about its size is not believed
        number = 0
        try:
            for cells in source.iter_rows(max_col=MAX_COLUMNS + 1):
                number += 1
                yield tuple(_text(cell) for cell in cells)
        except BadFile:
            raise
        except Exception as error:  # openpyxl raises whatever its parsers do on damaged parts
            raise BadFile(lazy("The workbook is damaged after row %(row)s.", row=number)) from error


def _text(cell: Any) -> str:
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    return cell_text(value, cell.number_format)


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[Any]:
    file.seek(0)
    try:
        _inspect(file)
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except BadFile:
        raise
    except Exception as error:  # as above: any error means that the file is not a workbook
        raise BadFile(lazy("The file is not a readable .xlsx workbook.")) from error
    try:
        yield book
    finally:
        book.close()


def _inspect(file: IO[bytes]) -> None:
    """Refuse bombs and document types before any part is unpacked as a whole.

    `zipfile` never gives more bytes than a part's declared size, so the declared sizes bind.
    """
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        sizes = sum(part.file_size for part in parts)
        if len(parts) > MAX_PARTS or sizes > MAX_UNPACKED or any(map(_is_bomb, parts)):
            raise BadFile(
                lazy("The workbook unpacks to more than can be read. Please save it as CSV.")
            )
        for part in parts:
            if part.filename.endswith((".xml", ".rels", ".vml")):
                with archive.open(part) as stream:
                    _refuse_document_type(stream)


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    if part.file_size > _RATIO_FROM and part.file_size > MAX_RATIO * max(part.compress_size, 1):
        return True
    if part.filename.startswith("xl/worksheets/"):
        return False
    limit = MAX_STRINGS if part.filename == "xl/sharedStrings.xml" else MAX_OTHER_PART
    return part.filename.endswith((".xml", ".rels", ".vml")) and part.file_size > limit


def _refuse_document_type(stream: IO[bytes]) -> None:
    """Read a part up to its root element; an entity can only be declared before it."""
    parser = expat.ParserCreate()

    def refuse(*_details: Any) -> None:
        raise BadFile(lazy("The workbook holds a document type, which no spreadsheet writes."))

    def stop(*_details: Any) -> None:
        raise _Started

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        while block := stream.read(_PROLOG_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except _Started:
        return
