"""Templates, the length of texts, and words that take consent back."""

from __future__ import annotations

import pytest

from app.domain.collections.messages import FIELDS, LONGEST_BODY, MOST_SEGMENTS, asks_to_stop, check, filled, named, size
from app.domain.errors import RuleViolation


@pytest.mark.parametrize(
    ("text", "characters", "segments", "left", "is_unicode"),
    [
        ("", 0, 0, 160, False),
        ("a" * 160, 160, 1, 0, False),
        ("a" * 161, 161, 2, 145, False),  # 153 and 8.
        ("a" * 459, 459, 3, 0, False),
        ("a" * 460, 460, 4, 152, False),
        ("[" * 80, 160, 1, 0, False),  # Each bracket takes an escape and a sign.
        ("a" * 152 + "€" + "a" * 10, 164, 2, 141, False),  # The euro does not fit at place 153 and goes into the second part.
        ("ñ" * 160, 160, 1, 0, False),  # In the phone alphabet.
        ("ç" * 70, 70, 1, 0, True),  # Only the capital Ç is.
        ("“" * 71, 71, 2, 63, True),  # 67 and 4.
        ("😀" * 35, 70, 1, 0, True),  # Two places each.
        ("😀" * 36, 72, 2, 61, True),  # 33 fit into 67 places, none is torn apart: three in the second part.
    ],
)
def test_a_text_is_counted_as_phone_networks_count(
    text: str, characters: int, segments: int, left: int, is_unicode: bool
) -> None:
    sized = size(text)
    assert (sized.characters, sized.segments, sized.left, sized.is_unicode) == (characters, segments, left, is_unicode)


def test_every_field_is_filled_in_and_doubled_braces_stay() -> None:
    text = " ".join(f"{{{name}}}" for name in FIELDS) + " {{x}}"
    assert named(text) == list(FIELDS)
    assert filled(text, FIELDS) == " ".join(FIELDS.values()) + " {x}"


@pytest.mark.parametrize(
    "text",
    [
        "{balance.__class__}",
        "{first_name[0]}",
        "{0}",
        "{}",
        "{balance!r}",
        "{balance:>99999999}",
        "{surname}",
        "{first_name:{balance}}",
    ],
)
def test_nothing_but_a_known_field_can_be_reached(text: str) -> None:
    with pytest.raises(RuleViolation, match=r"There is no field .*\{first_name\}, \{last_name\}") as refused:
        filled(text, FIELDS)
    assert refused.value.field == "body"


@pytest.mark.parametrize("text", ["{", "}", "{first_name", "first_name}"])
def test_braces_that_do_not_fit_are_explained(text: str) -> None:
    with pytest.raises(RuleViolation, match=r"write \{\{ or \}\} for the sign itself"):
        named(text)


def test_a_field_without_a_value_is_refused_instead_of_left_empty() -> None:
    with pytest.raises(RuleViolation, match=r"\{next_due\} has no value for this account"):
        filled("Due {next_due}", dict(FIELDS) | {"next_due": ""})


@pytest.mark.parametrize(
    ("body", "subject", "is_text", "sentence"),
    [
        ("  \n", None, True, "Write something first."),
        ("a" * (153 * MOST_SEGMENTS + 1), None, True, "would be sent in 11 parts; 10 are the most"),
        ("a" * (LONGEST_BODY + 1), "Hello", False, "holds 4,000 characters; this one has 4,001"),
        ("Hello", " ", False, "An e-mail needs a subject."),
        ("Hello", "a\nBcc: b@example.com", False, "A subject is one line"),
        ("Hello", "a" * 151, False, "at most 150 characters"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(body: str, subject: str | None, is_text: bool, sentence: str) -> None:
    with pytest.raises(RuleViolation, match=sentence):
        check(body, subject=subject, is_text=is_text)


def test_the_longest_text_is_taken() -> None:
    check("a" * (153 * MOST_SEGMENTS), subject=None, is_text=True)
    check("a", subject="a" * 150, is_text=False)


@pytest.mark.parametrize(
    ("body", "stops"),
    [
        ("STOP", True),
        ("stop.", True),
        (" Stop!\n", True),
        ("opt-out", True),
        ("Stop  All", True),
        ("revoke", True),
        ("UNSTOP", False),
        ("start", False),
        ("Please stop by", None),
        ("yes", None),
        ("", None),
    ],
)
def test_the_words_of_a_reply_that_count(body: str, stops: bool | None) -> None:
    assert asks_to_stop(body) is stops
