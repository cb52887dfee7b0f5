"""Team: what each member of staff collected, a bar for each, the most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_BARS = 15


@dataclass(frozen=True, slots=True)
class Member:
    """One person: what they collected, and with how many they spoke."""

    name: str
    collected_cents: int
    right_party: int


def figure(members: Sequence[Member]) -> Figure:
    """Bars in dollars from the most downwards; the number of conversations stands behind each."""
    import plotly.graph_objects as go

    shown = _best(members)[::-1]  # Plotly draws from below.
    return go.Figure(
        data=[
            go.Bar(
                x=[member.collected_cents / 100 for member in shown],
                y=[member.name for member in shown],
                orientation="h",
                name="Collected",
                marker={"color": "var(--ld-c1)"},
                customdata=[[member.right_party] for member in shown],
                hovertemplate="%{y}: $%{x:,.2f}, %{customdata[0]} conversations<extra></extra>",
            )
        ],
        layout={
            "template": {},
            "margin": {"l": 120},
            "xaxis": {"tickprefix": "$", "tickformat": "~s", "rangemode": "tozero", "nticks": 5},
            "yaxis": {"type": "category", "showgrid": False},
        },
    )


def _best(members: Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda member: (-member.collected_cents, member.name))[:MOST_BARS]


def finding(members: Sequence[Member]) -> str:
    """What the picture shows, in one sentence.

    >>> finding([Member("Ann", 30_000, 4), Member("Bob", 10_000, 9)])
    '$400.00 came in through 2 people: most through Ann ($300.00, 75.0%).'
    >>> finding([Member("Ann", 0, 0)])
    'Nothing was collected by anybody in these days.'
    """
    total = sum(member.collected_cents for member in members)
    if not total:
        return "Nothing was collected by anybody in these days."
    best = _best(members)[0]
    number = sum(member.collected_cents > 0 for member in members)
    people = "1 person" if number == 1 else f"{number} people"
    share = best.collected_cents / total
    start = f"${total / 100:,.2f} came in through {people}"
    return f"{start}: most through {best.name} (${best.collected_cents / 100:,.2f}, {share:.1%})." if number > 1 else f"{start}."
