"""Predictive Analytics: each month's batch of leases followed by age, and how accounts roll from bucket to bucket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.gate import viewer
from admin_views.kept_figures import LARGE_BOOK, Kept
from admin_views.report_filters import Narrowed, narrowed
from admin_views.table_files import table_file
from app.clock import today
from app.domain.reporting.cohorts import THIN, Cohort, finding, wilson
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.reporting.portfolio import FILTERS
from app.reports import analytics as report
from app.reports.analytics import Analytics
from charts import cohorts as chart

STEPS = 3
"""Shades of the triangle."""


class AnalyticsPage(Page):
    """The monthly view and what grows out of it."""

    title = "Predictive Analytics"
    url = "/admin/analytics"
    endpoint = "analytics"
    minimum_role = Role.MANAGER

    def __init__(self) -> None:
        super().__init__()
        self._kept: Kept[Analytics] = Kept(lambda found: sum(each.count for each in found.cohorts) > LARGE_BOOK)

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """Tables, triangles and curves."""
        asked = narrowed(FILTERS)
        found, on = self._found(asked), today()
        cohorts, span = found.cohorts, report.months(found.cohorts, on)
        names = [f"{each.month_on:%b %Y}" for each in cohorts]
        defaults = [report.default_row(each, on, span) for each in cohorts]
        payback = [report.payback_row(each, on, span) for each in cohorts]
        return render_template(
            "analytics/page.html",
            narrowed=asked,
            cohorts=cohorts,
            totals=_totals(cohorts),
            span=span,
            triangle=[_cells(each, row, on) for each, row in zip(cohorts, defaults, strict=True)],
            payback=[{"cohort": each, "rates": row} for each, row in zip(cohorts, payback, strict=True)],
            rolls=found.rolls,
            roll_days=found.roll_days,
            heat=chart.heat(names, defaults).to_json() if span else None,
            curves=chart.curves(names, defaults, axis="Ever in default").to_json() if span else None,
            returns=chart.curves(names, payback, axis="Cash of device cost").to_json() if span else None,
            finding=finding(cohorts, on),
            payback_finding=_payback_finding(cohorts, on),
            thin=THIN,
            wilson=wilson,
        )

    @expose("/export/<any(cohorts, defaults, payback, rolls):table>.<any(csv, xlsx):file_format>")
    def export(self, table: str, file_format: str) -> ResponseReturnValue:
        """One of the tables as a file."""
        made = report.tables(self._found(narrowed(FILTERS)), today())[table]
        name = f"{table}-{today().isoformat()}"
        return table_file(name, file_format, made.columns, made.rows, title=made.title)

    def _found(self, asked: Narrowed) -> Analytics:
        who, criteria = viewer(), asked.criteria
        key = (who.portfolio_ids, criteria.query_string(), today())
        return self._kept.get(key, lambda: report.analytics(db.session(), who, today=today(), criteria=criteria))


def _cells(cohort: Cohort, row: Sequence[float | None], on: dt.date) -> dict[str, Any]:
    """A line of the triangle: each share with its shade and with what stands behind it."""
    cells: list[dict[str, Any] | None] = []
    for month, rate in enumerate(row, start=1):
        if rate is None:
            cells.append(None)
            continue
        number = cohort.defaulted_by(month, on) or 0
        low, high = wilson(number, cohort.count)
        shade = 0 if not number else min(STEPS, 1 + int(rate / 0.10))
        cells.append({"rate": rate, "shade": shade, "hint": f"{number} of {cohort.count}; 95%: {low:.1%} to {high:.1%}"})
    return {"cohort": cohort, "cells": cells}


def _totals(cohorts: Sequence[Cohort]) -> dict[str, Any]:
    names = ("count", "active", "past_due", "paid_off", "defaulted", "first_due", "first_missed")
    sums: dict[str, Any] = {name: sum(getattr(each, name) for each in cohorts) for name in names}
    sums["default_rate"] = sums["defaulted"] / sums["count"] if sums["count"] else None
    sums["first_default_rate"] = sums["first_missed"] / sums["first_due"] if sums["first_due"] else None
    return sums


def _payback_finding(cohorts: Sequence[Cohort], on: dt.date) -> str:
    known = [each for each in cohorts if each.cost_cents and each.matured(on) > 0]
    back = [each for each in known if (each.payback_by(each.matured(on), on) or 0) >= 1]
    if not known:
        return "No cohort with known device costs is a month old yet."
    return f"{len(back)} of {len(known)} cohorts have brought in what their devices cost."
