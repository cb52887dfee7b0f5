"""Rows that stayed out come back as a workbook, are mended, and come in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl

from app.domain.errors import Problem
from app.workbooks.formats.shape import ParsedRow, fates
from app.workbooks.gate import AdmittedFile, admit
from app.workbooks.portfolio_report import COLUMNS, PORTFOLIO_REPORT, PortfolioRow
from app.workbooks.reading import read_table
from app.workbooks.rejects import PROBLEMS, write_rejects
from tests.workbooks.making import GOOD_ROW, HEADER, altered, report


def parsed(file: AdmittedFile) -> tuple[tuple[str, ...], list[ParsedRow[PortfolioRow]]]:
    """Headers and rows of a file."""
    with read_table(file, wanted=COLUMNS) as table:
        return table.headers, list(fates(table, PORTFOLIO_REPORT))


def rejects_of(file: AdmittedFile) -> bytes:
    """The workbook of what stayed out."""
    headers, rows = parsed(file)
    target = io.BytesIO()
    write_rejects(target, headers, ((row.cells, row.problems) for row in rows if not row.outcome.is_in))
    return target.getvalue()


def mended(content: bytes, changes: dict[str, Any]) -> AdmittedFile:
    """The workbook after somebody typed over the named cells of its first row."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    names = [cell.value for cell in book.worksheets[0][1]]
    for name, value in changes.items():
        book.worksheets[0].cell(2, names.index(name) + 1).value = value
    target = io.BytesIO()
    book.save(target)
    return admit(target.getvalue(), "mended.xlsx")


def test_rejects_have_the_original_columns_and_say_all_that_is_wrong() -> None:
    bad = altered(CONTRACT="55-1", PAYMENTFREQUENCY="???", NEXTPAYMENTAMOUNT="n/a", CUSTOMERFIRSTNAME="=1+1")
    sheet = openpyxl.load_workbook(io.BytesIO(rejects_of(report(GOOD_ROW, bad)))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == [*HEADER, PROBLEMS]
    assert sheet.max_row == 2
    assert [cell.value for cell in sheet[2]][:-1] == bad
    assert sheet.cell(2, len(HEADER) + 1).value == (
        "PAYMENTFREQUENCY: “???” is not a frequency we know; NEXTPAYMENTAMOUNT: “n/a” is not an amount of money"
    )


def test_mended_rejects_come_in() -> None:
    content = rejects_of(report(altered(CONTRACT=6263809.0, CONTRACTORIGINATIONDATE="TBD", CUSTOMERPHONE1=7135556951.0)))
    _, (row,) = parsed(mended(content, {"CONTRACTORIGINATIONDATE": "4/5/2026"}))
    assert row.outcome.value == "imported"
    assert (row.values.approval_id, row.values.phone) == ("6263809", "+17135556951")


def test_rejects_that_are_rejected_again_have_one_column_of_problems() -> None:
    again = mended(rejects_of(report(altered(PAYMENTFREQUENCY="???"))), {"PAYMENTFREQUENCY": "!!!"})
    sheet = openpyxl.load_workbook(io.BytesIO(rejects_of(again))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == [*HEADER, PROBLEMS]
    assert sheet.cell(2, len(HEADER) + 1).value == "PAYMENTFREQUENCY: “!!!” is not a frequency we know"


def test_rows_from_storage_with_short_cells_and_no_column_are_written_too(tmp_path: Path) -> None:
    path = tmp_path / "rejects.xlsx"
    assert write_rejects(path, ["A", "B"], [(["1"], [Problem(2, None, "The row is broken")]), ([None, 2], [])]) == 2
    values = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    assert values == [("A", "B", PROBLEMS), ("1", None, "The row is broken"), (None, 2, None)]
