"""The rules of charging: tables of what the specification says."""

from __future__ import annotations

import datetime as dt

import pytest

from app.domain.autopay.amounts import AmountRule, Owed, amount_to_charge
from app.domain.autopay.batches import RUN_TRANSITIONS, RunState
from app.domain.autopay.charges import (
    CHARGE_TRANSITIONS,
    ENDED_CHARGES,
    LOOKS,
    OPEN_CHARGES,
    ChargeState,
    next_look,
)
from app.domain.autopay.declines import CUSTOMERS_OWN, OURS, DeclineClass, decline_class
from app.domain.autopay.requests import Asked, Told, mismatches
from app.domain.autopay.retries import RetryRules, is_payday, next_try
from app.domain.autopay.settings import AutopaySettings, check, kept_of, settings_from
from app.domain.errors import RuleViolation

D, S = DeclineClass, ChargeState


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ("INSUFFICIENT_FUNDS TRANSACTION_LIMIT", D.FUNDS),
        ("GENERIC_DECLINE CARD_DECLINED CARD_DECLINED_CALL_ISSUER VOICE_FAILURE", D.GENERIC),
        (
            "CARD_EXPIRED INVALID_EXPIRATION CVV_FAILURE ADDRESS_VERIFICATION_FAILURE INVALID_POSTAL_CODE INVALID_CARD_DATA",
            D.FIX_CARD,
        ),
        ("INVALID_ACCOUNT PAN_FAILURE INVALID_CARD CARD_NOT_SUPPORTED ALLOWABLE_PIN_TRIES_EXCEEDED", D.HARD_STOP),
        ("CARD_DECLINED_VERIFICATION_REQUIRED", D.VERIFY),
        ("UNAUTHORIZED NOT_FOUND INVALID_VALUE IDEMPOTENCY_KEY_REUSED", D.CONFIGURATION),
        ("A_CODE_OF_NEXT_YEAR", D.GENERIC),
    ],
)
def test_each_code_means_what_the_specification_says(codes: str, why: DeclineClass) -> None:
    assert {decline_class(code) for code in codes.split()} == {why}


def test_every_class_is_either_the_customers_or_ours() -> None:
    assert set(DeclineClass) == CUSTOMERS_OWN | OURS
    assert not CUSTOMERS_OWN & OURS


def test_every_state_is_open_or_ended_and_has_its_transitions() -> None:
    assert OPEN_CHARGES | ENDED_CHARGES == set(ChargeState) == set(CHARGE_TRANSITIONS)
    assert not OPEN_CHARGES & ENDED_CHARGES
    assert set(RUN_TRANSITIONS) == set(RunState)


def test_nothing_goes_back_to_planned_and_a_success_wins_over_everything() -> None:
    assert all(S.PLANNED not in turns for turns in CHARGE_TRANSITIONS.values())
    assert all(S.SUCCEEDED in turns for state, turns in CHARGE_TRANSITIONS.items() if state is not S.SUCCEEDED)
    assert CHARGE_TRANSITIONS[S.SUCCEEDED] == frozenset()
    assert S.PLANNED not in CHARGE_TRANSITIONS[S.SENDING]


