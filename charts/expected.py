"""Expected against contractual: two bars for each day or month, what falls due behind and what is expected of it in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True, slots=True)
class Bar:
    """One day or month: its name, cents that fall due and cents that are expected."""

    name: str
    contractual_cents: int
    expected_cents: int


def figure(bars: Sequence[Bar]) -> Figure:
    """Overlaid bars in dollars."""
    import plotly.graph_objects as go

    names = [bar.name for bar in bars]
    hover = "%{x}: $%{y:,.2f}<extra>%{fullData.name}</extra>"

    def one(name: str, cents: Sequence[int], colour: str) -> go.Bar:
        return go.Bar(x=names, y=[each / 100 for each in cents], name=name, marker={"color": colour}, hovertemplate=hover)

    return go.Figure(
        data=[
            one("Contractual", [bar.contractual_cents for bar in bars], "var(--ld-c1-soft)"),
            one("Expected", [bar.expected_cents for bar in bars], "var(--ld-c1)"),
        ],
        layout={
            "template": {},
            "barmode": "overlay",
            "xaxis": {"type": "category"},
            "yaxis": {"tickprefix": "$", "tickformat": "~s", "rangemode": "tozero", "nticks": 5},
        },
    )


def finding(bars: Sequence[Bar], span: str) -> str:
    """What the picture shows, in one sentence.

    >>> finding([Bar("Nov 20", 10_000, 8_000), Bar("Nov 21", 10_000, 9_000)], "the next 2 days")
    'Of $200.00 that falls due in the next 2 days, $170.00 (85.0%) is expected.'
    """
    due = sum(bar.contractual_cents for bar in bars)
    expected = sum(bar.expected_cents for bar in bars)
    if not due:
        return f"Nothing falls due in {span}."
    return f"Of ${due / 100:,.2f} that falls due in {span}, ${expected / 100:,.2f} ({expected / due:.1%}) is expected."
