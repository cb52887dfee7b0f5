"""What can be done to many accounts at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views.grid import BulkAction
from app.domain.staff.roles import Role
from app.models import Staff
from app.queries.scope import Viewer
from app.services.collections import assignments, bulk_notes
from app.services.collections.work import LONGEST_NOTE
from app.services.outcome import Done
from app.services.staff.audit import Actor


class AssignForm(FlaskForm):
    """To whom, and why."""

    staff_id = SelectField("Assign to", [InputRequired("Choose somebody.")], coerce=int)
    reason = StringField(
        "Reason",
        [InputRequired("Say why."), Length(max=assignments.LONGEST_REASON)],
        description="It stands in the history of each account.",
    )


class NoteForm(FlaskForm):
    """The note."""

    body = TextAreaField("Note", [InputRequired("Write something first."), Length(max=LONGEST_NOTE)])


def offer_staff(form: AssignForm, session: Session, viewer: Viewer) -> None:
    """Everybody who works here; collectors first, as they carry the books."""
    rows = session.execute(select(Staff.id, Staff.name, Staff.role).where(Staff.is_active).order_by(Staff.name)).all()
    rows = sorted(rows, key=lambda row: row.role.rank)
    form.staff_id.choices = {row.id: f"{row.name} ({row.role.label.lower()})" for row in rows}


def assign(session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Put the accounts into a collector's book."""
    return assignments.assign(session, selection, values["staff_id"], reason=values["reason"], now=now, actor=actor)


def not_assigned(session: Session, selection: Select[Any], values: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What assigning leaves alone."""
    return assignments.left_out(session, selection, values["staff_id"])


def release(session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Take the accounts out of the books they are in."""
    return assignments.release(session, selection, now=now, actor=actor)


def not_released(session: Session, selection: Select[Any], values: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What releasing leaves alone."""
    return assignments.nobodys(session, selection)


def note(session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Done:
    """Write the note on each account."""
    return bulk_notes.add(session, selection, body=values["body"], now=now, actor=actor)


ACCOUNT_ACTIONS = (
    BulkAction(
        "assign",
        "Assign",
        assign,
        noun="accounts",
        icon="person-check",
        minimum_role=Role.SUPERVISOR,
        form=AssignForm,
        prepare=offer_staff,
        left_out=not_assigned,
        undo=assignments.undo,
        as_job="assign_accounts",
    ),
    BulkAction(
        "note",
        "Note",
        note,
        verb="Add note to",
        noun="accounts",
        icon="journal-plus",
        minimum_role=Role.COLLECTOR,
        form=NoteForm,
        undo=bulk_notes.undo,
        as_job="note_accounts",
    ),
    BulkAction(
        "release",
        "Release",
        release,
        noun="accounts",
        icon="person-dash",
        minimum_role=Role.SUPERVISOR,
        left_out=not_released,
        undo=assignments.undo,
        as_job="release_accounts",
    ),
)
