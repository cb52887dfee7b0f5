"""Which PINs are good enough, and when too many failures lock one (reliability.md part 2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from app.domain.errors import RuleViolation

MIN_DIGITS = 6
MAX_DIGITS = 12
MAX_FAILURES = 10
LOCK_FOR = timedelta(minutes=30)

_FAVOURITES = """
    100000 110011 123321 123443 123450 123455 123654 123698 123789 124578 131415 134679 135246 135790 135791 142536
    142857 147258 147741 147852 147896 159357 159753 159951 162534 171819 192837 198765 222333 235711 246135 246800
    246810 246824 258000 258456 258852 271828 314159 321654 332211 333444 334455 357159 357951 369258 369963 445566
    456123 456654 456852 556677 654123 654456 667788 741852 753159 753951 778899 789123 789456 789654 852456 852963
    867530 889900 951753 963852 987123 987412 987456 987789 998877 999000
"""

WELL_KNOWN = frozenset(_FAVOURITES.split())
"""Keypad walks and other favourites that no rule below catches; a longer PIN is refused when it begins with one."""

_DATE_SHAPES = {6: ("mmddyy", "ddmmyy", "yymmdd"), 8: ("mmddyyyy", "ddmmyyyy", "yyyymmdd")}
_LIVING_YEARS = range(1920, 2040)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong PINs in a row, and when the last of them was."""

    count: int = 0
    last_at: datetime | None = None


def pin_problem(pin: str) -> str | None:
    """What is wrong with a new PIN, as a sentence, or None when it will do.

    A short number is guessed before it is broken, so what people guess first is refused: repeats, runs, dates, and the
    well-known ones.

    >>> pin_problem("830471")
    >>> pin_problem("12345")
    'A PIN has 6 to 12 digits.'
    >>> pin_problem("765432")
    'This PIN is too easy to guess: its digits run up or down.'
    """
    if not (pin.isascii() and pin.isdigit() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
        return f"A PIN has {MIN_DIGITS} to {MAX_DIGITS} digits."
    for is_easy, why in (
        (_repeats(pin), "it repeats itself"),
        (_runs(pin), "its digits run up or down"),
        (_reads_as_date(pin), "it reads as a date"),
        (pin[:6] in WELL_KNOWN, "many people choose it"),
    ):
        if is_easy:
            return f"This PIN is too easy to guess: {why}."
    return None


def check_pin(pin: str) -> None:
    """Refuse a PIN that is not good enough."""
    if problem := pin_problem(pin):
        raise RuleViolation(problem, field="pin")


def locked_until(failures: Failures) -> datetime | None:
    """When a lock ends, or None when the failures are too few for one."""
    if failures.count < MAX_FAILURES or failures.last_at is None:
        return None
    return failures.last_at + LOCK_FOR


def is_locked(failures: Failures, now: datetime) -> bool:
    """Whether sign-in is refused now, whatever PIN is given.

    >>> from datetime import UTC
    >>> ten = Failures(10, datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    >>> [is_locked(ten, datetime(2026, 11, 20, 9, minute, tzinfo=UTC)) for minute in (29, 30)]
    [True, False]
    """
    ends_at = locked_until(failures)
    return ends_at is not None and now < ends_at


def after_failure(failures: Failures, now: datetime) -> Failures:
    """The failures with one more; a lock that is over starts the count anew, one that holds is not made longer."""
    if is_locked(failures, now):
        return failures
    was_locked = locked_until(failures) is not None
    return Failures(1 if was_locked else failures.count + 1, now)


def _repeats(pin: str) -> bool:
    """Whether the PIN is one piece of up to half its length over and over, cut off anywhere: 000000, 121212, 123123."""
    return any(pin == (pin[:size] * len(pin))[: len(pin)] for size in range(1, len(pin) // 2 + 1))


def _runs(pin: str) -> bool:
    """Whether each digit is the one before plus one, or minus one, with 9 and 0 as neighbours: 567890, 210987."""
    steps = {(int(second) - int(first)) % 10 for first, second in pairwise(pin)}
    return steps in ({1}, {9})


def _reads_as_date(pin: str) -> bool:
    """Whether the PIN is a day in any usual spelling, or a year and a month: 031487, 198703."""
    if len(pin) == 6 and int(pin[:4]) in _LIVING_YEARS and 1 <= int(pin[4:]) <= 12:
        return True
    return any(_is_date(pin, shape) for shape in _DATE_SHAPES.get(len(pin), ()))


def _is_date(pin: str, shape: str) -> bool:
    """Whether the digits, sorted into year, month and day by a shape, are a day that somebody may remember."""
    year, month, day = (int("".join(digit for digit, letter in zip(pin, shape, strict=True) if letter == part)) for part in "ymd")
    # Two digits name a year of either century; 2000 knows each day that the other years know.
    full_year = 2000 + year % 4 if shape.count("y") == 2 else year
    if full_year not in _LIVING_YEARS:
        return False
    try:
        date(full_year, month, day)
    except ValueError:
        return False
    return True
