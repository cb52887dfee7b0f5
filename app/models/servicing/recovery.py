"""Getting a device back from somebody who does not pay."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.recoveries import AttemptKind, AttemptOutcome, RecoveryState
from app.models.base import Base, WordType
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class Recovery(Base):
    """One go at getting a device back. While one is open its account's status is recovery, and the other way round."""

    __tablename__ = "recovery"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[RecoveryState] = mapped_column(WordType(RecoveryState), server_default=RecoveryState.OPEN.value)
    reason: Mapped[str] = mapped_column(String(200))
    agent: Mapped[str | None] = mapped_column(String(120))
    """Whoever goes there: an agency, a driver."""
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    """Who sees to it here."""
    opened_on: Mapped[dt.date]
    closed_on: Mapped[dt.date | None]
    outcome: Mapped[str | None] = mapped_column(String(300))
    """How it ended, in words."""

    account: Mapped[Account] = relationship()
    assigned_to: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index("uq_recovery_open", "account_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_recovery_opened_on_id", "opened_on", "id"),
        Index("ix_recovery_state_opened_on_id", "state", "opened_on", "id"),
    )

    def __str__(self) -> str:
        return f"Recovery {self.id}"


class RecoveryAttempt(Base):
    """One thing that was tried, and what came of it."""

    __tablename__ = "recovery_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    recovery_id: Mapped[int] = mapped_column(ForeignKey("recovery.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[AttemptKind] = mapped_column(WordType(AttemptKind))
    place: Mapped[str | None] = mapped_column(String(160))
    outcome: Mapped[AttemptOutcome] = mapped_column(WordType(AttemptOutcome))
    note: Mapped[str | None] = mapped_column(String(500))
    next_on: Mapped[dt.date | None]
    """When to try again."""
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), index=True)
    """Its line on the timeline."""
    withdrawn_at: Mapped[dt.datetime | None]
    """Taken back: it was written on the wrong account."""

    recovery: Mapped[Recovery] = relationship()
    account: Mapped[Account] = relationship()
    by: Mapped[Staff | None] = relationship()
