"""The person who leases: names, addresses, phones and what they agreed to."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.collections.contact import ConsentChannel, PhoneKind
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio


class Customer(Base):
    """A lessee of one portfolio. A person with accounts in two portfolios is two customers."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"), index=True)
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(200))
    city: Mapped[str | None] = mapped_column(String(80))
    state: Mapped[str | None] = mapped_column(String(2))
    zip_code: Mapped[str | None] = mapped_column(String(10))
    monthly_income_cents: Mapped[int | None]
    """Gross monthly income; unknown is null, never 0."""
    square_customer_id: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[dt.datetime]
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    """The import that brought them; undoing it takes them away again."""
    is_test: Mapped[bool] = mapped_column(server_default="false")
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio] = relationship()
    phones: Mapped[list[CustomerPhone]] = relationship(
        back_populates="customer", order_by="CustomerPhone.is_primary.desc(), CustomerPhone.id"
    )
    consents: Mapped[list[Consent]] = relationship(order_by="Consent.at")

    __mapper_args__ = {"version_id_col": version}

    @property
    def name(self) -> str:
        """First and last name as they are spoken."""
        return f"{self.first_name} {self.last_name}".strip()

    def __str__(self) -> str:
        return self.name


# Prefix search by either name, in any case; text_pattern_ops makes LIKE 'abc%' use the index.
Index(
    "ix_customer_last_first",
    func.lower(Customer.last_name).label("l"),
    func.lower(Customer.first_name).label("f"),
    postgresql_ops={"l": "text_pattern_ops", "f": "text_pattern_ops"},
)
Index(
    "ix_customer_first_last",
    func.lower(Customer.first_name).label("f"),
    func.lower(Customer.last_name).label("l"),
    postgresql_ops={"l": "text_pattern_ops", "f": "text_pattern_ops"},
)
Index("ix_customer_last_name_first_name_id", Customer.last_name, Customer.first_name, Customer.id)
Index("ix_customer_email", func.lower(Customer.email), postgresql_where=Customer.email.is_not(None))
Index(
    "ix_customer_import_batch_id",
    Customer.import_batch_id,
    postgresql_where=Customer.import_batch_id.is_not(None),
)


class CustomerPhone(Base):
    """One number of a customer, in E.164 (`+17135556951`)."""

    __tablename__ = "customer_phone"
    __table_args__ = (
        Index("ix_customer_phone_e164", "e164", postgresql_ops={"e164": "text_pattern_ops"}),
        # People remember and type the last digits: 555-6951.
        Index("ix_customer_phone_last7", text("right(e164, 7)")),
        Index("ix_customer_phone_last10", text("right(e164, 10)")),
        Index("uq_customer_phone_primary", "customer_id", unique=True, postgresql_where=text("is_primary")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    e164: Mapped[str] = mapped_column(String(20))
    kind: Mapped[PhoneKind] = mapped_column(WordType(PhoneKind), server_default=PhoneKind.MOBILE.value)
    is_primary: Mapped[bool] = mapped_column(server_default="false")
    is_bad: Mapped[bool] = mapped_column(server_default="false")
    """Somebody called it and it was wrong or dead."""

    customer: Mapped[Customer] = relationship(back_populates="phones")

    def __str__(self) -> str:
        return self.e164


class Consent(Base):
    """An agreement or a refusal to be contacted on a channel, or to be charged. The newest row counts."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("customer_phone.id"))
    channel: Mapped[ConsentChannel] = mapped_column(WordType(ConsentChannel))
    is_granted: Mapped[bool]
    at: Mapped[dt.datetime] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(120))
    """Where it was said: "signed lease", "by phone", "reply STOP"."""
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
