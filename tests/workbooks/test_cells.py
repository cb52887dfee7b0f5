"""What cells say, however they were typed."""

from __future__ import annotations

import datetime as dt
import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.servicing.frequency import Frequency
from app.workbooks.cells import amount, as_json, count, frequency, identifier, text
from app.workbooks.days import day

CENTS = st.integers(min_value=-(10**12), max_value=10**12)
NBSP = "\N{NO-BREAK SPACE}"


@given(CENTS)
def test_an_amount_typed_in_any_usual_way_comes_back_to_the_cent(cents: int) -> None:
    whole, part = divmod(abs(cents), 100)
    minus = "-" if cents < 0 else ""
    plain, grouped = f"{whole}.{part:02d}", f"{whole:,}.{part:02d}"
    ways: list[Any] = [
        cents / 100,
        minus + plain,
        minus + grouped,
        f"{minus}${grouped}",
        f"${minus}{grouped}",
        f" {minus}$ {grouped} ",
        f"{NBSP}{minus}{grouped}{NBSP}",
        f"(${grouped})" if cents < 0 else f"${grouped}",
        f"$({grouped})" if cents < 0 else grouped,
    ]
    assert [amount(way) for way in ways] == [(cents, None)] * len(ways)


@given(st.decimals(min_value=-100_000, max_value=100_000, places=4, allow_nan=False, allow_infinity=False))
def test_fractions_of_a_cent_are_rounded_half_up_in_numbers_and_in_text(dollars: Decimal) -> None:
    expected = int((dollars * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert amount(float(dollars)) == (expected, None)
    assert amount(f"{dollars:.4f}") == (expected, None)


@pytest.mark.parametrize(
    ("dollars", "cents"), [(1.005, 101), (2.675, 268), (-1.005, -101), (0.145, 15), (1e-7, 0), (2022010.750000003, 202201075)]
)
def test_half_a_cent_is_judged_by_what_the_number_shows_and_not_by_its_binary_fraction(dollars: float, cents: int) -> None:
    assert amount(dollars) == (cents, None)


@pytest.mark.parametrize(
    "cell",
    [
        "n/a",
        "12,50",
        "1.234,56",
        "1,2345",
        "12.5.0",
        "$",
        "abc",
        "1e5",
        "٣",
        float("nan"),
        float("inf"),
        1e300,
        True,
        dt.date(2026, 1, 1),
    ],
)
def test_what_is_no_amount_is_said_and_not_guessed(cell: Any) -> None:
    value, message = amount(cell)
    assert value is None
    assert message


@pytest.mark.parametrize("cell", ["", "  ", "-", " $ -  ".strip(), "—", NBSP])
def test_a_dash_or_a_blank_is_no_amount_and_no_mistake(cell: str) -> None:
    assert amount(cell) == (None, None)


@given(st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2100, 12, 31)))
def test_a_day_in_any_usual_spelling_comes_back(when: dt.date) -> None:
    serial = (when - dt.date(1899, 12, 30)).days
    ways: list[Any] = [
        when,
        dt.datetime.combine(when, dt.time(23, 59)),
        float(serial),
        serial + 0.75,
        f"{when:%m/%d/%Y}",
        f"{when.month}/{when.day}/{when.year}",
        f" {when:%m-%d-%Y} ",
        f"{when:%m/%d/%Y} 12:00:00 AM",
        when.isoformat(),
        f"{when.isoformat()}T08:30:00Z",
        f"{when.isoformat()} 00:00:00",
        f"{when:%Y%m%d}",
        float(f"{when:%Y%m%d}"),
        f"{when:%b} {when.day}, {when.year}",
        f"{when:%d-%b-%Y}",
    ]
    assert [day(way) for way in ways] == [(when, None)] * len(ways)


@given(st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2069, 12, 31)))
def test_a_year_of_two_digits_lies_in_this_century(when: dt.date) -> None:
    assert day(f"{when.month}/{when.day}/{when:%y}") == (when, None)


@pytest.mark.parametrize(
    "cell",
    [
        "13/45/2025",
        "TBD",
        "02/30/2026",
        "2026-13-01",
        "0025-01-01",
        "10/09/2025 TBD",
        "1/1/1900",
        12.0,
        1.0e12,
        True,
        dt.date(1900, 1, 1),
        dt.time(8),
    ],
)
def test_what_is_no_day_is_said(cell: Any) -> None:
    value, message = day(cell)
    assert value is None
    assert message
    assert message.endswith("is not a date")


@pytest.mark.parametrize(
    ("cell", "value"), [(11.0, 11), ("12.0", 12), (" 1,234 ", 1234), ("0", 0), (7, 7), ("", None), ("-", None)]
)
def test_whole_numbers_are_read_from_numbers_and_text(cell: Any, value: int | None) -> None:
    assert count(cell) == (value, None)


@pytest.mark.parametrize("cell", [1.5, "1.5", -1.0, "-1", "many", "12a", 1e9, True])
def test_what_is_no_whole_number_is_said(cell: Any) -> None:
    assert count(cell)[0] is None
    assert count(cell)[1]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (6263809.0, "6263809"),
        ("6433012.0", "6433012"),
        (" 0012-1 ", "0012-1"),
        ("'0077", "0077"),
        ("A.0B", "A.0B"),
        ("", None),
        (NBSP, None),
        (356415207490483.0, "356415207490483"),
    ],
)
def test_numbers_that_are_names_keep_their_digits(cell: Any, value: str | None) -> None:
    assert identifier(cell) == (value, None)


def test_text_keeps_blanks_inside_and_loses_those_around() -> None:
    assert text(f"{NBSP} Alta  Gracia ") == ("Alta  Gracia", None)


@pytest.mark.parametrize(
    ("word", "spellings"),
    [
        (Frequency.WEEKLY, ["Weekly", "weekly ", "WEEKLY", "Wk", "every week"]),
        (Frequency.BIWEEKLY, ["Bi-Weekly", "Biweekly", "BIWEEKLY", "bi weekly", "Every 2 Weeks", "every other week"]),
        (Frequency.SEMIMONTHLY, ["Semi-Monthly", "SEMIMONTHLY", "semi monthly", "Twice a Month", "1st & 15th", "1st and 15th"]),
        (Frequency.MONTHLY, ["Monthly", "MONTHLY", f"{NBSP}monthly", "Month"]),
    ],
)
def test_frequencies_are_known_in_their_usual_spellings(word: Frequency, spellings: list[str]) -> None:
    assert [frequency(spelling) for spelling in spellings] == [(word, None)] * len(spellings)


@pytest.mark.parametrize("cell", ["???", "Quarterly?", "every 10 days", "Bi-Monthly", 7.0])
def test_a_frequency_that_could_mean_two_things_is_not_guessed(cell: Any) -> None:
    assert frequency(cell)[0] is None
    assert "not a frequency we know" in (frequency(cell)[1] or "")


def test_every_kind_of_cell_can_be_kept_as_json() -> None:
    moment = dt.datetime.fromisoformat("2026-01-02T03:04")
    cells: list[Any] = ["a", 1.5, 2.0, True, dt.date(2026, 1, 2), moment, dt.time(5), dt.timedelta(hours=30), float("inf")]
    kept = json.loads(json.dumps([as_json(cell) for cell in cells], allow_nan=False))
    assert kept == ["a", 1.5, 2, True, "2026-01-02", "2026-01-02 03:04:00", "05:00:00", "1 day, 6:00:00", "inf"]
