"""May this customer be contacted now, and if not, why and from when (domain.md part 11).

The rules are rows that people edit: how many calls in how many days, how long to wait after a conversation, between which
hours. What the customer said stands beside them: opted out of a channel or a number, no contact at all, a lawyer, hours that
do not suit. A verdict names every rule that stands in the way, and the first moment at which none of them does.

Days are days at the customer's place. Somebody who may be in two time zones is contacted only when both allow it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from app.domain.collections.contact import PhoneKind
from app.domain.collections.zones import ANYWHERE
from app.domain.words import Word

MOST_STEPS = 60
"""How often a rule may push the next allowed moment on before it is said that there is none."""


class Channel(Word):
    """A way to reach a customer."""

    CALL = "call", "Call"
    TEXT = "text", "Text"
    EMAIL = "email", "E-mail"


class RuleKind(Word):
    """What a contact rule limits."""

    ATTEMPTS = "attempts", "Attempts in a number of days"
    CONVERSATION = "conversation", "Days after a conversation"
    HOURS = "hours", "Hours of the day"


class RestrictionKind(Word):
    """What a customer asked for, or what is known of them."""

    CEASE = "cease", "Cease communication"
    ATTORNEY = "attorney", "Represented by an attorney"
    INCONVENIENT = "inconvenient", "Inconvenient time"


COUNTED_KINDS: frozenset[RuleKind] = frozenset({RuleKind.ATTEMPTS, RuleKind.CONVERSATION})
"""Rules that look back over days."""
CLOCK_KINDS: frozenset[RuleKind] = frozenset({RuleKind.HOURS})
"""Rules that look at the time of day."""

LASTING: frozenset[RestrictionKind] = frozenset({RestrictionKind.CEASE, RestrictionKind.ATTORNEY})
"""They stand until somebody lifts them."""
TIMED: frozenset[RestrictionKind] = frozenset({RestrictionKind.INCONVENIENT})
"""They come and go with the clock."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One contact rule. `state` is None for the whole country; `channels` says what it forbids and, for attempts, counts.

    `most` attempts are allowed in `days` days; after a conversation `days` days pass, its own being the first; contact is
    allowed from `from_time` and before `until_time`. With `phone_kind` it looks at numbers of that kind alone.
    """

    id: int
    kind: RuleKind
    channels: frozenset[Channel]
    name: str = ""
    state: str | None = None
    most: int = 0
    days: int = 0
    from_time: dt.time = dt.time.min
    until_time: dt.time = dt.time.max
    phone_kind: PhoneKind | None = None
    citation: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """A contact that took place. One by the customer is no attempt, but may be a conversation."""

    at: dt.datetime
    channel: Channel = Channel.CALL
    is_conversation: bool = False
    is_inbound: bool = False
    asked_to_call_back: bool = False
    """They agreed to a further call, so the wait after a conversation does not begin (12 CFR 1006.14(b)(3)(i))."""
    phone_kind: PhoneKind | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """What stands in the way of one customer. `weekdays` are 0 for Monday to 6; none means every day."""

    kind: RestrictionKind
    channels: frozenset[Channel] = frozenset(Channel)
    weekdays: frozenset[int] = frozenset()
    from_time: dt.time = dt.time.min
    until_time: dt.time = dt.time.max
    id: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Everything of a customer that the rules look at. `zones` are all the places at which they may be."""

    state: str | None = None
    zones: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    opted_out: frozenset[Channel] = frozenset()
    """Channels of which they said no, for all numbers or for the one that would be called."""
    phone_kind: PhoneKind | None = None
    """Kind of the number that would be called or texted."""

    @property
    def places(self) -> tuple[ZoneInfo, ...]:
        """The zones, or the four of the country where nothing is known."""
        return tuple(ZoneInfo(zone) for zone in self.zones or ANYWHERE)


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that stands in the way, and until when; None: until somebody lifts it."""

    reason: str
    until: dt.datetime | None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a contact is allowed, what stands in the way, and from when nothing does."""

    channel: Channel
    at: dt.datetime
    blocks: tuple[Block, ...] = ()
    next_at: dt.datetime | None = None
    """The first moment at which it is allowed; None when only a person can change that."""
    checked: tuple[tuple[int, int], ...] = field(default_factory=tuple)
    """(id, version) of each rule that was asked."""

    @property
    def is_allowed(self) -> bool:
        """Nothing stands in the way."""
        return not self.blocks

    @property
    def reason(self) -> str:
        """Why not, the longest lasting first; empty when it is allowed."""
        return self.blocks[0].reason if self.blocks else ""

    @property
    def rule(self) -> Rule | None:
        """The rule behind the reason; None for what the customer asked for."""
        return self.blocks[0].rule if self.blocks else None


