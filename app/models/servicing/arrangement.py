"""Arrangements: what was agreed with a customer, and which lines of the schedule it moved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.arrangements import ArrangementKind, ArrangementState
from app.models.base import Base, WordType
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class Arrangement(Base):
    """One extension, deferral, due-date change, payment plan or settlement, from request to reversal."""

    __tablename__ = "arrangement"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[ArrangementKind] = mapped_column(WordType(ArrangementKind))
    state: Mapped[ArrangementState] = mapped_column(WordType(ArrangementState))
    terms: Mapped[dict[str, Any]]
    """What its kind needs: days, count, due_on, parts or amount_cents."""
    reason: Mapped[str] = mapped_column(String(400))
    beyond: Mapped[str | None] = mapped_column(String(1000))
    """Which limits it exceeds, in sentences; null when it is within them."""
    beyond_reason: Mapped[str | None] = mapped_column(String(400))
    """Why it was approved all the same."""
    requested_at: Mapped[dt.datetime]
    requested_on: Mapped[dt.date]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[dt.datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    applied_at: Mapped[dt.datetime | None]
    applied_on: Mapped[dt.date | None]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[dt.datetime | None]
    """Reversed, rejected or withdrawn."""
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_reason: Mapped[str | None] = mapped_column(String(400))
    days_moved: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """By how many days all that was open was put off on average."""
    value_cents: Mapped[int] = mapped_column(server_default="0")
    """"Free money": what those days are worth at the lease's price; of a settlement, what was forgiven."""
    # How the account stood when it was applied.
    days_past_due_before: Mapped[int | None] = mapped_column(SmallInteger)
    past_due_before_cents: Mapped[int | None]
    next_due_before_on: Mapped[dt.date | None]
    anchor_days_before: Mapped[list[Any] | None]
    """The contract's days of the month before a due-date change."""
    idempotency_key: Mapped[str | None] = mapped_column(String(45), unique=True)

    account: Mapped[Account] = relationship()
    requested_by: Mapped[Staff | None] = relationship(foreign_keys=[requested_by_id])
    approved_by: Mapped[Staff | None] = relationship(foreign_keys=[approved_by_id])

    __table_args__ = (
        Index("ix_arrangement_account_id_id", "account_id", "id"),
        Index("uq_arrangement_waiting", "account_id", unique=True, postgresql_where=text("state in ('requested', 'approved')")),
        Index("ix_arrangement_state_requested_at_id", "state", "requested_at", "id"),
        Index("ix_arrangement_requested_at_id", "requested_at", "id"),
        Index("ix_arrangement_applied_on_id", "applied_on", "id", postgresql_where=text("applied_on is not null")),
        CheckConstraint("days_moved >= 0 and value_cents >= 0", name="nothing_is_less_than_free"),
    )


class ArrangementLine(Base):
    """One line of the schedule that an arrangement moved or cut, or that its reversal put back.

    Rows of one line in the order of their ids tell its due date on any day: before `effective_on` it was `due_before`.
    """

    __tablename__ = "arrangement_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    arrangement_id: Mapped[int] = mapped_column(ForeignKey("arrangement.id"), index=True)
    account_id: Mapped[int]
    number: Mapped[int] = mapped_column(SmallInteger)
    effective_on: Mapped[dt.date]
    due_before: Mapped[dt.date]
    due_after: Mapped[dt.date]
    amount_before_cents: Mapped[int]
    """0 for a line that was cut off another one."""
    amount_after_cents: Mapped[int]
    """0 for a line that went back into the one it was cut off."""
    original_before_on: Mapped[dt.date | None]
    """The installment's original due date as it was kept before: null when it had never moved."""
    cut_from: Mapped[int | None] = mapped_column(SmallInteger)
    is_reversal: Mapped[bool] = mapped_column(server_default="false")

    arrangement: Mapped[Arrangement] = relationship()

    __table_args__ = (Index("ix_arrangement_line_account_id_number_id", "account_id", "number", "id"),)
