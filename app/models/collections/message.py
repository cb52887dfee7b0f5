"""Messages to customers: templates, the outbox, replies; and what somebody began to type and has not saved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.autopay.notices import NoticeKind
from app.domain.collections.contact_rules import Channel
from app.domain.collections.messages import MessageState
from app.models.base import Base, WordType
from app.models.collections.work import Activity
from app.models.servicing.account import Account
from app.models.servicing.customer import CustomerPhone
from app.models.staff.staff import Staff


class MessageTemplate(Base):
    """The words of a text or an e-mail, with fields that are filled in for each account."""

    __tablename__ = "message_template"
    __table_args__ = (
        CheckConstraint("channel in ('text', 'email')", name="channel_can_be_written"),
        Index("uq_message_template_purpose", "purpose", "channel", unique=True, postgresql_where=text("purpose is not null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    channel: Mapped[Channel] = mapped_column(WordType(Channel))
    subject: Mapped[str | None] = mapped_column(String(150))
    """Of an e-mail."""
    body: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    purpose: Mapped[NoticeKind | None] = mapped_column(WordType(NoticeKind))
    """What the program itself writes with it; null: people choose it."""
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name


class NoteTemplate(Base):
    """A short text for the note field."""

    __tablename__ = "note_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    body: Mapped[str] = mapped_column(String(500))
    place: Mapped[int] = mapped_column(SmallInteger, server_default="100")
    """Templates are offered in this order; the first nine have a digit as their key."""
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name


class Message(Base):
    """One text or e-mail to a customer: what was written, where it went, what became of it. The outbox and its history."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(45), unique=True)
    """Made with the form: pressing Send twice makes one message, and the gateway knows it by this however often it is tried."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[Channel] = mapped_column(WordType(Channel))
    address: Mapped[str] = mapped_column(String(254))
    """The number or the e-mail address at the time it was written."""
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("customer_phone.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("message_template.id"))
    subject: Mapped[str | None] = mapped_column(String(150))
    body: Mapped[str]
    state: Mapped[MessageState] = mapped_column(WordType(MessageState), server_default=MessageState.QUEUED.value)
    queued_at: Mapped[dt.datetime]
    queued_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    claimed_at: Mapped[dt.datetime | None]
    settled_at: Mapped[dt.datetime | None]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    reference: Mapped[str | None] = mapped_column(String(200))
    """What the gateway calls it."""
    failure: Mapped[str | None] = mapped_column(String(400))
    """Why it failed, in a sentence."""
    may_have_been_sent: Mapped[bool] = mapped_column(server_default="false")
    """An answer was lost on the way, so nobody knows."""
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    """The attempt on the timeline; the rules that it was judged by stand in `contact_attempt`."""

    account: Mapped[Account] = relationship()
    phone: Mapped[CustomerPhone | None] = relationship()
    template: Mapped[MessageTemplate | None] = relationship()
    queued_by: Mapped[Staff | None] = relationship()
    activity: Mapped[Activity | None] = relationship()

    __table_args__ = (
        CheckConstraint("channel in ('text', 'email')", name="channel_can_be_written"),
        Index("ix_message_account_id_queued_at", "account_id", "queued_at"),
        Index("ix_message_queued_at_id", "queued_at", "id"),
        Index("ix_message_waiting", "id", postgresql_where=text("state in ('queued', 'sending')")),
        Index("ix_message_failed", "queued_at", "id", postgresql_where=text("state = 'failed'")),
    )

    def __str__(self) -> str:
        return f"{self.channel.label} to {self.address}"


class Reply(Base):
    """A text that a customer sent us, as the gateway brought it; each once, however often it is brought."""

    __tablename__ = "reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """What the gateway calls it."""
    number: Mapped[str] = mapped_column(String(20))
    body: Mapped[str]
    received_at: Mapped[dt.datetime]
    customers: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How many customers have the number; 0 for somebody unknown."""


class Draft(Base):
    """What somebody has typed about an account and not saved: it is there again when they open the account."""

    __tablename__ = "draft"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="cascade"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="cascade"), primary_key=True, autoincrement=False, index=True
    )
    form: Mapped[str] = mapped_column(String(20), primary_key=True)
    """Which form: note, call, promise, follow-up, text, email, work."""
    fields: Mapped[dict[str, Any]]
    """Name → what was typed."""
    typed_at: Mapped[dt.datetime]
