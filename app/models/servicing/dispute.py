"""What a customer does not agree with, and the evidence."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.evidence import EvidenceKind
from app.models.base import Base, WordType
from app.models.collections.work import FollowUp
from app.models.payments.payment import Payment
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class Dispute(Base):
    """An amount that a customer disputes. Until it is decided late fees and AutoPay wait on that amount."""

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    reason: Mapped[DisputeReason] = mapped_column(WordType(DisputeReason))
    amount_cents: Mapped[int]
    statement: Mapped[str | None]
    """What the customer says, written down; evidence where there is no file."""
    installment_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The line that is disputed; null: the amount counts on what is owed first."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    state: Mapped[DisputeState] = mapped_column(WordType(DisputeState), server_default=DisputeState.OPEN.value)
    opened_on: Mapped[dt.date]
    deadline_on: Mapped[dt.date]
    resolved_on: Mapped[dt.date | None]
    resolution: Mapped[str | None] = mapped_column(String(500))
    late_fees_on: Mapped[dt.date | None]
    """The end of day that charged the late fees which it had held back, once it was rejected or withdrawn."""
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"), index=True)
    """Reminds whoever works the account before the deadline."""
    square_dispute_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The dispute of a card payment at the bank, as Square names it."""
    bank_state: Mapped[str | None] = mapped_column(String(40))
    """How it stands at the bank, such as EVIDENCE_REQUIRED, WON or LOST."""

    account: Mapped[Account] = relationship()
    payment: Mapped[Payment | None] = relationship()
    follow_up: Mapped[FollowUp | None] = relationship()
    opened_by: Mapped[Staff | None] = relationship(foreign_keys=[opened_by_id])
    resolved_by: Mapped[Staff | None] = relationship(foreign_keys=[resolved_by_id])

    __table_args__ = (
        Index(
            "ix_dispute_undecided",
            "deadline_on",
            "id",
            postgresql_where=text("state in ('open', 'under_review')"),
        ),
        Index(
            "ix_dispute_pausing",
            "account_id",
            postgresql_where=text("state in ('open', 'under_review')"),
        ),
        Index(
            "ix_dispute_to_charge",
            "account_id",
            postgresql_where=text("state in ('rejected', 'withdrawn') and late_fees_on is null"),
        ),
        Index("ix_dispute_deadline_on_id", "deadline_on", "id"),
        Index("ix_dispute_opened_on_id", "opened_on", "id"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("deadline_on >= opened_on", name="deadline_not_before_opening"),
    )

    def __str__(self) -> str:
        return f"Dispute {self.id}"


class DisputeEvidence(Base):
    """A file that speaks for one side; its content lies in the home folder under its hash."""

    __tablename__ = "dispute_evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[EvidenceKind] = mapped_column(WordType(EvidenceKind))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    uploaded_at: Mapped[dt.datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    withdrawn_at: Mapped[dt.datetime | None]
    """Does not count any more; the file itself stays."""

    dispute: Mapped[Dispute] = relationship()
    account: Mapped[Account] = relationship()
    uploaded_by: Mapped[Staff | None] = relationship()

    __table_args__ = (CheckConstraint("size_bytes > 0", name="size_positive"),)

    def __str__(self) -> str:
        return self.file_name
