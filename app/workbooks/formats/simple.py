"""Reading the rows of a format that is nothing but a table of columns and a judgement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.domain.errors import Problem, Severity
from app.domain.portfolio.imports import RowOutcome
from app.workbooks.columns import Column
from app.workbooks.formats.shape import ParsedRow, ReadRow
from app.workbooks.sheets import Cell, Row

Wrong = tuple[str, str, Severity]
"""Column key, message, severity."""

Judge = Callable[[Mapping[str, Any], Mapping[str, str]], tuple[Any, RowOutcome, Sequence[Wrong]]]
"""({column key: value}, {column key: why it cannot be read}) → what the row says, its fate, what is wrong with it."""


def reader(columns: Sequence[Column], judge: Judge) -> Callable[[Sequence[str], Mapping[str, str]], ReadRow]:
    """What makes the reader of a file with these columns."""

    def of_file(headers: Sequence[str], mapping: Mapping[str, str]) -> ReadRow:
        places = [(column, headers.index(mapping[column.key])) for column in columns if column.key in mapping]
        nothing = dict.fromkeys((column.key for column in columns if column.key not in mapping), None)

        def read(row_number: int, row: Row) -> ParsedRow[Any]:
            values: dict[str, Any] = dict(nothing)
            unreadable: dict[str, str] = {}
            for column, place in places:
                cell: Cell = row[place]
                values[column.key], message = (None, None) if cell == "" else column.parse(cell)
                if message:
                    unreadable[column.key] = message
            said, outcome, wrong = judge(values, unreadable)
            problems = tuple(Problem(row_number, mapping.get(key), message, severity) for key, message, severity in wrong)
            return ParsedRow(row_number, row, said, outcome, problems)

        return read

    return of_file


def plain_fields(parsed: ParsedRow[Any]) -> dict[str, Any]:
    """The values of a row that are there, dates in ISO."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in parsed.values._asdict().items()
        if value not in (None, "")
    }
