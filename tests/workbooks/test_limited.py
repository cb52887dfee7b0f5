"""Reading in a child process with limits: the same rows, and a sentence where a limit is met."""

from __future__ import annotations

import io
import os
import pickle
from datetime import date
from pathlib import Path

import pytest

from app.workbooks import limited
from app.workbooks.gate import admit
from app.workbooks.limited import LimitedSheets
from app.workbooks.portfolio_report import COLUMNS
from app.workbooks.reading import read_in_child, read_table
from app.workbooks.samples import write_sample
from app.workbooks.sheets import UnreadableFile, open_sheets
from tests.workbooks.making import GOOD_ROW, HEADER, report, sheets_xlsx, stray_cell_xlsx, workbook_with, xlsx

MEBIBYTE = 1024 * 1024


def test_the_child_gives_the_same_rows_as_reading_here(tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    write_sample(path, 1500, business_on=date(2026, 11, 20))
    file = admit(path, path.name)
    with read_table(file, wanted=COLUMNS) as here, read_in_child(file, wanted=COLUMNS) as there:
        assert here.heading == there.heading
        assert list(here.rows) == list(there.rows)


def test_a_file_in_memory_and_a_text_file_reach_the_child_too() -> None:
    lines = [",".join(HEADER), ",".join(str(cell) for cell in GOOD_ROW)]
    with read_in_child(admit("\n".join(lines).encode(), "r.csv"), wanted=COLUMNS) as table:
        assert [row[0] for _, row in table.rows] == ["7655194-1"]
    with read_in_child(report(GOOD_ROW), wanted=COLUMNS) as table:
        assert [row[0] for _, row in table.rows] == ["7655194-1"]


def test_a_cell_in_the_last_corner_of_a_sheet_meets_the_memory_limit_and_not_the_machines() -> None:
    content = stray_cell_xlsx(HEADER, row=1_048_575, column=16_383)
    file = admit(content, "report.xlsx")
    assert file.size_bytes < 8000
    with pytest.raises(UnreadableFile, match="more memory than an import may use"):
        read_in_child(file, wanted=COLUMNS)


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    pipe = tmp_path / "never-written"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableFile, match="takes longer"):
        LimitedSheets(pipe, "csv", memory_bytes=512 * MEBIBYTE, seconds=1)


def test_a_file_that_vanishes_after_the_gate_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(xlsx([HEADER, GOOD_ROW]))
    file = admit(path, path.name)
    path.unlink()
    with pytest.raises(UnreadableFile, match="damaged or incomplete"):
        read_in_child(file, wanted=COLUMNS)


def test_a_package_without_the_parts_of_a_workbook_is_a_sentence() -> None:
    with pytest.raises(UnreadableFile, match="damaged or incomplete"):
        read_in_child(admit(workbook_with({}), "report.xlsx"), wanted=COLUMNS)


def test_a_stray_cell_far_to_the_right_does_not_keep_a_report_out() -> None:
    file = admit(stray_cell_xlsx(HEADER, GOOD_ROW, row=1, column=16_383), "report.xlsx")
    with read_in_child(file, wanted=COLUMNS) as table:
        assert [row[0] for _, row in table.rows] == ["7655194-1"]


def test_leaving_the_table_early_ends_the_child(tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    write_sample(path, 1500, business_on=date(2026, 11, 20))
    with read_in_child(admit(path, path.name), wanted=COLUMNS) as table:
        next(table.rows)
        child = table._sheets._child  # type: ignore[attr-defined]
        assert child.poll() is None
    assert child.poll() is not None


def test_the_parent_takes_nothing_but_cells_from_its_child() -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.system|nt\.system"):
        limited._Cells(io.BytesIO(pickle.dumps(os.system))).load()


def test_a_second_sheet_can_be_read_after_the_head_of_the_first(tmp_path: Path) -> None:
    content = sheets_xlsx({"A": [[n] for n in range(50)], "B": [[-n] for n in range(50)]})
    sheets = LimitedSheets(content, "xlsx", memory_bytes=512 * MEBIBYTE, seconds=20)
    try:
        assert next(sheets.rows(0)) == [0.0]
        assert list(sheets.rows(1)) == list(open_sheets(content, "xlsx").rows(1))
        assert list(sheets.rows(0)) == list(open_sheets(content, "xlsx").rows(0))
    finally:
        sheets.close()
