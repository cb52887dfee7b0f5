"""Quotes: telling a customer what the device costs today, and taking that amount for it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.quotes import QuoteKind
from app.domain.servicing.status import AccountStatus
from app.models import Account, Activity, Quote
from app.queries.servicing.payoff import figure
from app.services.staff import audit
from app.services.staff.audit import Actor

NOTHING_TO_QUOTE = frozenset({AccountStatus.PAID_OFF, AccountStatus.CANCELLED, AccountStatus.VOID, AccountStatus.CLOSED})


def give(
    session: Session, account_id: int, *, kind: QuoteKind, on: dt.date, today: dt.date, now: dt.datetime, actor: Actor
) -> Quote:
    """Give a customer a figure: the quote is kept as it was said, with the day until which it holds.

    Raises RuleViolation when nothing is owed, when the day cannot be quoted, or when a figure needs a cash price.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if account.status in NOTHING_TO_QUOTE or account.balance_cents <= account.credit_cents:
        raise RuleViolation("Nothing is owed on this account, so there is nothing to quote.")
    worked = figure(session, account, kind=kind, on=on, today=today)
    quote = Quote(
        account_id=account.id,
        kind=kind,
        as_of_on=on,
        good_through_on=worked.good_through_on,
        total_cents=worked.price.total_cents,
        payoff_cents=worked.payoff_cents,
        items=[{"label": item.label, "cents": item.cents, "why": item.why} for item in worked.price.items],
        formula=worked.price.formula,
        policy_id=worked.policy_id,
        quoted_at=now,
        quoted_by_id=actor.staff_id,
    )
    session.add(quote)
    session.flush()
    said = f"{kind.label} of {as_text(quote.total_cents)} quoted, good through {quote.good_through_on:%b %-d, %Y}"
    session.add(Activity(account_id=account.id, kind=ActivityKind.SYSTEM, at=now, summary=said, staff_id=actor.staff_id))
    audit.record(
        session,
        "quote given",
        now=now,
        actor=actor,
        entity="quote",
        entity_id=quote.id,
        account_id=account.id,
        after={
            "kind": kind,
            "as_of_on": on,
            "good_through_on": quote.good_through_on,
            "total_cents": quote.total_cents,
            "payoff_cents": quote.payoff_cents,
        },
    )
    return quote
