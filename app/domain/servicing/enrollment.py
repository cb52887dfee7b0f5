"""What device management says of the device of an account, and whether that fits the account (domain.md part 16).

The mirror of Hexnode's devices is matched by IMEI, then by serial number. One verdict stands: the first that applies in the
order of `Verdict`, worst first, for what stands further down cannot be trusted while something above is wrong.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.domain.words import Word

SILENT_DAYS = 7
"""A device that has not reported for longer than this is silent."""

CHECKED_STATUSES: frozenset[AccountStatus] = OPEN_STATUSES | {AccountStatus.PAID_OFF}
"""Accounts whose device is looked for: those that are owed, and those that are paid and should be let go."""


class Verdict(Word):
    """How the device of an account stands."""

    TWO_ACCOUNTS = "two_accounts", "IMEI on two accounts"
    NOT_FOUND = "not_found", "Not found"
    NOT_ENROLLED = "not_enrolled", "Not enrolled"
    WRONG_MODEL = "wrong_model", "Wrong model"
    SILENT = "silent", "Silent"
    PAID_OFF = "paid_off", "Paid off, still enrolled"
    ENROLLED = "enrolled", "Enrolled"
    RELEASED = "released", "Released"


MISMATCHES: frozenset[Verdict] = frozenset(set(Verdict) - {Verdict.ENROLLED, Verdict.RELEASED})
"""Somebody has to do something."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What device management says of one device."""

    model: str
    is_enrolled: bool
    last_reported_at: dt.datetime | None


def verdict(
    status: AccountStatus, model: str, reported: Reported | None, *, is_on_two_accounts: bool, now: dt.datetime
) -> Verdict | None:
    """How the device of an account stands; None for an account whose device nobody looks for.

    `is_on_two_accounts`: another open account has a device with the same IMEI. A paid-off account's device that is leased
    anew is enrolled for the other account.

    >>> at = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    >>> seen = Reported("iPhone 13", True, at - dt.timedelta(days=8))
    >>> verdict(AccountStatus.ACTIVE, "APPLE IPHONE 13 128GB", seen, is_on_two_accounts=False, now=at).label
    'Silent'
    """
    if status not in CHECKED_STATUSES:
        return None
    if status is AccountStatus.PAID_OFF:
        is_held = reported is not None and reported.is_enrolled and not is_on_two_accounts
        return Verdict.PAID_OFF if is_held else Verdict.RELEASED
    if is_on_two_accounts:
        return Verdict.TWO_ACCOUNTS
    if reported is None:
        return Verdict.NOT_FOUND
    if not reported.is_enrolled:
        return Verdict.NOT_ENROLLED
    if not is_same_model(model, reported.model):
        return Verdict.WRONG_MODEL
    if reported.last_reported_at is None or reported.last_reported_at < silent_before(now):
        return Verdict.SILENT
    return Verdict.ENROLLED


def silent_before(now: dt.datetime) -> dt.datetime:
    """A device whose last report is older than this is silent."""
    return now - dt.timedelta(days=SILENT_DAYS)


def is_enrolled(status: str) -> bool:
    """Whether Hexnode's word for an enrollment means that it manages the device now.

    >>> is_enrolled("Enrolled"), is_enrolled("Disenrolled"), is_enrolled("Enrollment pending"), is_enrolled("")
    (True, False, False, False)
    """
    return status.strip().casefold() == "enrolled"


_STORAGE = re.compile(r"\b\d+\s*[gt]b\b")
_CODE = re.compile(r"[-,]\d|[a-z]-[a-z0-9]|\d{3}")
_MAKERS = frozenset({"apple", "samsung", "galaxy", "google", "motorola", "moto", "lg", "tcl", "oneplus", "nokia", "xiaomi"})
_VARIANTS = frozenset({"pro", "max", "plus", "mini", "ultra", "fe", "se", "lite", "note", "fold", "flip", "edge", "air", "power"})


def is_same_model(ours: str, theirs: str) -> bool:
    """Whether two names may mean the same model. What cannot be compared (a maker's code, a missing name) is no mismatch.

    Maker, storage and what only one side adds (a color, a carrier) do not count; Pro, Max, Plus and their like do.

    >>> is_same_model("APPLE IPHONE 13 128GB", "iPhone 13"), is_same_model("APPLE IPHONE 13 128GB", "iPhone 13 Pro")
    (True, False)
    >>> is_same_model("SAMSUNG GALAXY A14 64GB", "SM-A146U"), is_same_model("GALAXY S22", "Galaxy S23")
    (True, False)
    """
    if _is_code(theirs) or _is_code(ours) or "unknown" in ours.casefold():
        return True
    mine, other = _words(ours), _words(theirs)
    if mine & _VARIANTS != other & _VARIANTS:
        return not mine or not other
    return mine <= other or other <= mine


def _is_code(name: str) -> bool:
    return " " not in name.strip() and _CODE.search(name.casefold()) is not None


def _words(name: str) -> frozenset[str]:
    bare = _STORAGE.sub(" ", name.casefold().replace("+", " plus "))
    return frozenset(re.findall("[a-z0-9]+", bare)) - _MAKERS
