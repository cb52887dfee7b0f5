"""Which customer at Square is one of ours: certain enough to be linked, or only worth a look.

A wrong link charges a stranger's card. So a link is made by itself only when one single customer there has our reference ID,
e-mail or phone, no second customer of ours has it too, and the name there is not another one. A name alone is never enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.words import Word


class MatchedBy(Word):
    """What two customers have in common, the strongest first."""

    REFERENCE = "reference", "reference ID"
    EMAIL = "email", "e-mail"
    PHONE = "phone", "phone"
    NAME = "name", "name"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer at Square who may be ours."""

    id: int
    by: MatchedBy
    first_name: str
    last_name: str
    ours: int = 1
    """How many customers of ours have the same in common with it."""
    is_taken: bool = False
    """It is linked to another customer of ours."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whom to link, and why each candidate is or is not it."""

    link: int | None
    why: dict[int, str]


def judge(first_name: str, last_name: str, candidates: Sequence[Candidate]) -> Verdict:
    """Look at everybody who may be this customer.

    >>> judge("Ann", "Lee", [Candidate(7, MatchedBy.EMAIL, "Ann", "Lee"), Candidate(8, MatchedBy.NAME, "Ann", "Lee")])
    Verdict(link=7, why={7: 'Same e-mail and name', 8: 'Same name only'})
    >>> judge("Ann", "Lee", [Candidate(7, MatchedBy.PHONE, "Pat", "Doe")])
    Verdict(link=None, why={7: 'Same phone, but the name there is Pat Doe'})
    """
    best = min((candidate.by for candidate in candidates), key=list(MatchedBy).index, default=None)
    rivals = sum(candidate.by is best for candidate in candidates)
    link: int | None = None
    why: dict[int, str] = {}
    for candidate in candidates:
        doubt = _doubt(first_name, last_name, candidate, rivals if candidate.by is best else 1)
        why[candidate.id] = doubt or f"Same {candidate.by.label} and name"
        if doubt is None and candidate.by is best:
            link = candidate.id
    return Verdict(link, why)


def _doubt(first_name: str, last_name: str, candidate: Candidate, rivals: int) -> str | None:
    """Why a candidate is not linked by itself; None when nothing speaks against it."""
    same = f"Same {candidate.by.label}"
    if candidate.is_taken:
        return f"{same}, but another customer is linked to it"
    if candidate.by is MatchedBy.NAME:
        return f"{same} only"
    there = f"{candidate.first_name} {candidate.last_name}".strip()
    if not are_same_name(first_name, candidate.first_name) or not are_same_name(last_name, candidate.last_name):
        return f"{same}, but the name there is {there}"
    if rivals > 1:
        return f"{same}, but {rivals} customers at Square have it"
    if candidate.ours > 1:
        return f"{same}, but {candidate.ours} customers here have it"
    return None


def are_same_name(ours: str, there: str) -> bool:
    """Whether two names may be one; Square may know none.

    >>> are_same_name("O'Brien", "OBRIEN "), are_same_name("Ann", ""), are_same_name("Ann", "Anna")
    (True, True, False)
    """
    plain, other = _letters(ours), _letters(there)
    return not other or plain == other


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
