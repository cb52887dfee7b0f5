"""Locks of devices: the clauses that allow them, the notices that come before them, and each lock with what became of it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.device_locks import LockState, NoticeBy
from app.models.base import Base, WordType
from app.models.collections.message import Message
from app.models.portfolio.organization import Portfolio
from app.models.servicing.account import Account
from app.models.servicing.managed_device import ManagedDevice
from app.models.staff.staff import Staff


class LockClause(Base):
    """The clause of an agreement under which a device may be locked. Without one that fits a contract nothing is locked.

    Of the rows that fit a contract the newest one that is not after the contract date counts; a portfolio's own row wins over
    one for all, and then one for its state.
    """

    __tablename__ = "lock_clause"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str | None] = mapped_column(String(2))
    """Null: any state without a row of its own."""
    portfolio_id: Mapped[int | None] = mapped_column(ForeignKey("portfolio.id"))
    """Null: all portfolios."""
    contract_from_on: Mapped[dt.date]
    """For contracts that began on this day or later."""
    name: Mapped[str] = mapped_column(String(60))
    """As it is called in the agreement: Clause 14."""
    words: Mapped[str] = mapped_column(String(2000))
    """What it says."""
    notice_days: Mapped[int] = mapped_column(SmallInteger)
    """Days that a notice has to run before a lock."""
    citation: Mapped[str] = mapped_column(String(120))
    """Why it may be used: the statute, or whose opinion."""
    verified_on: Mapped[dt.date | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio | None] = relationship()

    __table_args__ = (
        CheckConstraint("notice_days between 1 and 90", name="notice_has_days"),
        Index(
            "uq_lock_clause_state_portfolio_id_contract_from_on",
            "state",
            "portfolio_id",
            "contract_from_on",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name


class LockNotice(Base):
    """A customer was told that their device may be locked. One sent from here counts only while its message did not fail."""

    __tablename__ = "lock_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    by: Mapped[NoticeBy] = mapped_column(WordType(NoticeBy))
    given_on: Mapped[dt.date]
    words: Mapped[str] = mapped_column(String(2000))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), unique=True)
    noted_at: Mapped[dt.datetime]
    noted_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    account: Mapped[Account] = relationship()
    message: Mapped[Message | None] = relationship()
    noted_by: Mapped[Staff | None] = relationship()

    __table_args__ = (Index("ix_lock_notice_account_id_given_on", "account_id", "given_on"),)

    def __str__(self) -> str:
        return f"{self.by.label} of {self.given_on:%b %-d, %Y}"


class DeviceLock(Base):
    """One lock of one device, from the wish to lock it until it is unlocked. An account has one at most that has not ended."""

    __tablename__ = "device_lock"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    managed_device_id: Mapped[int] = mapped_column(ForeignKey("managed_device.id"), index=True)
    clause_id: Mapped[int] = mapped_column(ForeignKey("lock_clause.id"), index=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("lock_notice.id"), index=True)
    state: Mapped[LockState] = mapped_column(WordType(LockState), server_default=LockState.LOCKING.value)
    reason: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(String(300))
    """What stands on the locked screen."""
    past_due_cents: Mapped[int]
    """What was past due when it was locked."""
    asked_at: Mapped[dt.datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    locked_at: Mapped[dt.datetime | None]
    """When Hexnode took the command."""
    unlock_reason: Mapped[str | None] = mapped_column(String(200))
    unlock_asked_at: Mapped[dt.datetime | None]
    unlock_asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    unlocked_at: Mapped[dt.datetime | None]
    claimed_at: Mapped[dt.datetime | None]
    """When a worker began to send the command, by the database's clock."""
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Tries to unlock it."""
    next_try_at: Mapped[dt.datetime | None]
    failure: Mapped[str | None] = mapped_column(String(300))
    """What the last command came to, when it did not come through."""

    account: Mapped[Account] = relationship()
    managed_device: Mapped[ManagedDevice] = relationship()
    clause: Mapped[LockClause] = relationship()
    notice: Mapped[LockNotice] = relationship()
    asked_by: Mapped[Staff | None] = relationship(foreign_keys=[asked_by_id])

    __table_args__ = (
        Index(
            "uq_device_lock_open",
            "account_id",
            unique=True,
            postgresql_where=text("state not in ('refused', 'unlocked')"),
        ),
        Index("ix_device_lock_account_id", "account_id"),
    )

    def __str__(self) -> str:
        return self.state.label
