"""What was agreed when a contract was signed, beyond its schedule, and who signed it beside the customer."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.parties import PartyRole
from app.models.base import Base, WordType
from app.models.servicing.account import Account
from app.models.servicing.customer import Customer


class ContractTerms(Base):
    """The descriptive side of one contract, under the names of the UAS report set. Imported accounts may have none."""

    __tablename__ = "contract_terms"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    contract_number: Mapped[str] = mapped_column(String(16), unique=True)
    """`ACCT#LOA##`: the holder's number and which of their contracts it is."""
    holder_number: Mapped[str] = mapped_column(String(7), index=True)
    """Seven characters that all contracts of one customer share."""
    program: Mapped[str | None] = mapped_column(String(80))
    location: Mapped[str | None] = mapped_column(String(80))
    seller: Mapped[str | None] = mapped_column(String(80))
    pricing_tier: Mapped[str | None] = mapped_column(String(40))
    merchant_ext_id: Mapped[str | None] = mapped_column(String(60))
    """The merchant's own number of the sale."""
    applicant_id: Mapped[str | None] = mapped_column(String(60))
    """The number of the application that was approved."""
    note_on: Mapped[dt.date]
    """The day on which the contract was signed."""
    rescission_on: Mapped[dt.date | None]
    """Until this day the customer may cancel and owes nothing."""
    description: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[str | None] = mapped_column(String(2))
    """Whose law the contract follows: two letters."""
    opening_key: Mapped[str | None] = mapped_column(String(45), unique=True)
    """The key of the form that opened it; a form that is sent twice opens one account."""

    account: Mapped[Account] = relationship()

    def __str__(self) -> str:
        return self.contract_number


class AccountParty(Base):
    """A second person who answers for a contract."""

    __tablename__ = "account_party"
    __table_args__ = (UniqueConstraint("account_id", "customer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    role: Mapped[PartyRole] = mapped_column(WordType(PartyRole))

    account: Mapped[Account] = relationship()
    customer: Mapped[Customer] = relationship()
