"""Working an account: notes, activity, follow-ups, promises, assignment, claims and alerts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.collections.contact import (
    ActivityKind,
    Disposition,
    FollowUpKind,
    FollowUpStatus,
    PromiseStatus,
)
from app.domain.payments.kinds import PaymentMethod
from app.models.base import Base, WordType
from app.models.servicing.account import Account
from app.models.servicing.customer import CustomerPhone
from app.models.staff.staff import Staff


class Note(Base):
    """What somebody wrote down about an account."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    body: Mapped[str]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    withdrawn_at: Mapped[dt.datetime | None]
    """Taken back by its author (undo)."""

    account: Mapped[Account] = relationship()
    created_by: Mapped[Staff | None] = relationship()

    __table_args__ = (Index("ix_note_account_id_created_at", "account_id", "created_at"),)


class Activity(Base):
    """One thing that was done on an account: a call and how it ended, a text, a change of hands."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[ActivityKind] = mapped_column(WordType(ActivityKind))
    at: Mapped[dt.datetime]
    disposition: Mapped[Disposition | None] = mapped_column(WordType(Disposition))
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("customer_phone.id"))
    summary: Mapped[str] = mapped_column(String(300))
    """One sentence, as the timeline shows it."""
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    withdrawn_at: Mapped[dt.datetime | None]

    account: Mapped[Account] = relationship()
    staff: Mapped[Staff | None] = relationship()
    phone: Mapped[CustomerPhone | None] = relationship()

    __table_args__ = (
        Index("ix_activity_account_id_at", "account_id", "at"),
        Index("ix_activity_staff_id_at", "staff_id", "at"),
        Index("ix_activity_contact", "account_id", "at", postgresql_where=text("disposition is not null")),
    )


class FollowUp(Base):
    """Something to do on an account at a time."""

    __tablename__ = "follow_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[FollowUpKind] = mapped_column(WordType(FollowUpKind))
    due_at: Mapped[dt.datetime]
    note: Mapped[str | None] = mapped_column(String(500))
    status: Mapped[FollowUpStatus] = mapped_column(WordType(FollowUpStatus), server_default=FollowUpStatus.OPEN.value)
    is_due: Mapped[bool] = mapped_column(server_default="false")
    """Set by the end of day once its day has come; what is due goes first in the worklist."""
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[dt.datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    account: Mapped[Account] = relationship()
    created_by: Mapped[Staff | None] = relationship(foreign_keys=[created_by_id])
    closed_by: Mapped[Staff | None] = relationship(foreign_keys=[closed_by_id])

    __table_args__ = (
        Index("ix_follow_up_open", "due_at", "id", postgresql_where=text("status = 'open'")),
        Index("ix_follow_up_due_at_id", "due_at", "id"),
    )


class Promise(Base):
    """A customer's word to pay an amount by a date."""

    __tablename__ = "promise"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    amount_cents: Mapped[int]
    due_on: Mapped[dt.date]
    method: Mapped[PaymentMethod | None] = mapped_column(WordType(PaymentMethod))
    status: Mapped[PromiseStatus] = mapped_column(WordType(PromiseStatus), server_default=PromiseStatus.OPEN.value)
    made_at: Mapped[dt.datetime]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    resolved_on: Mapped[dt.date | None]

    account: Mapped[Account] = relationship()
    taken_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index("uq_promise_open", "account_id", unique=True, postgresql_where=text("status = 'open'")),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
    )


class Assignment(Base):
    """An account in a collector's book, from a moment until another."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    from_at: Mapped[dt.datetime]
    until_at: Mapped[dt.datetime | None]
    is_manual: Mapped[bool] = mapped_column(server_default="false")
    reason: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    account: Mapped[Account] = relationship()
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])

    __table_args__ = (Index("uq_assignment_current", "account_id", unique=True, postgresql_where=text("until_at is null")),)


class WorkClaim(Base):
    """An account that one collector has before them now: nobody else gets it until the claim ends."""

    __tablename__ = "work_claim"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    until_at: Mapped[dt.datetime]


class WorkedToday(Base):
    """An account was handled by somebody on a business date; it leaves that day's worklist."""

    __tablename__ = "worked_today"

    business_on: Mapped[dt.date] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[dt.datetime]


class Bucket(Base):
    """A band of days past due. Together the bands of a scheme are gap-free and do not overlap."""

    __tablename__ = "bucket"
    __table_args__ = (UniqueConstraint("scheme", "from_days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(20))
    """"report" or "worklist"."""
    label: Mapped[str] = mapped_column(String(20))
    from_days: Mapped[int] = mapped_column(SmallInteger)
    to_days: Mapped[int | None] = mapped_column(SmallInteger)
    """Null: no upper end."""

    def __str__(self) -> str:
        return self.label


class BucketChange(Base):
    """An account moved from one report bucket to another."""

    __tablename__ = "bucket_change"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    business_on: Mapped[dt.date] = mapped_column(primary_key=True)
    from_days: Mapped[int] = mapped_column(SmallInteger)
    """Days past due before."""
    to_days: Mapped[int] = mapped_column(SmallInteger)
    from_bucket: Mapped[str] = mapped_column(String(20))
    to_bucket: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    """"end of day" or "payment"."""

    __table_args__ = (Index("ix_bucket_change_business_on", "business_on"),)


class ThresholdCrossing(Base):
    """On a business date an account became later than a number of days whose crossing was an alert then."""

    __tablename__ = "threshold_crossing"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    business_on: Mapped[dt.date] = mapped_column(primary_key=True)
    threshold: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Days past due."""

    __table_args__ = (Index("ix_threshold_crossing_business_on", "business_on"),)
