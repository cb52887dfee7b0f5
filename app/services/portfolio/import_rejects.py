"""The rejects of a batch as a workbook: the original columns and, behind them, what is wrong with each row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from app.domain.errors import Problem, Severity
from app.models import ImportBatch
from app.queries.portfolio.imports import rejected
from app.workbooks.rejects import write_rejects
from app.workbooks.sheets import Cell


def write(session: Session, batch: ImportBatch, target: Path | BinaryIO) -> int:
    """Write what stayed out and can be mended; returns how many rows."""
    rows = ((_cells(raw), list(_problems(kept))) for raw, kept in rejected(session, batch.id))
    return write_rejects(target, batch.headers, rows)


def rejects(batch: ImportBatch) -> int:
    """How many rows of a batch stayed out because something in them must be put right first."""
    return sum(int(count) for outcome, count in batch.outcomes.items() if outcome.startswith("rejected:"))


def _problems(kept: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for one in kept:
        yield Problem(None, one["column"], one["message"], Severity(one["severity"]))


def _cells(kept: Sequence[Any]) -> list[Cell | None]:
    return [_cell(value) for value in kept]


def _cell(value: Any) -> Cell | None:
    """A kept cell as a workbook should show it: ISO text becomes a date again."""
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    cell: Cell | None = value
    return cell
