"""Predictive Analytics: the monthly view, the default and payback triangles, and roll rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.reporting.cohorts import MOST_MONTHS, Cohort, Roll, wilson
from app.queries.listing import Criteria
from app.queries.reporting import cohorts as asking
from app.queries.scope import Viewer
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

MONTH_COLUMNS = (
    ExportColumn("month", "Month", "date"),
    ExportColumn("count", "Count", "int"),
    ExportColumn("active", "Active", "int"),
    ExportColumn("past_due", "Past Due", "int"),
    ExportColumn("paid_off", "Paid Off", "int"),
    ExportColumn("defaulted", "Defaulted", "int"),
    ExportColumn("default_rate", "Default %", "percent"),
    ExportColumn("low", "95% from", "percent"),
    ExportColumn("high", "95% to", "percent"),
    ExportColumn("first_due", "1st Due", "int"),
    ExportColumn("first_missed", "1st Missed", "int"),
    ExportColumn("first_default_rate", "1st Default %", "percent"),
)


@dataclass(frozen=True, slots=True)
class Analytics:
    """All that the page shows."""

    cohorts: list[Cohort]
    rolls: list[Roll]
    roll_days: tuple[dt.date, dt.date] | None


def analytics(session: Session, viewer: Viewer, *, today: dt.date, criteria: Criteria | None = None) -> Analytics:
    """Work it out. Rolls need two ends of day that lie a month apart."""
    days = asking.roll_days(session, viewer, today=today)
    rolls = [] if days is None else asking.rolls(session, viewer, today=today, first=days[0], last=days[1], criteria=criteria)
    return Analytics(asking.cohorts(session, viewer, today=today, criteria=criteria), rolls, days)


def months(cohorts: Sequence[Cohort], today: dt.date) -> list[int]:
    """The months on book that some cohort has completed, at most two years of them."""
    return list(range(1, min(MOST_MONTHS, max((each.matured(today) for each in cohorts), default=0)) + 1))


def month_row(cohort: Cohort) -> list[object]:
    """One row of the monthly view."""
    low, high = wilson(cohort.defaulted, cohort.count)
    return [
        cohort.month_on, cohort.count, cohort.active, cohort.past_due, cohort.paid_off, cohort.defaulted, cohort.default_rate,
        low, high, cohort.first_due, cohort.first_missed, cohort.first_default_rate,
    ]  # fmt: skip


def default_row(cohort: Cohort, today: dt.date, span: Sequence[int]) -> list[float | None]:
    """Share in default within each month on book; None before every account is that old."""
    counts = [cohort.defaulted_by(month, today) for month in span]
    return [None if number is None else number / cohort.count for number in counts]


def payback_row(cohort: Cohort, today: dt.date, span: Sequence[int]) -> list[float | None]:
    """Cash of device cost within each month on book."""
    return [cohort.payback_by(month, today) for month in span]


def roll_row(roll: Roll) -> list[object]:
    """One row of the roll rates."""
    numbers = (*roll.to, roll.extended, roll.paid_off, roll.left)
    return [roll.bucket, roll.accounts, *(roll.rate(number) for number in numbers)]


def roll_columns(rolls: Sequence[Roll]) -> tuple[ExportColumn, ...]:
    """From where, how many, to where."""
    ends = [*(roll.bucket for roll in rolls), "Extended", "Paid off", "Left"]
    heads = (ExportColumn("from", "From"), ExportColumn("accounts", "Accounts", "int"))
    return (*heads, *(ExportColumn(f"to_{place}", end, "percent") for place, end in enumerate(ends)))


def triangle_columns(span: Sequence[int]) -> tuple[ExportColumn, ...]:
    """The cohort, its size, and a column for each month on book."""
    heads = (ExportColumn("month", "Month", "date"), ExportColumn("count", "Count", "int"))
    return (*heads, *(ExportColumn(f"m{month}", str(month), "percent") for month in span))


def tables(found: Analytics, today: dt.date) -> dict[str, Table]:
    """All four as files have them."""
    span = months(found.cohorts, today)
    heads = triangle_columns(span)

    def triangle(title: str, values: list[list[float | None]]) -> Table:
        rows = [[each.month_on, each.count, *row] for each, row in zip(found.cohorts, values, strict=True)]
        return Table(title, heads, rows)

    return {
        "cohorts": Table("Monthly View", MONTH_COLUMNS, [month_row(each) for each in found.cohorts]),
        "defaults": triangle("Cumulative default", [default_row(each, today, span) for each in found.cohorts]),
        "payback": triangle("Payback", [payback_row(each, today, span) for each in found.cohorts]),
        "rolls": Table("Roll rates", roll_columns(found.rolls), [roll_row(roll) for roll in found.rolls]),
    }


def make(session: Session, viewer: Viewer, asked: Asked) -> list[Table]:
    """The tables for the command line."""
    found = analytics(session, viewer, today=asked.today, criteria=asked.criteria("start"))
    return list(tables(found, asked.today).values())
