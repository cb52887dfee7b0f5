"""Texts that customers send us: STOP and START count at once; everything else stands on their account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.collections.contact_rules import Channel
from app.domain.collections.messages import asks_to_stop
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account, Activity, CustomerPhone, Reply
from app.services.collections import contacts
from app.services.staff.audit import SYSTEM

LONGEST_BODY = 2_000
LONGEST_SUMMARY = 280


def receive(session: Session, *, key: str, number: str, body: str, now: dt.datetime) -> int | None:
    """Keep a reply and do what it asks for; returns how many customers have the number, None for one that came before."""
    added = insert(Reply).values(key=key, number=number, body=body[:LONGEST_BODY], received_at=now)
    reply_id = session.scalar(added.on_conflict_do_nothing(index_elements=[Reply.key]).returning(Reply.id))
    if reply_id is None:
        return None
    phones = session.scalars(select(CustomerPhone).where(CustomerPhone.e164 == number).order_by(CustomerPhone.id)).all()
    stops = asks_to_stop(body)
    account_of = _accounts(session, {phone.customer_id for phone in phones})
    for phone in phones:
        account = account_of.get(phone.customer_id)
        if account is None:
            continue
        heard = Activity(
            account_id=account.id,
            kind=ActivityKind.TEXT,
            at=now,
            phone_id=phone.id,
            summary=f"They wrote: {' '.join(body.split())[:LONGEST_SUMMARY]}",
        )
        session.add(heard)
        session.flush()
        contacts.record(session, heard, Channel.TEXT, is_inbound=True)
        if stops is not None:
            contacts.consent(
                session,
                account.id,
                Channel.TEXT,
                is_granted=not stops,
                source=f"Their text: {' '.join(body.split())[:40]}",
                phone_id=phone.id,
                now=now,
                actor=SYSTEM,
            )
    count = len({phone.customer_id for phone in phones})
    session.get_one(Reply, reply_id).customers = count
    session.flush()
    return count


def _accounts(session: Session, customer_ids: Iterable[int]) -> dict[int, Account]:
    """The account on which a customer's word is written down: the one that is owed most on, an open one first."""
    rows: Sequence[Account] = session.scalars(
        select(Account)
        .where(Account.customer_id.in_(list(customer_ids)))
        .order_by(Account.status.in_(sorted(OPEN_STATUSES)), Account.past_due_cents, Account.id)
    ).all()
    return {account.customer_id: account for account in rows}
