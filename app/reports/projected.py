"""Projected Collections: the next ten days, twelve months, and the weeks around today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.reporting.forecast import Forecast, Tested
from app.queries.reporting import due, forecast
from app.queries.reporting.due import Due
from app.queries.scope import Viewer
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

WEEKS_BEFORE, WEEKS_AHEAD = 8, 12
WEEK = dt.timedelta(days=7)

FORECAST_COLUMNS = (
    ExportColumn("due", "# Due", "int"),
    ExportColumn("contractual_cents", "Contractual", "cents"),
    ExportColumn("installments_cents", "Of installments", "cents"),
    ExportColumn("promises_cents", "Of promises", "cents"),
    ExportColumn("retries_cents", "Of retries", "cents"),
    ExportColumn("expected_cents", "Expected", "cents"),
)
MONTH_COLUMNS = (FORECAST_COLUMNS[0], FORECAST_COLUMNS[1], FORECAST_COLUMNS[5])
WEEK_COLUMNS = (
    ExportColumn("week", "Week", "date"),
    ExportColumn("expected_cents", "Expected", "cents"),
    ExportColumn("due", "# Due", "int"),
    ExportColumn("collected", "# Collected", "int"),
    ExportColumn("rate", "Rate", "percent"),
)


@dataclass(frozen=True, slots=True)
class Week:
    """One week, Monday to Sunday: what falls due in it, and how many installments of it are collected."""

    from_on: dt.date
    to_on: dt.date
    due: Due

    @property
    def rate(self) -> float | None:
        """Share of the installments due that are collected; None when nothing was due."""
        return self.due.collected / self.due.due if self.due.due else None


@dataclass(frozen=True, slots=True)
class Projected:
    """All that the page shows."""

    days: list[Forecast]
    months: list[Forecast]
    weeks: list[Week]
    tested: dict[int, list[Tested]]
    """Days ahead → kept forecasts beside what came in."""


def projected(session: Session, viewer: Viewer, *, today: dt.date, portfolio_id: int | None = None) -> Projected:
    """Work it out for one portfolio, or all that the viewer sees."""
    days = forecast.next_days(session, viewer, today=today)
    months = forecast.next_months(session, viewer, today=today)
    chosen = [portfolio_id] if portfolio_id else list(days)
    return Projected(
        forecast.together(days[each] for each in chosen),
        forecast.together(months[each] for each in chosen),
        weeks(session, viewer, today=today, portfolio_id=portfolio_id),
        forecast.back_test(session, viewer, today=today, portfolio_id=portfolio_id),
    )


def weeks(session: Session, viewer: Viewer, *, today: dt.date, portfolio_id: int | None = None) -> list[Week]:
    """The last eight weeks, this one and the next eleven."""
    monday = today - dt.timedelta(days=today.weekday())
    first = monday - WEEKS_BEFORE * WEEK
    last = monday + WEEKS_AHEAD * WEEK - dt.timedelta(days=1)
    days = due.by_day(session, viewer, from_on=first, to_on=last, portfolio_id=portfolio_id)
    found = []
    for place in range(WEEKS_BEFORE + WEEKS_AHEAD):
        from_on = first + place * WEEK
        span = [from_on + dt.timedelta(days=day) for day in range(7)]
        found.append(Week(from_on, span[-1], due.total(days, span)))
    return found


def make(session: Session, viewer: Viewer, asked: Asked) -> list[Table]:
    """The three tables as files have them."""
    found = projected(session, viewer, today=asked.today)
    return [
        Table("Next 10 Days", (ExportColumn("day", "Day", "date"), *FORECAST_COLUMNS), rows(found.days, FORECAST_COLUMNS)),
        Table("12 Month Forecast", (ExportColumn("month", "Month", "date"), *MONTH_COLUMNS), rows(found.months, MONTH_COLUMNS)),
        Table("By week", WEEK_COLUMNS, week_rows(found.weeks)),
    ]


def rows(forecasts: Sequence[Forecast], columns: Sequence[ExportColumn]) -> list[list[object]]:
    """A row for each forecast, its day first."""
    return [[each.for_on, *(getattr(each, column.key) for column in columns)] for each in forecasts]


def week_rows(found: Sequence[Week]) -> list[list[object]]:
    """A row for each week."""
    return [[week.from_on, week.due.amount_cents, week.due.due, week.due.collected, week.rate] for week in found]
