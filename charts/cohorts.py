"""Cohorts: the share in default by months on book, as a heat map and as curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Row = Sequence[float | None]
MOST_CURVES = 6
COLOURS = ("var(--ld-c1)", "var(--ld-c2)", "var(--ld-c3)", "var(--ld-c4)", "var(--ld-c5)", "var(--ld-text-2)")


def heat(names: Sequence[str], rows: Sequence[Row]) -> Figure:
    """A cell for each cohort and month on book, the darker the more defaults; the oldest cohort on top."""
    import plotly.graph_objects as go

    months = list(range(1, max((len(row) for row in rows), default=0) + 1))
    return go.Figure(
        data=[
            go.Heatmap(
                x=months,
                y=list(names),
                z=[list(row) for row in rows],
                colorscale=[[0, "var(--ld-c1-soft)"], [1, "var(--ld-bad-mark)"]],
                showscale=False,
                xgap=1,
                ygap=1,
                hoverongaps=False,
                hovertemplate="%{y}, month %{x}: %{z:.1%}<extra></extra>",
            )
        ],
        layout={
            "template": {},
            "xaxis": {"title": {"text": "Months on book"}, "dtick": 3, "showgrid": False},
            "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False},
        },
    )


def curves(names: Sequence[str], rows: Sequence[Row], *, axis: str) -> Figure:
    """A line for each of the newest cohorts."""
    import plotly.graph_objects as go

    known = [(name, [value for value in row if value is not None]) for name, row in zip(names, rows, strict=True)]
    shown = [(name, values) for name, values in known if values][-MOST_CURVES:]
    return go.Figure(
        data=[
            go.Scatter(
                x=list(range(1, len(values) + 1)),
                y=values,
                name=name,
                mode="lines+markers" if len(values) < 3 else "lines",
                line={"color": colour, "width": 2},
                hovertemplate="%{fullData.name}, month %{x}: %{y:.1%}<extra></extra>",
            )
            for (name, values), colour in zip(shown, COLOURS, strict=False)
        ],
        layout={
            "template": {},
            "showlegend": True,
            "xaxis": {"title": {"text": "Months on book"}, "dtick": 3, "showgrid": False},
            "yaxis": {"title": {"text": axis}, "tickformat": ".0%", "rangemode": "tozero", "nticks": 5},
        },
    )