def test_the_janitor_looks_at_the_times_of_the_specification() -> None:
    sent = dt.datetime(2026, 11, 20, 6, 0, tzinfo=dt.UTC)
    at, seen = sent, []
    while (looks_at := next_look(sent, at)) is not None:
        seen.append(looks_at - sent)
        at = looks_at
    minutes = [1, 5, 15, 60, 180, 360, 1_440]
    assert [int(wait.total_seconds()) // 60 for wait in seen] == minutes == [int(w.total_seconds()) // 60 for w in LOOKS]


# November 2026: the 1st is a Sunday, the 15th a Sunday, Fridays are 6, 13, 20, 27.
@pytest.mark.parametrize(
    ("day", "expected"),
    [(6, True), (7, False), (13, True), (15, False), (16, False), (20, True), (30, False)],
)
def test_fridays_and_the_day_before_a_weekend_payday_are_paydays(day: int, expected: bool) -> None:
    assert is_payday(dt.date(2026, 11, day), RetryRules()) is expected


def test_the_first_and_the_fifteenth_are_paydays_of_their_own() -> None:
    semimonthly = RetryRules(payday_weekday=None)
    days = [day for day in range(1, 31) if is_payday(dt.date(2026, 9, day), semimonthly)]
    assert days == [1, 15], "both are Tuesdays in September 2026"
    days = [day for day in range(1, 31) if is_payday(dt.date(2026, 11, day), semimonthly)]
    assert days == [13], "the 15th is a Sunday; the 1st was paid on October 30"
    assert is_payday(dt.date(2026, 10, 30), semimonthly)
    assert is_payday(dt.date(2027, 2, 26), RetryRules(payday_weekday=None, payday_days=(31,))), "Sunday the 28th ends February"


def days(*numbers: int) -> list[dt.date]:
    return [dt.date(2026, 11, number) for number in numbers]


@pytest.mark.parametrize(
    ("why", "declined", "earlier", "expected"),
    [
        (D.FUNDS, 2, (), 6),
        (D.FUNDS, 6, (2,), 13),
        (D.FUNDS, 13, (2, 6), None),  # The next payday, the 20th, is more than 14 days after the 2nd.
        (D.FUNDS, 12, (2, 6), 13),
        (D.FUNDS, 13, (2, 6, 12), None),  # Four tries.
        (D.GENERIC, 2, (), 5),
        (D.GENERIC, 5, (2,), None),
        (D.FIX_CARD, 2, (), None),
        (D.HARD_STOP, 2, (), None),
        (D.VERIFY, 2, (), None),
        (D.CONFIGURATION, 2, (), None),
    ],
)
def test_the_retry_plan(why: DeclineClass, declined: int, earlier: tuple[int, ...], expected: int | None) -> None:
    found = next_try(why, dt.date(2026, 11, declined), days(*earlier), RetryRules())
    assert found == (None if expected is None else dt.date(2026, 11, expected))


@pytest.mark.parametrize(
    ("owed", "expected"),
    [
        # due today, past due, fees, payoff, payment, fixed, disputed → by DUE, PAST_DUE, PAST_DUE_AND_FEES
        ((5_400, 0, 0, 90_000, 5_400), (5_400, 5_400, 5_400)),
        ((0, 5_400, 500, 90_000, 5_400), (0, 5_400, 5_900)),
        ((5_400, 10_800, 500, 90_000, 5_400), (5_400, 16_200, 16_700)),
        ((5_400, 0, 0, 3_000, 5_400), (3_000, 3_000, 3_000)),  # Capped at the payoff.
        ((5_400, 5_400, 0, 90_000, 5_400, 8_000), (8_000, 8_000, 8_000)),  # The fixed amount.
        ((5_400, 5_400, 0, 90_000, 5_400, 3_000), (5_400, 5_400, 5_400)),  # Never less than the payment.
        ((0, 0, 500, 90_000, 5_400, 8_000), (0, 0, 500)),  # Nothing has fallen due.
        ((5_400, 5_400, 0, 90_000, 5_400, None, 5_400), (0, 5_400, 5_400)),  # What is in dispute is left alone.
        ((5_400, 0, 0, 5_400, 5_400, None, 6_000), (0, 0, 0)),
    ],
)
def test_the_amount(owed: tuple[int, ...], expected: tuple[int, int, int]) -> None:
    assert tuple(amount_to_charge(Owed(*owed), rule) for rule in AmountRule) == expected


ASKED = Asked("ld-1", 5_400, "USD", "L")


@pytest.mark.parametrize(
    ("told", "known", "word"),
    [
        (Told("P", "ld-1", 5_401, "USD", "L"), None, "amount"),
        (Told("P", "ld-1", 5_400, "CAD", "L"), None, "currency"),
        (Told("P", "ld-2", 5_400, "USD", "L"), None, "reference"),
        (Told("P", None, 5_400, "USD", "L"), None, "reference"),
        (Told("P", "ld-1", 5_400, "USD", "M"), None, "location"),
        (Told("P", "ld-1", 5_400, "USD", "L"), "Q", "payment"),
    ],
)
def test_what_came_back_must_be_what_was_asked_for(told: Told, known: str | None, word: str) -> None:
    (found,) = mismatches(ASKED, told, known)
    assert found.startswith(word)
    assert mismatches(ASKED, Told("P", "ld-1", 5_400, "USD", "L"), "P") == []


def test_settings_survive_being_kept() -> None:
    given = AutopaySettings(
        is_on=True, runs_at=dt.time(5, 30), amount_rule=AmountRule.DUE, retries=RetryRules(payday_weekday=None, payday_days=(31,))
    )
    assert settings_from(kept_of(given)) == given
    assert settings_from({}) == AutopaySettings()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 65}, "concurrency"),
        ({"cut_off": dt.time(5, 0)}, "cut_off"),
        ({"retries": RetryRules(payday_days=(0,))}, "payday_days"),
        ({"retries": RetryRules(funds_tries=0)}, "funds_tries"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_field(changed: dict[str, object], field: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        check(AutopaySettings(**changed))  # type: ignore[arg-type]
    assert refusal.value.field == field
