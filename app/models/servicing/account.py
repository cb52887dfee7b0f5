"""The lease: one contract of one customer over one device, and its standing today."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models.base import Base, WordType
from app.models.portfolio.organization import Company, Dealer, Office, Portfolio, Region
from app.models.servicing.customer import Customer
from app.models.servicing.device import Device
from app.models.staff.staff import Staff

_IS_DUE = text("(worklist_weight >= 1000000)")
_IS_LISTED = text("worklist_weight is not null")


class Account(Base):
    """One lease (contract). "Account #" on screens.

    The lower half is *standing*: figures derived from the installments, fees and payments, kept here so that a list of a
    million accounts can be sorted by them. They are written by `services.servicing.standing` (one account) and by the end of
    day (all), and `check-ledger` proves that they equal their sums.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), server_default=func.gen_random_uuid(), unique=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)

    account_number: Mapped[str] = mapped_column(String(40))
    approval_id: Mapped[str | None] = mapped_column(String(40))
    """The number under which the lease was approved; the key of a portfolio report's row."""
    contract_type: Mapped[ContractType] = mapped_column(WordType(ContractType), server_default=ContractType.LEASE.value)
    frequency: Mapped[Frequency] = mapped_column(WordType(Frequency))
    start_on: Mapped[dt.date]
    first_due_on: Mapped[dt.date]
    anchor_days: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    """Days of the month on which monthly (one) and semimonthly (two) installments fall due."""
    payment_cents: Mapped[int]
    total_cents: Mapped[int]
    """Sum of all installments: what the contract is worth."""
    cash_price_cents: Mapped[int | None]
    down_payment_cents: Mapped[int] = mapped_column(server_default="0")

    status: Mapped[AccountStatus] = mapped_column(WordType(AccountStatus))
    default_on: Mapped[dt.date | None]
    """First day of default; it never moves later."""
    closed_on: Mapped[dt.date | None]
    closed_reason: Mapped[str | None] = mapped_column(String(80))
    opened_at: Mapped[dt.datetime]
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    is_test: Mapped[bool] = mapped_column(server_default="false")

    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The collector whose book it is in; the history is in `assignment`."""

    # Standing: derived figures.
    balance_cents: Mapped[int] = mapped_column(server_default="0")
    """Unpaid installments plus unpaid fees."""
    paid_cents: Mapped[int] = mapped_column(server_default="0")
    """Complete payments less reversals, the prior system's included."""
    fees_cents: Mapped[int] = mapped_column(server_default="0")
    """Unpaid fees."""
    credit_cents: Mapped[int] = mapped_column(server_default="0")
    """Money received that covers nothing yet (unapplied)."""
    payments_made: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Installments paid in full."""
    next_due_on: Mapped[dt.date | None]
    """Due date of the oldest unpaid installment, past or to come."""
    next_due_cents: Mapped[int] = mapped_column(server_default="0")
    past_due_cents: Mapped[int] = mapped_column(server_default="0")
    days_past_due: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    contract_days_past_due: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """By the original due dates, as if nothing had been extended: an extension cannot hide risk."""
    last_paid_on: Mapped[dt.date | None]
    worklist_weight: Mapped[int | None]
    """Points that order the worklist, most first (`app.domain.collections.worklist`); null: nothing to work."""
    weight_points: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    """What each kind of the Weighting Table gave when the weight was set, in the order of `app.domain.collections.weights`."""
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio] = relationship()
    company: Mapped[Company | None] = relationship()
    region: Mapped[Region | None] = relationship()
    office: Mapped[Office | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()
    customer: Mapped[Customer] = relationship()
    device: Mapped[Device | None] = relationship()
    assigned_to: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index("uq_account_portfolio_id_account_number", "portfolio_id", "account_number", unique=True),
        Index("uq_account_portfolio_id_approval_id", "portfolio_id", "approval_id", unique=True),
        Index("ix_account_account_number", "account_number", postgresql_ops={"account_number": "text_pattern_ops"}),
        Index("ix_account_approval_id", "approval_id", postgresql_ops={"approval_id": "text_pattern_ops"}),
        # The list filtered by status, newest first. What is past due among a million is picked out inside the index: the
        # newest accounts are hardly ever late, and reading each of them to find out took twenty times as long.
        Index("ix_account_status_start_on_id_next_due_on", "status", "start_on", "id", "next_due_on"),
        Index("ix_account_status_next_due_on_id", "status", "next_due_on", "id"),
        Index("ix_account_payment_cents_id", "payment_cents", "id"),
        Index("ix_account_dealer_id", "dealer_id"),
        Index("ix_account_start_on_id", "start_on", "id"),
        Index("ix_account_balance_cents_id", "balance_cents", "id"),
        Index("ix_account_status_balance_cents_id", "status", "balance_cents", "id"),
        Index("ix_account_next_due_on_id", "next_due_on", "id"),
        Index("ix_account_assigned_to_id_worklist_weight", "assigned_to_id", "worklist_weight"),
        # The other orders of a collector's work (`app.queries.collections.next_account`): what has a follow-up due goes first.
        Index("ix_account_work_by_amount", "assigned_to_id", _IS_DUE, "past_due_cents", postgresql_where=_IS_LISTED),
        Index("ix_account_work_by_days", "assigned_to_id", _IS_DUE, "days_past_due", postgresql_where=_IS_LISTED),
        Index("ix_account_work_by_balance", "assigned_to_id", _IS_DUE, "balance_cents", postgresql_where=_IS_LISTED),
        Index("ix_account_worklist_weight", "worklist_weight", postgresql_where=text("worklist_weight is not null")),
        Index("ix_account_days_past_due_id", "days_past_due", "id", postgresql_where=text("days_past_due > 0")),
        Index("ix_account_fees_cents_id", "fees_cents", "id", postgresql_where=text("fees_cents > 0")),
        Index("ix_account_import_batch_id", "import_batch_id"),
        Index("ix_account_test", "id", postgresql_where=text("is_test")),
        Index("ix_account_default_on_id", "default_on", "id", postgresql_where=text("default_on is not null")),
        Index("ix_account_portfolio_id_status_id", "portfolio_id", "status", "id"),
        CheckConstraint("payment_cents > 0", name="payment_positive"),
        CheckConstraint("days_past_due >= 0 and past_due_cents >= 0", name="past_due_not_negative"),
    )
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.account_number


class Installment(Base):
    """One line of the schedule: what falls due on a day, and how much of it is covered.

    Its key is (account, number): forty million of them need no second index to be found by account. That the account
    exists is checked by triggers, once per statement: a foreign key would look each line's account up by itself, which
    doubles the time of an import.
    """

    __tablename__ = "installment"

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    due_on: Mapped[dt.date] = mapped_column(Date)
    """The day on which the rest of it falls due, `bought_days` included."""
    original_due_on: Mapped[dt.date | None]
    """The contract's own due date; null for all that no arrangement has moved."""
    bought_days: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How much later part payments made it by the contract's policy; replay writes it (`BoughtDays`)."""
    amount_cents: Mapped[int]
    paid_cents: Mapped[int] = mapped_column(server_default="0")
    """Covered by allocations, plus what the prior system had collected."""
    opening_cents: Mapped[int] = mapped_column(server_default="0")
    """The part of `paid_cents` that the prior system had collected before the account came here."""
    paid_on: Mapped[dt.date | None]
    """Effective date of the payment that covered the rest; null while open or when only the prior system knows."""

    __table_args__ = (
        # Aging reads only what is unpaid, and reads it from the index alone.
        Index(
            "ix_installment_unpaid",
            "account_id",
            "due_on",
            postgresql_include=["amount_cents", "paid_cents"],
            postgresql_where=text("paid_cents < amount_cents"),
        ),
        # Whether first payments were made is asked of all accounts at once.
        Index(
            "ix_installment_first",
            "account_id",
            postgresql_include=["number", "amount_cents", "paid_cents", "paid_on"],
            postgresql_where=text("number = 1"),
        ),
        Index("ix_installment_moved", "account_id", postgresql_where=text("original_due_on is not null")),
        Index("ix_installment_due_on_account_id", "due_on", "account_id", postgresql_include=["amount_cents", "paid_cents"]),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("paid_cents between 0 and amount_cents", name="not_over_applied"),
        CheckConstraint("opening_cents between 0 and paid_cents", name="opening_within_paid"),
        CheckConstraint("bought_days >= 0", name="bought_days_not_negative"),
    )


class StatusChange(Base):
    """An account went from one status to another."""

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    from_status: Mapped[AccountStatus | None] = mapped_column(WordType(AccountStatus))
    to_status: Mapped[AccountStatus] = mapped_column(WordType(AccountStatus))
    at: Mapped[dt.datetime]
    business_on: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
