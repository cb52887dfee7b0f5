"""What a cell says, however it was typed: text, numbers, amounts, days, frequencies.

Each parser returns (value, message): (None, None) for a blank cell, (None, message) for one that cannot be understood. No
parser raises, and the usual spelling of each kind takes well under a microsecond, because a portfolio has millions of cells.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from app.domain.errors import RuleViolation
from app.domain.money import MAX_CENTS, cents_from_text, half_up
from app.domain.servicing.frequency import Frequency
from app.workbooks.sheets import Cell

MAX_COUNT = 1_000_000

BLANKS = frozenset({"", "-", "$-", "$ -", "–", "—"})
"""How spreadsheets and people write "nothing"; an accountant's format shows a dash for it."""

_PLAIN_AMOUNT = re.compile(r"\$? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.([0-9]{1,2}))?")
_LONG_AMOUNT = re.compile(r"-?[0-9]{1,12}\.[0-9]{3,}")
_COUNT = re.compile(r"([0-9]{1,7}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.0*)?")
_WHOLE_TEXT = re.compile(r"([0-9]+)\.0+")
_SPELLINGS: dict[Frequency, str] = {
    Frequency.WEEKLY: "weekly week wk wkly w everyweek onceaweek perweek every7days 7days",
    Frequency.BIWEEKLY: (
        "biweekly biweek biwk biwkly bw everytwoweeks every2weeks every2wks 2weeks 2wks everyotherweek eow fortnightly"
        " every14days 14days onceeverytwoweeks"
    ),
    Frequency.SEMIMONTHLY: (
        "semimonthly semimonth semimo semi sm twiceamonth twicemonthly twicepermonth 2xmonth 2xamonth 1stand15th 1st15th"
        " 15thandeom 15thandlast halfmonthly"
    ),
    Frequency.MONTHLY: "monthly month mo mnthly mthly m everymonth onceamonth permonth",
}
"""Usual spellings without case, spaces and punctuation. "Bi-monthly" is left out: half of its writers mean every two months."""

_FREQUENCIES = {spelling: word for word, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def text(cell: Cell) -> tuple[str | None, str | None]:
    """A cell as text without blanks around it; a whole number without the `.0` that Excel's numbers have.

    >>> text("  de la O "), text(101.0), text("")
    (('de la O', None), ('101', None), (None, None))
    """
    if type(cell) is str:
        return cell.strip() or None, None
    return spelled(cell) or None, None


def text_up_to(length: int) -> Callable[[Cell], tuple[str | None, str | None]]:
    """A parser of text that keeps at most so many characters; remembers what it read, for columns that repeat themselves.

    >>> text_up_to(3)("Tampa")
    ('Tam', 'Longer than 3 characters; cut')
    """

    @lru_cache(maxsize=4096)
    def parse(cell: Cell) -> tuple[str | None, str | None]:
        whole = identifier(cell)[0]
        if whole is None or len(whole) <= length:
            return whole, None
        return whole[:length], f"Longer than {length} characters; cut"

    return parse


def identifier(cell: Cell) -> tuple[str | None, str | None]:
    """A number that is really a name: digits stay as they are, `6433012.0` and a leading apostrophe lose what is not theirs.

    >>> identifier(6263809.0), identifier(" 0012-1 "), identifier("6433012.0")
    (('6263809', None), ('0012-1', None), ('6433012', None))
    """
    if type(cell) is not str:
        return text(cell)
    bare = cell.strip().lstrip("'")
    if bare.endswith("0") and (whole := _WHOLE_TEXT.fullmatch(bare)):
        bare = whole.group(1)
    return bare or None, None


def amount(cell: Cell) -> tuple[int | None, str | None]:
    """Dollars as cents. A number is rounded half up; text may have $, thousands commas, blanks, a minus or parentheses.

    >>> amount(196.32), amount("$1,292.55"), amount("(14.00)"), amount(1.005), amount("n/a")
    ((19632, None), (129255, None), (-1400, None), (101, None), (None, '“n/a” is not an amount of money'))
    """
    if type(cell) is float:
        cents = cell * 100
        if -MAX_CENTS < cents < MAX_CENTS:
            nearest = round(cents)
            # Next to half a cent the binary fraction decides wrongly; its shortest decimal spelling decides there.
            return (nearest if abs(cents - nearest) < 0.49 else half_up(Decimal(repr(cell)))), None
        return None, f"{cell:g} is not an amount of money"
    if type(cell) is str:
        if plain := _PLAIN_AMOUNT.fullmatch(cell):
            whole, part = plain.groups()
            return int(whole.replace(",", "")) * 100 + (int(part.ljust(2, "0")) if part else 0), None
        return _odd_amount(cell.strip())
    if type(cell) is int:
        return amount(float(cell))
    return None, f"“{spelled(cell)}” is not an amount of money"


def count(cell: Cell) -> tuple[int | None, str | None]:
    """A whole number from 0 on.

    >>> count(11.0), count("12.0"), count(-1.0)
    ((11, None), (12, None), (None, '“-1” is not a whole number'))
    """
    if type(cell) is float and cell.is_integer() and 0 <= cell <= MAX_COUNT:
        return int(cell), None
    written = spelled(cell).strip()
    if written in BLANKS:
        return None, None
    found = _COUNT.fullmatch(written)
    value = int(found.group(1).replace(",", "")) if found else MAX_COUNT + 1
    return (value, None) if value <= MAX_COUNT else (None, f"“{written}” is not a whole number")


@lru_cache(maxsize=4096)
def frequency(cell: Cell) -> tuple[Frequency | None, str | None]:
    """How often is paid, in any usual spelling.

    >>> frequency("Bi-Weekly")[0].label, frequency("every 10 days")
    ('Biweekly', (None, '“every 10 days” is not a frequency we know'))
    """
    written = spelled(cell).strip()
    if written in BLANKS:
        return None, None
    word = _FREQUENCIES.get(re.sub(r"[\W_]+", "", written.casefold()))
    return (word, None) if word else (None, f"“{written}” is not a frequency we know")


def as_json(cell: Cell) -> str | float | int | bool:
    """A cell as JSON can keep it: dates in ISO, whole numbers without a fraction."""
    if type(cell) is str:
        return cell
    if isinstance(cell, bool) or (isinstance(cell, float) and isfinite(cell) and not cell.is_integer()):
        return cell
    if isinstance(cell, (int, float)) and isfinite(cell):
        return int(cell)
    return spelled(cell)


def spelled(cell: Cell) -> str:
    """A cell as people would write it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    return str(cell)


def _odd_amount(written: str) -> tuple[int | None, str | None]:
    """Amounts that are not written plainly."""
    if written in BLANKS:
        return None, None
    if _LONG_AMOUNT.fullmatch(written):  # A program wrote its binary fraction out in full.
        return half_up(Decimal(written)), None
    try:
        return cents_from_text(written.replace("$(", "(")), None
    except RuleViolation as refusal:
        return None, refusal.message.rstrip(".")
