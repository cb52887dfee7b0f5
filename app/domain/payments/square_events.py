"""What Square tells us happened: a hint to look, never the news itself.

A notification may be late, doubled, out of order or lost. So only what it is about is read from it, and that is asked again at
Square: whatever order the hints come in, the newest state is what is written down.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.words import Word


class EventState(Word):
    """What became of a hint."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Applied"
    IGNORED = "ignored", "Not ours"
    FAILED = "failed", "Given up"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened at Square."""

    event_id: str
    type: str
    """"payment.updated"."""
    object_id: str
    """Square's id of what it happened to."""
    happened_at: dt.datetime

    @property
    def subject(self) -> str:
        """What sort of thing it is about: payment, refund, dispute, card, customer.

        >>> Notice("e", "dispute.state.updated", "d", dt.datetime(2026, 11, 20, tzinfo=dt.UTC)).subject
        'dispute'
        """
        return self.type.partition(".")[0]


SUBJECTS = frozenset({"payment", "refund", "dispute", "card", "customer"})
"""What we act on; everything else is not ours."""

LONGEST_ID = 64
MOST_TRIES = 12
"""Twelve tries with doubling pauses are about two days; reconciliation finds what is still missing then."""


def notice_of(told: Any) -> Notice | None:
    """The hint in a notification's body, or in an entry of Square's list of events; None when it is not one.

    >>> notice_of({"event_id": "e1", "type": "payment.updated", "created_at": "2026-11-20T15:00:00Z", "data": {"id": "p1"}})
    ... # doctest: +ELLIPSIS
    Notice(event_id='e1', type='payment.updated', object_id='p1', happened_at=datetime.datetime(2026, 11, 20, 15, ...
    >>> notice_of({"event_id": "e1", "type": 7}), notice_of([])
    (None, None)
    """
    if not isinstance(told, Mapping):
        return None
    data = told.get("data")
    named = (told.get("event_id"), told.get("type"), data.get("id") if isinstance(data, Mapping) else None)
    if not all(isinstance(word, str) and 0 < len(word) <= LONGEST_ID and "\0" not in word for word in named):
        return None
    try:
        at = dt.datetime.fromisoformat(str(told.get("created_at")))
    except ValueError:
        return None
    event_id, kind, object_id = (str(word) for word in named)
    return Notice(event_id, kind, object_id, at if at.tzinfo else at.replace(tzinfo=dt.UTC))


def next_try(tries: int, now: dt.datetime) -> dt.datetime | None:
    """When to look again after so many tries that got no answer; None: no more.

    >>> at = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
    >>> [(next_try(tries, at) - at).seconds // 60 for tries in (1, 2, 3)], next_try(MOST_TRIES, at)
    ([1, 2, 4], None)
    """
    return None if tries >= MOST_TRIES else now + dt.timedelta(minutes=2 ** (tries - 1))
