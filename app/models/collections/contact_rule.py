"""Contacting customers: the rules, what stands in the way of one of them, overrides, and by which rules each attempt was made."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Time, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.collections.contact import PhoneKind
from app.domain.collections.contact_rules import Channel, RestrictionKind, RuleKind
from app.models.base import Base, WordType
from app.models.collections.work import Activity
from app.models.servicing.account import Account
from app.models.servicing.customer import Customer
from app.models.staff.staff import Staff


class ContactRule(Base):
    """One rule of contact: of the whole country, or of one state. All that speak of a customer have to allow a contact."""

    __tablename__ = "contact_rule"
    __table_args__ = (
        CheckConstraint("most >= 0 and days >= 0", name="not_negative"),
        CheckConstraint("kind <> 'attempts' or (most > 0 and days > 0)", name="attempts_have_a_number"),
        CheckConstraint("kind <> 'conversation' or days > 0", name="conversations_have_days"),
        CheckConstraint("kind <> 'hours' or from_time < until_time", name="hours_begin_before_they_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[str | None] = mapped_column(String(2))
    """Two letters; null: the whole country."""
    kind: Mapped[RuleKind] = mapped_column(WordType(RuleKind))
    is_for_calls: Mapped[bool] = mapped_column(server_default="true")
    is_for_texts: Mapped[bool] = mapped_column(server_default="false")
    is_for_emails: Mapped[bool] = mapped_column(server_default="false")
    most: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Attempts that are allowed in `days` days."""
    days: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    from_time: Mapped[dt.time | None] = mapped_column(Time)
    until_time: Mapped[dt.time | None] = mapped_column(Time)
    phone_kind: Mapped[PhoneKind | None] = mapped_column(WordType(PhoneKind))
    """Only numbers of this kind; null: all."""
    citation: Mapped[str] = mapped_column(String(160))
    verified_on: Mapped[dt.date | None]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name


class ContactRestriction(Base):
    """What a customer asked for, or what is known of them; it counts until it is lifted."""

    __tablename__ = "contact_restriction"
    __table_args__ = (
        Index("ix_contact_restriction_standing", "customer_id", postgresql_where=text("lifted_at is null")),
        Index("ix_contact_restriction_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[RestrictionKind] = mapped_column(WordType(RestrictionKind))
    channel: Mapped[Channel | None] = mapped_column(WordType(Channel))
    """Null: every channel."""
    weekdays: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    """0 for Monday to 6; null: every day."""
    from_time: Mapped[dt.time | None] = mapped_column(Time)
    until_time: Mapped[dt.time | None] = mapped_column(Time)
    note: Mapped[str] = mapped_column(String(300))
    """How it became known, the attorney's name and number."""
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    lifted_at: Mapped[dt.datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    customer: Mapped[Customer] = relationship()


class ContactOverride(Base):
    """A supervisor's word that a customer may be contacted although a rule speaks against it, for a short while."""

    __tablename__ = "contact_override"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    channel: Mapped[Channel] = mapped_column(WordType(Channel))
    reason: Mapped[str] = mapped_column(String(300))
    blocked_by: Mapped[str] = mapped_column(String(400))
    """What stood in the way."""
    given_at: Mapped[dt.datetime]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    until_at: Mapped[dt.datetime]

    account: Mapped[Account] = relationship()
    given_by: Mapped[Staff] = relationship()


class ContactAttempt(Base):
    """By which rules an attempt to reach somebody was judged: the side table of its activity."""

    __tablename__ = "contact_attempt"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    channel: Mapped[Channel] = mapped_column(WordType(Channel))
    is_inbound: Mapped[bool] = mapped_column(server_default="false")
    """They reached out to us: no attempt, but perhaps a conversation."""
    is_allowed: Mapped[bool]
    """Nothing stood in the way at that moment."""
    blocked_by: Mapped[str | None] = mapped_column(String(400))
    rules: Mapped[list[Any]]
    """[id, version] of each rule that was asked."""
    override_id: Mapped[int | None] = mapped_column(ForeignKey("contact_override.id"))

    activity: Mapped[Activity] = relationship()
    account: Mapped[Account] = relationship()
    override: Mapped[ContactOverride | None] = relationship()
