"""How accounts ended, and the rules by which a customer may bring one back to life."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.status import AccountStatus
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class AccountClosing(Base):
    """An account was closed, cancelled, voided or charged off, with what was unpaid then, split by what it is.

    A charge-off above the limit of one person is written here first and waits for a second one; the account keeps its
    status until then.
    """

    __tablename__ = "account_closing"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    status: Mapped[AccountStatus] = mapped_column(WordType(AccountStatus))
    """What the account became, or is to become."""
    reason: Mapped[str] = mapped_column(String(200))
    fees_cents: Mapped[int]
    rent_cents: Mapped[int]
    interest_cents: Mapped[int] = mapped_column(server_default="0")
    principal_cents: Mapped[int] = mapped_column(server_default="0")
    asked_at: Mapped[dt.datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[dt.datetime | None]
    """Null while it waits for a second person."""
    closed_on: Mapped[dt.date | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reopened_at: Mapped[dt.datetime | None]
    """Re-opened, or refused by the second person."""
    reopened_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    account: Mapped[Account] = relationship()
    asked_by: Mapped[Staff | None] = relationship(foreign_keys=[asked_by_id])

    __table_args__ = (
        Index(
            "uq_account_closing_open",
            "account_id",
            unique=True,
            postgresql_where=text("reopened_at is null"),
        ),
    )


class ReinstatementPolicy(Base):
    """For how long a customer of a state may reinstate a lapsed lease, and for what fee. Figures come from the statute."""

    __tablename__ = "reinstatement_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str | None] = mapped_column(String(2))
    """Null: any state that has no policy of its own."""
    portfolio_id: Mapped[int | None] = mapped_column(ForeignKey("portfolio.id"))
    contract_from_on: Mapped[dt.date]
    """For contracts that began on this day or later."""
    days_weekly: Mapped[int] = mapped_column(SmallInteger)
    """Days after the first missed due date, weekly accounts."""
    days_longer: Mapped[int] = mapped_column(SmallInteger)
    """The same for all others."""
    periods: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    """At least so many payment periods, where the statute says so."""
    days_if_returned: Mapped[int | None] = mapped_column(SmallInteger)
    """Days after the first missed due date when the device was given back, where that lengthens the time."""
    fee_cents: Mapped[int] = mapped_column(server_default="0")
    """The most that may be asked for reinstating."""
    citation: Mapped[str] = mapped_column(String(120))
    verified_on: Mapped[dt.date | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who did; null for what came with the program and nobody has looked up yet."""
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio | None] = relationship()

    __table_args__ = (
        CheckConstraint("days_weekly >= 0 and days_longer >= 0 and fee_cents >= 0", name="not_negative"),
        Index(
            "uq_reinstatement_policy_state_portfolio_id_contract_from_on",
            "state",
            "portfolio_id",
            "contract_from_on",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return f"{self.state or 'any state'} from {self.contract_from_on:%b %-d, %Y}"