def can_contact(rules: Iterable[Rule], person: Person, channel: Channel, at: dt.datetime) -> Verdict:
    """Whether a customer may be contacted by this channel at this moment.

    >>> hours = Rule(1, RuleKind.HOURS, frozenset(Channel), from_time=dt.time(8), until_time=dt.time(21))
    >>> ohio = Person(zones=("America/New_York",))
    >>> early = can_contact([hours], ohio, Channel.CALL, dt.datetime(2026, 11, 20, 12, 59, tzinfo=dt.UTC))
    >>> early.is_allowed, early.reason, early.next_at.isoformat()
    (False, 'it is 7:59 AM there and contact begins at 8:00 AM', '2026-11-20T13:00:00+00:00')
    """
    asked = [rule for rule in rules if applies(rule, person, channel)]
    blocks = sorted(_blocks(asked, person, channel, at), key=_lasting_first)
    return Verdict(
        channel=channel,
        at=at,
        blocks=tuple(blocks),
        next_at=_next(asked, person, channel, at, blocks) if blocks else at,
        checked=tuple((rule.id, rule.version) for rule in asked),
    )


def applies(rule: Rule, person: Person, channel: Channel) -> bool:
    """Whether a rule speaks of this person, this channel and this kind of number."""
    return (
        channel in rule.channels
        and rule.state in (None, person.state)
        and (rule.phone_kind is None or rule.phone_kind is person.phone_kind)
    )


def _lasting_first(block: Block) -> tuple[bool, float]:
    return (block.until is not None, -block.until.timestamp() if block.until else 0.0)


def _next(
    rules: Sequence[Rule], person: Person, channel: Channel, at: dt.datetime, blocks: Sequence[Block]
) -> dt.datetime | None:
    """Go from block to block until nothing stands in the way: a wait may end at night, and night ends at eight."""
    moment = at
    for _ in range(MOST_STEPS):
        if not blocks:
            return moment
        ends = [block.until for block in blocks if block.until is not None]
        if len(ends) < len(blocks):
            return None
        moment = max(ends)
        blocks = list(_blocks(rules, person, channel, moment))
    return None


def _blocks(rules: Iterable[Rule], person: Person, channel: Channel, at: dt.datetime) -> Iterator[Block]:
    if channel in person.opted_out:
        yield Block(f"they opted out of {_PLURALS[channel]}", None)
    for restriction in person.restrictions:
        if channel in restriction.channels:
            yield from _restricted(restriction, person, at)
    for rule in rules:
        found = _BY_KIND[rule.kind](rule, person, at)
        if found is not None:
            yield found


_PLURALS = {Channel.CALL: "calls", Channel.TEXT: "texts", Channel.EMAIL: "e-mails"}


def _restricted(restriction: Restriction, person: Person, at: dt.datetime) -> Iterator[Block]:
    if restriction.kind is RestrictionKind.CEASE:
        yield Block("they asked not to be contacted any more", None)
    elif restriction.kind is RestrictionKind.ATTORNEY:
        yield Block("an attorney represents them", None)
    else:
        for zone in person.places:
            ends = _inconvenient_until(restriction, zone, at)
            if ends is not None:
                yield Block(f"{_clock(at, zone)} does not suit them", ends)


def _inconvenient_until(restriction: Restriction, zone: ZoneInfo, at: dt.datetime) -> dt.datetime | None:
    """When the span ends that holds this moment; a span over midnight belongs to the day on which it begins."""
    local = at.astimezone(zone)
    begins, ends = restriction.from_time, restriction.until_time
    for day in (local.date(), local.date() - dt.timedelta(days=1)):
        if restriction.weekdays and day.weekday() not in restriction.weekdays:
            continue
        last = day + dt.timedelta(days=1) if ends <= begins else day
        whole = ends == dt.time.max
        until = _moment(last + dt.timedelta(days=1), dt.time.min, zone) if whole else _moment(last, ends, zone)
        if _moment(day, begins, zone) <= at < until:
            return until
    return None


def _moment(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC)


def _clock(at: dt.datetime, zone: ZoneInfo) -> str:
    return _time(at.astimezone(zone).time())


