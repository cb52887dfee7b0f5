"""An attempt to charge a card, and what happened to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.autopay.charges import ChargeKind, ChargeState
from app.models.autopay.batch import AutopayBatch
from app.models.base import Base, WordType
from app.models.payments.card import Card
from app.models.payments.payment import Payment
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class Charge(Base):
    """One attempt to charge one card for one account. Its key and its whole request are frozen when it is planned.

    The database itself sees to it that an account has one open charge at most, that a payment at Square belongs to one charge,
    and that the frozen part never changes (a trigger).
    """

    __tablename__ = "charge"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    """Idempotency key and reference at Square, random: after a restore of a backup none is ever used a second time."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id"), index=True)
    card_identity: Mapped[str] = mapped_column(String(255))
    """Fingerprint of the plastic, or Square's card id: one card of two customers counts as one."""
    card_version: Mapped[int]
    """Version of the card at Square when the charge was planned: a card that has to be fixed is tried again under a newer one."""
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("autopay_batch.id"))
    kind: Mapped[ChargeKind] = mapped_column(WordType(ChargeKind))
    installment_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The newest installment that it pays; tries are counted by it."""
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    location_id: Mapped[str] = mapped_column(String(64))
    request: Mapped[str]
    """The whole request as it is sent, JSON."""
    request_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the request; `check-ledger` computes it again."""
    business_on: Mapped[dt.date]
    planned_at: Mapped[dt.datetime]
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    state: Mapped[ChargeState] = mapped_column(WordType(ChargeState), server_default=ChargeState.PLANNED.value)
    sends: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    first_sent_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]
    """The last time."""
    was_unknown: Mapped[bool] = mapped_column(server_default="false")
    """Nobody knew for a while what became of it: a later no to the same key does not prove that the first one failed."""
    look_at: Mapped[dt.datetime | None]
    """When the janitor looks next."""
    cleared_at: Mapped[dt.datetime | None]
    """When a look at the processor confirmed the no of a charge that nobody knew about for a while."""
    settled_at: Mapped[dt.datetime | None]
    square_payment_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    """The ledger's row: the money of a success."""
    taken_cents: Mapped[int | None]
    """What Square took where that is not what was asked for: a supervisor has booked it so."""
    decline_code: Mapped[str | None] = mapped_column(String(60))
    error: Mapped[str | None] = mapped_column(String(300))
    """What went wrong, in words."""
    skip_reason: Mapped[str | None] = mapped_column(String(24))
    retry_on: Mapped[dt.date | None]
    """When it is tried again, with a charge of its own."""
    retry_why: Mapped[str | None] = mapped_column(String(24))
    """The class of the decline that says so."""

    account: Mapped[Account] = relationship()
    card: Mapped[Card] = relationship()
    batch: Mapped[AutopayBatch | None] = relationship()
    payment: Mapped[Payment | None] = relationship()
    planned_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index(
            "uq_charge_open",
            "account_id",
            unique=True,
            postgresql_where=text("state in ('planned', 'sending', 'pending', 'unknown', 'needs_review')"),
        ),
        Index("ix_charge_account_id_id", "account_id", "id"),
        Index("ix_charge_batch_id_state", "batch_id", "state"),
        Index("ix_charge_card_identity", "card_identity", "business_on"),
        Index("ix_charge_look_at", "look_at", "id", postgresql_where=text("look_at is not null")),
        Index("ix_charge_review", "id", postgresql_where=text("state = 'needs_review'")),
        Index("ix_charge_business_on_id", "business_on", "id"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(
            "state in ('planned', 'sending', 'succeeded', 'declined', 'rejected', 'pending', 'unknown', 'skipped', "
            "'needs_review')",
            name="known_state",
        ),
        CheckConstraint(
            "(state = 'succeeded') = (payment_id is not null and square_payment_id is not null)", name="success_has_payment"
        ),
        CheckConstraint("state in ('planned', 'skipped', 'needs_review', 'succeeded') or sends > 0", name="sent_before_known"),
    )

    def __str__(self) -> str:
        return f"Charge {self.id}"


class ChargeEvent(Base):
    """One moment in the life of a charge, for whoever has to find out what happened."""

    __tablename__ = "charge_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"), index=True)
    at: Mapped[dt.datetime]
    from_state: Mapped[ChargeState | None] = mapped_column(WordType(ChargeState))
    to_state: Mapped[ChargeState] = mapped_column(WordType(ChargeState))
    source: Mapped[str] = mapped_column(String(24))
    """Who knew: planning, worker, janitor, webhook, reconciliation, staff."""
    said: Mapped[str] = mapped_column(String(300))
    evidence: Mapped[dict[str, Any] | None]
    """What the processor told, redacted."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    charge: Mapped[Charge] = relationship()
    by: Mapped[Staff | None] = relationship()
