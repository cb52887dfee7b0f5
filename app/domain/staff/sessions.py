"""When a signed-in browser has to sign in again, and how long a PIN given again counts (reliability.md part 2)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

STEP_UP_FOR = timedelta(minutes=5)
SEEN_EVERY = timedelta(seconds=60)
"""`last_seen_at` is written no more often than this: a click should not cost a write."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives without a click, and in any case."""

    idle: timedelta
    absolute: timedelta

    def ends_at(self, signed_in_at: datetime, last_seen_at: datetime) -> datetime:
        """The moment from which the session no longer counts, unless somebody clicks before.

        >>> from datetime import UTC
        >>> limits = SessionLimits(timedelta(minutes=15), timedelta(hours=10))
        >>> eight = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
        >>> limits.ends_at(eight, eight.replace(hour=9)).strftime("%H:%M")
        '09:15'
        >>> limits.ends_at(eight, eight.replace(hour=17, minute=55)).strftime("%H:%M")
        '18:00'
        """
        return min(last_seen_at + self.idle, signed_in_at + self.absolute)


def is_stepped_up(stepped_up_at: datetime | None, now: datetime) -> bool:
    """Whether the PIN was given again lately enough for what is dangerous.

    >>> from datetime import UTC
    >>> nine = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    >>> is_stepped_up(nine, nine.replace(minute=4)), is_stepped_up(nine, nine.replace(minute=5)), is_stepped_up(None, nine)
    (True, False, False)
    """
    return stepped_up_at is not None and now - stepped_up_at < STEP_UP_FOR


def token_hash(token: str) -> str:
    """What is stored of a session's token: whoever reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()
