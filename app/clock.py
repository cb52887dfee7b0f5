"""The only reader of the clock.

`today()` is the business date in the business time zone and can be pinned (LEASEDESK_TODAY, demonstrations, tests); `now()` is
always a moment of that date, so that what happens "now" and what happens "today" never disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass
class _Clock:
    zone: ZoneInfo
    pinned_on: dt.date | None
    stopped_at: dt.time | None = None


_clock = _Clock(zone=ZoneInfo("America/New_York"), pinned_on=None)


def set_clock(*, zone: str | None = None, pinned_on: dt.date | None = None, stopped_at: dt.time | None = None) -> None:
    """Say in which zone the business day runs, and pin the business date (None lets it run).

    `stopped_at` stops the clock at a time of day of the pinned date, for what depends on the hour.
    """
    if zone is not None:
        _clock.zone = ZoneInfo(zone)
    _clock.pinned_on, _clock.stopped_at = pinned_on, stopped_at


def zone() -> ZoneInfo:
    """The business time zone."""
    return _clock.zone


def now() -> dt.datetime:
    """This moment, aware, in UTC. With a pinned date: the same time of day on that date."""
    real = dt.datetime.now(dt.UTC)
    if _clock.pinned_on is None:
        return real
    local = real.astimezone(_clock.zone)
    pinned = dt.datetime.combine(_clock.pinned_on, _clock.stopped_at or local.time(), tzinfo=_clock.zone)
    return pinned.astimezone(dt.UTC)


def today() -> dt.date:
    """The business date."""
    return _clock.pinned_on or dt.datetime.now(dt.UTC).astimezone(_clock.zone).date()


def ahead() -> dt.timedelta:
    """How far a pinned date has run ahead of the real clock; nothing while it has not.

    Services outside know nothing of the pin: since when they are asked for something is put back by so much.
    """
    return max(now() - dt.datetime.now(dt.UTC), dt.timedelta(0))


def business_date(at: dt.datetime) -> dt.date:
    """The business date on which a moment lies."""
    return at.astimezone(_clock.zone).date()


def moment(on: dt.date, time: dt.time) -> dt.datetime:
    """A time of day on a business date, as an aware moment in UTC."""
    return dt.datetime.combine(on, time, tzinfo=_clock.zone).astimezone(dt.UTC)
