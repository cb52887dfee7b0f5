"""Crossings by day: an account has just become later than a threshold. The night notes them by itself (`day/aging.py`)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

# What was beyond it at the end of yesterday has not crossed it today: a payment was only taken back.
_NOTE = text(
    """
    insert into threshold_crossing (account_id, threshold, business_on)
    select :account_id, t.days, :today
    from collection_settings s, unnest(s.thresholds) as t(days)
    where t.days >= :before and t.days < :after
        and not exists (
            select from account_snapshot y
            where y.account_id = :account_id and y.business_on = cast(:today as date) - 1 and y.days_past_due > t.days
        )
    on conflict do nothing
    """
)


def note(session: Session, account_id: int, *, days_before: int, days_after: int, today: dt.date) -> None:
    """Keep the thresholds that an account crossed by what happened to it by day, each once a day."""
    if days_after > days_before:
        given = {"account_id": account_id, "before": days_before, "after": days_after, "today": today}
        session.execute(_NOTE, given)
