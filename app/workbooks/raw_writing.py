"""Cells written back as they were read, for files that people mend and send again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from app.workbooks.sheets import Cell
from app.workbooks.writing import MAX_TEXT

LONG_NUMBER = 10**10
"""From here on Excel would show a whole number as 3.56E+14; it is given a format that shows its digits."""


class RawSheet:
    """One sheet of raw cells in a new workbook: text stays text, numbers stay numbers, dates stay dates."""

    def __init__(self, target: Path | BinaryIO, name: str) -> None:
        """Start the workbook; it is complete when the `with` block is left."""
        import xlsxwriter

        self._book = xlsxwriter.Workbook(
            str(target) if isinstance(target, Path) else target,
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        self._page = self._book.add_worksheet(name)
        self._day = self._book.add_format({"num_format": "mm/dd/yyyy"})
        self._moment = self._book.add_format({"num_format": "mm/dd/yyyy hh:mm:ss"})
        self._digits = self._book.add_format({"num_format": "0"})
        self._heading = self._book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1})
        self._next = 0

    def header(self, names: Sequence[str], *, widths: Sequence[int]) -> None:
        """Write the row of column names and keep it in view."""
        for position, (name, width) in enumerate(zip(names, widths, strict=True)):
            self._page.set_column(position, position, width)
            self._page.write_string(self._next, position, name, self._heading)
        self._next += 1
        self._page.freeze_panes(self._next, 0)

    def append(self, cells: Sequence[Cell | None]) -> None:
        """Write the next row."""
        for position, cell in enumerate(cells):
            if cell is not None and cell != "":
                self._put(position, cell)
        self._next += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._book.close()

    def _put(self, position: int, cell: Any) -> None:
        """Write one cell by its type."""
        at = (self._next, position)
        if isinstance(cell, str):
            self._page.write_string(*at, cell[:MAX_TEXT])
        elif isinstance(cell, bool):
            self._page.write_boolean(*at, cell)
        elif isinstance(cell, (int, float)) and isfinite(cell):
            is_long = abs(cell) >= LONG_NUMBER and cell == int(cell)
            self._page.write_number(*at, cell, self._digits if is_long else None)
        elif isinstance(cell, dt.datetime):
            self._page.write_datetime(*at, cell, self._moment)
        elif isinstance(cell, dt.date):
            self._page.write_datetime(*at, cell, self._day)
        else:
            self._page.write_string(*at, str(cell))
