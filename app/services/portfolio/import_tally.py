"""What a batch says about its rows: how many of each fate, with a warning, and the sums of those that come in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import RowOutcome
from app.models import ImportBatch
from app.workbooks.formats.registry import format_of
from app.workbooks.formats.shape import Format, ParsedRow


@dataclass
class Tally:
    """What a batch says about its rows."""

    form: Format
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    """Rows that come in with a warning."""
    balance_cents: int = 0
    paid_cents: int = 0

    def add(self, row: ParsedRow[Any]) -> None:
        """Count one row."""
        self.rows += 1
        self.outcomes[row.outcome.value] += 1
        if row.outcome.is_in:
            self.warnings += bool(row.problems)
            self.balance_cents += getattr(row.values, self.form.owed_key) or 0
            self.paid_cents += (getattr(row.values, self.form.paid_key) or 0) if self.form.paid_key else 0


def note(batch: ImportBatch, tally: Tally) -> None:
    """Keep the sums on the batch."""
    batch.outcomes = dict(tally.outcomes)
    batch.warnings = tally.warnings
    batch.balance_cents = tally.balance_cents
    batch.paid_cents = tally.paid_cents


def count_again(session: Session, batch: ImportBatch) -> Tally:
    """The sums from the rows as they stand now."""
    form = format_of(batch.format)
    counted = session.execute(
        text(
            """
            select outcome, count(*) as rows, count(*) filter (where problems <> '[]') as with_problems,
                coalesce(sum((fields ->> :owed)::bigint), 0) as balance_cents,
                coalesce(sum((fields ->> :paid)::bigint), 0) as paid_cents
            from import_row where batch_id = :batch group by outcome
            """
        ),
        {"batch": batch.id, "owed": form.owed_key, "paid": form.paid_key or ""},
    )
    tally = Tally(form)
    for row in counted:
        tally.rows += row.rows
        tally.outcomes[row.outcome] = row.rows
        if RowOutcome(row.outcome).is_in:
            tally.warnings += row.with_problems
            tally.balance_cents += int(row.balance_cents)
            tally.paid_cents += int(row.paid_cents)
    return tally
