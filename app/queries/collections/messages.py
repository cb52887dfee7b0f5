"""Messages: the outbox as a list, the templates, and what their fields say for an account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact_rules import Channel
from app.domain.collections.messages import MessageState
from app.domain.money import as_text
from app.models import Account, Company, Message, MessageTemplate, NoteTemplate, Portfolio, Staff
from app.queries.listing import Choice, Dates, Field, Flag, Join, Listing, One
from app.queries.servicing.hanging import hanging

MESSAGES = hanging(
    Message,
    Message.account_id,
    (
        Field("queued_at", Message.queued_at, sort=True),
        Field("channel", Message.channel),
        Field("address", Message.address),
        Field("subject", Message.subject),
        Field("body", Message.body),
        Field("template", MessageTemplate.name, "template"),
        Field("state", Message.state),
        Field("failure", Message.failure),
        Field("may_have_been_sent", Message.may_have_been_sent),
        Field("settled_at", Message.settled_at),
        Field("reference", Message.reference),
        Field("tries", Message.tries),
    ),
    (
        Choice("state", "State", Message.state, words=MessageState),
        Choice("channel", "Channel", Message.channel, words=Channel),
        Flag("uncertain", "May have been sent", Message.may_have_been_sent),
        Dates("written", "Written", Message.queued_at),
        One("by", "Written by", Message.queued_by_id, model=Staff, order_by=Staff.name, me="Me"),
        One("template", "Template", Message.template_id, model=MessageTemplate, order_by=MessageTemplate.name),
        One("portfolio", "Portfolio", Account.portfolio_id, join="account", model=Portfolio, order_by=Portfolio.name),
    ),
    order="-queued_at",
    by=Message.queued_by_id,
    joins=(Join("template", MessageTemplate, Message.template_id == MessageTemplate.id, is_outer=True),),
)
"""Texts and e-mails, the newest first."""

MESSAGE_TEMPLATES = Listing(
    MessageTemplate,
    fields=(
        Field("name", MessageTemplate.name, sort=True),
        Field("channel", MessageTemplate.channel, sort=True),
        Field("subject", MessageTemplate.subject),
        Field("body", MessageTemplate.body),
        Field("is_active", MessageTemplate.is_active),
        Field("purpose", MessageTemplate.purpose),
    ),
    filters=(
        Choice("channel", "Channel", MessageTemplate.channel, words=Channel),
        Flag("active", "Active", MessageTemplate.is_active),
    ),
    order="name",
)

NOTE_TEMPLATES = Listing(
    NoteTemplate,
    fields=(
        Field("place", NoteTemplate.place, sort=True),
        Field("name", NoteTemplate.name, sort=True),
        Field("body", NoteTemplate.body),
        Field("is_active", NoteTemplate.is_active),
    ),
    filters=(Flag("active", "Active", NoteTemplate.is_active),),
    order="place",
)


def templates(session: Session, channel: Channel) -> Sequence[MessageTemplate]:
    """What is offered for a channel."""
    offered = select(MessageTemplate).where(
        MessageTemplate.is_active, MessageTemplate.channel == channel, MessageTemplate.purpose.is_(None)
    )
    return session.scalars(offered.order_by(MessageTemplate.name)).all()


def note_templates(session: Session) -> Sequence[NoteTemplate]:
    """What is offered for a note, in its order."""
    return session.scalars(
        select(NoteTemplate).where(NoteTemplate.is_active).order_by(NoteTemplate.place, NoteTemplate.name)
    ).all()


def values(session: Session, account: Account, *, company: str | None, pay_link: str, writer: str) -> dict[str, str]:
    """Field → what it says for an account; empty where there is nothing to say, such as an amount past due of nothing."""
    customer, due_on = account.customer, account.next_due_on
    return {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "account_number": account.account_number,
        "amount_past_due": as_text(account.past_due_cents) if account.past_due_cents else "",
        "days_past_due": str(account.days_past_due) if account.days_past_due else "",
        "next_due": f"{due_on:%a %b} {due_on.day}" if due_on else "",
        "next_amount": as_text(account.next_due_cents) if account.next_due_cents else "",
        "balance": as_text(account.balance_cents),
        "company": company or _house(session, account),
        "pay_link": pay_link,
        "my_name": writer,
        **dict.fromkeys(("charge_amount", "charge_on", "card"), ""),
    }


def _house(session: Session, account: Account) -> str:
    """The account's company, or its portfolio where it has none."""
    company = session.get(Company, account.company_id) if account.company_id is not None else None
    return company.name if company is not None else session.get_one(Portfolio, account.portfolio_id).name
