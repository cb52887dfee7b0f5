"""Who at Square is certainly one of ours: the rule, case by case."""

from __future__ import annotations

import pytest

from app.domain.payments.card_matching import Candidate, MatchedBy, judge

REFERENCE, EMAIL, PHONE, NAME = MatchedBy


def there(id: int, by: MatchedBy, name: str = "Ann Lee", **more: object) -> Candidate:
    first, _, last = name.partition(" ")
    return Candidate(id, by, first, last, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("candidates", "linked"),
    [
        ([], None),
        ([there(1, REFERENCE)], 1),
        ([there(1, EMAIL)], 1),
        ([there(1, PHONE)], 1),
        ([there(1, PHONE, "ann LEE")], 1),
        ([there(1, EMAIL, "")], 1),
        ([there(1, NAME)], None),
        ([there(1, REFERENCE, "Pat Doe")], None),
        ([there(1, PHONE, "Anna Lee")], None),
        ([there(1, REFERENCE), there(2, EMAIL)], 1),
        ([there(1, REFERENCE, "Pat Doe"), there(2, EMAIL)], None),
        ([there(1, EMAIL), there(2, EMAIL)], None),
        ([there(1, EMAIL), there(2, EMAIL, "Pat Doe")], None),
        ([there(1, PHONE, ours=2)], None),
        ([there(1, REFERENCE, is_taken=True)], None),
        ([there(1, EMAIL), there(2, NAME)], 1),
    ],
)
def test_a_link_is_made_only_where_nothing_speaks_against_it(candidates: list[Candidate], linked: int | None) -> None:
    verdict = judge("Ann", "Lee", candidates)
    assert verdict.link == linked
    assert set(verdict.why) == {candidate.id for candidate in candidates}


def test_each_doubt_is_said_in_words() -> None:
    said = judge("Ann", "Lee", [there(1, EMAIL), there(2, EMAIL), there(3, PHONE, "Pat Doe"), there(4, NAME)]).why
    assert said == {
        1: "Same e-mail, but 2 customers at Square have it",
        2: "Same e-mail, but 2 customers at Square have it",
        3: "Same phone, but the name there is Pat Doe",
        4: "Same name only",
    }
