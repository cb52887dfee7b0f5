"""Tables that go out: what a spreadsheet shows, and what it must never run."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.workbooks import writing
from app.workbooks.writing import ExportColumn, harmless, write_csv, write_xlsx

COLUMNS = (
    ExportColumn("name", "Customer"),
    ExportColumn("balance_cents", "Balance", "cents"),
    ExportColumn("due_on", "Due Date", "date"),
    ExportColumn("paid_at", "Paid At", "datetime"),
    ExportColumn("made", "Payments Made", "int"),
    ExportColumn("rate", "Rate", "percent"),
)
PAID_AT = dt.datetime(2026, 11, 20, 17, 30, tzinfo=dt.UTC)
ROW = ("Ana Muñoz", 124942, dt.date(2026, 11, 27), PAID_AT, 29, Decimal("0.153"))
NEW_YORK = ZoneInfo("America/New_York")
EVIL = ["=HYPERLINK(1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1"]


def sheet_of(content: bytes) -> Any:
    """The first sheet as another reader sees it."""
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def workbook(rows: list[Any], columns: tuple[ExportColumn, ...] = COLUMNS) -> bytes:
    """The rows as a workbook in New York's time."""
    target = io.BytesIO()
    assert write_xlsx(target, columns, iter(rows), zone=NEW_YORK) == len(rows)
    return target.getvalue()


def text_of(rows: list[Any], columns: tuple[ExportColumn, ...] = COLUMNS, **options: Any) -> str:
    """The rows as CSV in New York's time."""
    return b"".join(write_csv(columns, iter(rows), zone=NEW_YORK, **options)).decode()


def test_a_workbook_holds_numbers_dates_and_local_moments_with_their_formats() -> None:
    sheet = sheet_of(workbook([ROW]))
    assert [cell.value for cell in sheet[1]] == ["Customer", "Balance", "Due Date", "Paid At", "Payments Made", "Rate"]
    cells = sheet[2]
    days = [cells[2].value.isoformat(), cells[3].value.isoformat()]
    assert [cells[0].value, cells[1].value, *days, cells[4].value, cells[5].value] == [
        "Ana Muñoz", 1249.42, "2026-11-27T00:00:00", "2026-11-20T12:30:00", 29, 0.153,
    ]  # fmt: skip
    assert [cell.number_format for cell in cells[1:]] == ["#,##0.00", "mm/dd/yyyy", "mm/dd/yyyy hh:mm", "0", "0.0%"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F2"
    assert sheet["A1"].font.bold


def test_a_workbook_without_rows_has_its_header() -> None:
    assert [cell.value for cell in sheet_of(workbook([]))[1]][:2] == ["Customer", "Balance"]


def test_empty_values_leave_empty_cells() -> None:
    assert [cell.value for cell in sheet_of(workbook([(None,) * 6, ROW]))[2]] == [None] * 6
    assert text_of([(None,) * 6], with_bom=False).splitlines()[1] == ",,,,,"


@pytest.mark.parametrize("text", EVIL)
def test_text_that_looks_like_a_formula_or_a_link_stays_text(text: str) -> None:
    cell = sheet_of(workbook([(text,), ("https://example.com",)], (ExportColumn("name", "Name"),)))["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text.replace("\r", "_x000D_"), "s", None)


def test_long_numbers_long_texts_and_early_dates_do_not_get_lost() -> None:
    columns = (ExportColumn("a", "A", "int"), ExportColumn("b", "B"), ExportColumn("c", "C", "date"))
    row = next(
        iter(sheet_of(workbook([(10**18, "x" * 40_000, dt.date(1899, 5, 1))], columns)).iter_rows(min_row=2, values_only=True))
    )
    assert row == (str(10**18), "x" * 32_767, "1899-05-01")


def test_more_rows_than_a_sheet_holds_go_to_a_second_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(writing, "SHEET_ROWS", 4)
    path = tmp_path / "long.xlsx"
    assert write_xlsx(path, (ExportColumn("n", "N", "int"),), ((n,) for n in range(9)), sheet="All: accounts") == 9
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["All  accounts", "All  accounts (2)", "All  accounts (3)"]
    pages = [book.get_sheet_by_index(index).to_python() for index in range(3)]
    assert pages == [[["N"], [0.0], [1.0], [2.0], [3.0]], [["N"], [4.0], [5.0], [6.0], [7.0]], [["N"], [8.0]]]


def test_csv_spells_plain_numbers_iso_days_and_local_moments() -> None:
    lines = text_of([ROW, ("Bo", -5, None, None, 0, 1)]).split("\r\n")
    assert lines[0] == "\N{ZERO WIDTH NO-BREAK SPACE}Customer,Balance,Due Date,Paid At,Payments Made,Rate"
    assert lines[1] == "Ana Muñoz,1249.42,2026-11-27,2026-11-20 12:30:00,29,0.153"
    assert lines[2] == "Bo,-0.05,,,0,1"


@pytest.mark.parametrize("text", EVIL)
def test_csv_text_that_looks_like_a_formula_is_guarded_and_numbers_are_not(text: str) -> None:
    content = text_of([(text, -124942)], COLUMNS[:2], with_bom=False)
    assert list(csv.reader(io.StringIO(content, newline="")))[1] == ["'" + text, "-1249.42"]


def test_phone_numbers_and_signed_numbers_are_not_disfigured() -> None:
    assert [harmless(text) for text in ("+17135556951", "-12.50", "+1-2", "", "a=b")] == [
        "+17135556951", "-12.50", "'+1-2", "", "a=b",
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(-(10**12), 10**12)), max_size=20
    )
)
def test_any_text_and_amount_survives_a_csv(rows: list[tuple[str, int]]) -> None:
    content = text_of(list(rows), COLUMNS[:2], with_bom=False)
    back = list(csv.reader(io.StringIO(content, newline="")))[1:]
    assert back == [[harmless(name), f"{Decimal(cents).scaleb(-2):f}"] for name, cents in rows]


def test_a_long_csv_comes_in_chunks() -> None:
    chunks = list(write_csv(COLUMNS, (ROW for _ in range(5000))))
    assert len(chunks) > 3
    assert max(map(len, chunks)) < 100_000
    assert b"".join(chunks).count(b"\r\n") == 5001
