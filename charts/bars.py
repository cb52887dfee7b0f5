"""Bars: one for each row of a small table, lying or standing, with its figure at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


LEGEND_ABOVE: Mapping[str, object] = {
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    "margin": {"t": 32},
}


def lying(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    name: str,
    colours: Sequence[str] = ("var(--ld-c1)",),
    left: int = 110,
) -> Figure:
    """Bars from the top downwards in the order given. `colours` gives each bar its own, or all of them one."""
    import plotly.graph_objects as go

    own = [colours[min(place, len(colours) - 1)] for place in range(len(labels))]
    widest = max([*(abs(value) for value in values), 0.000_001])
    return go.Figure(
        data=[
            go.Bar(
                x=list(values)[::-1],  # Plotly draws from below.
                y=list(labels)[::-1],
                text=list(texts)[::-1],
                textposition="outside",
                cliponaxis=False,
                orientation="h",
                name=name,
                marker={"color": own[::-1]},
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        ],
        layout={
            "template": {},
            "margin": {"l": left, "r": 24},
            "xaxis": {"visible": False, "range": [min([0.0, *values]) * 1.3, widest * 1.3]},
            "yaxis": {"type": "category", "showgrid": False},
        },
    )


def standing(labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Figure:
    """Groups of bars in per cent: a group for each label, a colour for each series."""
    import plotly.graph_objects as go

    colours = ("var(--ld-c2)", "var(--ld-c4)", "var(--ld-c1)", "var(--ld-c3)")
    return go.Figure(
        data=[
            go.Bar(
                x=list(labels),
                y=list(values),
                name=name,
                marker={"color": colour},
                hovertemplate="%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
            )
            for (name, values), colour in zip(series.items(), colours, strict=False)
        ],
        layout={
            "template": {},
            "barmode": "group",
            "showlegend": len(series) > 1,
            # Above: where names are many they stand aslant and would lie on it.
            **LEGEND_ABOVE,
            "xaxis": {"type": "category", "automargin": True},
            "yaxis": {"tickformat": ".0%", "rangemode": "tozero", "nticks": 5},
        },
    )


def amounts(labels: Sequence[str], series: Mapping[str, Sequence[int]]) -> Figure:
    """Bars in dollars from cents, one on another: a bar for each label, a colour for each series."""
    import plotly.graph_objects as go

    colours = ("var(--ld-c1)", "var(--ld-c2)", "var(--ld-c3)", "var(--ld-c4)")
    return go.Figure(
        data=[
            go.Bar(
                x=list(labels),
                y=[cents / 100 for cents in values],
                name=name,
                marker={"color": colours[place % len(colours)]},
                hovertemplate="%{x}: $%{y:,.2f}<extra>%{fullData.name}</extra>",
            )
            for place, (name, values) in enumerate(series.items())
        ],
        layout={
            "template": {},
            "barmode": "relative",
            "showlegend": len(series) > 1,
            **LEGEND_ABOVE,
            "xaxis": {"type": "category", "nticks": 12, "automargin": True},
            "yaxis": {"tickprefix": "$", "tickformat": "~s", "nticks": 5},
        },
    )


def most(labels: Sequence[str], values: Sequence[float | None], texts: Sequence[str], what: str) -> str:
    """What such a picture shows, in one sentence: where the most is, and where the least.

    >>> most(["Weekly", "Monthly"], [0.2, 0.1], ["20.0%", "10.0%"], "past due")
    'Most past due: Weekly (20.0%), least: Monthly (10.0%).'
    >>> most(["Weekly"], [0.2], ["20.0%"], "past due"), most([], [], [], "past due")
    ('Weekly: 20.0% past due.', 'There is nothing past due to compare.')
    """
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    if not known:
        return f"There is nothing {what} to compare."
    if len(known) == 1:
        place = known[0][1]
        return f"{labels[place]}: {texts[place]} {what}."
    (_, high), (_, low) = max(known), min(known)
    return f"Most {what}: {labels[high]} ({texts[high]}), least: {labels[low]} ({texts[low]})."
