"""Plain records: what people create, change and remove on a form, with an audit event for each and no lost update.

Rules of one kind of record stand beside it (`organization`); these three are what all kinds have in common.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.domain.errors import RuleViolation
from app.models import Base
from app.services.staff import audit
from app.services.staff.audit import Actor

CHANGED_BY_OTHERS = "Somebody else changed this in the meantime. Your changes were not saved; look at theirs first."


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a record with these attributes."""
    row = model(**values)
    _flush(session, row, add=True)
    name = _spoken(model)
    audit.record(
        session,
        f"{name} created",
        now=now,
        actor=actor,
        entity=model.__tablename__,
        entity_id=id_of(row),
        after={key: _told(value) for key, value in values.items()},
    )
    return row


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Give a record new values; returns whether anything was different.

    `version` is the one that the form was filled from: when the row has another by now, nothing is written.
    """
    if version is not None and getattr(row, "version", version) != version:
        raise RuleViolation(CHANGED_BY_OTHERS)
    different = {key: value for key, value in values.items() if getattr(row, key) != value}
    if not different:
        return False
    before = {key: _told(getattr(row, key)) for key in different}
    for key, value in different.items():
        setattr(row, key, value)
    _flush(session, row)
    audit.record(
        session,
        f"{_spoken(type(row))} changed",
        now=now,
        actor=actor,
        entity=row.__tablename__,
        entity_id=id_of(row),
        before=before,
        after={key: _told(value) for key, value in different.items()},
    )
    return True


def remove(session: Session, row: Base, *, now: dt.datetime, actor: Actor) -> None:
    """Delete a record that nothing refers to. Raises RuleViolation when something does."""
    name, row_id, said = _spoken(type(row)), id_of(row), str(row)
    try:
        with session.begin_nested():
            session.delete(row)
    except IntegrityError as error:
        raise RuleViolation(f"{said} is still in use ({_table_of(error)}), so it stays. Make it inactive instead.") from error
    audit.record(
        session, f"{name} removed", now=now, actor=actor, entity=row.__tablename__, entity_id=row_id, before={"name": said}
    )


def _flush(session: Session, row: Base, *, add: bool = False) -> None:
    """Write the row now, so that what the database refuses becomes a sentence beside the field."""
    try:
        with session.begin_nested():
            if add:
                session.add(row)
    except StaleDataError as error:
        raise RuleViolation(CHANGED_BY_OTHERS) from error
    except IntegrityError as error:
        constraint = str(getattr(getattr(error.orig, "diag", None), "constraint_name", "") or "")
        field = constraint.rsplit("_", 1)[-1] if constraint.startswith("uq_") else None
        if field is None:
            raise RuleViolation("The database refused this; check the values.") from error
        raise RuleViolation(f"There is one with this {field} already.", field=field) from error


def _table_of(error: IntegrityError) -> str:
    return str(getattr(getattr(error.orig, "diag", None), "table_name", "") or "other records").replace("_", " ")


def _spoken(model: type[Base]) -> str:
    return str(model.__tablename__).replace("_", " ")


def id_of(row: Base) -> int | None:
    """The row's number, where its key is one."""
    value = getattr(row, "id", None)
    return value if isinstance(value, int) else None


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, Base) else value
