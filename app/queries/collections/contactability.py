"""What the contact rules look at, read for many accounts at once, and the verdicts on them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domain.collections.contact import CONVERSATIONS, ActivityKind, ConsentChannel, Disposition, PhoneKind
from app.domain.collections.contact_rules import (
    Attempt,
    Channel,
    Person,
    Restriction,
    Rule,
    Verdict,
    can_contact,
)
from app.domain.collections.zones import home_zones
from app.models import (
    Account,
    Activity,
    Consent,
    ContactAttempt,
    ContactOverride,
    ContactRestriction,
    ContactRule,
    Customer,
    CustomerPhone,
)

KINDS = {ActivityKind.CALL: Channel.CALL, ActivityKind.TEXT: Channel.TEXT, ActivityKind.EMAIL: Channel.EMAIL}
"""Activities that are attempts to reach somebody by a channel that rules speak of."""
CONSENTS = {ConsentChannel.CALL: Channel.CALL, ConsentChannel.TEXT: Channel.TEXT, ConsentChannel.EMAIL: Channel.EMAIL}

NOWHERE = 8
"""A number that may be in more zones than this is of no place: toll-free, or of a mobile network without areas."""


@lru_cache(maxsize=50_000)
def _area_zones(prefix: str) -> tuple[str, ...]:
    from phonenumbers import parse
    from phonenumbers.phonenumberutil import NumberParseException
    from phonenumbers.timezone import time_zones_for_geographical_number

    try:
        zones = tuple(time_zones_for_geographical_number(parse(prefix.ljust(12, "0"))))
    except NumberParseException:
        return ()
    return () if len(zones) > NOWHERE or zones == ("Etc/Unknown",) else zones


def area_zones(e164: str) -> tuple[str, ...]:
    """The zones of a number's area code; none when it is of no place.

    >>> area_zones("+16145551234"), area_zones("+18005551234")
    (('America/New_York',), ())
    """
    return _area_zones(e164[:8]) if e164.startswith("+1") else _area_zones(e164)


def rules(session: Session) -> tuple[Rule, ...]:
    """The rules that count."""
    rows = session.scalars(select(ContactRule).where(ContactRule.is_active).order_by(ContactRule.id))
    return tuple(rule_of(row) for row in rows)


def rule_of(row: ContactRule) -> Rule:
    """A row as the rule that it is."""
    flags = ((Channel.CALL, row.is_for_calls), (Channel.TEXT, row.is_for_texts), (Channel.EMAIL, row.is_for_emails))
    return Rule(
        id=row.id,
        kind=row.kind,
        channels=frozenset(channel for channel, counts in flags if counts),
        name=row.name,
        state=row.state,
        most=row.most,
        days=row.days,
        from_time=row.from_time or dt.time.min,
        until_time=row.until_time or dt.time.max,
        phone_kind=row.phone_kind,
        citation=row.citation,
        version=row.version,
    )


@dataclass(slots=True)
class _Facts:
    """What is known of one customer."""

    state: str | None
    zip_code: str | None
    phones: list[CustomerPhone] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    refused: dict[int | None, set[Channel]] = field(default_factory=lambda: defaultdict(set))
    """Channels that they refused: for all numbers (None) or for one."""

    def person(self, phone_id: int | None, channel: Channel) -> Person:
        """The customer as the rules see them when this number, or else their first good one, is used."""
        phone = self.number(phone_id)
        home = home_zones(self.state, self.zip_code)
        area = area_zones(phone.e164) if phone is not None and channel is not Channel.EMAIL else ()
        refused = self.refused[None] | (self.refused[phone.id] if phone is not None else set())
        return Person(
            state=(self.state or "").upper() or None,
            zones=tuple(dict.fromkeys((*home, *area))),
            attempts=tuple(self.attempts),
            restrictions=tuple(self.restrictions),
            opted_out=frozenset(refused),
            phone_kind=phone.kind if phone is not None and channel is not Channel.EMAIL else None,
        )

    def number(self, phone_id: int | None) -> CustomerPhone | None:
        """The number that would be used."""
        if phone_id is not None:
            return next((phone for phone in self.phones if phone.id == phone_id), None)
        good = [phone for phone in self.phones if not phone.is_bad]
        return next(iter(good or self.phones), None)


def _facts(session: Session, customer_ids: Sequence[int], *, since: dt.datetime, without: int | None) -> dict[int, _Facts]:
    """Five statements, however many customers."""
    these = select(Customer.id, Customer.state, Customer.zip_code).where(Customer.id.in_(customer_ids))
    known = {row.id: _Facts(row.state, row.zip_code) for row in session.execute(these)}
    phones = select(CustomerPhone).where(CustomerPhone.customer_id.in_(known))
    for phone in session.scalars(phones.order_by(CustomerPhone.is_primary.desc(), CustomerPhone.id)):
        known[phone.customer_id].phones.append(phone)
    attempts = (
        select(
            Account.customer_id, Activity.kind, Activity.at, Activity.disposition, CustomerPhone.kind, ContactAttempt.is_inbound
        )
        .join(Account, Account.id == Activity.account_id)
        .outerjoin(CustomerPhone, CustomerPhone.id == Activity.phone_id)
        .outerjoin(ContactAttempt, ContactAttempt.activity_id == Activity.id)
        .where(
            Account.customer_id.in_(known),
            Activity.kind.in_(sorted(KINDS)),
            Activity.at >= since,
            Activity.withdrawn_at.is_(None),
        )
    )
    if without is not None:
        attempts = attempts.where(Activity.id != without)
    for customer_id, kind, at, disposition, phone_kind, is_inbound in session.execute(attempts):
        known[customer_id].attempts.append(_attempt(kind, at, disposition, phone_kind, is_inbound=bool(is_inbound)))
    standing = select(ContactRestriction).where(ContactRestriction.customer_id.in_(known), ContactRestriction.lifted_at.is_(None))
    for row in session.scalars(standing.order_by(ContactRestriction.id)):
        known[row.customer_id].restrictions.append(restriction_of(row))
    for customer_id, phone_id, channel in _refusals(session, list(known)):
        known[customer_id].refused[phone_id].add(channel)
    return known


def _attempt(
    kind: ActivityKind, at: dt.datetime, disposition: Disposition | None, phone_kind: PhoneKind | None, *, is_inbound: bool
) -> Attempt:
    return Attempt(
        at=at,
        channel=KINDS[kind],
        is_conversation=kind is ActivityKind.CALL and disposition in CONVERSATIONS,
        is_inbound=is_inbound,
        asked_to_call_back=disposition is Disposition.CALL_BACK,
        phone_kind=phone_kind,
    )


def restriction_of(row: ContactRestriction) -> Restriction:
    """A row as the rules see it."""
    return Restriction(
        kind=row.kind,
        channels=frozenset({row.channel}) if row.channel else frozenset(Channel),
        weekdays=frozenset(row.weekdays or ()),
        from_time=row.from_time or dt.time.min,
        until_time=row.until_time or dt.time.max,
        id=row.id,
    )


def _refusals(session: Session, customer_ids: Sequence[int]) -> list[tuple[int, int | None, Channel]]:
    """The newest word on each channel, for all numbers and for each one, where that word is no."""
    newest = (
        select(Consent.customer_id, Consent.phone_id, Consent.channel, Consent.is_granted)
        .where(Consent.customer_id.in_(customer_ids), Consent.channel.in_(sorted(CONSENTS)))
        .ext(distinct_on(Consent.customer_id, Consent.phone_id, Consent.channel))
        .order_by(Consent.customer_id, Consent.phone_id, Consent.channel, Consent.at.desc(), Consent.id.desc())
    )
    return [(row.customer_id, row.phone_id, CONSENTS[row.channel]) for row in session.execute(newest) if not row.is_granted]


def _since(asked: Iterable[Rule], at: dt.datetime) -> dt.datetime:
    """As far back as a rule looks, and two days more for zones."""
    return at - dt.timedelta(days=max((rule.days for rule in asked), default=0) + 2)


def verdicts(session: Session, customers: Mapping[int, int], channel: Channel, *, at: dt.datetime) -> dict[int, Verdict]:
    """Account id → whether its customer may be contacted; `customers` maps accounts to their customers."""
    asked = rules(session)
    known = _facts(session, sorted(set(customers.values())), since=_since(asked, at), without=None)
    by_customer = {one: can_contact(asked, facts.person(None, channel), channel, at) for one, facts in known.items()}
    return {account_id: by_customer[customer_id] for account_id, customer_id in customers.items()}


def verdict(
    session: Session,
    customer_id: int,
    channel: Channel,
    *,
    at: dt.datetime,
    phone_id: int | None = None,
    without: int | None = None,
) -> Verdict:
    """Whether one customer may be contacted by a channel, at a number or at their first good one.

    `without` leaves an activity out: a call that is being written down is judged by what was before it.
    """
    asked = rules(session)
    facts = _facts(session, [customer_id], since=_since(asked, at), without=without)[customer_id]
    return can_contact(asked, facts.person(phone_id, channel), channel, at)


def verdicts_by_channel(
    session: Session, customer_id: int, channels: Iterable[Channel], *, at: dt.datetime
) -> dict[Channel, Verdict]:
    """Whether one customer may be contacted by each of some channels, read once for all of them."""
    asked = rules(session)
    facts = _facts(session, [customer_id], since=_since(asked, at), without=None)[customer_id]
    return {channel: can_contact(asked, facts.person(None, channel), channel, at) for channel in channels}


def standing_override(session: Session, account_id: int, channel: Channel, *, at: dt.datetime) -> ContactOverride | None:
    """A supervisor's word that still counts."""
    return session.scalar(
        select(ContactOverride)
        .where(
            ContactOverride.account_id == account_id,
            ContactOverride.channel == channel,
            ContactOverride.given_at <= at,
            ContactOverride.until_at > at,
        )
        .order_by(ContactOverride.id.desc())
        .limit(1)
    )


