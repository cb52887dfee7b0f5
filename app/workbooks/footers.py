"""Which lines of a sheet are rows: not the blank ones, and not the totals and remarks at its foot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from app.workbooks.sheets import Cell, Row

_TOTAL = re.compile(
    r"\W*(?:(?:grand|report|sub|page|portfolio|overall)?[\s\-_]*totals?\b.*|(?:sum|count|average|records|rows|contracts)\b[\W\d]*)",
    re.IGNORECASE | re.DOTALL,
)
"""What the first filled cell of a total row says."""


def rows_without_footer(rows: Iterator[tuple[int, Row]], wanted: Sequence[int]) -> Iterator[tuple[int, Row]]:
    """Leave out blank rows, labelled totals, and a foot of sums or remarks.

    `wanted` are the positions that count: a row that is empty in all of them is blank. A row with at most half of them
    filled is a total if its first cell says so, wherever it stands, and part of the foot if it holds nothing but numbers or
    just one cell and no row follows it: a sum without a label, "Printed on 11/20/2026".
    """
    first, half = wanted[0], len(wanted) // 2
    fewest = len(wanted) - half
    cells_of = itemgetter(*wanted, first)  # One more than wanted, so that a single position gives a tuple as well.
    held: list[tuple[int, Row]] = []
    for numbered in rows:
        row = numbered[1]
        # The quick way for nearly every row: its first cell is filled and so are more than half of the others.
        if (cell := row[first]) == "" or (type(cell) is str and cell.isspace()) or cells_of(row).count("") >= fewest:
            filled = [row[position] for position in wanted if _is_filled(row[position])]
            if not filled:
                continue
            if len(filled) <= half:
                if _TOTAL.fullmatch(_first_text(row)):
                    continue
                if len(filled) == 1 or not any(isinstance(cell, str) for cell in filled):
                    held.append(numbered)
                    continue
        if held:
            yield from held
            held.clear()
        yield numbered


def _is_filled(cell: Cell) -> bool:
    """Whether a cell holds something."""
    return not isinstance(cell, str) or not (cell == "" or cell.isspace())


def _first_text(row: Row) -> str:
    """The first filled cell of a row, if it is text."""
    first = next((cell for cell in row if _is_filled(cell)), "")
    return first.strip() if isinstance(first, str) else ""
