"""A small table of figures: every column has its definition, every row the filter that finds what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.reports.table import Table
from app.workbooks.writing import ExportColumn


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its values in the order of the columns, and the filter of the lists that finds its rows."""

    key: tuple[str, ...]
    values: tuple[Any, ...]
    query: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with its definitions, and the sums under it."""

    name: str
    title: str
    note: str
    columns: tuple[ExportColumn, ...]
    hints: dict[str, str]
    lines: tuple[Line, ...]
    totals: tuple[Any, ...]

    def place(self, key: str) -> int:
        """Where a column stands."""
        return next(place for place, column in enumerate(self.columns) if column.key == key)

    def table(self) -> Table:
        """As a file has it, the sums last."""
        return Table(self.title, self.columns, [*(line.values for line in self.lines), *([self.totals] if self.totals else [])])
