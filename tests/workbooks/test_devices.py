"""Models and IMEIs out of merchandise descriptions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from app.workbooks.devices import device, passes_luhn

IMEI = "356415207490483"


@given(st.from_regex(r"\A[0-9]{15}\Z"))
def test_the_check_digit_is_judged_as_stdnum_judges_it(digits: str) -> None:
    assert passes_luhn(digits) == luhn.is_valid(digits)


@pytest.mark.parametrize(
    ("description", "model"),
    [
        (f"APPLE IPHONE 12 128GB {IMEI}", "APPLE IPHONE 12 128GB"),
        (f"{IMEI} APPLE IPHONE 12 128GB", "APPLE IPHONE 12 128GB"),
        (f"APPLE IPHONE 12 IMEI: {IMEI}", "APPLE IPHONE 12"),
        (f"APPLE IPHONE 12 - IMEI#{IMEI}", "APPLE IPHONE 12"),
        (f"APPLE IPHONE 12 (IMEI 1: {IMEI})", "APPLE IPHONE 12"),
        (f"APPLE IPHONE 12 [{IMEI}]", "APPLE IPHONE 12"),
        (f"APPLE IPHONE 12, {IMEI};", "APPLE IPHONE 12"),
        (f"APPLE  IPHONE 12 {IMEI}/01", "APPLE IPHONE 12"),
        (f"APPLE IPHONE 12 SN: {IMEI}", "APPLE IPHONE 12"),
        ("MOTO G POWER 2023 35-641520-749048-3", "MOTO G POWER 2023"),
        ("MOTO G POWER 2023 35 641520 749048 3", "MOTO G POWER 2023"),
        ("MOTO G POWER 2023 356415 20 749048 3", "MOTO G POWER 2023"),
        ("GALAXY A54 5G 35641520.749048.3", "GALAXY A54 5G"),
        ("GALAXY A54 356 415 207 490 483", "GALAXY A54"),
        ("GALAXY A54 35641520749048/3", "GALAXY A54"),
        (f"IPHONE 11 {IMEI} 357564532260225", "IPHONE 11 357564532260225"),
        (f"IPHONE 12{NBSP}{IMEI}" if (NBSP := "\N{NO-BREAK SPACE}") else "", "IPHONE 12"),
    ],
)
def test_the_first_imei_and_the_model_are_found(description: str, model: str) -> None:
    assert device(description) == ((model, IMEI), None)


def test_a_description_that_is_nothing_but_an_imei_has_no_model() -> None:
    assert device(356415207490483.0) == ((None, IMEI), None)
    assert device(f"IMEI {IMEI}") == ((None, IMEI), None)


@pytest.mark.parametrize(
    ("description", "model"),
    [
        ("SAMSUNG GALAXY S22", "SAMSUNG GALAXY S22"),
        ("MOTOROLA MOTO G POWER 2023", "MOTOROLA MOTO G POWER 2023"),
        ("GALAXY S 5 35641520749048", "GALAXY S 5 35641520749048"),
        ("IPHONE 12 3564152074904831", "IPHONE 12 3564152074904831"),
        ("", None),
    ],
)
def test_without_a_number_of_fifteen_digits_there_is_no_imei(description: str, model: str | None) -> None:
    assert device(description) == ((model, None), None)


@pytest.mark.parametrize(
    "description", ["PIXEL 7A 356415207490484", "PIXEL 7A 35-641520-749048-4", "PIXEL 7A IMEI:356415207490484"]
)
def test_a_wrong_check_digit_is_a_message_and_the_imei_is_kept(description: str) -> None:
    (model, imei), message = device(description)
    assert (model, imei) == ("PIXEL 7A", "356415207490484")
    assert message == "IMEI 356415207490484 has a wrong check digit"


@given(st.text(max_size=60) | st.integers(0, 10**20).map(float))
def test_no_description_breaks_the_reader(cell: Any) -> None:
    (model, imei), _ = device(cell)
    assert imei is None or (len(imei) == 15 and imei.isascii() and imei.isdigit())
    assert model is None or model == model.strip()


def test_an_imei_whose_digits_excel_threw_away_is_told_and_not_taken_for_a_model() -> None:
    for cell in ("IPHONE 12 3.56415E+14", "3.56E+14", "3,56E+14", 356_000_000_000_000.0):
        said, message = device(cell)
        assert said == (None, None)
        assert message is not None and "Excel shortened the IMEI to 3" in message
    assert device("GALAXY S22 356415207490483")[1] is None
