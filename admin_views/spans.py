"""Spans of days that an address names, and those that people ask for."""

from __future__ import annotations

import datetime as dt

from flask import abort, request

from app.clock import today
from app.queries.collections.narrowing import Span

MOST_DAYS = 366


def last(days: int) -> Span:
    """So many days, today's included."""
    return Span(today() - dt.timedelta(days=days - 1), today())


def asked(*, usual_days: int) -> Span | None:
    """The days that the address names; None when it names none, 404 for what is no span.

    One end alone is joined by the other so that the span has its usual length, or ends today.
    """
    first, final = request.args.get("from"), request.args.get("to")
    if not first and not final:
        return None
    try:
        to_on = dt.date.fromisoformat(final) if final else today()
        from_on = dt.date.fromisoformat(first) if first else to_on - dt.timedelta(days=usual_days - 1)
    except (ValueError, OverflowError):
        abort(404)
    if not 0 <= (to_on - from_on).days < MOST_DAYS or not 2000 <= from_on.year <= to_on.year <= 2200:
        abort(404)
    return Span(from_on, to_on)


def presets() -> list[tuple[str, Span]]:
    """Spans that people ask for."""
    on = today()
    monday, first = on - dt.timedelta(days=on.weekday()), on.replace(day=1)
    before = (first - dt.timedelta(days=1)).replace(day=1)
    return [
        ("Today", last(1)),
        ("This week", Span(monday, on)),
        ("This month", Span(first, on)),
        ("Last month", Span(before, first - dt.timedelta(days=1))),
        ("Last 30 days", last(30)),
        ("Last 90 days", last(90)),
    ]
