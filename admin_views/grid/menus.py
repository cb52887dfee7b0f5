"""The two menus of a list, fetched when somebody opens them: most pages are looked at without either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import render_template
from sqlalchemy.orm import Session

from admin_views.gate import viewer
from admin_views.grid.columns import Bound
from admin_views.grid.page import chosen
from admin_views.grid.state import GridState
from app.extensions import db
from app.queries.listing import Listing, Text
from app.queries.scope import Viewer

if TYPE_CHECKING:
    from admin_views.grid.screen import GridScreen


def answer(screen: GridScreen, which: str) -> str:
    """The menu "filters" or "columns" for the list as the address describes it."""
    state = screen.state()
    return render_template(
        "grid/menu.html",
        screen=screen,
        which=which,
        # A view is left behind as soon as another filter is set.
        keep=replace(state, view="").pairs(),
        query=state.href().removeprefix("?"),
        fields=filter_fields(db.session(), screen.listing, state, viewer()) if which == "filters" else [],
        columns=column_choices(screen.bound, chosen(screen.bound, state.columns)),
    )


def filter_fields(session: Session, listing: Listing, state: GridState, viewer: Viewer) -> list[dict[str, Any]]:
    """What "+ Filter" offers, with what is set already."""
    given = state.criteria.filters
    fields: list[dict[str, Any]] = []
    for each in listing.filters.values():
        blank = ("",) if len(each.parameters) > 1 else ()
        one: dict[str, Any] = {
            "label": each.label,
            "name": each.key,
            "kind": each.control,
            "choices": each.choices(session, viewer),
            "values": [value for name in each.parameters for value in given.get(name, blank)],
        }
        if isinstance(each, Text):
            names = {each.key: "starts with", f"{each.key}_is": "is"}
            one["operators"] = [(name, names[name]) for name in each.parameters]
            one["values"] = [value for name in each.parameters for value in given.get(name, ())]
        fields.append(one)
    return fields


def column_choices(bound: Sequence[Bound], shown: Sequence[Bound]) -> list[dict[str, Any]]:
    """The shown columns in their order, then what else there is; the first one cannot be taken away."""
    keys = {column.key for column in shown}
    rest = [column for column in bound if column.key not in keys]
    return [
        {"key": column.key, "label": column.column.label, "shown": column.key in keys, "locked": column is bound[0]}
        for column in [*shown, *rest]
    ]
