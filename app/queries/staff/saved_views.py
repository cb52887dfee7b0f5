"""The named views of a list that somebody may open."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import SavedView
from app.queries.scope import Viewer, scope

MOST = 24
"""Tabs that fit above a list; older ones give way."""


def of_page(session: Session, page: str, viewer: Viewer) -> list[SavedView]:
    """Own and shared views of a page, by name."""
    statement = scope(select(SavedView), SavedView, viewer).where(SavedView.page == page)
    return list(session.scalars(statement.order_by(SavedView.name, SavedView.id).limit(MOST)))


def named(session: Session, page: str, name: str, viewer: Viewer) -> SavedView | None:
    """The viewer's own view of this name."""
    same = select(SavedView).where(SavedView.page == page, SavedView.name == name, SavedView.owner_id == viewer.staff_id)
    return session.scalar(same)
