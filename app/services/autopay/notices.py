"""Telling customers that their card will be charged, and that it was declined, by the templates and rules of all messages.

`plan_upcoming` and `plan_declined` write down who is to be told, in one statement each and once. `write` puts one notice into
the outbox: as a text where the rules allow it, else as an e-mail; what may not be sent at this hour waits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind
from app.domain.autopay.charges import ChargeState
from app.domain.autopay.declines import CUSTOMERS_OWN
from app.domain.autopay.notices import WAITS, NoticeKind, NoticeState, is_stale
from app.domain.collections import messages as rules
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.models import Account, AutopayNotice, Charge, Job, MessageTemplate, PaymentLink
from app.queries.autopay.eligibility import candidates
from app.queries.autopay.settings import autopay_settings
from app.queries.collections import messages as queries
from app.services.collections import messages
from app.services.staff.audit import SYSTEM

AT_ONCE = 200
TOLD_WITHIN = dt.timedelta(days=2)
"""Declines that are older are not told of any more: the retry plan has gone on."""
CHANNELS = (Channel.TEXT, Channel.EMAIL)

_UPCOMING = """
insert into autopay_notice (kind, account_id, about_on, amount_cents, card, planned_at, state, look_at)
select 'upcoming', c.account_id, :on, c.amount_cents, k.brand || ' ending in ' || k.last_four, :now, 'waiting', :now
from ({candidates}) c
join card k on k.id = c.card_id
where c.reason is null and exists (
    select from installment i where i.account_id = c.account_id and i.due_on = :on and i.paid_cents < i.amount_cents)
on conflict do nothing
"""
_DECLINED = """
insert into autopay_notice (kind, account_id, about_on, charge_id, amount_cents, card, planned_at, state, look_at)
select 'declined', h.account_id, h.business_on, h.id, h.amount_cents, k.brand || ' ending in ' || k.last_four, :now,
    'waiting', :now
from charge h
join card k on k.id = h.card_id
where h.state = 'declined' and h.batch_id is not null and h.retry_why = any(:classes)
    and h.business_on >= :since and h.settled_at >= :recently and (not h.was_unknown or h.cleared_at is not null)
    and not exists (select from autopay_notice n where n.charge_id = h.id)
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class House:
    """What a message says of the company."""

    company: str | None
    payment_page: str


def plan_upcoming(session: Session, *, today: dt.date, now: dt.datetime) -> int:
    """Write down who is charged so many days from today (by the settings) and is to be told; returns how many are new."""
    settings = autopay_settings(session)
    if not settings.is_on or settings.locked_because is not None or settings.notice_days == 0:
        return 0
    on = today + dt.timedelta(days=settings.notice_days)
    statement, values = candidates(BatchKind.DAILY, settings, on=on)
    found = session.execute(text(_UPCOMING.format(candidates=statement.text)).bindparams(now=now), values)
    return int(getattr(found, "rowcount", 0))


def plan_declined(session: Session, *, today: dt.date, now: dt.datetime) -> int:
    """Write down whose card was declined by a batch and is to be told; returns how many are new."""
    values = {
        "now": now,
        "classes": [each.value for each in CUSTOMERS_OWN],
        "since": today - dt.timedelta(days=3),
        "recently": now - TOLD_WITHIN,
    }
    return int(getattr(session.execute(text(_DECLINED), values), "rowcount", 0))


def has_untold_declines(session: Session, *, today: dt.date, now: dt.datetime) -> bool:
    """Whether a decline of the last days has no notice yet."""
    untold = select(Charge.id).where(
        Charge.state == ChargeState.DECLINED,
        Charge.batch_id.is_not(None),
        Charge.business_on >= today - dt.timedelta(days=3),
        Charge.settled_at >= now - TOLD_WITHIN,
        Charge.retry_why.in_([each.value for each in CUSTOMERS_OWN]),
        ~Charge.was_unknown | Charge.cleared_at.is_not(None),
        ~select(AutopayNotice.id).where(AutopayNotice.charge_id == Charge.id).exists(),
    )
    return session.scalar(untold.limit(1)) is not None


