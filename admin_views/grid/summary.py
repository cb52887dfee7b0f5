"""The figures around a list which are asked for after the page stands: tab counts, the exact count, totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from admin_views import formats
from admin_views.gate import viewer
from admin_views.grid.page import chosen
from admin_views.grid.views import tabs
from app.clock import today
from app.extensions import db
from app.queries.listing import Kind

if TYPE_CHECKING:
    from admin_views.grid.screen import GridScreen

AT_ONCE = 100_000
"""Rows that are added up without being asked; for more, a person presses "Add up"."""
PATIENCE_MS = 8_000


def summary(screen: GridScreen) -> dict[str, Any]:
    """{tabs: {key: text}, count: text, rows: int, totals: {column: text}}; totals is null when they wait for a click."""
    session, who, on, state = db.session(), viewer(), today(), screen.state()
    # A table that is busy or vast must not hold a web thread for the sake of a figure at the foot.
    session.execute(text(f"set local statement_timeout = {PATIENCE_MS}"))
    listing = screen.listing
    behind = tabs(session, screen.endpoint, screen.views, listing, who, state)  # type: ignore[attr-defined]
    try:
        counts = {tab.key: listing.count(session, who, today=on, criteria=tab.state.criteria).short for tab in behind}
        count = listing.count(session, who, today=on, criteria=state.criteria, cap=AT_ONCE)
        is_asked = request.args.get("totals") == "1"
        totals: dict[str, str] | None = None
        if is_asked or not (count.is_capped or count.is_estimate):
            fields = [column.key for column in chosen(screen.bound, state.columns) if column.has_total]
            sums = listing.totals(session, who, today=on, criteria=state.criteria, fields=fields)
            totals = {
                key: formats.HTML[listing.fields[key].holds](value)
                for key, value in sums.items()
                if listing.fields[key].holds in (Kind.CENTS, Kind.NUMBER)
            }
    except OperationalError:
        session.rollback()
        return {"tabs": {}, "count": None, "rows": None, "totals": None, "late": True}
    return {
        "tabs": counts,
        "count": count.text,
        "rows": count.rows,
        "is_exact": count.text == f"{count.rows:,}",
        "totals": totals,
    }
