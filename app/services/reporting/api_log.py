"""The log of calls to the outside: kept after the call, forgotten after its retention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import CursorResult, delete, insert, select
from sqlalchemy.orm import Session

from app.gateways.calls import ApiCall as Made
from app.models import ApiCall, Setting

SETTING = "api_log_days"
DAYS = 90
"""Days that a call is kept, unless the setting says otherwise."""


def keep(session: Session, calls: Iterable[Made]) -> None:
    """Write down calls that were made."""
    rows = [
        {
            "at": call.at,
            "service": call.service,
            "endpoint": call.endpoint,
            "account_id": call.account_id,
            "charge_id": call.charge_id,
            "request": dict(call.request),
            "status": call.status,
            "error": call.error,
            "milliseconds": call.milliseconds,
        }
        for call in calls
    ]
    if rows:
        session.execute(insert(ApiCall), rows)


def days_kept(session: Session) -> int:
    """Days that a call is kept."""
    kept = session.scalar(select(Setting.value).where(Setting.name == SETTING))
    return kept if isinstance(kept, int) and not isinstance(kept, bool) and kept > 0 else DAYS


def forget(session: Session, *, now: dt.datetime) -> int:
    """Remove what is older than the retention; returns how many calls went."""
    gone = session.execute(delete(ApiCall).where(ApiCall.at < now - dt.timedelta(days=days_kept(session))))
    assert isinstance(gone, CursorResult)
    return gone.rowcount
