"""Names without the marks that people put before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workbooks.names import first_name, without_marks

SPECIFIED = ["*PAST DUE* ", "DEFAULT - ", "(RETURNED) ", "[PIF] ", "RECOVERY: ", "**STOLEN** ", "PAID OFF - ", "BK - "]
THEIR_LIKE = [
    "*PAST DUE*", "past due - ", "Default: ", "(returned)", "[CHARGED OFF] ", "{HOLD} ", "<LEGAL> ", "***FRAUD*** ", "REPO - ",
    "CHARGED OFF: ", "C/O - ", "BK7 - ", "CH 13 - ", "DO NOT CALL - ", "(60+ DAYS) ", "DECEASED - ", "SKIP – ", "LOCKED | ",
    "PAST DUE ", "#LOST# ", "*", "- ", "(DO NOT LEASE) ", "ANYTHING: ",
]  # fmt: skip


@pytest.mark.parametrize("mark", SPECIFIED + THEIR_LIKE)
@pytest.mark.parametrize("name", ["Luis", "Julio César", "Alta  Gracia", "Mary-Ann", "D'Angelo", "J.R.", "Ñusta"])
def test_a_mark_is_taken_off_and_the_name_stays_as_it_is(mark: str, name: str) -> None:
    assert without_marks(mark + name) == name


@given(st.lists(st.sampled_from(SPECIFIED), min_size=2, max_size=4), st.sampled_from(["Ana", "José Luis", "O'Neil"]))
def test_marks_may_be_stacked(marks: list[str], name: str) -> None:
    assert without_marks("".join(marks) + name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "Mary-Ann",
        "Jean - Paul",
        "(Bob) Robert",
        "De'Andre",
        "Skip",
        "Lost",
        "Default",
        "Late",
        "Recovery Ann",
        "St. John",
        "Bk",
    ],
)
def test_names_that_only_look_like_marks_are_left_alone(name: str) -> None:
    assert without_marks(name) == name


def test_a_cell_with_nothing_but_a_mark_has_no_name() -> None:
    assert first_name("*PAST DUE* ") == (None, None)
    assert first_name("") == (None, None)


def test_a_name_of_a_novel_is_cut_with_a_message() -> None:
    name, message = first_name("BK - " + "A" * 100)
    assert name == "A" * 80
    assert message