def _time(time: dt.time) -> str:
    """8:00 AM.

    >>> _time(dt.time(8)), _time(dt.time(21, 30)), _time(dt.time(0, 5))
    ('8:00 AM', '9:30 PM', '12:05 AM')
    """
    return f"{(time.hour + 11) % 12 + 1}:{time:%M} {'AM' if time.hour < 12 else 'PM'}"


def _hours(rule: Rule, person: Person, at: dt.datetime) -> Block | None:
    """The latest opening among the places where it is too early or too late."""
    found: list[tuple[dt.datetime, ZoneInfo]] = []
    for zone in person.places:
        local = at.astimezone(zone)
        if rule.from_time <= local.time() < rule.until_time:
            continue
        day = local.date() + dt.timedelta(days=int(local.time() >= rule.until_time))
        found.append((_moment(day, rule.from_time, zone), zone))
    if not found:
        return None
    until, zone = max(found, key=lambda each: each[0])
    is_early = at.astimezone(zone).time() < rule.from_time
    limit = f"begins at {_time(rule.from_time)}" if is_early else f"ends at {_time(rule.until_time)}"
    return Block(f"it is {_clock(at, zone)} there and contact {limit}", until, rule)


def _attempts(rule: Rule, person: Person, at: dt.datetime) -> Block | None:
    """Blocked when the days that end today hold as many attempts as are allowed; free when enough of them are past."""
    counted = sorted(
        attempt.at
        for attempt in person.attempts
        if not attempt.is_inbound
        and attempt.channel in rule.channels
        and attempt.at <= at
        and (rule.phone_kind is None or attempt.phone_kind is rule.phone_kind)
    )
    until: dt.datetime | None = None
    number = 0
    for zone in person.places:
        since = _day(at, zone) - dt.timedelta(days=rule.days - 1)
        inside = [one for one in counted if _day(one, zone) >= since]
        if len(inside) < rule.most:
            continue
        # With one more it must be the days' only surplus: so the oldest of the last `most` has to leave them.
        number = max(number, len(inside))
        leaving = _day(inside[-rule.most], zone) if rule.most else _day(at, zone)
        ends = _moment(leaving + dt.timedelta(days=rule.days), dt.time.min, zone)
        until = ends if until is None else max(until, ends)
    if until is None:
        return None
    noun, verb = "attempt" if number == 1 else "attempts", "is" if rule.most == 1 else "are"
    where = f" in {rule.state}" if rule.state else ""
    return Block(f"{number} {noun} in {_days(rule.days)}, and {rule.most} {verb} allowed{where}", until, rule)


def _conversation(rule: Rule, person: Person, at: dt.datetime) -> Block | None:
    """Blocked from a conversation through the last of its days."""
    spoken = [one.at for one in person.attempts if one.is_conversation and not one.asked_to_call_back and one.at <= at]
    if not spoken:
        return None
    last = max(spoken)
    ends = max(_moment(_day(last, zone) + dt.timedelta(days=rule.days), dt.time.min, zone) for zone in person.places)
    if at >= ends:
        return None
    on = _day(last, person.places[0])
    return Block(f"somebody spoke with them on {on:%a %b} {on.day}, and {_days(rule.days)} must pass", ends, rule)


def _day(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    return at.astimezone(zone).date()


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


_BY_KIND = {RuleKind.HOURS: _hours, RuleKind.ATTEMPTS: _attempts, RuleKind.CONVERSATION: _conversation}


def said(verdict: Verdict, zone: ZoneInfo) -> str:
    """The verdict in a sentence, times in `zone`.

    >>> at = dt.datetime(2026, 11, 20, 12, 59, tzinfo=dt.UTC)
    >>> said(Verdict(Channel.CALL, at), ZoneInfo("America/New_York"))
    'May be called now.'
    >>> eight = dt.datetime(2026, 11, 24, 13, tzinfo=dt.UTC)
    >>> said(Verdict(Channel.CALL, at, (Block("because", eight),), eight), ZoneInfo("America/New_York"))
    'Not before Tue Nov 24, 8:00 AM: because.'
    """
    if verdict.is_allowed:
        return f"May be {_DONE[verdict.channel]} now."
    if verdict.next_at is None:
        return f"May not be {_DONE[verdict.channel]}: {verdict.reason}."
    local = verdict.next_at.astimezone(zone)
    return f"Not before {local:%a %b} {local.day}, {_time(local.time())}: {verdict.reason}."


_DONE = {Channel.CALL: "called", Channel.TEXT: "texted", Channel.EMAIL: "e-mailed"}