def restrictions(session: Session, customer_id: int) -> list[ContactRestriction]:
    """What stands in the way of a customer now."""
    query = select(ContactRestriction).where(
        ContactRestriction.customer_id == customer_id, ContactRestriction.lifted_at.is_(None)
    )
    return list(session.scalars(query.order_by(ContactRestriction.id)))


def opt_outs(session: Session, customer_id: int) -> list[tuple[CustomerPhone | None, Channel]]:
    """Channels of which the customer said no: for a number, or for all (None)."""
    refused = _refusals(session, [customer_id])
    numbers = {
        phone.id: phone for phone in session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == customer_id))
    }
    return [(numbers.get(phone_id) if phone_id is not None else None, channel) for _, phone_id, channel in refused]


def attempts_lately(session: Session, customer_id: int, *, since: dt.datetime) -> int:
    """Calls to a customer since a moment, theirs to us left out."""
    query = (
        select(func.count())
        .select_from(Activity)
        .join(Account, Account.id == Activity.account_id)
        .outerjoin(ContactAttempt, ContactAttempt.activity_id == Activity.id)
        .where(
            Account.customer_id == customer_id,
            Activity.kind == ActivityKind.CALL,
            Activity.at >= since,
            Activity.withdrawn_at.is_(None),
            or_(ContactAttempt.is_inbound.is_(None), ~ContactAttempt.is_inbound),
        )
    )
    return session.scalar(query) or 0
