"""Thresholds: days past due whose crossing is an alert."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.domain.errors import RuleViolation

USUAL = (30, 60)
MOST_DAYS = 999
MOST = 10


def from_text(text: str) -> tuple[int, ...]:
    """The days that somebody typed, with commas or spaces between them; none means no alerts.

    >>> from_text("30, 60"), from_text("7 14 45"), from_text(" ")
    ((30, 60), (7, 14, 45), ())

    Raises RuleViolation for what is no whole number, and for what `check` refuses.
    """
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= 6):
            raise RuleViolation(f"“{word[:20]}” is no whole number of days. Write them like this: 30, 60.", field="thresholds")
    days = tuple(int(word) for word in words)
    check(days)
    return days


def check(days: Sequence[int]) -> None:
    """Refuse days that are out of range, out of order or too many."""
    if any(not 1 <= one <= MOST_DAYS for one in days):
        raise RuleViolation(f"Each threshold is between 1 and {MOST_DAYS} days.", field="thresholds")
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise RuleViolation("Write the days from low to high, each once, like this: 30, 60.", field="thresholds")
    if len(days) > MOST:
        raise RuleViolation(f"That is too many: at most {MOST} thresholds.", field="thresholds")


def as_text(days: Sequence[int]) -> str:
    """As it is typed.

    >>> as_text((30, 60))
    '30, 60'
    """
    return ", ".join(map(str, days))
