"""Money as cents, and as people write it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Problem, RuleViolation, Severity
from app.domain.money import MAX_CENTS, as_text, cents_from_text, dollars, half_up, share

CENTS = st.integers(-MAX_CENTS, MAX_CENTS)


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0", 0), ("1249.42", 124942), ("0.005", 1), ("0.0049999", 0), ("1.4995", 150), ("2.675", 268),
        ("-0.005", -1), ("-0.004", 0), ("1e3", 100_000),
    ],
)  # fmt: skip
def test_half_a_cent_is_rounded_away_from_zero(amount: str, cents: int) -> None:
    assert half_up(Decimal(amount)) == cents


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e20"])
def test_what_is_no_amount_is_refused_and_not_rounded(amount: str) -> None:
    with pytest.raises(RuleViolation):
        half_up(Decimal(amount))


@pytest.mark.parametrize(
    ("cents", "rate", "expected"),
    # The weekly late fees of domain.md part 5, before floors and caps: 5 % and 10 % of 29.99, 150 and 400.
    [(2999, "0.05", 150), (2999, "0.10", 300), (15_000, "0.05", 750), (40_000, "0.10", 4_000), (1, "0.5", 1)],
)
def test_a_share_is_rounded_half_up(cents: int, rate: str, expected: int) -> None:
    assert share(cents, Decimal(rate)) == expected


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("$1,249.42", 124942), ("1249.42", 124942), ("1,249", 124900), (" 12.5 ", 1250), (".5", 50), ("7.", 700),
        ("$ 1 249.42", 124942), ("1\xa0249\xa0000.10", 124900010), ("0", 0), ("-0.00", 0),
        ("12.340", 1234),
        ("-14", -1400), ("$-14.00", -1400), ("-$14.00", -1400), ("\N{MINUS SIGN}$14.00", -1400), ("(14.00)", -1400),
        ("($14)", -1400), ("( 14 )", -1400), ("- $ 14", -1400),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_and_files_spell_them(text: str, cents: int) -> None:
    assert cents_from_text(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "$", "-", "abc", "12.345", "0.001", "12 50", "1 2", "- -5",
        "1,24", "12,34.00", "1.249,42", "1-2", "--5", "(-5)", "(5", "5)",
        "5 USD", "1e5", "NaN", "inf", "$$5", "٣", "9" * 30,
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        cents_from_text(text)
    assert refusal.value.message.endswith(".") and refusal.value.message[0].isprintable()


def test_money_shows_two_decimals_thousands_and_a_true_minus() -> None:
    assert [as_text(cents) for cents in (124942, 0, 5, 100_000_000, -1400, -5)] == [
        "$1,249.42", "$0.00", "$0.05", "$1,000,000.00", "\u2212$14.00", "\u2212$0.05",
    ]  # fmt: skip


@given(CENTS)
def test_what_is_shown_can_be_typed_back(cents: int) -> None:
    assert cents_from_text(as_text(cents)) == cents
    assert half_up(dollars(cents)) == cents


@given(CENTS, st.decimals(0, 1, places=4))
def test_a_share_is_never_more_than_half_a_cent_off(cents: int, rate: Decimal) -> None:
    assert abs(share(cents, rate) - Decimal(cents) * rate) <= Decimal("0.5")


def test_a_refusal_names_its_field_and_a_problem_its_cell() -> None:
    refusal = RuleViolation("A payment must be more than $0.00.", field="amount")
    assert (str(refusal), refusal.field) == ("A payment must be more than $0.00.", "amount")
    assert Problem(7, "CUSTOMERPHONE1", "This is no phone number.", Severity.WARNING).is_error is False
    assert Problem(7, "CONTRACT#", "The contract number is missing.").is_error is True
