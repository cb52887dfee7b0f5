"""Phone numbers, e-mail, states and ZIP codes as files spell them."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workbooks.contacts import email, phone, state, zip_code


@pytest.mark.parametrize(
    "cell",
    [
        7135556951.0, 17135556951.0, 7135556951, "7135556951", "17135556951", "713-555-6951", "(713) 555-6951", "713.555.6951",
        "+1 713 555 6951", " 713 555 6951 ", "713\N{NO-BREAK SPACE}555-6951", "1-713-555-6951", "tel: 713-555-6951",
        "713-555-6951 x12", "713-555-6951 / 305-555-4378", "713\N{EN DASH}555\N{EN DASH}6951",
    ],
)  # fmt: skip
def test_a_number_of_the_united_states_becomes_e164(cell: Any) -> None:
    assert phone(cell) == ("+17135556951", None)


def test_a_foreign_number_with_its_country_code_is_kept() -> None:
    assert phone("+52 55 1234 5678") == ("+525512345678", None)
    assert phone("+1 (787) 555-0100") == ("+17875550100", None)


@pytest.mark.parametrize("cell", ["555-01", "none", "0000000000", "1234567890", "(555) 123-4567", 12.5, "713-555-695"])
def test_an_unreadable_number_is_left_empty_with_a_message(cell: Any) -> None:
    value, message = phone(cell)
    assert value is None
    assert message
    assert message.endswith("is not a phone number; left empty")


def test_a_blank_is_no_number_and_no_message() -> None:
    assert phone("") == phone("  ") == (None, None)


@given(st.from_regex(r"\A[2-9][0-9]{9}\Z"))
def test_the_quick_way_says_what_the_phonenumbers_package_says(digits: str) -> None:
    number = phonenumbers.parse(digits, "US")
    assert (phone(digits)[0] == f"+1{digits}") == phonenumbers.is_valid_number(number)


@pytest.mark.parametrize(
    ("cell", "value"), [(" Lori@Example.COM ", "lori@example.com"), ("a.b+c@d-e.co.uk", "a.b+c@d-e.co.uk"), ("", None)]
)
def test_an_email_address_is_kept_in_lower_case(cell: str, value: str | None) -> None:
    assert email(cell) == (value, None)


@pytest.mark.parametrize("cell", ["none", "a@b", "a@@b.com", "a b@c.com", "a@b.com, c@d.com", "x" * 250 + "@a.com"])
def test_what_is_no_email_address_is_left_empty(cell: str) -> None:
    assert email(cell)[0] is None
    assert email(cell)[1]


def test_states_and_zip_codes() -> None:
    assert [state(cell)[0] for cell in ("FL", " tx ", "Florida", "F1", "", 12.0)] == ["FL", "TX", None, None, None, None]
    assert state("Florida")[1] and state("")[1] is None
    assert [zip_code(cell)[0] for cell in (2139.0, "02139", "33602-1234", 336021234.0, "3360", "")] == [
        "02139", "02139", "33602-1234", "33602-1234", None, None,
    ]  # fmt: skip
