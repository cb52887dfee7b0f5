"""The doorway for keeping the day's forecast."""

from __future__ import annotations

from app.clock import today
from app.services.reporting import forecasts
from app.transaction import transaction
from tasks.registry import task
from tasks.work import Result, Work


@task()
def keep_forecast(work: Work) -> Result:
    """Work out what each portfolio may expect, and keep it for the day when it can be held against what came."""
    with transaction() as session:
        kept = forecasts.keep(session, today=today())
    return Result({"kept": kept}, url="/admin/projected/")
