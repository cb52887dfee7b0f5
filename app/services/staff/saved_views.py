"""Named views of lists: own ones, and ones that are shared with everybody."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import SavedView
from app.queries.scope import Viewer
from app.queries.staff import saved_views
from app.services.staff import audit
from app.services.staff.audit import Actor

LONGEST_NAME = 40


def save(
    session: Session,
    *,
    page: str,
    name: str,
    query_string: str,
    is_shared: bool,
    viewer: Viewer,
    now: dt.datetime,
    actor: Actor,
) -> SavedView:
    """Keep the state of a list under a name; the same name again replaces it. Supervisors and above may share."""
    name = " ".join(name.split())
    if not name:
        raise RuleViolation("Give the view a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise RuleViolation(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if is_shared and not viewer.role.includes(Role.SUPERVISOR):
        raise RuleViolation("Views are shared by supervisors and above.", field="is_shared")
    row = saved_views.named(session, page, name, viewer)
    if row is None:
        row = SavedView(page=page, name=name, owner_id=viewer.staff_id, created_at=now, query_string="")
        session.add(row)
    row.query_string, row.is_shared = query_string, is_shared
    session.flush()
    if is_shared:
        after = {"page": page, "name": name, "query": query_string}
        audit.record(session, "view shared", now=now, actor=actor, entity="saved_view", entity_id=row.id, after=after)
    return row


def remove(session: Session, view: SavedView, *, viewer: Viewer, now: dt.datetime, actor: Actor) -> None:
    """Forget a view: its owner may, and an admin may forget a shared one."""
    if view.owner_id != viewer.staff_id and viewer.role is not Role.ADMIN:
        raise RuleViolation("Only who saved a view removes it.")
    if view.is_shared:
        before = {"page": view.page, "name": view.name, "query": view.query_string}
        audit.record(session, "view removed", now=now, actor=actor, entity="saved_view", entity_id=view.id, before=before)
    session.delete(view)
