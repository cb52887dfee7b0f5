"""Contacting a customer: what stands in the way, who may set it aside, and by which rules each attempt was judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import zone
from app.domain.collections.contact import ActivityKind, ConsentChannel
from app.domain.collections.contact_rules import LASTING, Channel, RestrictionKind, Verdict, said
from app.domain.errors import RuleViolation
from app.models import (
    Account,
    Activity,
    Consent,
    ContactAttempt,
    ContactOverride,
    ContactRestriction,
    CustomerPhone,
)
from app.queries.collections import contactability
from app.services.staff import audit
from app.services.staff.audit import Actor

OVERRIDE_HOLDS = dt.timedelta(minutes=30)
"""A supervisor's word is for the call that is made now."""
LONGEST_REASON = 300

_CONSENT = {Channel.CALL: ConsentChannel.CALL, Channel.TEXT: ConsentChannel.TEXT, Channel.EMAIL: ConsentChannel.EMAIL}


def demand(session: Session, account_id: int, channel: Channel, *, phone_id: int | None = None, now: dt.datetime) -> Verdict:
    """The verdict, when the contact may take place: nothing stands in the way, or a supervisor set it aside.

    Raises RuleViolation with the reason and the first moment at which it is allowed.
    """
    account = session.get_one(Account, account_id)
    verdict = contactability.verdict(session, account.customer_id, channel, at=now, phone_id=phone_id)
    if not verdict.is_allowed and contactability.standing_override(session, account_id, channel, at=now) is None:
        raise RuleViolation(said(verdict, zone()))
    return verdict


def record(session: Session, activity: Activity, channel: Channel, *, is_inbound: bool = False) -> ContactAttempt:
    """Keep by which rules an attempt was judged, at its own moment and by what was before it.

    What took place is always written down, even against the rules: the next verdict counts on it.
    """
    account = session.get_one(Account, activity.account_id)
    verdict = contactability.verdict(
        session, account.customer_id, channel, at=activity.at, phone_id=activity.phone_id, without=activity.id
    )
    against = not verdict.is_allowed and not is_inbound
    override = contactability.standing_override(session, account.id, channel, at=activity.at) if against else None
    attempt = ContactAttempt(
        activity_id=activity.id,
        account_id=account.id,
        channel=channel,
        is_inbound=is_inbound,
        is_allowed=not against,
        blocked_by=verdict.reason[:400] if against else None,
        rules=[list(pair) for pair in verdict.checked],
        override_id=override.id if override else None,
    )
    session.add(attempt)
    session.flush()
    return attempt


def override(
    session: Session, account_id: int, channel: Channel, *, reason: str, now: dt.datetime, actor: Actor
) -> ContactOverride:
    """Set aside what stands in the way of one contact, for half an hour. The screen asks for a supervisor and their PIN.

    Raises RuleViolation without a reason, and when nothing stands in the way.
    """
    assert actor.staff_id is not None
    account = session.get_one(Account, account_id)
    reason = _reason(reason)
    verdict = contactability.verdict(session, account.customer_id, channel, at=now)
    if verdict.is_allowed:
        raise RuleViolation("Nothing stands in the way; no override is needed.")
    given = ContactOverride(
        account_id=account_id,
        channel=channel,
        reason=reason,
        blocked_by=verdict.reason[:400],
        given_at=now,
        given_by_id=actor.staff_id,
        until_at=now + OVERRIDE_HOLDS,
    )
    session.add(given)
    session.flush()
    _tell(session, account_id, f"{channel.label} allowed although {verdict.reason}: {reason}", now=now, actor=actor)
    audit.record(
        session,
        "contact rule set aside",
        now=now,
        actor=actor,
        entity="contact_override",
        entity_id=given.id,
        account_id=account_id,
        after={"channel": channel, "blocked_by": verdict.reason},
        reason=reason,
    )
    return given


