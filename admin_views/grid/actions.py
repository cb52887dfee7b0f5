"""Bulk actions: what can be done to ticked rows, or to everything that a filter finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask_wtf import FlaskForm
from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from app.queries.listing import Criteria
from app.queries.scope import Viewer
from app.services.staff.audit import Actor

TYPED_ABOVE = 50
"""More rows than this are only changed after their number was typed."""


class Outcome(Protocol):
    """What a command that changes many rows says afterwards (`app.services.collections.assignments.Done`)."""

    @property
    def count(self) -> int:
        """Rows that were changed."""

    @property
    def sentence(self) -> str:
        """For the person who did it."""

    @property
    def undo(self) -> Mapping[str, Any] | None:
        """What the undo function needs; None when it cannot be taken back."""


class Command(Protocol):
    """(session, SELECT of ids, form values) → outcome."""

    def __call__(
        self, session: Session, selection: Select[Any], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor
    ) -> Outcome:
        """Change all rows of the selection in a few statements."""


class Undo(Protocol):
    """(session, what the outcome kept) → outcome."""

    def __call__(self, session: Session, kept: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Outcome:
        """Take it back."""


@dataclass(frozen=True)
class Selection:
    """The rows that somebody chose: ticked ids, or a filter that is run again by the server."""

    criteria: Criteria
    ids: tuple[int, ...] | None
    """None: everything that the criteria find."""

    @property
    def said(self) -> str:
        """For the audit trail."""
        return (
            "ticked rows" if self.ids is not None else f"all that match {self.criteria.query_string() or 'nothing in particular'}"
        )


@dataclass(frozen=True)
class BulkAction:
    """One thing that can be done to many rows."""

    key: str
    label: str
    run: Command
    verb: str = ""
    """On the button that does it; the label when empty."""
    noun: str = ""
    """"accounts"; the page's noun when empty."""
    icon: str = "check2-square"
    minimum_role: Role = Role.SUPERVISOR
    form: type[FlaskForm] | None = None
    undo: Undo | None = None
    is_danger: bool = False
    left_out: Callable[[Session, Select[Any], Mapping[str, Any]], Sequence[tuple[str, int]]] | None = None
    """(why, how many) of chosen rows that the action leaves alone."""
    foretells: Callable[[Session, Select[Any], Mapping[str, Any]], Sequence[tuple[str, str]]] | None = None
    """(who or what, what becomes of it), line by line: always shown and confirmed before anything is changed."""
    as_job: str = ""
    """Kind of the job that does it when many rows are chosen; empty: always at once."""
    prepare: Callable[[FlaskForm, Session, Viewer], None] | None = None
    """Fills the form's choices for the person who asks."""

    @property
    def does(self) -> str:
        """The verb of its button."""
        return self.verb or self.label
