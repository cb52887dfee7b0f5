"""Projected Collections: what falls due, what of it may be expected and why, and how earlier forecasts turned out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from admin_views import formats
from admin_views.base import Page, expose
from admin_views.gate import LARGEST_ID, viewer
from admin_views.kept_figures import Kept
from admin_views.table_files import table_file
from app.clock import today
from app.domain.reporting.forecast import EVIDENCE_DAYS, Tested, bias, total_error
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Portfolio
from app.queries.reporting import dashboard
from app.reports import projected as report
from app.reports.projected import FORECAST_COLUMNS, MONTH_COLUMNS, WEEK_COLUMNS, Projected, Week
from app.workbooks.writing import ExportColumn
from charts import expected

LARGE_SCHEDULE = 20_000
"""Installments due in ten days; figures of less are never kept."""
RECENT = 14
"""Forecasts that are shown one by one beside what came."""


class ProjectedPage(Page):
    """The forecast and its record."""

    title = "Projected Collections"
    url = "/admin/projected"
    endpoint = "projected"
    minimum_role = Role.MANAGER

    def __init__(self) -> None:
        super().__init__()
        self._kept: Kept[Projected] = Kept(lambda found: sum(day.due for day in found.days) > LARGE_SCHEDULE)

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The three tables, their pictures and the record."""
        choices = dashboard.portfolios(db.session(), viewer())
        chosen = _chosen(choices)
        found = self._found(chosen)
        days = [expected.Bar(_short(day.for_on), day.contractual_cents, day.expected_cents) for day in found.days]
        months = [expected.Bar(f"{each.for_on:%b %Y}", each.contractual_cents, each.expected_cents) for each in found.months]
        one_day = found.tested.get(1, [])
        return render_template(
            "projected/page.html",
            days=found.days,
            months=found.months,
            weeks=[_week(week) for week in found.weeks],
            figures=_figures(found),
            errors=[_error(ahead, tested) for ahead, tested in found.tested.items()],
            recent=one_day[-RECENT:][::-1],
            day_chart=expected.figure(days).to_json(),
            day_finding=expected.finding(days, "the next 10 days"),
            month_chart=expected.figure(months).to_json(),
            month_finding=expected.finding(months, "the next 12 months on active accounts"),
            evidence_days=EVIDENCE_DAYS,
            portfolios=choices,
            chosen=chosen,
            whose=chosen.name if chosen else "All portfolios",
            has_due=any(day.due for day in found.days) or any(each.due for each in found.months),
        )

    @expose("/export/<any(days, months, weeks):table>.<any(csv, xlsx):file_format>")
    def export(self, table: str, file_format: str) -> ResponseReturnValue:
        """One of the tables as a file."""
        found = self._found(_chosen(dashboard.portfolios(db.session(), viewer())))
        columns: tuple[ExportColumn, ...]
        if table == "weeks":
            columns, rows = WEEK_COLUMNS, report.week_rows(found.weeks)
        elif table == "days":
            columns = (ExportColumn("day", "Day", "date"), *FORECAST_COLUMNS)
            rows = report.rows(found.days, FORECAST_COLUMNS)
        else:
            columns = (ExportColumn("month", "Month", "date"), *MONTH_COLUMNS)
            rows = report.rows(found.months, MONTH_COLUMNS)
        return table_file(f"projected-{table}-{today().isoformat()}", file_format, columns, rows, title="Projected Collections")

    def _found(self, chosen: Portfolio | None) -> Projected:
        who, portfolio_id = viewer(), chosen.id if chosen else None
        key = (who.portfolio_ids, portfolio_id, today())
        return self._kept.get(key, lambda: report.projected(db.session(), who, today=today(), portfolio_id=portfolio_id))


def _chosen(choices: Iterable[Portfolio]) -> Portfolio | None:
    """The portfolio that the address names; 404 for one that is not theirs to see."""
    given = request.args.get("portfolio", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and int(given) <= LARGEST_ID):
        abort(404)
    return next((one for one in choices if one.id == int(given)), None) or abort(404)


def _short(on: Any) -> str:
    return f"{formats.MONTHS[on.month - 1]} {on.day}"


def _week(week: Week) -> dict[str, Any]:
    holds_today = week.from_on <= today() <= week.to_on
    return {
        "name": f"{_short(week.from_on)} – {_short(week.to_on)}",
        "note": "this week" if holds_today else "",
        "week": week,
        "is_ahead": week.from_on > today(),
        "row_class": "now" if holds_today else "fut" if week.from_on > today() else "",
        "query": f"due_from={week.from_on}&due_to={week.to_on}",
    }


def _figures(found: Projected) -> list[dict[str, Any]]:
    due, expects = sum(day.contractual_cents for day in found.days), sum(day.expected_cents for day in found.days)
    lines = sum(day.due for day in found.days)
    months = [sum(getattr(each, name) for each in found.months) for name in ("contractual_cents", "expected_cents")]
    tested = found.tested.get(1, [])
    error = total_error(tested)
    return [
        {
            "label": "Due in 10 days",
            "value": formats.cents(due),
            "detail": f"{lines:,} installments",
        },
        {"label": "Expected in 10 days", "value": formats.cents(expects), "detail": _part(expects, due)},
        {"label": "12 months, contractual", "value": formats.cents(months[0]), "detail": "active accounts only"},
        {"label": "12 months, expected", "value": formats.cents(months[1]), "detail": _part(months[1], months[0])},
        {
            "label": "Error, one day ahead",
            "value": "—" if error is None else f"{error:.1%}",
            "detail": f"over {len(tested)} days" if tested else "no forecast has matured yet",
        },
    ]


def _part(part: int, whole: int) -> str:
    return f"{part / whole:.1%} of what is due" if whole else "nothing is due"


def _error(ahead: int, tested: list[Tested]) -> dict[str, Any]:
    return {
        "ahead": "Same day" if not ahead else f"{ahead} day{'s' if ahead > 1 else ''}",
        "number": len(tested),
        "expected_cents": sum(each.expected_cents for each in tested),
        "actual_cents": sum(each.actual_cents for each in tested),
        "error": total_error(tested),
        "bias": bias(tested),
    }
