"""Into whose book a late account goes: letters, amounts, places, and the least load (domain.md part 11, LeasePak U1131)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.words import Word

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGIT_LETTERS = "ZOTTFFSSEN"
"""The first letters of zero, one, two … nine."""


class AmountBasis(Word):
    """Which amount of an account a collector's limits speak of (LeasePak U1121)."""

    DELINQUENT = "delinquent", "Delinquent amount"
    GROSS_OUTSTANDING = "gross_outstanding", "Gross outstanding"
    NET_OUTSTANDING = "net_outstanding", "Net outstanding"
    GROSS_RECEIVABLE = "gross_receivable", "Gross receivable"


def letter(text: str) -> str:
    """The letter by which a short name or a status code is handed out.

    A letter itself, a digit's English word's first letter, X for anything else and for nothing.

    >>> [letter(name) for name in ("Abbott", "4 Corners", "zeta", "'Neill", "", "Ébert")]
    ['A', 'F', 'Z', 'X', 'X', 'X']
    >>> "".join(letter(str(digit) + "0") for digit in range(10))
    'ZOTTFFSSEN'
    """
    first = text.strip()[:1]
    if not first.isascii():
        return "X"
    if first.isdigit():
        return DIGIT_LETTERS[int(first)]
    return first.upper() if first.isalpha() else "X"


def short_name(last_name: str, first_name: str) -> str:
    """The name a lessee is filed under: the last name, or the first where there is no other.

    >>> short_name("Abbott", "Bud"), short_name(" ", "Cher")
    ('Abbott', 'Cher')
    """
    return last_name.strip() or first_name.strip()


def amount(basis: AmountBasis, *, past_due_cents: int, balance_cents: int, fees_cents: int = 0, credit_cents: int = 0) -> int:
    """The amount that collectors' limits are held against, in cents.

    Gross outstanding is the whole balance; net outstanding is the balance less money that covers nothing yet; gross
    receivable is the balance without fees.

    >>> [amount(basis, past_due_cents=10_000, balance_cents=90_000, fees_cents=500, credit_cents=2_000) for basis in AmountBasis]
    [10000, 90000, 88000, 89500]
    """
    return {
        AmountBasis.DELINQUENT: past_due_cents,
        AmountBasis.GROSS_OUTSTANDING: balance_cents,
        AmountBasis.NET_OUTSTANDING: balance_cents - credit_cents,
        AmountBasis.GROSS_RECEIVABLE: balance_cents - fees_cents,
    }[basis]


@dataclass(frozen=True, slots=True)
class Lessee:
    """What an account is handed out by."""

    short_name: str
    status_code: str
    amount_cents: int
    portfolio_id: int
    company_id: int | None = None
    region_id: int | None = None
    office_id: int | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which accounts a collector takes. Empty places mean all of them; no letters mean no accounts at all."""

    staff_id: int
    name_letters: str = ALPHABET
    status_letters: str = ALPHABET
    minimum_cents: int = 0
    maximum_cents: int | None = None
    portfolio_ids: frozenset[int] = field(default_factory=frozenset)
    company_ids: frozenset[int] = field(default_factory=frozenset)
    region_ids: frozenset[int] = field(default_factory=frozenset)
    office_ids: frozenset[int] = field(default_factory=frozenset)
    is_active: bool = True


def fits(collector: Criteria, lessee: Lessee) -> bool:
    """Whether a collector takes an account.

    >>> four = Lessee("4 Corners", "82", 50_000, portfolio_id=1)
    >>> fits(Criteria(7, name_letters="ABCF"), four), fits(Criteria(7, name_letters="ABC"), four)
    (True, False)
    >>> fits(Criteria(7, status_letters="Z"), four), fits(Criteria(7, maximum_cents=49_999), four)
    (False, False)
    """
    return (
        collector.is_active
        and letter(lessee.short_name) in collector.name_letters
        and letter(lessee.status_code) in collector.status_letters
        and collector.minimum_cents <= lessee.amount_cents
        and (collector.maximum_cents is None or lessee.amount_cents <= collector.maximum_cents)
        and _within(collector.portfolio_ids, lessee.portfolio_id)
        and _within(collector.company_ids, lessee.company_id)
        and _within(collector.region_ids, lessee.region_id)
        and _within(collector.office_ids, lessee.office_id)
    )


def _within(places: frozenset[int], place: int | None) -> bool:
    return not places or place in places


def least_loaded(fitting: Iterable[int], loads: Mapping[int, int]) -> int | None:
    """The collector with the fewest accounts of those who fit; of equals the one who was there first (lowest id).

    >>> least_loaded([3, 1, 2], {1: 5, 2: 4, 3: 4}), least_loaded([], {1: 5})
    (2, None)
    """
    return min(fitting, key=lambda staff_id: (loads.get(staff_id, 0), staff_id), default=None)


def is_reassigned(*, is_manual: bool, is_held: bool, is_switched_on: bool, still_fits: bool) -> bool:
    """Whether an assigned account is handed out anew at the end of day.

    What a person assigned stays; "off" for all wins over the lessee's own word; who still fits keeps it.

    >>> is_reassigned(is_manual=False, is_held=False, is_switched_on=True, still_fits=False)
    True
    >>> is_reassigned(is_manual=False, is_held=False, is_switched_on=False, still_fits=False)
    False
    """
    return is_switched_on and not is_manual and not is_held and not still_fits


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that is to be handed out: to whom of those who take it, or else to the supervisor of its portfolio."""

    account_id: int
    assigned_to_id: int | None
    fitting: tuple[int, ...]
    supervisor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """An account that changes hands."""

    account_id: int
    to_id: int
    is_fitting: bool
    """False: nobody takes accounts like it, so the supervisor gets it."""


def share_out(candidates: Iterable[Candidate], loads: Mapping[int, int]) -> list[Move]:
    """Who gets which account, one after another, each to the least loaded of those who take it.

    An account stays where it is when it would go to whoever has it, or when there is nobody to give it to.

    >>> moves = share_out([Candidate(1, None, (7, 8)), Candidate(2, None, (7, 8)), Candidate(3, None, (), 9)], {7: 1})
    >>> [(move.account_id, move.to_id) for move in moves]
    [(1, 8), (2, 7), (3, 9)]
    """
    carried = dict(loads)
    moves = []
    for each in candidates:
        found = least_loaded(each.fitting, carried)
        to_id = each.supervisor_id if found is None else found
        if to_id is None or to_id == each.assigned_to_id:
            continue
        carried[to_id] = carried.get(to_id, 0) + 1
        if each.assigned_to_id is not None:
            carried[each.assigned_to_id] = carried.get(each.assigned_to_id, 0) - 1
        moves.append(Move(each.account_id, to_id, is_fitting=found is not None))
    return moves