def due(session: Session, *, now: dt.datetime, limit: int = AT_ONCE) -> Sequence[AutopayNotice]:
    """Notices whose time has come, the earliest first."""
    return session.scalars(
        select(AutopayNotice)
        .where(AutopayNotice.state == NoticeState.WAITING, AutopayNotice.look_at <= now)
        .order_by(AutopayNotice.look_at, AutopayNotice.id)
        .limit(limit)
    ).all()


def has_due(session: Session, *, now: dt.datetime) -> bool:
    """Whether any notice waits whose time has come."""
    return bool(due(session, now=now, limit=1))


def needs_link(session: Session, notice_id: int) -> tuple[int, int, int] | None:
    """(account, declined charge, cents) that a payment link is to be made for before the notice can be written; None: none."""
    notice = session.get_one(AutopayNotice, notice_id)
    if notice.kind is not NoticeKind.DECLINED or notice.payment_link_id is not None or notice.charge_id is None:
        return None
    cents = min(notice.amount_cents, session.get_one(Account, notice.account_id).balance_cents)
    return (notice.account_id, notice.charge_id, cents) if cents > 0 else None


def keep_link(session: Session, notice_id: int, link_id: int) -> None:
    """Note the payment link that a notice tells of."""
    session.get_one(AutopayNotice, notice_id).payment_link_id = link_id
    session.flush()


def write(session: Session, notice_id: int, house: House, *, today: dt.date, now: dt.datetime) -> Job | None:
    """Put a notice into the outbox; the job that sends it, or None when it waits or is left out, each with its reason."""
    notice = session.scalars(
        select(AutopayNotice).where(AutopayNotice.id == notice_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if notice.state is not NoticeState.WAITING:
        return None
    account = session.get_one(Account, notice.account_id)
    over = _over(session, notice, account, today=today, now=now)
    if over is not None:
        _leave_out(notice, over)
        session.flush()
        return None
    link = session.get(PaymentLink, notice.payment_link_id) if notice.payment_link_id else None
    pay_link = (link.url if link is not None else None) or house.payment_page
    filled = queries.values(session, account, company=house.company, pay_link=pay_link, writer="") | {
        "charge_amount": as_text(notice.amount_cents),
        "charge_on": f"{notice.about_on:%a %b} {notice.about_on.day}",
        "card": notice.card,
    }
    problems: list[str] = []
    for template in _templates(session, notice.kind):
        try:
            with session.begin_nested():
                message, job = messages.queue(
                    session,
                    account.id,
                    channel=template.channel,
                    body=rules.filled(template.body, filled),
                    subject=rules.filled(template.subject or "", filled) or None,
                    template_id=template.id,
                    key=f"notice-{notice.id}-{template.channel.value}",
                    today=today,
                    now=now,
                    actor=SYSTEM,
                )
        except RuleViolation as problem:
            problems.append(problem.message)
        else:
            notice.state, notice.message_id, notice.look_at, notice.said = NoticeState.WRITTEN, message.id, None, None
            session.flush()
            return job
    said = " ".join(problems) or "There is no template for it."
    notice.said, notice.look_at = said[:300], now + WAITS
    session.flush()
    return None


def _over(session: Session, notice: AutopayNotice, account: Account, *, today: dt.date, now: dt.datetime) -> str | None:
    """Why there is nothing to tell any more."""
    if notice.kind is NoticeKind.UPCOMING and notice.about_on <= today:
        return notice.said or "The day of the charge has come."
    if is_stale(notice.planned_at, now):
        return notice.said or "It came too late."
    if account.balance_cents <= 0:
        return "The account owes nothing any more."
    charge = session.get(Charge, notice.charge_id) if notice.charge_id else None
    if charge is not None and charge.state is not ChargeState.DECLINED:
        return "The card was charged after all."
    return None


def _leave_out(notice: AutopayNotice, said: str) -> None:
    notice.state, notice.look_at, notice.said = NoticeState.LEFT_OUT, None, said[:300]


def _templates(session: Session, kind: NoticeKind) -> list[MessageTemplate]:
    """The templates of a kind in the order in which the channels are tried."""
    rows = session.scalars(select(MessageTemplate).where(MessageTemplate.purpose == kind, MessageTemplate.is_active))
    return sorted(rows, key=lambda row: CHANNELS.index(row.channel))
