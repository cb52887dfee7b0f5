"""A customer's consent to AutoPay: recorded word for word, revoked at once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, ConsentChannel
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.models import Activity, AutopayEnrollment, Card, Consent
from app.services.payments import entries
from app.services.staff import audit
from app.services.staff.audit import Actor

SHORTEST_CONSENT = 3
ENROLLABLE = OPEN_STATUSES | {AccountStatus.PENDING_REVIEW}


def enroll(
    session: Session,
    account_id: int,
    *,
    consent: str,
    source: str,
    card_id: int | None = None,
    fixed_cents: int | None = None,
    now: dt.datetime,
    actor: Actor,
) -> AutopayEnrollment:
    """Record the customer's consent; an earlier one of the account is replaced.

    Raises RuleViolation without the customer's words, for somebody else's card and for a fixed amount below the payment.
    """
    account = entries.locked(session, account_id)
    words, source = _words(consent), source.strip()
    if not source:
        raise RuleViolation("Say where the customer agreed, such as “by phone” or “signed lease”.", field="source")
    if account.status not in ENROLLABLE:
        raise RuleViolation(f"This account is {account.status.label.lower()}; nothing falls due on it any more.")
    if card_id is not None:
        card = session.get(Card, card_id)
        if card is None or card.customer_id != account.customer_id or not card.is_enabled:
            raise RuleViolation("Choose one of the customer's own cards.", field="card")
    if fixed_cents is not None and fixed_cents < account.payment_cents:
        raise RuleViolation(f"A fixed amount is at least the payment, {as_text(account.payment_cents)}.", field="fixed")
    earlier = current(session, account_id)
    if earlier is not None:
        earlier.revoked_at, earlier.revoked_by_id, earlier.revoked_reason = now, actor.staff_id, "Replaced by a newer consent"
        session.flush()
    row = AutopayEnrollment(
        account_id=account_id,
        card_id=card_id,
        fixed_cents=fixed_cents,
        consent=words,
        source=source[:120],
        at=now,
        recorded_by_id=actor.staff_id,
    )
    session.add(row)
    session.add(_consent(account.customer_id, True, source, now=now, actor=actor))
    session.flush()
    _tell(session, row, "AutoPay agreed to" + (f", {as_text(fixed_cents)} each time" if fixed_cents else ""), now, actor)
    audit.record(
        session,
        "autopay enrolled",
        now=now,
        actor=actor,
        entity="autopay_enrollment",
        entity_id=row.id,
        account_id=account_id,
        after={"consent": words, "source": source, "card_id": card_id, "fixed_cents": fixed_cents},
    )
    return row


def revoke(session: Session, account_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> AutopayEnrollment:
    """Take the consent back: from this moment no charge of the account is sent, whatever is planned."""
    account = entries.locked(session, account_id)
    row = current(session, account_id)
    if row is None:
        raise RuleViolation("There is no consent to AutoPay on this account.")
    reason = entries.demand_reason(reason, "the consent is revoked")
    row.revoked_at, row.revoked_by_id, row.revoked_reason = now, actor.staff_id, reason[:200]
    session.add(_consent(account.customer_id, False, reason[:120], now=now, actor=actor))
    _tell(session, row, f"AutoPay revoked: {reason}", now, actor)
    audit.record(
        session,
        "autopay revoked",
        now=now,
        actor=actor,
        entity="autopay_enrollment",
        entity_id=row.id,
        account_id=account_id,
        reason=reason[:500],
    )
    session.flush()
    return row


def hold(
    session: Session, account_id: int, *, until: dt.date | None, reason: str, today: dt.date, now: dt.datetime, actor: Actor
) -> None:
    """Charge nothing before a date; None ends the hold."""
    entries.locked(session, account_id)
    row = current(session, account_id)
    if row is None:
        raise RuleViolation("There is no consent to AutoPay on this account.")
    if until is not None and until <= today:
        raise RuleViolation("A hold lasts until a later day.", field="until")
    reason = entries.demand_reason(reason, "AutoPay waits") if until else ""
    row.hold_until, row.hold_reason = until, reason[:200] or None
    said = f"AutoPay waits until {until:%b %-d, %Y}: {reason}" if until else "AutoPay goes on"
    _tell(session, row, said, now, actor)
    audit.record(
        session,
        "autopay held" if until else "autopay resumed",
        now=now,
        actor=actor,
        entity="autopay_enrollment",
        entity_id=row.id,
        account_id=account_id,
        after={"hold_until": until},
        reason=reason or None,
    )
    session.flush()


def current(session: Session, account_id: int) -> AutopayEnrollment | None:
    """The consent that holds now."""
    return session.scalar(
        select(AutopayEnrollment).where(AutopayEnrollment.account_id == account_id, AutopayEnrollment.revoked_at.is_(None))
    )


def enroll_all_with_card(session: Session, *, consent: str, source: str, now: dt.datetime, actor: Actor) -> int:
    """Record the same consent for every open account whose customer has an enabled card and none yet; returns how many.

    For a company that brings its customers' signed consents along. One statement for all of them.
    """
    words = _words(consent)
    enrolled = session.execute(
        text(
            """
            with added as (
                insert into autopay_enrollment (account_id, consent, source, at, recorded_by_id)
                select a.id, :consent, :source, :now, :by from account a
                where a.status = any(:statuses) and not a.is_test
                    and exists (select from card k where k.customer_id = a.customer_id and k.is_enabled)
                    and not exists (select from autopay_enrollment e where e.account_id = a.id and e.revoked_at is null)
                on conflict do nothing
                returning account_id
            ), agreed as (
                insert into consent (customer_id, channel, is_granted, at, source, recorded_by_id)
                select distinct a.customer_id, 'autopay', true, cast(:now as timestamptz), :source, cast(:by as bigint)
                from account a join added on added.account_id = a.id
            ), told as (
                insert into activity (account_id, kind, at, summary, staff_id)
                select account_id, 'payment', cast(:now as timestamptz), 'AutoPay agreed to', cast(:by as bigint) from added
            )
            select count(*) from added
            """
        ),
        {
            "consent": words,
            "source": source[:120],
            "now": now,
            "by": actor.staff_id,
            "statuses": sorted(status.value for status in ENROLLABLE),
        },
    )
    count = int(enrolled.scalar_one())
    audit.record(session, "autopay enrolled", now=now, actor=actor, after={"accounts": count, "consent": words})
    return count


def _words(consent: str) -> str:
    words = consent.strip()
    if len(words) < SHORTEST_CONSENT:
        raise RuleViolation("Write down the words that the customer agreed to.", field="consent")
    return words


def _consent(customer_id: int, is_granted: bool, source: str, *, now: dt.datetime, actor: Actor) -> Consent:
    return Consent(
        customer_id=customer_id,
        channel=ConsentChannel.AUTOPAY,
        is_granted=is_granted,
        at=now,
        source=source[:120],
        recorded_by_id=actor.staff_id,
    )


def _tell(session: Session, row: AutopayEnrollment, said: str, now: dt.datetime, actor: Actor) -> None:
    session.add(
        Activity(account_id=row.account_id, kind=ActivityKind.PAYMENT, at=now, summary=said[:300], staff_id=actor.staff_id)
    )
