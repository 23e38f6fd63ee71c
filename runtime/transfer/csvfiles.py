"""CSV files: their encoding, their delimiter, their rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator
from typing import IO

from kernel.errors import Invalid
from kernel.i18n import lazy
from runtime.transfer.readers import MAX_CELL, BadFile, FileFormat, Table, table_of

ENCODINGS = ("utf-8", "gb18030", "utf-16")
DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 20
_SAMPLE_ROWS = 30
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(file: IO[bytes], wanted: FileFormat | None) -> FileFormat:
    """Encoding and delimiter of a file, where `wanted` leaves them open.

    The whole file is decoded, so that a wrong encoding is found before anything is imported.
    """
    encoding = wanted.encoding if wanted else None
    if encoding is None:
        encoding = _guess_encoding(file)
    elif encoding not in ENCODINGS:
        raise Invalid(lazy("The encoding “%(name)s” is not supported.", name=encoding[:40]))
    else:
        _check_decodes(file, encoding)
    delimiter = wanted.delimiter if wanted else None
    if delimiter is not None and delimiter not in DELIMITERS:
        raise Invalid(lazy("A delimiter is a comma, a semicolon, a tab or a bar."))
    return FileFormat(
        "csv", encoding=encoding, delimiter=delimiter or _guess_delimiter(file, encoding)
    )


def read(file: IO[bytes], how: FileFormat) -> Table:
    """The table of a file whose format is known."""
    return table_of(_lines(file, how.encoding or "utf-8", how.delimiter or ","))


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _guess_encoding(file: IO[bytes]) -> str:
    file.seek(0)
    start = file.read(4)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            _check_decodes(file, encoding)
            return encoding
    for encoding in ("utf-8", "gb18030"):
        if _first_bad_line(file, encoding) is None:
            return encoding
    raise BadFile(
        lazy(
            "The text is neither UTF-8 nor GB18030 (line %(line)s). "
            "Please save the file as “CSV UTF-8”.",
            line=_first_bad_line(file, "utf-8"),
        )
    )


def _check_decodes(file: IO[bytes], encoding: str) -> None:
    line = _first_bad_line(file, encoding)
    if line is not None:
        raise BadFile(
            lazy(
                "Line %(line)s is not %(encoding)s text. Please choose another encoding.",
                line=line,
                encoding=encoding.upper(),
            )
        )


def _first_bad_line(file: IO[bytes], encoding: str) -> int | None:
    """The line (from 1) of the first bytes that do not decode; None when all do."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(_codec(encoding))()
    lines = 1
    while True:
        block = file.read(_BLOCK)
        try:
            lines += decoder.decode(block, final=not block).count("\n")
        except UnicodeDecodeError as error:
            return lines + bytes(error.object[: error.start]).count(b"\n")
        if not block:
            return None


def _guess_delimiter(file: IO[bytes], encoding: str) -> str:
    """The delimiter that gives the most columns in the most even way."""

    def rating(delimiter: str) -> tuple[bool, int]:
        widths = _widths(file, encoding, delimiter)
        even = bool(widths) and all(width == widths[0] for width in widths)
        return even and widths[0] > 1, widths[0] if widths else 0

    return max(DELIMITERS, key=rating)


def _widths(file: IO[bytes], encoding: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for cells in _lines(file, encoding, delimiter):
            if any(cells):
                widths.append(len(cells))
            if len(widths) == _SAMPLE_ROWS:
                break
    except BadFile:
        widths = widths[:1]
    return widths


def _lines(
    file: IO[bytes], encoding: str, delimiter: str
) -> Generator[tuple[str, ...], None, None]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=_codec(encoding), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield tuple(cells)
    except csv.Error as error:
        raise _broken(error, number + 1, reader.line_num) from error
    except UnicodeError as error:
        raise BadFile(
            lazy("Row %(row)s is not %(encoding)s text.", row=number + 1, encoding=encoding)
        ) from error
    finally:
        text.detach()  # closing the wrapper would close the file, which is the caller's


def _broken(error: csv.Error, row: int, line: int) -> BadFile:
    reason = str(error)
    if "field larger" in reason:
        return BadFile(
            lazy("Row %(row)s holds more than %(n)s characters in a cell.", row=row, n=MAX_CELL)
        )
    if "unexpected end of data" in reason:
        return BadFile(lazy("Row %(row)s opens a quotation mark that is never closed.", row=row))
    return BadFile(
        lazy(
            "Row %(row)s (line %(line)s) is not well-formed CSV: "
            "a quotation mark stands in the middle of a cell.",
            row=row,
            line=line,
        )
    )
