"""What customers are told of AutoPay: that their card will be charged, and that it was declined."""

from datetime import datetime, timedelta

from app.domain.words import Word


class NoticeKind(Word):
    """What a customer is told; each has its templates."""

    UPCOMING = "upcoming", "Upcoming charge"
    DECLINED = "declined", "Declined charge"


class NoticeState(Word):
    """What became of a notice."""

    WAITING = "waiting", "Waiting"
    WRITTEN = "written", "Written"
    LEFT_OUT = "left_out", "Left out"


WAITS = timedelta(minutes=30)
"""How long a notice waits that may not be sent yet: the contact rules forbid it at this hour, or its link is not there."""
GIVEN_UP_AFTER = timedelta(hours=36)
"""A notice that could not be sent for so long says nothing any more."""


def is_stale(planned_at: datetime, now: datetime) -> bool:
    """Whether a notice comes too late to be of use.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    >>> is_stale(at, at + timedelta(hours=12)), is_stale(at, at + timedelta(hours=40))
    (False, True)
    """
    return now - planned_at > GIVEN_UP_AFTER
