"""The rows of an import that stayed out, as a workbook that can be mended and sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Problem
from app.workbooks.raw_writing import RawSheet
from app.workbooks.sheets import Cell

PROBLEMS = "Problems"
"""The added column. The importer ignores it, as it does every column that it does not know."""


def write_rejects(
    target: Path | BinaryIO, headers: Sequence[str], rows: Iterable[tuple[Sequence[Cell | None], Sequence[Problem]]]
) -> int:
    """Write rows with their original columns and, behind them, what is wrong with each; returns how many.

    `rows` are (cells in the order of the headers, problems). A Problems column that an earlier round left is replaced.
    """
    kept = [position for position, header in enumerate(headers) if header != PROBLEMS]
    names = [*(headers[position] for position in kept), PROBLEMS]
    count = 0
    with RawSheet(target, "Rejects") as sheet:
        sheet.header(names, widths=[*(max(12, len(name) + 2) for name in names[:-1]), 80])
        for cells, problems in rows:
            sheet.append([*(cells[position] if position < len(cells) else "" for position in kept), said(problems)])
            count += 1
    return count


def said(problems: Iterable[Problem]) -> str:
    """All problems of a row in one cell: `PAYMENTFREQUENCY: “???” is not a frequency we know`."""
    return "; ".join(f"{problem.column}: {problem.message}" if problem.column else problem.message for problem in problems)
