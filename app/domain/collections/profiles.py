"""A collector's profile in words: letters as people write them, orders of work, entries of the menu (LeasePak U1131)."""

from __future__ import annotations

import re
from itertools import groupby

from app.domain.collections.assigning import ALPHABET
from app.domain.errors import RuleViolation
from app.domain.words import Word


class WorkOrder(Word):
    """In which order a collector sees their list."""

    WEIGHT = "weight", "Weight"
    AMOUNT = "past_due_cents", "Amount past due"
    DAYS = "days_past_due", "Days past due"
    BALANCE = "balance_cents", "Balance"
    NAME = "customer", "Name"


class MenuEntry(Word):
    """What the menu of collecting offers; nothing unless it is ticked."""

    CUSTOMER_SUMMARY = "customer_summary", "Customer summary"
    ACCOUNT_SELECTION = "account_selection", "Account selection"
    ACCOUNT_SUMMARY = "account_summary", "Account summary"
    WORKLIST = "worklist", "Worklist"
    RECOVERY_REQUEST = "recovery_request", "Recovery request"


def letters(text: str) -> str:
    """Letters as people write them, sorted and once each: single ones and spans, with spaces or commas between.

    >>> letters("a-f, M X"), letters("CAB"), letters(""), letters("all")
    ('ABCDEFMX', 'ABC', '', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')

    Raises RuleViolation for anything else.
    """
    if text.strip().lower() == "all":
        return ALPHABET
    found: set[str] = set()
    for piece in re.split(r"[\s,;]+", re.sub(r"\s*[-–]\s*", "-", text.strip().upper())):
        span = re.fullmatch(r"([A-Z])-([A-Z])", piece)
        if span and span[1] <= span[2]:
            found.update(ALPHABET[ALPHABET.index(span[1]) : ALPHABET.index(span[2]) + 1])
        elif re.fullmatch(r"[A-Z]*", piece):
            found.update(piece)
        else:
            raise RuleViolation(f"“{piece}” is neither letters nor a span of letters such as A-F.")
    return "".join(sorted(found))


def letters_text(given: str) -> str:
    """Letters as `letters` reads them back: runs of three and more as a span.

    >>> letters_text("ABCDEFMX"), letters_text("AB"), letters_text(""), letters_text(ALPHABET)
    ('A-F M X', 'A B', '', 'A-Z')
    """
    runs = []
    for _, run in groupby(enumerate(sorted(given)), lambda pair: ALPHABET.index(pair[1]) - pair[0]):
        found = [letter for _, letter in run]
        runs.append(f"{found[0]}-{found[-1]}" if len(found) > 2 else " ".join(found))
    return " ".join(runs)
