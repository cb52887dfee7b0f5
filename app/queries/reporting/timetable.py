"""What the timetable has started."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import TimetableTick


def started_on(session: Session, on: dt.date) -> dict[str, dt.datetime]:
    """When each entry of the timetable was started for a business date, by kind."""
    query = select(TimetableTick.kind, TimetableTick.started_at).where(TimetableTick.business_on == on)
    return dict(session.execute(query).all())
