"""An AutoPay run over all accounts, and whom it left out."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.autopay.batches import BatchKind, RunState, SkipReason
from app.models.base import Base, WordType
from app.models.staff.staff import Staff


class AutopayBatch(Base):
    """The charges of one kind of one business date: unique, so that the same day is never charged twice.

    The counts are those of its charges; `check-ledger` adds them up again.
    """

    __tablename__ = "autopay_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_on: Mapped[dt.date]
    kind: Mapped[BatchKind] = mapped_column(WordType(BatchKind))
    state: Mapped[RunState] = mapped_column(WordType(RunState), server_default=RunState.RUNNING.value)
    reason: Mapped[str | None] = mapped_column(String(300))
    """Why it is paused or stopped."""
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    configuration_errors: Mapped[int] = mapped_column(server_default="0")
    """In a row, up to now."""
    eligible: Mapped[int] = mapped_column(server_default="0")
    left_out: Mapped[int] = mapped_column(server_default="0")
    """Accounts that owe something and were not planned, each with its reason."""
    succeeded: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    """Declined and rejected."""
    unknown: Mapped[int] = mapped_column(server_default="0")
    """Pending, unknown, in review."""
    skipped: Mapped[int] = mapped_column(server_default="0")
    """Planned, and found not to be charged any more when their turn came."""
    charged_cents: Mapped[int] = mapped_column(server_default="0")

    planned_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        UniqueConstraint("business_on", "kind"),
        Index("ix_autopay_batch_started_at_id", "started_at", "id"),
        CheckConstraint("state in ('running', 'paused', 'stopped', 'done')", name="known_state"),
        CheckConstraint("kind in ('daily', 'promises', 'retry')", name="known_kind"),
    )

    def __str__(self) -> str:
        return f"{self.kind.label} {self.business_on:%b %-d, %Y}"


class AutopaySkip(Base):
    """An account that owes something and that a batch did not charge, and why."""

    __tablename__ = "autopay_skip"

    batch_id: Mapped[int] = mapped_column(ForeignKey("autopay_batch.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False, index=True)
    reason: Mapped[SkipReason] = mapped_column(WordType(SkipReason))
    amount_cents: Mapped[int]
    """What would have been charged."""

    __table_args__ = (Index("ix_autopay_skip_batch_id_reason", "batch_id", "reason"),)
