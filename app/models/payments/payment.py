"""Money in, and which charge each cent of it covers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import AdjustmentKind
from app.models.base import Base, WordType
from app.models.payments.card import Card
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class Payment(Base):
    """One entry of the ledger. Append-only: a mistake is undone by a new row that points at it.

    Three dates: received (when the money came), effective (from when it counts), posted (when we wrote it down). A trigger
    refuses to delete a payment or to change its amount, account, kind or dates.
    """

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[PaymentKind] = mapped_column(WordType(PaymentKind))
    method: Mapped[PaymentMethod] = mapped_column(WordType(PaymentMethod))
    state: Mapped[PaymentState] = mapped_column(WordType(PaymentState))
    amount_cents: Mapped[int]
    """Always positive; the kind says which way it goes."""
    received_at: Mapped[dt.datetime]
    effective_on: Mapped[dt.date]
    posted_at: Mapped[dt.datetime]
    posted_on: Mapped[dt.date]
    """Business date on which it was written down."""
    reference: Mapped[str | None] = mapped_column(String(80))
    """Zelle / Cash App / Venmo confirmation, check number, receipt number."""
    note: Mapped[str | None] = mapped_column(String(500))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    part_of_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    """Of a refund: the payment of which it hands back a part. That one stays complete and covers so much less."""
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"))
    square_payment_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    decline_code: Mapped[str | None] = mapped_column(String(60))
    idempotency_key: Mapped[str | None] = mapped_column(String(45), unique=True)
    """The form's own key: pressing Post twice posts once."""
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    settles_on: Mapped[dt.date | None]
    """For a payment that is not complete yet: the business date on which the settlement run takes it up."""
    completed_at: Mapped[dt.datetime | None]
    """When a post-dated or processing payment became complete; null for one that was complete at once."""

    # Time-of-transaction record: how the account stood at that moment.
    tot_status: Mapped[str | None] = mapped_column(String(24))
    tot_past_due_cents: Mapped[int | None]
    tot_days_past_due: Mapped[int | None]

    account: Mapped[Account] = relationship()
    taken_by: Mapped[Staff | None] = relationship()
    card: Mapped[Card | None] = relationship()
    reverses: Mapped[Payment | None] = relationship(remote_side=[id], foreign_keys=[reverses_id])

    __table_args__ = (
        Index("ix_payment_account_id_effective_on_id", "account_id", "effective_on", "id"),
        Index("ix_payment_received_at_id", "received_at", "id"),
        Index("ix_payment_method_received_at_id", "method", "received_at", "id"),
        Index("ix_payment_posted_on", "posted_on"),
        Index("ix_payment_part_of_id", "part_of_id", postgresql_where=text("part_of_id is not null")),
        Index("ix_payment_reference", "reference", postgresql_where=text("reference is not null")),
        Index("ix_payment_effective_on", "effective_on"),
        Index("ix_payment_import_batch_id", "import_batch_id", postgresql_where=text("import_batch_id is not null")),
        Index("ix_payment_waiting", "settles_on", "id", postgresql_where=text("state in ('pending', 'processing')")),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("part_of_id is null or (kind = 'refund' and reverses_id is null)", name="only_a_refund_is_a_part"),
    )


class Allocation(Base):
    """A part of one payment, or of one credit adjustment, that covers one charge.

    Derived: replaying the account makes the same rows again.
    """

    __tablename__ = "allocation"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    adjustment_id: Mapped[int | None] = mapped_column(ForeignKey("adjustment.id"))
    account_id: Mapped[int]
    installment_number: Mapped[int | None] = mapped_column(SmallInteger)
    fee_id: Mapped[int | None] = mapped_column(ForeignKey("fee.id"), index=True)
    amount_cents: Mapped[int]
    effective_on: Mapped[dt.date]

    payment: Mapped[Payment | None] = relationship()

    __table_args__ = (
        Index("ix_allocation_adjustment_id", "adjustment_id", postgresql_where=text("adjustment_id is not null")),
        CheckConstraint("(payment_id is null) <> (adjustment_id is null)", name="of_one_entry"),
        ForeignKeyConstraint(
            ["account_id", "installment_number"],
            ["installment.account_id", "installment.number"],
            name="fk_allocation_installment",
        ),
        Index("ix_allocation_account_id_installment_number", "account_id", "installment_number"),
        Index("ix_allocation_effective_on", "effective_on"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("(installment_number is null) <> (fee_id is null)", name="covers_one_charge"),
    )


class Adjustment(Base):
    """A dated correction of what was collected or owed that is not money in. Append-only."""

    __tablename__ = "adjustment"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[AdjustmentKind] = mapped_column(WordType(AdjustmentKind))
    amount_cents: Mapped[int]
    """Signed. OPENING: what the prior system collected beyond (or short of) the lines it marked as paid."""
    fees_cents: Mapped[int] = mapped_column(server_default="0")
    """The part of a credit or debit that is about fees; with the next two it makes the amount."""
    interest_cents: Mapped[int] = mapped_column(server_default="0")
    principal_cents: Mapped[int] = mapped_column(server_default="0")
    """Principal of a financed contract, rent of a lease."""
    effective_on: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(String(200))
    fee_id: Mapped[int | None] = mapped_column(ForeignKey("fee.id"))
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    arrangement_id: Mapped[int | None] = mapped_column(ForeignKey("arrangement.id"), index=True)
    """The settlement that forgave it: it counts as long as that is applied."""
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"), index=True)
