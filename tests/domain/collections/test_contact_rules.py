"""When a customer may be contacted: counted days, conversations, hours across zones and both changes of the clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.collections.contact import PhoneKind
from app.domain.collections.contact_rules import (
    CLOCK_KINDS,
    COUNTED_KINDS,
    LASTING,
    TIMED,
    Attempt,
    Channel,
    Person,
    Restriction,
    RestrictionKind,
    Rule,
    RuleKind,
    can_contact,
    said,
)
from app.domain.collections.zones import ANYWHERE, home_zones

EASTERN, PACIFIC = "America/New_York", "America/Los_Angeles"
CALLS, EVERY = frozenset({Channel.CALL}), frozenset(Channel)
SEVEN = Rule(1, RuleKind.ATTEMPTS, CALLS, most=7, days=7, version=3)
TALKED = Rule(2, RuleKind.CONVERSATION, CALLS, days=7)
HOURS = Rule(3, RuleKind.HOURS, EVERY, from_time=dt.time(8), until_time=dt.time(21))
MASSACHUSETTS = Rule(4, RuleKind.ATTEMPTS, frozenset({Channel.CALL, Channel.TEXT}), state="MA", most=2, days=7)
RULES = (SEVEN, TALKED, HOURS, MASSACHUSETTS)


def local(zone: str, year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def november(day: int, hour: int = 10, minute: int = 0) -> dt.datetime:
    return local(EASTERN, 2026, 11, day, hour, minute)


def person(*attempts: Attempt, zones: tuple[str, ...] = (EASTERN,), state: str = "OH") -> Person:
    return Person(state=state, zones=zones, attempts=attempts)


def test_every_kind_is_either_counted_or_read_off_the_clock() -> None:
    assert set(RuleKind) == COUNTED_KINDS | CLOCK_KINDS and not COUNTED_KINDS & CLOCK_KINDS
    assert set(RestrictionKind) == LASTING | TIMED and not LASTING & TIMED


def test_the_seventh_call_in_seven_days_is_allowed_and_the_eighth_is_not() -> None:
    calls = [Attempt(november(day)) for day in (9, 10, 11, 12, 13, 14, 15)]
    assert can_contact(RULES, person(*calls[:6]), Channel.CALL, november(15, 18)).is_allowed
    eighth = can_contact(RULES, person(*calls), Channel.CALL, november(15, 18))
    assert not eighth.is_allowed
    assert eighth.reason == "7 attempts in 7 days, and 7 are allowed"
    assert eighth.rule is SEVEN and (1, 3) in eighth.checked
    # The call of the 9th leaves the seven days on the 16th, at whose eight o'clock calling begins.
    assert eighth.next_at == november(16, 8)


def test_seven_calls_on_one_day_wait_until_the_eighth_day() -> None:
    calls = [Attempt(november(9, hour)) for hour in range(9, 16)]
    assert can_contact(RULES, person(*calls), Channel.CALL, november(15, 20)).next_at == november(16, 8)
    assert can_contact(RULES, person(*calls), Channel.CALL, november(16, 8)).is_allowed


def test_a_conversation_on_day_1_blocks_through_day_7() -> None:
    spoken = person(Attempt(november(9, 17), is_conversation=True))
    for day in range(10, 16):  # Days 2 to 7.
        refused = can_contact(RULES, spoken, Channel.CALL, november(day))
        assert refused.rule is TALKED
        assert refused.next_at == november(16, 8)
    assert not can_contact(RULES, spoken, Channel.CALL, november(9, 18)).is_allowed
    assert can_contact(RULES, spoken, Channel.CALL, november(16, 8)).is_allowed
    assert can_contact(RULES, spoken, Channel.TEXT, november(10)).is_allowed


def test_a_conversation_that_they_began_counts_and_their_call_is_no_attempt() -> None:
    theirs = [Attempt(november(9, 12), is_inbound=True) for _ in range(9)]
    assert can_contact(RULES, person(*theirs), Channel.CALL, november(9, 13)).is_allowed
    spoke = Attempt(november(9, 12), is_inbound=True, is_conversation=True)
    assert not can_contact(RULES, person(spoke), Channel.CALL, november(10)).is_allowed


def test_who_asked_to_be_called_back_may_be_called_back() -> None:
    asked = Attempt(november(9, 12), is_conversation=True, asked_to_call_back=True)
    assert can_contact(RULES, person(asked), Channel.CALL, november(9, 15)).is_allowed


@pytest.mark.parametrize("zone", [EASTERN, "America/Chicago", "America/Denver", "America/Phoenix", PACIFIC, "Pacific/Honolulu"])
@pytest.mark.parametrize(
    "day",
    [
        (2026, 3, 7),
        (2026, 3, 8),  # Clocks go forward at 2 AM.
        (2026, 3, 9),
        (2026, 7, 4),
        (2026, 10, 31),
        (2026, 11, 1),  # Clocks go back at 2 AM.
        (2026, 11, 2),
    ],
)
def test_seven_fifty_nine_and_twenty_one_are_refused_in_every_zone_and_on_both_changes(
    zone: str, day: tuple[int, int, int]
) -> None:
    there = person(zones=(zone,))
    early = can_contact(RULES, there, Channel.CALL, local(zone, *day, 7, 59, 59))
    assert not early.is_allowed and early.next_at == local(zone, *day, 8)
    assert can_contact(RULES, there, Channel.CALL, local(zone, *day, 8)).is_allowed
    assert can_contact(RULES, there, Channel.CALL, local(zone, *day, 20, 59, 59)).is_allowed
    late = can_contact(RULES, there, Channel.CALL, local(zone, *day, 21))
    assert not late.is_allowed
    morrow = dt.date(*day) + dt.timedelta(days=1)
    assert late.next_at == local(zone, morrow.year, morrow.month, morrow.day, 8)


def test_the_hours_hold_for_texts_and_mails_too() -> None:
    for channel in Channel:
        assert not can_contact(RULES, person(), channel, november(20, 7)).is_allowed


def test_both_the_address_and_the_area_code_have_to_allow_it() -> None:
    # An address in Ohio, a number of Los Angeles.
    both = person(zones=(EASTERN, PACIFIC))
    assert not can_contact(RULES, both, Channel.CALL, local(EASTERN, 2026, 11, 20, 9)).is_allowed
    assert can_contact(RULES, both, Channel.CALL, local(PACIFIC, 2026, 11, 20, 8)).is_allowed
    late = can_contact(RULES, both, Channel.CALL, local(EASTERN, 2026, 11, 20, 21))
    assert late.next_at == local(PACIFIC, 2026, 11, 21, 8)
    assert late.reason == "it is 9:00 PM there and contact ends at 9:00 PM"


def test_who_is_nowhere_known_is_treated_as_anywhere_between_the_coasts() -> None:
    nowhere = person(zones=())
    assert not can_contact(RULES, nowhere, Channel.CALL, local(EASTERN, 2026, 11, 20, 10, 59)).is_allowed
    assert can_contact(RULES, nowhere, Channel.CALL, local(PACIFIC, 2026, 11, 20, 8)).is_allowed
    assert len(ANYWHERE) == 4


def test_the_third_call_in_massachusetts_is_refused_and_elsewhere_it_is_not() -> None:
    twice = (Attempt(november(18)), Attempt(november(19)))
    there = can_contact(RULES, person(*twice, state="MA"), Channel.CALL, november(20))
    assert there.rule is MASSACHUSETTS
    assert there.reason == "2 attempts in 7 days, and 2 are allowed in MA"
    assert there.next_at == november(25, 8)
    assert can_contact(RULES, person(*twice, state="OH"), Channel.CALL, november(20)).is_allowed


def test_a_text_counts_in_massachusetts_and_not_for_the_country() -> None:
    call_and_text = (Attempt(november(18)), Attempt(november(19), channel=Channel.TEXT))
    assert not can_contact(RULES, person(*call_and_text, state="MA"), Channel.TEXT, november(20)).is_allowed
    texts = [Attempt(november(19), channel=Channel.TEXT) for _ in range(9)]
    assert can_contact(RULES, person(*texts), Channel.CALL, november(20)).is_allowed


def test_a_rule_for_work_looks_at_numbers_of_work_alone() -> None:
    at_work = Rule(9, RuleKind.ATTEMPTS, CALLS, most=1, days=7, phone_kind=PhoneKind.WORK)
    once = (Attempt(november(18), phone_kind=PhoneKind.WORK), Attempt(november(18), phone_kind=PhoneKind.MOBILE))
    to_work = Person(zones=(EASTERN,), attempts=once, phone_kind=PhoneKind.WORK)
    to_mobile = Person(zones=(EASTERN,), attempts=once, phone_kind=PhoneKind.MOBILE)
    assert not can_contact([at_work], to_work, Channel.CALL, november(19)).is_allowed
    assert can_contact([at_work], to_mobile, Channel.CALL, november(19)).is_allowed


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RestrictionKind.CEASE, "they asked not to be contacted any more"),
        (RestrictionKind.ATTORNEY, "an attorney represents them"),
    ],
)
def test_cease_and_attorney_block_every_channel_until_somebody_lifts_them(kind: RestrictionKind, reason: str) -> None:
    stopped = Person(zones=(EASTERN,), restrictions=(Restriction(kind),))
    for channel in Channel:
        verdict = can_contact(RULES, stopped, channel, november(20))
        assert (verdict.reason, verdict.next_at, verdict.rule) == (reason, None, None)


def test_an_opt_out_blocks_its_channel_alone() -> None:
    no_texts = Person(zones=(EASTERN,), opted_out=frozenset({Channel.TEXT}))
    assert can_contact(RULES, no_texts, Channel.TEXT, november(20)).reason == "they opted out of texts"
    assert can_contact(RULES, no_texts, Channel.CALL, november(20)).is_allowed


def test_an_inconvenient_time_blocks_its_hours_on_its_days() -> None:
    # Works nights: not on weekdays before 2 PM. November 20, 2026 is a Friday.
    sleeps = Restriction(RestrictionKind.INCONVENIENT, CALLS, frozenset(range(5)), from_time=dt.time(6), until_time=dt.time(14))
    asleep = Person(zones=(EASTERN,), restrictions=(sleeps,))
    refused = can_contact(RULES, asleep, Channel.CALL, november(20, 9))
    assert refused.reason == "9:00 AM does not suit them" and refused.next_at == november(20, 14)
    assert can_contact(RULES, asleep, Channel.CALL, november(20, 14)).is_allowed
    assert can_contact(RULES, asleep, Channel.CALL, november(21, 9)).is_allowed
    assert can_contact(RULES, asleep, Channel.TEXT, november(20, 9)).is_allowed


def test_an_inconvenient_time_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = Restriction(RestrictionKind.INCONVENIENT, EVERY, frozenset({4}), from_time=dt.time(18), until_time=dt.time(10))
    out = Person(zones=(EASTERN,), restrictions=(friday_night,))
    assert can_contact((), out, Channel.CALL, november(20, 19)).next_at == november(21, 10)
    assert not can_contact((), out, Channel.CALL, november(21, 9)).is_allowed
    assert can_contact((), out, Channel.CALL, november(20, 9)).is_allowed


def test_what_lasts_longest_is_the_reason_and_the_next_moment_passes_every_rule() -> None:
    spoken = (Attempt(november(15, 17), is_conversation=True),)
    sundays = Restriction(RestrictionKind.INCONVENIENT, EVERY, frozenset({6}))
    verdict = can_contact(RULES, Person("MA", (EASTERN,), spoken, (sundays,)), Channel.CALL, november(20, 22))
    assert verdict.rule is TALKED
    # The wait ends with Sunday the 22nd, which does not suit them, and Monday begins at eight.
    assert verdict.next_at == november(23, 8)
    assert said(verdict, ZoneInfo(EASTERN)).startswith("Not before Mon Nov 23, 8:00 AM: somebody spoke with them on Sun Nov 15")


@given(
    days=st.lists(st.integers(0, 20 * 24), max_size=12),
    spoken=st.lists(st.booleans(), min_size=12, max_size=12),
    hour=st.integers(0, 24 * 25),
    zones=st.lists(st.sampled_from([EASTERN, PACIFIC, "Pacific/Honolulu"]), max_size=2, unique=True),
)
def test_the_next_allowed_moment_is_allowed_and_none_before_it_is(
    days: list[int], spoken: list[bool], hour: int, zones: list[str]
) -> None:
    begin = local(EASTERN, 2026, 10, 25, 0)  # The clocks go back in these days.
    attempts = [Attempt(begin + dt.timedelta(hours=day), is_conversation=talk) for day, talk in zip(days, spoken, strict=False)]
    at = begin + dt.timedelta(hours=hour)
    known = tuple(one for one in attempts if one.at <= at)
    one = Person("MA", tuple(zones), known)
    verdict = can_contact(RULES, one, Channel.CALL, at)
    assert verdict.next_at is not None
    assert can_contact(RULES, one, Channel.CALL, verdict.next_at).is_allowed
    moment = at
    while moment < verdict.next_at:
        assert not can_contact(RULES, one, Channel.CALL, moment).is_allowed
        moment += dt.timedelta(hours=3)


@pytest.mark.parametrize(
    ("state", "zip_code", "zones"),
    [
        ("MA", "02139", (EASTERN,)),
        ("FL", "33101", (EASTERN,)),
        ("FL", "32501", ("America/Chicago",)),
        ("FL", None, (EASTERN, "America/Chicago")),
        ("TX", "79901", ("America/Denver",)),
        ("AZ", "85001", ("America/Phoenix",)),
        ("HI", "96801", ("Pacific/Honolulu",)),
        ("ZZ", "00000", ()),
        (None, None, ()),
    ],
)
def test_an_address_gives_its_zones(state: str | None, zip_code: str | None, zones: tuple[str, ...]) -> None:
    assert home_zones(state, zip_code) == zones
