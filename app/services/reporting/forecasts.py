"""Keeping the day's forecast of each portfolio."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import CollectionForecast
from app.queries.reporting import forecast
from app.queries.scope import EVERYTHING


def keep(session: Session, *, today: dt.date) -> int:
    """Write today's forecast; one that was kept already stays as it is. Returns how many rows are new."""
    made = [forecast.next_days(session, EVERYTHING, today=today), forecast.next_months(session, EVERYTHING, today=today)]
    rows = [
        {
            "portfolio_id": portfolio_id,
            "made_on": today,
            "horizon": each.horizon,
            "for_on": each.for_on,
            "due": each.due,
            "contractual_cents": each.contractual_cents,
            "installments_cents": each.installments_cents,
            "promises_cents": each.promises_cents,
            "retries_cents": each.retries_cents,
        }
        for found in made
        for portfolio_id, forecasts in found.items()
        for each in forecasts
    ]
    if not rows:
        return 0
    added = insert(CollectionForecast).values(rows).on_conflict_do_nothing(constraint="uq_collection_forecast_once")
    return len(session.scalars(added.returning(CollectionForecast.id)).all())