def restrict(
    session: Session,
    account_id: int,
    *,
    kind: RestrictionKind,
    note: str,
    channel: Channel | None = None,
    weekdays: Sequence[int] = (),
    from_time: dt.time | None = None,
    until_time: dt.time | None = None,
    now: dt.datetime,
    actor: Actor,
) -> ContactRestriction:
    """Keep what a customer asked for, or what became known of them. It counts for all their accounts, at once.

    Raises RuleViolation when nobody says how it became known, or an inconvenient time has no hours and no days.
    """
    account = session.get_one(Account, account_id)
    note = _reason(note, field="note", missing="Say how it became known.")
    if kind in LASTING:
        weekdays, from_time, until_time, channel = (), None, None, None
    elif not weekdays and from_time is None and until_time is None:
        raise RuleViolation("Say on which days or between which hours.", field="from_time")
    elif from_time is not None and from_time == until_time:
        raise RuleViolation("It ends when it begins.", field="until_time")
    row = ContactRestriction(
        customer_id=account.customer_id,
        kind=kind,
        channel=channel,
        weekdays=sorted(weekdays) or None,
        from_time=from_time,
        until_time=until_time,
        note=note,
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(row)
    session.flush()
    _tell(session, account_id, f"{kind.label}: {note}", now=now, actor=actor)
    audit.record(
        session,
        "contact restricted",
        now=now,
        actor=actor,
        entity="contact_restriction",
        entity_id=row.id,
        account_id=account_id,
        after={"kind": kind, "channel": channel, "note": note},
    )
    return row


def lift(session: Session, account_id: int, restriction_id: int, *, reason: str, now: dt.datetime, actor: Actor) -> None:
    """A restriction counts no more. Raises RuleViolation without a reason; one that is lifted already stays as it is."""
    row = session.scalars(select(ContactRestriction).where(ContactRestriction.id == restriction_id).with_for_update()).one()
    if row.lifted_at is not None:
        return
    reason = _reason(reason)
    row.lifted_at, row.lifted_by_id = now, actor.staff_id
    _tell(session, account_id, f"{row.kind.label} lifted: {reason}", now=now, actor=actor)
    audit.record(
        session,
        "contact restriction lifted",
        now=now,
        actor=actor,
        entity="contact_restriction",
        entity_id=row.id,
        account_id=account_id,
        reason=reason,
    )


def consent(
    session: Session,
    account_id: int,
    channel: Channel,
    *,
    is_granted: bool,
    source: str,
    phone_id: int | None = None,
    now: dt.datetime,
    actor: Actor,
) -> Consent:
    """Keep that a customer allows a channel or takes it back, for one number or for all."""
    account = session.get_one(Account, account_id)
    source = _reason(source, field="note", missing="Say how it became known.")[:120]
    if phone_id is not None:
        phone = session.get(CustomerPhone, phone_id)
        if phone is None or phone.customer_id != account.customer_id:
            raise RuleViolation("That number is not one of this customer's.", field="phone_id")
    row = Consent(
        customer_id=account.customer_id,
        phone_id=phone_id,
        channel=_CONSENT[channel],
        is_granted=is_granted,
        at=now,
        source=source,
        recorded_by_id=actor.staff_id,
    )
    session.add(row)
    session.flush()
    word = "allowed again" if is_granted else "opted out"
    _tell(session, account_id, f"{_CONSENT[channel].label} {word}: {source}", now=now, actor=actor)
    audit.record(
        session,
        "consent given" if is_granted else "consent taken back",
        now=now,
        actor=actor,
        entity="consent",
        entity_id=row.id,
        account_id=account_id,
        after={"channel": channel, "is_granted": is_granted, "source": source},
    )
    return row


def _reason(given: str, *, field: str = "reason", missing: str = "Say why.") -> str:
    reason = " ".join(given.split())
    if not reason:
        raise RuleViolation(missing, field=field)
    if len(reason) > LONGEST_REASON:
        raise RuleViolation(f"That is too long: at most {LONGEST_REASON} characters.", field=field)
    return reason


def _tell(session: Session, account_id: int, summary: str, *, now: dt.datetime, actor: Actor) -> None:
    session.add(Activity(account_id=account_id, kind=ActivityKind.SYSTEM, at=now, summary=summary[:300], staff_id=actor.staff_id))
    session.flush()
