"""Locking a device: when it may be done, what becomes of it, and when it ends (domain.md part 16).

A lock takes a supervisor, a clause of the agreement that allows it, and a notice to the customer that has run its days. It is
lifted as soon as nothing is past due, and what is uncertain is always settled in favor of unlocking.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.domain.money import as_text
from app.domain.servicing.enrollment import Verdict
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.domain.words import Word


class LockState(Word):
    """What became of a lock."""

    LOCKING = "locking", "Being locked"
    LOCKED = "locked", "Locked"
    UNCERTAIN = "uncertain", "May be locked"
    REFUSED = "refused", "Not locked"
    TO_UNLOCK = "to_unlock", "To be unlocked"
    UNLOCKING = "unlocking", "Being unlocked"
    UNLOCKED = "unlocked", "Unlocked"


ENDED_LOCKS: frozenset[LockState] = frozenset({LockState.REFUSED, LockState.UNLOCKED})
HELD_LOCKS: frozenset[LockState] = frozenset({LockState.LOCKED, LockState.UNCERTAIN})
"""They wait for a payment, or for somebody who lifts them."""


class NoticeBy(Word):
    """How a customer was told that their device may be locked."""

    TEXT = "text", "Text"
    EMAIL = "email", "E-mail"
    LETTER = "letter", "Letter"
    IN_PERSON = "in_person", "In person"


WRITTEN_HERE: frozenset[NoticeBy] = frozenset({NoticeBy.TEXT, NoticeBy.EMAIL})
"""These are sent through the outbox; of the others somebody writes down that they were given."""

LOCKABLE: frozenset[Verdict] = frozenset({Verdict.ENROLLED, Verdict.SILENT})
"""With any other verdict the device is out of reach, or may be somebody else's."""

LONGEST_WAIT = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether the device of an account may be locked today."""

    status: AccountStatus
    past_due_cents: int
    past_due_since: dt.date | None
    """Due date of the oldest installment that is past due."""
    verdict: Verdict | None
    clause: str | None
    """Name of the agreement's clause that allows it; None: there is none."""
    notice_days: int = 0
    notice_on: dt.date | None = None
    """Day of the latest notice that was given."""
    promise_on: dt.date | None = None
    """A promise to pay by this day is open."""
    has_dispute: bool = False
    processing_cents: int = 0
    """Payments that are on their way and not settled."""
    stop: str | None = None
    """What the customer asked for, or who speaks for them: no message may be shown to them."""
    lock: LockState | None = None
    """Of the lock that has not ended."""


def why_not(standing: Standing, *, today: dt.date) -> str | None:
    """The sentence that says what stands in the way of a lock today, and what to do; None when nothing does.

    >>> fine = Standing(AccountStatus.ACTIVE, 5_400, dt.date(2026, 11, 1), Verdict.ENROLLED, "Clause 9",
    ...                 notice_days=5, notice_on=dt.date(2026, 11, 10))
    >>> why_not(fine, today=dt.date(2026, 11, 15)) is None
    True
    >>> why_not(fine, today=dt.date(2026, 11, 14))
    'The notice of Nov 10 has to run 5 days: the device may be locked from Nov 15.'
    """
    if standing.lock is not None:
        return f"The device is {standing.lock.label.lower()} already."
    if standing.status not in OPEN_STATUSES:
        return f"The account is {standing.status.label.lower()}; only the device of an account that is owed is locked."
    if standing.past_due_cents <= 0 or standing.past_due_since is None:
        return "Nothing is past due on this account."
    if standing.verdict not in LOCKABLE:
        said = standing.verdict.label.lower() if standing.verdict else "never checked"
        return f"The device is {said}: check it first, and set right what does not fit."
    if standing.clause is None:
        return "No clause of this agreement allows a lock. An admin enters the clauses under Settings, Lock clauses."
    in_the_way = _in_the_way(standing)
    return in_the_way or _notice(standing, today=today)


def _in_the_way(standing: Standing) -> str | None:
    if standing.stop is not None:
        return f"{standing.stop}: nothing is shown to this customer on their device."
    if standing.has_dispute:
        return "A dispute is open; decide it first."
    if standing.processing_cents > 0:
        return f"A payment of {as_text(standing.processing_cents)} is being processed; wait until it is settled."
    if standing.promise_on is not None:
        return f"A promise to pay by {standing.promise_on:%b %-d} is open; wait for its day."
    return None


def _notice(standing: Standing, *, today: dt.date) -> str | None:
    since, days = standing.past_due_since, standing.notice_days
    if standing.notice_on is None or (since is not None and standing.notice_on < since):
        return f"Give notice first: the clause asks for {days} day{'' if days == 1 else 's'}."
    first_on = may_lock_from(standing.notice_on, days)
    if today < first_on:
        run = f"{days} day{'' if days == 1 else 's'}"
        return f"The notice of {standing.notice_on:%b %-d} has to run {run}: the device may be locked from {first_on:%b %-d}."
    return None


def may_lock_from(notice_on: dt.date, notice_days: int) -> dt.date:
    """The first day on which a device may be locked after a notice."""
    return notice_on + dt.timedelta(days=notice_days)


def notice_words(*, clause: str, past_due_cents: int, lock_from: dt.date, model: str) -> str:
    """The notice as it is proposed; whoever gives it may change the words.

    >>> notice_words(clause="Clause 9", past_due_cents=5_400, lock_from=dt.date(2026, 11, 15), model="IPHONE 13")
    'Your payment of $54.00 is past due. Under Clause 9 of your agreement your IPHONE 13 may be locked from Nov 15. Pay before then, or call us.'
    """  # noqa: E501 -- the whole sentence is the example
    return (
        f"Your payment of {as_text(past_due_cents)} is past due. Under {clause} of your agreement your {model} may be locked "
        f"from {lock_from:%b %-d}. Pay before then, or call us."
    )


def lock_words(*, past_due_cents: int) -> str:
    """What stands on the locked screen, as it is proposed. No name: whoever finds the device reads it too."""
    return f"This device is locked because {as_text(past_due_cents)} is past due. It is unlocked when you pay. Please call us."


def wait_after(tries: int) -> dt.timedelta:
    """How long after a try to unlock that did not get through the next one is made: 1, 2, 4 … minutes, an hour at most.

    >>> [int(wait_after(tries).total_seconds() // 60) for tries in (1, 2, 3, 7, 40)]
    [1, 2, 4, 60, 60]
    """
    return min(dt.timedelta(minutes=2 ** min(tries - 1, 10)), LONGEST_WAIT)
