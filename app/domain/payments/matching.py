"""Whose payment is this? What a remittance says about its payer, and how well an account fits it (domain.md part 14).

The evidence is added up to a score of 0 to 100, and every part of it is said in words. Money is posted by itself only when
one account stands out; everything else waits for a person.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.money import as_text
from app.domain.servicing.frequency import Frequency
from app.domain.words import Word

THRESHOLD = 85
"""From this score on money is posted by itself, unless a setting says otherwise."""
LEAD = 10
"""So far ahead of every other account the best one must be."""
MOST_PERIODS = 6
"""A payment may be for up to so many installments at once."""

_NUMBER = re.compile(r"(?<![\w-])(?=[A-Z]*\d)([A-Z]{0,6}\d[A-Z0-9]{3,19})(?:-\d{1,2})?(?![\w])", re.IGNORECASE)
_MARKED = re.compile(r"(?<![\w/-])[A-Z]{1,8}[-/]\d(?:[\w/-]{0,30}\w)?(?![\w-])", re.IGNORECASE)
"""Numbers of invoices as billing systems write them: INV-20418, SI/2026/0042."""
_PHONE = re.compile(r"(?<!\d)(?:\+?1[-. ]?)?\(?(\d{3})\)?[-. ]?(\d{3})[-. ]?(\d{4})(?!\d)")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "jr", "sr", "ii", "iii", "iv", "sra", "srta", "prof"})
_PERIOD_DAYS = {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14, Frequency.SEMIMONTHLY: 16, Frequency.MONTHLY: 31}


class Clue(Word):
    """What led from a remittance to an account."""

    ACCOUNT = "account", "Account number in the memo"
    INVOICE = "invoice", "Invoice number in the memo"
    PHONE = "phone", "Phone number in the memo"
    LEARNT = "learnt", "This sender paid for the customer before"
    NAME = "name", "Name of the sender"


EXPLICIT = frozenset({Clue.ACCOUNT, Clue.INVOICE, Clue.PHONE})
"""Clues with which the sender names the account. Where there is one, no other account is paid by itself."""

POINTS = {Clue.ACCOUNT: 70, Clue.INVOICE: 70, Clue.PHONE: 60, Clue.LEARNT: 65, Clue.NAME: 0}


class Agreement(Word):
    """How far two names agree."""

    SAME = "same", "same name"
    CLOSE = "close", "similar name"
    PART = "part", "part of the name"
    NONE = "none", "another name"


@dataclass(frozen=True, slots=True)
class Remitted:
    """What came in."""

    paid_on: dt.date
    amount_cents: int
    sender: str
    memo: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that it might be for."""

    account_id: int
    account_number: str
    name: str
    clues: frozenset[Clue]
    payment_cents: int
    frequency: Frequency
    next_due_on: dt.date | None
    past_due_cents: int
    balance_cents: int
    is_open: bool
    """Whether money may be posted on it by itself."""


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate with its score and why."""

    candidate: Candidate
    score: int
    reasons: tuple[str, ...]


def numbers_in(memo: str) -> tuple[str, ...]:
    """What may be the number of an account or invoice, with and without a suffix, phone numbers left out.

    >>> numbers_in("acct 5515000"), numbers_in("8679751-1 thanks"), numbers_in("RTO700003, 9015559894"), numbers_in("nov 26")
    (('5515000',), ('8679751-1', '8679751'), ('RTO700003',), ())
    >>> numbers_in("for INV-20418, SI-2026-0042.")
    ('INV-20418', 'SI-2026-0042')
    """
    found: dict[str, None] = {}
    rest = _PHONE.sub(" ", memo)
    for hit in _NUMBER.finditer(rest):
        found[hit.group(0).upper()] = None
        found[hit.group(1).upper()] = None
    for marked in _MARKED.finditer(rest):
        found[marked.group(0).upper()] = None
    return tuple(found)


def phones_in(memo: str) -> tuple[str, ...]:
    """Ten-digit phone numbers.

    >>> phones_in("(901) 555-9894 rent"), phones_in("+1 813 555 0100"), phones_in("12345678901234")
    (('9015559894',), ('8135550100',), ())
    """
    return tuple(dict.fromkeys("".join(hit.groups()) for hit in _PHONE.finditer(memo)))


def words_of(name: str) -> tuple[str, ...]:
    """A name as words that can be compared: no accents, no case, no titles.

    >>> words_of("Dr. Raúl  MONTEMAYOR, Jr."), words_of("Garcia-Lopez, R.")
    (('raul', 'montemayor'), ('garcia', 'lopez', 'r'))
    """
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter))
    return tuple(word for word in re.split(r"[\W_]+", bare) if word and word not in _TITLES)


def agreement(one: str, other: str) -> Agreement:
    """How far two names agree, whatever the order of their words.

    >>> [agreement("Esmeralda Wilson", name).value for name in ("WILSON ESMERALDA", "E. Wilson", "Esmerelda Wilson")]
    ['same', 'close', 'close']
    >>> agreement("Ana Wilson", "Esmeralda Wilson").value, agreement("Ana Soto", "Luis Vega").value
    ('part', 'none')
    """
    left, right = words_of(one), words_of(other)
    if not left or not right:
        return Agreement.NONE
    if sorted(left) == sorted(right):
        return Agreement.SAME
    shorter, longer = sorted((left, right), key=len)
    rest = list(longer)
    equal = paired = 0
    for word in shorter:
        fitting = next((each for each in rest if _is_like(word, each)), None)
        if fitting is not None:
            rest.remove(fitting)
            paired += 1
            equal += word == fitting and len(word) > 1
    if paired == len(shorter) >= 2 and equal:
        return Agreement.CLOSE
    return Agreement.PART if equal else Agreement.NONE


def score(remitted: Remitted, candidate: Candidate) -> Match:
    """How well an account fits, with the reasons in words. Nothing is worth more than 100.

    >>> by_name, due_on = frozenset({Clue.NAME}), dt.date(2026, 11, 20)
    >>> ana = Candidate(1, "7001", "Ana Soto", by_name, 45_00, Frequency.WEEKLY, due_on, 0, 900_00, True)
    >>> fit = score(Remitted(dt.date(2026, 11, 18), 45_00, "ANA SOTO", ""), ana)
    >>> fit.score, fit.reasons
    (95, ('same name', 'amount is the payment', 'due Nov 20'))
    """
    reasons = [clue.label for clue in Clue if clue in candidate.clues and POINTS[clue]]
    points = max((POINTS[clue] for clue in candidate.clues), default=0)
    is_named = points > 0
    agrees = agreement(remitted.sender, candidate.name)
    points += {Agreement.SAME: 50, Agreement.CLOSE: 35, Agreement.PART: 15, Agreement.NONE: 0}[agrees] // (2 if is_named else 1)
    if agrees is not Agreement.NONE or is_named:
        reasons.append(agrees.label)
    worth, said = _amount(remitted.amount_cents, candidate)
    points += worth // 2 if is_named else worth
    reasons += [said] if said else []
    if _falls_due(remitted.paid_on, candidate):
        points += 7 if is_named else 15
        when = candidate.next_due_on
        reasons.append("past due" if candidate.past_due_cents or when is None else f"due {when:%b} {when.day}")
    if not candidate.is_open:
        reasons.append("the account is not open")
    return Match(candidate, min(points, 100), tuple(reasons))


def ranked(remitted: Remitted, candidates: Iterable[Candidate]) -> list[Match]:
    """All candidates, the best first; of equals the one with more past due, then the lower number."""
    matches = [score(remitted, candidate) for candidate in candidates]
    return sorted(
        matches,
        key=lambda one: (-one.score, -one.candidate.past_due_cents, one.candidate.account_number, one.candidate.account_id),
    )


def clear_match(matches: Sequence[Match], amount_cents: int, *, threshold: int = THRESHOLD) -> Match | None:
    """The match on which money is posted by itself; None when a person must look.

    Wanted: a score from the threshold on, no other account close behind, an open account that owes at least the amount, and
    no other account that the sender names.
    """
    if not matches or matches[0].score < threshold:
        return None
    best, others = matches[0], matches[1:]
    if any(best.score - other.score < LEAD for other in others):
        return None
    names_another = any(other.candidate.clues & EXPLICIT for other in others)
    if names_another and not best.candidate.clues & EXPLICIT:
        return None
    return best if best.candidate.is_open and amount_cents <= best.candidate.balance_cents else None


def _amount(cents: int, candidate: Candidate) -> tuple[int, str]:
    """What an amount speaks for, and how that is said."""
    payment = candidate.payment_cents
    if cents == payment:
        return 30, "amount is the payment"
    if cents == candidate.balance_cents:
        return 25, "amount is the balance"
    if cents > candidate.balance_cents:
        return 0, f"more than the balance of {as_text(candidate.balance_cents)}"
    if candidate.past_due_cents and cents in (candidate.past_due_cents, candidate.past_due_cents + payment):
        return 25, "amount is what is past due"
    if cents % payment == 0 and cents // payment <= MOST_PERIODS:
        return 20, f"amount is {cents // payment} payments"
    return 0, ""


def _falls_due(paid_on: dt.date, candidate: Candidate) -> bool:
    """Whether something is past due, or falls due within two periods: people pay one installment ahead."""
    if candidate.next_due_on is None:
        return False
    return candidate.next_due_on - paid_on <= dt.timedelta(days=2 * _PERIOD_DAYS[candidate.frequency])


def _is_like(word: str, other: str) -> bool:
    """Whether two words are the same, one the initial of the other, or one letter apart."""
    if word == other:
        return True
    if min(len(word), len(other)) == 1:
        return word[0] == other[0]
    return min(len(word), len(other)) >= 4 and _one_apart(word, other)


def _one_apart(word: str, other: str) -> bool:
    """Whether one letter is changed, added or left out."""
    if abs(len(word) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    if len(word) == len(other):
        return word[start + 1 :] == other[start + 1 :]
    shorter, longer = sorted((word, other), key=len)
    return shorter[start:] == longer[start + 1 :]
