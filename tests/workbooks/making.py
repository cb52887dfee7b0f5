"""Files made for tests: workbooks from rows, archives from parts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.workbooks.gate import AdmittedFile, admit
from app.workbooks.raw_writing import RawSheet

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)

HEADER = [
    "CONTRACT#", "CONTRACTBILLINGSTATUS", "CONTRACTORIGINATIONDATE", "CUSTOMERFIRSTNAME", "CUSTOMERLASTNAME",
    "CUSTOMERPHONE1", "MERCHDESCRIPTION", "CONTRACTCOST", "PAYMENTFREQUENCY", "NEXTPAYMENTAMOUNT",
    "COUNTOFPAYMENTSCOLLECTED", "SUMOFPAYMENTSMADE", "OUTSTANDINGBALANCERENTAL",
]  # fmt: skip

GOOD_ROW: list[Any] = [
    "7655194-1", "Active", "04/05/2026", "Lori", "Diaz", "305-555-9628", "SAMSUNG GALAXY S22 355933250577007",
    161.85, "weekly ", 19.96, 29, 578.84, 459.08,
]  # fmt: skip


def xlsx(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet with the given rows."""
    target = io.BytesIO()
    with RawSheet(target, "Detail") as sheet:
        for row in rows:
            sheet.append(row)
    return target.getvalue()


def sheets_xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """A workbook of several sheets."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
            if name in hidden:
                page.hide()
            else:
                page.activate()
                page.set_first_sheet()
    return target.getvalue()


def stray_cell_xlsx(*rows: Sequence[Any], row: int, column: int) -> bytes:
    """A workbook with a forgotten cell far outside its table; positions count from 0."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)
        page.write_string(row, column, "x")
    return target.getvalue()


def zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of named parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def workbook_with(extra: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An otherwise honest package with additional parts."""
    honest: dict[str, str | bytes] = {"[Content_Types].xml": CONTENT_TYPES, "xl/workbook.xml": "<workbook/>"}
    return zipped({**honest, **extra}, compression)


def report(*rows: Sequence[Any], header: Sequence[Any] = HEADER) -> AdmittedFile:
    """A portfolio report with the given rows below its header."""
    return admit(xlsx([header, *rows]), "report.xlsx")


def altered(**cells: Any) -> list[Any]:
    """The good row with some cells changed: `altered(PAYMENTFREQUENCY="???")`; `CONTRACT` stands for `CONTRACT#`."""
    row = list(GOOD_ROW)
    for name, cell in cells.items():
        row[HEADER.index("CONTRACT#" if name == "CONTRACT" else name)] = cell
    return row
