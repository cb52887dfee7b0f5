"""Changing what is kept of rows after they were read: many at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import RowOutcome

COMING = (RowOutcome.POSTED, RowOutcome.QUEUED)
"""Outcomes of money that comes in."""

_CHUNK = 5_000

_NOTE = text(
    """
    update import_row r set outcome = d.outcome, account_id = d.account_id, fields = r.fields || coalesce(d.fields, '{}'),
        problems = coalesce(d.problems, r.problems)
    from jsonb_to_recordset(cast(:decisions as jsonb)) as d(
        row_number int, outcome text, account_id bigint, fields jsonb, problems jsonb)
    where r.batch_id = :batch and r.row_number = d.row_number
    """
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one row, as the database made it known."""

    row_number: int
    outcome: RowOutcome
    account_id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Added to what the row says."""
    problem: tuple[str | None, str] | None = None
    """Column and message of what keeps the row out."""


def note_decisions(session: Session, batch_id: int, decisions: Iterable[Decision]) -> None:
    """Write decisions into their rows, some thousand with each statement."""
    waiting = iter(decisions)
    while chunk := list(islice(waiting, _CHUNK)):
        session.execute(_NOTE, {"batch": batch_id, "decisions": json.dumps([_as_json(one) for one in chunk])})


def _as_json(one: Decision) -> dict[str, Any]:
    problems = None
    if one.problem is not None:
        column, message = one.problem
        problems = [{"column": column, "message": message, "severity": "error"}]
    return {
        "row_number": one.row_number,
        "outcome": one.outcome.value,
        "account_id": one.account_id,
        "fields": dict(one.fields),
        "problems": problems,
    }
