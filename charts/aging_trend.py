"""Aging trend: the share of open accounts in each late bucket over the weeks, a line for each bucket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

RAMP = ("var(--ld-b1)", "var(--ld-b2)", "var(--ld-b3)", "var(--ld-b4)")
"""From the least to the most late; further buckets share the last colour."""


def figure(days: Sequence[dt.date], labels: Sequence[str], shares: Sequence[Sequence[float]]) -> Figure:
    """Lines in per cent with their name at the end. `shares` has a row for each day, in the order of the labels."""
    import plotly.graph_objects as go

    colours = [RAMP[min(n, len(RAMP) - 1)] for n in range(len(labels))]
    series = [[row[n] for row in shares] for n in range(len(labels))]
    lines = [
        go.Scatter(
            x=list(days),
            y=values,
            name=label,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": [0] * (len(values) - 1) + [6]},
            hovertemplate="%{x|%b %-d}: %{y:.1%}<extra>%{fullData.name}</extra>",
        )
        for label, values, colour in zip(labels, series, colours, strict=True)
    ]
    ends = _apart([values[-1] for values in series]) if days else []
    named = [
        {"x": days[-1], "y": end, "text": label, "xanchor": "left", "yanchor": "middle", "xshift": 8, "showarrow": False}
        for label, end in zip(labels, ends, strict=False)
    ]
    return go.Figure(
        data=lines,
        layout={
            "template": {},
            "annotations": named,
            "margin": {"r": 52},
            # Left to itself the axis names a day twice when there are few of them.
            "xaxis": {"type": "date", "tickformat": "%b %-d", "tickvals": _named_days(days), "showgrid": False},
            "yaxis": {"tickformat": ".0%", "rangemode": "tozero", "nticks": 5},
        },
    )


def _named_days(days: Sequence[dt.date], most: int = 5) -> list[dt.date]:
    """The days that the axis names: the first, the last, and some between them.

    >>> [day.day for day in _named_days([dt.date(2026, 11, day) for day in range(1, 12)])]
    [1, 3, 6, 9, 11]
    """
    count = min(len(days), most)
    if count < 2:
        return list(days)
    return [days[round(n * (len(days) - 1) / (count - 1))] for n in range(count)]


def _apart(ends: Sequence[float]) -> list[float]:
    """Where the names stand: at the ends of their lines, pushed up where two would lie on one another."""
    gap = max([*ends, 0.01]) * 0.08
    placed: dict[int, float] = {}
    floor = float("-inf")
    for n in sorted(range(len(ends)), key=lambda n: ends[n]):
        placed[n] = floor = max(ends[n], floor + gap)
    return [placed[n] for n in range(len(ends))]


def finding(days: Sequence[dt.date], labels: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """What the picture shows, in one sentence: how the share of late accounts has moved.

    >>> finding([dt.date(2026, 9, 4), dt.date(2026, 11, 20)], ["1-30", "31+"], [[0.08, 0.02], [0.10, 0.03]])
    '13.0% of open accounts are late, 3.0 points more than on Sep 4; most of them 1-30 days.'
    """
    if not days:
        return "No end of day has run yet."
    now, then = sum(shares[-1]), sum(shares[0])
    most = max(range(len(labels)), key=lambda n: shares[-1][n])
    moved = ""
    if len(days) > 1:
        points = abs(now - then) * 100
        word = "as many as" if points < 0.05 else f"{points:.1f} points {'more' if now > then else 'fewer'} than"
        moved = f", {word} on {days[0]:%b} {days[0].day}"
    kind = f"; most of them {labels[most]} days" if now else ""
    return f"{now:.1%} of open accounts are late{moved}{kind}."
