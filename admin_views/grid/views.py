"""Tabs above a list: the ones that a page brings along, and the views that people saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from admin_views.grid.state import GridState, link
from app.models import SavedView
from app.queries.listing import Listing
from app.queries.scope import Viewer
from app.queries.staff import saved_views


@dataclass(frozen=True)
class View:
    """A tab that a page brings along: a label and the query string behind it."""

    label: str
    query: str = ""

    @property
    def key(self) -> str:
        """Its name in the URL.

        >>> View("Past due").key
        'past_due'
        """
        return self.label.lower().replace(" ", "_")


@dataclass(frozen=True)
class Tab:
    """A tab as one person sees it now."""

    key: str
    label: str
    url: str
    is_current: bool
    state: GridState
    saved: SavedView | None = None


def tabs(session: Session, page: str, views: Sequence[View], listing: Listing, viewer: Viewer, state: GridState) -> list[Tab]:
    """The page's own tabs, then the saved views that the viewer may see."""
    saved = saved_views.of_page(session, page, viewer)
    named: list[tuple[str, str, str, SavedView | None]] = [(view.key, view.label, view.query, None) for view in views]
    named += [(f"v{row.id}", row.name, row.query_string, row) for row in saved]
    now = _comparable(state)
    made: list[Tab] = []
    for key, label, query, row in named:
        behind = GridState.of(parse_qsl(query), listing)
        is_current = state.view == key if state.view else _comparable(behind) == now
        pairs = replace(behind, view=key, size=state.size).pairs() if query else replace(behind, size=state.size).pairs()
        made.append(Tab(key, label, link(pairs), is_current, behind, row))
    if sum(tab.is_current for tab in made) > 1:
        first = next(number for number, tab in enumerate(made) if tab.is_current)
        made = [replace(tab, is_current=number == first) for number, tab in enumerate(made)]
    return made


def _comparable(state: GridState) -> Any:
    return sorted(state.criteria.pairs())
