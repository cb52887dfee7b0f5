"""Collected against due: a bar for each day, what was due behind and what came in of it in front."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EVERY = 3
"""Days between two labels of the axis."""


@dataclass(frozen=True, slots=True)
class Day:
    """One bar: cents due on a day and cents of them that are collected."""

    on: dt.date
    due_cents: int
    collected_cents: int


def figure(days: Sequence[Day], *, today: dt.date) -> Figure:
    """Overlaid bars in dollars; the axis names every third day and today."""
    import plotly.graph_objects as go

    x = [_day(day.on) for day in days]
    due = [day.due_cents / 100 for day in days]
    collected = [day.collected_cents / 100 for day in days]
    hover = "%{customdata[0]}: $%{y:,.2f}<extra>%{fullData.name}</extra>"
    names = [[f"{day.on:%a} {_day(day.on)}"] for day in days]
    return go.Figure(
        data=[
            go.Bar(x=x, y=due, name="Due", marker={"color": "var(--ld-c1-soft)"}, customdata=names, hovertemplate=hover),
            go.Bar(x=x, y=collected, name="Collected", marker={"color": "var(--ld-c1)"}, customdata=names, hovertemplate=hover),
        ],
        layout={
            "template": {},
            "barmode": "overlay",
            "xaxis": {"type": "category", **_ticks([day.on for day in days], today)},
            "yaxis": {"tickprefix": "$", "tickformat": "~s", "rangemode": "tozero", "nticks": 5},
        },
    )


def _ticks(days: Sequence[dt.date], today: dt.date) -> dict[str, list[str]]:
    """Labels three days apart, counted from today so that it always has one."""
    if today not in days:
        named = list(days[::EVERY])
    else:
        place = days.index(today)
        named = [on for n, on in enumerate(days) if (n - place) % EVERY == 0]
    return {"tickvals": [_day(on) for on in named], "ticktext": ["Today" if on == today else _day(on) for on in named]}


def _day(on: dt.date) -> str:
    return f"{on:%b} {on.day}"


def finding(days: Sequence[Day], *, today: dt.date) -> str:
    """What the picture shows, in one sentence: the rate of the days that have passed, and the best and worst of them.

    >>> days = [Day(dt.date(2026, 11, 18), 10_000, 9_000), Day(dt.date(2026, 11, 19), 10_000, 7_000)]
    >>> finding(days, today=dt.date(2026, 11, 20))
    '80.0% of what fell due in the last 2 days is collected: most on Nov 18 (90.0%), least on Nov 19 (70.0%).'
    """
    passed = [day for day in days if day.on < today and day.due_cents]
    if not passed:
        return "Nothing fell due in these days."
    rate = sum(day.collected_cents for day in passed) / sum(day.due_cents for day in passed)
    best = max(passed, key=_rate)
    worst = min(passed, key=_rate)
    span = "the last day" if len(passed) == 1 else f"the last {len(passed)} days"
    start = f"{rate:.1%} of what fell due in {span} is collected"
    if len(passed) == 1 or _rate(best) == _rate(worst):
        return f"{start}."
    return f"{start}: most on {_day(best.on)} ({_rate(best):.1%}), least on {_day(worst.on)} ({_rate(worst):.1%})."


def _rate(day: Day) -> float:
    return day.collected_cents / day.due_cents
