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
"""What the first text in a total row says; its column may stand behind the sums."""

_NUMBER = re.compile(r"\W*[0-9][\d,.]*\W*")


def rows_without_footer(rows: Iterator[tuple[int, Row]], wanted: Sequence[int]) -> Iterator[tuple[int, Row]]:
    """Leave out blank rows, labelled totals, and a foot of sums or remarks.

    `wanted` are the positions that every row should fill; a row that is empty in all of them is blank. A row that lacks
    some of them is a total, wherever it stands, if its first text says so and the others are numbers or at most half. It
    is part of the foot if it holds nothing but numbers or just one cell, fills at most half, and no row follows it: a sum
    without a label, "Printed on 11/20/2026".
    """
    first, half = wanted[0], len(wanted) // 2
    cells_of = itemgetter(*wanted, first)  # One more than wanted, so that a single position gives a tuple as well.
    held: list[tuple[int, Row]] = []
    for numbered in rows:
        row = numbered[1]
        # The quick way for nearly every row: it is full, and not of blanks.
        if "" in cells_of(row) or (type(cell := row[first]) is str and cell.isspace()):
            filled = [row[position] for position in wanted if _is_filled(row[position])]
            if not filled or (len(filled) < len(wanted) and _is_total(row, filled, half)):
                continue
            if len(filled) <= half and (len(filled) == 1 or not any(isinstance(cell, str) for cell in filled)):
                held.append(numbered)
                continue
        if held:
            yield from held
            held.clear()
        yield numbered


def _is_total(row: Row, filled: Sequence[Cell], half: int) -> bool:
    """Whether a row that lacks some cells calls itself a total and looks like one."""
    label = next((cell for cell in row if isinstance(cell, str) and _is_filled(cell)), None)
    if label is None or not _TOTAL.fullmatch(label.strip()):
        return False
    others = [cell for cell in filled if cell is not label]
    return len(filled) <= half or all(not isinstance(cell, str) or _NUMBER.fullmatch(cell) for cell in others)


def _is_filled(cell: Cell) -> bool:
    """Whether a cell holds something."""
    return not isinstance(cell, str) or not (cell == "" or cell.isspace())
