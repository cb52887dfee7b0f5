"""Drafts: what somebody has typed about an account and not saved yet, kept for them until they save it or throw it away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import Draft

FORMS = frozenset({"note", "call", "promise", "follow-up", "text", "email", "work"})
MOST_FIELDS = 20
LONGEST_FIELD = 4_000
KEPT = dt.timedelta(days=14)


def keep(session: Session, *, staff_id: int, account_id: int, form: str, fields: Mapping[str, object], now: dt.datetime) -> None:
    """Keep what was typed; nothing typed throws the draft away. Raises RuleViolation for what no form of ours sends."""
    if form not in FORMS:
        raise RuleViolation("There is no such form.")
    fits = all(isinstance(name, str) and len(name) <= 60 and _fits(value) for name, value in fields.items())
    if len(fields) > MOST_FIELDS or not fits:
        raise RuleViolation("That is too much for a draft.")
    if not fields:
        throw_away(session, staff_id=staff_id, account_id=account_id, form=form)
        return
    kept = insert(Draft).values(staff_id=staff_id, account_id=account_id, form=form, fields=dict(fields), typed_at=now)
    session.execute(
        kept.on_conflict_do_update(
            index_elements=[Draft.staff_id, Draft.account_id, Draft.form],
            set_={"fields": kept.excluded.fields, "typed_at": kept.excluded.typed_at},
        )
    )


def _fits(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= LONGEST_FIELD and "\0" not in value)


def throw_away(session: Session, *, staff_id: int, account_id: int, form: str) -> None:
    """It was saved, or is not wanted any more."""
    session.execute(delete(Draft).where(Draft.staff_id == staff_id, Draft.account_id == account_id, Draft.form == form))


def throw_away_old(session: Session, *, now: dt.datetime) -> None:
    """What nobody came back to in two weeks."""
    session.execute(delete(Draft).where(Draft.typed_at < now - KEPT))
