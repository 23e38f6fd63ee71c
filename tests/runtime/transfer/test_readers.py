"""Files as they come: encodings, delimiters, workbooks, damage and malice."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook

from kernel.errors import Invalid
from runtime.transfer import readers, workbooks
from runtime.transfer.readers import BadFile, FileFormat, Row, detect, read_table


def read(content: bytes, wanted: FileFormat | None = None) -> tuple[tuple[str, ...], list[Row]]:
    file = io.BytesIO(content)
    table = read_table(file, detect(file, wanted))
    return table.header, list(table.rows)


def workbook(*rows: list[Any], **sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = book.create_sheet(name)
        for row in more:
            other.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CSV = '名称,备注\r\n华为技术,"多行\n文字"\r\n\r\n比亚迪,\r\n'


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings_are_found(encoding: str, found: str) -> None:
    content = CSV.encode(encoding)
    assert detect(io.BytesIO(content)) == FileFormat("csv", found, ",")
    header, rows = read(content)
    assert header == ("名称", "备注")
    assert rows == [Row(2, ("华为技术", "多行\n文字")), Row(4, ("比亚迪", ""))]


def test_a_wrong_encoding_names_the_line() -> None:
    content = b"name\r\nplain\r\ncaf\xe9\xff\r\n"
    with pytest.raises(BadFile, match="Line 3 is not UTF-8 text"):
        read(content, FileFormat("csv", encoding="utf-8"))
    with pytest.raises(BadFile, match="neither UTF-8 nor GB18030"):
        read(content)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str) -> None:
    lines = [["name", "amount"], ["A, B; C", "1,5"], ["D", "2"]]
    text = "\n".join(delimiter.join(f'"{c}"' for c in line) for line in lines)
    header, rows = read(text.encode())
    assert header == ("name", "amount")
    assert rows[0].cells == ("A, B; C", "1,5")


def test_one_column_needs_no_delimiter() -> None:
    assert read(b"name\nA\nB\n")[0] == ("name",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"\n \n", "its first row must name the columns"),
        (b'a,b\n1,"x\n2,y\n', "Row 2 opens a quotation mark that is never closed"),
        (b'a,b\n1,2\n1,"x"y\n', r"Row 3 \(line 3\) is not well-formed CSV"),
        (b"a,b\n1,\x00\n", "Row 2, column 2 holds a character that is no text"),
        (b"a,b\n1," + b"x" * 100_001 + b"\n", "more than 100000 characters"),
        (b"a,b\n1," + b"x" * 140_000 + b"\n", "more than 100000 characters"),
        (b",".join([b"c"] * 501), "at most 500 can be imported"),
        (b"a" * 301 + b"\n1", "longer than 300 characters"),
        (b"PK\x03\x04 not a zip", "not a readable .xlsx workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "old (.xls) or a protected workbook".replace("(", r"\(").replace(")", r"\)"),
        ),
    ],
)
def test_damaged_files_say_where(content: bytes, message: str) -> None:
    with pytest.raises(BadFile, match=message):
        read(content)


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(Invalid, match="encoding"):
        detect(io.BytesIO(b"a"), FileFormat("csv", encoding="rot13"))
    with pytest.raises(Invalid, match="delimiter"):
        detect(io.BytesIO(b"a"), FileFormat("csv", delimiter="x"))


def test_headers_are_made_unique() -> None:
    assert read(b"name, name ,,name\n1,2,3,4\n")[0] == ("name", "name (2)", "#3", "name (3)")


def test_ragged_rows() -> None:
    _header, rows = read(b"a,b\n1\n1,2,,\n1,2,3\n")
    assert [row.cells for row in rows] == [("1", ""), ("1", "2"), ("1", "2")]
    assert [row.error is not None for row in rows] == [False, False, True]


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_ROWS", 3)
    with pytest.raises(BadFile, match="more than 3 rows"):
        read(b"a\n" + b"x\n" * 4)


def test_workbooks_give_the_same_text_as_csv() -> None:
    content = workbook(
        ["name", "day", "amount", "flag"],
        ["华为", datetime.fromisoformat("2017-03-01"), 1100.04, True],
        [None, None, None, None],
        ["x", None, 5, None, None],
        Second=[["only"], ["one"]],
    )
    header, rows = read(content)
    assert header == ("name", "day", "amount", "flag")
    assert rows[0] == Row(2, ("华为", "2017-03-01", "1100.04", "true"))
    assert rows[1] == Row(4, ("x", "", "5", ""))
    assert read(content, FileFormat("xlsx", sheet="Second"))[0] == ("only",)
    with pytest.raises(BadFile, match="no sheet"):
        read(content, FileFormat("xlsx", sheet="Third"))


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, changes[name] if name in changes else source.read(name))
        for name in changes.keys() - set(source.namelist()):
            target.writestr(name, changes[name])
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_external_entities_are_refused(encoding: str) -> None:
    evil = (
        f'<?xml version="1.0" encoding="{encoding}"?><!-- {"x" * 200_000} -->'
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>'
    ).encode(encoding)
    with pytest.raises(BadFile, match="document type"):
        read(repacked(workbook(["a"]), {SHEET: evil}))


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = repacked(workbook(["a"]), {SHEET: b" " * (20 << 20)})
    with pytest.raises(BadFile, match="unpacks to more"):
        read(bomb)
    with pytest.raises(BadFile, match="unpacks to more"):
        read(repacked(workbook(["a"]), {f"part{n}": b"x" for n in range(2_001)}))
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 1_000)
    with pytest.raises(BadFile, match="unpacks to more"):
        read(workbook(["a"]))


def test_a_sheet_that_claims_endless_rows_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_SHEET_ROWS", 1_000)
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
        b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(BadFile, match="more than"):
        read(repacked(workbook(["a"]), {SHEET: sheet}))


def test_a_damaged_sheet_names_the_row() -> None:
    whole = workbook(["a"], ["1"], ["2"])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        sheet = archive.read(SHEET)
    cut = sheet[: sheet.index(b'<row r="3"')]
    with pytest.raises(BadFile, match="damaged after row 2"):
        read(repacked(whole, {SHEET: cut}))


def test_json_lines() -> None:
    content = b'{"name": "A", "n": 1}\n\n[1]\n{"name": \n'
    file = io.BytesIO(content)
    rows = list(read_table(file, detect(file, FileFormat("ndjson"))).rows)
    assert [row.values for row in rows] == [{"name": "A", "n": 1}, {}, {}]
    assert [str(row.error) for row in rows[1:]] == [
        "The line is not a JSON object.",
        "The line is not JSON.",
    ]


def test_text_that_begins_like_a_workbook_is_text() -> None:
    assert read(b"PKG,name\n1,A\n")[0] == ("PKG", "name")
