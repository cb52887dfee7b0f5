"""Good PINs, bad PINs, and the lock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.staff.pins import (
    MAX_FAILURES,
    WELL_KNOWN,
    Failures,
    after_failure,
    check_pin,
    is_locked,
    locked_until,
    pin_problem,
)

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("pin", ["830471", "482913", "7302948", "905871364402", "004913", "136257"])
def test_a_pin_that_nobody_guesses_first_will_do(pin: str) -> None:
    assert pin_problem(pin) is None
    check_pin(pin)


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("", "digits"), ("12345", "digits"), ("1234567890123", "digits"), ("48291a", "digits"), ("482 913", "digits"),
        ("٤٨٢٩١٣", "digits"), ("-48291", "digits"),
        ("000000", "repeats"), ("777777", "repeats"), ("121212", "repeats"), ("483483", "repeats"),
        ("4834834", "repeats"),
        ("123456", "run up or down"), ("654321", "run up or down"), ("567890", "run up or down"),
        ("109876", "run up or down"), ("0123456789", "run up or down"),
        ("031487", "date"), ("140387", "date"), ("870314", "date"), ("198703", "date"), ("022900", "date"),
        ("03141987", "date"), ("14031987", "date"), ("19870314", "date"),
        ("123321", "many people"), ("159753", "many people"), ("246810", "many people"), ("14725836", "many people"),
    ],
)  # fmt: skip
def test_an_easy_pin_is_refused_with_its_reason(pin: str, reason: str) -> None:
    problem = pin_problem(pin)
    assert problem is not None and reason in problem
    with pytest.raises(RuleViolation) as refusal:
        check_pin(pin)
    assert refusal.value.field == "pin"


@pytest.mark.parametrize("pin", ["023087", "311187", "19871314", "22223344"])
def test_a_day_that_no_calendar_has_is_not_a_date(pin: str) -> None:
    assert "date" not in (pin_problem(pin) or "")


def test_the_well_known_list_holds_only_what_the_rules_let_through() -> None:
    assert {pin for pin in WELL_KNOWN if "many people" not in (pin_problem(pin) or "")} == set()


@given(st.dates(date(1920, 1, 1), date(2039, 12, 31)), st.sampled_from(["%m%d%y", "%d%m%y", "%y%m%d", "%m%d%Y", "%Y%m%d"]))
def test_no_birthday_is_a_pin(day: date, shape: str) -> None:
    assert pin_problem(day.strftime(shape)) is not None


@given(st.integers(0, 9), st.integers(6, 12), st.sampled_from([1, -1]))
def test_no_run_is_a_pin(first: int, length: int, step: int) -> None:
    assert pin_problem("".join(str((first + step * place) % 10) for place in range(length))) is not None


@given(st.from_regex(r"[0-9]{1,6}", fullmatch=True), st.integers(6, 12))
def test_no_repetition_is_a_pin(piece: str, length: int) -> None:
    length = max(length, 2 * len(piece))
    assert pin_problem((piece * length)[:length]) is not None


def test_most_random_pins_will_do() -> None:
    refused = sum(pin_problem(f"{number:06d}") is not None for number in range(0, 1_000_000, 101))
    assert refused / len(range(0, 1_000_000, 101)) < 0.12


def test_ten_failures_lock_for_thirty_minutes() -> None:
    failures = Failures()
    for attempt in range(MAX_FAILURES):
        assert not is_locked(failures, NINE + attempt * MINUTE)
        failures = after_failure(failures, NINE + attempt * MINUTE)
    assert failures == Failures(10, NINE + 9 * MINUTE)
    assert locked_until(failures) == NINE + 39 * MINUTE
    assert is_locked(failures, NINE + 39 * MINUTE - timedelta(microseconds=1))
    assert not is_locked(failures, NINE + 39 * MINUTE)


def test_trying_on_while_locked_does_not_make_the_lock_longer() -> None:
    locked = Failures(10, NINE)
    assert after_failure(locked, NINE + 29 * MINUTE) == locked


def test_after_the_lock_the_count_starts_anew() -> None:
    assert after_failure(Failures(10, NINE), NINE + 30 * MINUTE) == Failures(1, NINE + 30 * MINUTE)


def test_nobody_is_locked_without_failures() -> None:
    assert locked_until(Failures()) is None
    assert locked_until(Failures(9, NINE)) is None
