"""Where the rows of a format land: what the database says of their fate, how they are written and taken out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.models import ImportBatch
from app.services.reporting.progress import Progress
from app.services.staff.audit import Actor


class Decide(Protocol):
    """What gives rows the fate that only the database knows."""

    def __call__(self, session: Session, batch: ImportBatch, *, today: dt.date) -> int:
        """Decide; returns how many rows changed."""


class Write(Protocol):
    """What writes the rows of a batch where they belong."""

    def __call__(
        self, session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
    ) -> Mapping[str, Any]:
        """Write what a batch brings; returns the counts that the audit trail keeps."""


class Remove(Protocol):
    """What takes them out again."""

    def __call__(
        self, session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
    ) -> Mapping[str, Any]:
        """Take out what a batch brought; raises RuleViolation when somebody has worked with it since."""


@dataclass(frozen=True)
class Landing:
    """One place where rows land."""

    decide: Decide
    write: Write
    remove: Remove
    looking: str
    """What `decide` looks for, as progress says it."""
    makes_accounts: bool = False
    """Whether each row that comes in becomes an account, whose id is reserved when the row is read."""
