"""Settings: the named rows that people change on pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from app.models import Setting
from app.services.staff.audit import Actor


def keep(session: Session, name: str, value: Any, *, now: dt.datetime, actor: Actor) -> None:
    """Set a setting; None takes it away, so that its default holds. The caller writes what changed into the audit trail."""
    setting = session.get(Setting, name)
    if value is None:
        if setting is not None:
            session.delete(setting)
        return
    if setting is None:
        setting = Setting(name=name)
        session.add(setting)
    setting.value, setting.changed_at, setting.changed_by_id = value, now, actor.staff_id
