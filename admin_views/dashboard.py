"""Dashboard: what is due and what of it came in, today, by day and by week."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue

from admin_views import formats
from admin_views.base import Page, expose
from admin_views.gate import LARGEST_ID, actor, viewer
from admin_views.grid.exporting import XLSX_TYPE
from admin_views.kept_figures import LARGE_BOOK, Kept
from app.clock import now, today, zone
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Portfolio
from app.queries.reporting import dashboard
from app.queries.reporting.dashboard import Figures, Span
from app.services.staff import audit
from app.transaction import transaction
from app.workbooks import writing
from charts import aging_trend, collected_against_due

TREND_ROWS = 12

COLUMNS = (
    writing.ExportColumn("due", "Due", "int"),
    writing.ExportColumn("collected", "Collected", "int"),
    writing.ExportColumn("outstanding", "Outstanding", "int"),
    writing.ExportColumn("amount", "Amount Due", "cents"),
    writing.ExportColumn("collected_amount", "Collected", "cents"),
    writing.ExportColumn("rate", "Rate", "percent"),
)


class Dashboard(Page):
    """The first page of everybody."""

    title = "Dashboard"
    url = "/admin"
    endpoint = "admin"
    minimum_role = Role.COLLECTOR

    def __init__(self) -> None:
        super().__init__()
        self._kept: Kept[Figures] = Kept(lambda figures: figures.accounts > LARGE_BOOK)

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """Cards, both tables and the charts beside them."""
        choices = dashboard.portfolios(db.session(), viewer())
        chosen = self._chosen(choices)
        figures = self._figures(chosen)
        bars = [collected_against_due.Day(span.from_on, span.due.amount_cents, span.due.collected_cents) for span in figures.days]
        trend = figures.trend
        labels = [bucket.label for bucket in trend.buckets]
        return render_template(
            "dashboard/page.html",
            figures=figures,
            as_of=figures.as_of.astimezone(zone()),
            portfolios=choices,
            chosen=chosen,
            whose=chosen.name if chosen else "My accounts" if viewer().sees_own_book_only else "All portfolios",
            days=[_row(span) for span in figures.days],
            weeks=[_row(span) for span in figures.weeks],
            due_chart=collected_against_due.figure(bars, today=today()).to_json(),
            due_finding=collected_against_due.finding(bars, today=today()),
            trend_chart=aging_trend.figure(trend.days, labels, trend.shares).to_json() if trend.days else None,
            trend_finding=aging_trend.finding(trend.days, labels, trend.shares),
            trend_columns=[
                {"key": "day", "label": "End of"},
                *({"key": n, "label": label, "numeric": True} for n, label in enumerate(labels)),
            ],
            trend_rows=[{"on": on, "shares": shares} for on, shares in zip(trend.days, trend.shares, strict=True)][-TREND_ROWS:],
            weekday=f"{today():%A}",
        )

    @expose("/export/<any(day, week):table>.<any(csv, xlsx):file_format>")
    def export(self, table: str, file_format: str) -> ResponseReturnValue:
        """One of the tables as a file."""
        chosen = self._chosen(dashboard.portfolios(db.session(), viewer()))
        figures = self._figures(chosen)
        spans = figures.days if table == "day" else figures.weeks
        with transaction() as session:
            audit.record(session, f"Dashboard by {table} exported", now=now(), actor=actor(), after={"format": file_format})
        name = f"by-{table}-{today().isoformat()}.{file_format}"
        first = writing.ExportColumn("from", "Day" if table == "day" else "Week", "date")
        return _file(name, file_format, [first, *COLUMNS], _cells(spans), sheet=f"By {table}")

    def _chosen(self, choices: Iterable[Portfolio]) -> Portfolio | None:
        """The portfolio that the address names; 404 for one that is not theirs to see."""
        given = request.args.get("portfolio", "")
        if not given:
            return None
        if not (given.isascii() and given.isdigit() and int(given) <= LARGEST_ID):
            abort(404)
        return next((one for one in choices if one.id == int(given)), None) or abort(404)

    def _figures(self, chosen: Portfolio | None) -> Figures:
        who, portfolio_id = viewer(), chosen.id if chosen else None
        key = (who.staff_id if who.sees_own_book_only else None, who.portfolio_ids, portfolio_id, today())
        return self._kept.get(
            key, lambda: dashboard.figures(db.session(), who, today=today(), now=now(), portfolio_id=portfolio_id)
        )


def _row(span: Span) -> dict[str, Any]:
    """A day or a week as the table shows it."""
    is_day = span.from_on == span.to_on
    name = formats.day(span.from_on) if is_day else f"{_short(span.from_on)} – {_short(span.to_on)}"
    ends_week = is_day and span.from_on.weekday() == 6
    marks = ["now" if span.holds_today else "fut" if span.is_ahead else "", "brk" if ends_week else ""]
    return {
        "name": name,
        "note": ("today" if is_day else "this week") if span.holds_today else "",
        "due": span.due,
        "query": f"due_from={span.from_on}&due_to={span.to_on}",
        "is_ahead": span.is_ahead,
        "row_class": " ".join(mark for mark in marks if mark),
    }


def _short(on: Any) -> str:
    return f"{formats.MONTHS[on.month - 1]} {on.day}"


def _cells(spans: Iterable[Span]) -> Iterator[list[Any]]:
    for span in spans:
        due = span.due
        yield [span.from_on, due.due, due.collected, due.outstanding, due.amount_cents, due.collected_cents, due.rate]


def _file(
    name: str, file_format: str, columns: list[writing.ExportColumn], cells: Iterable[list[Any]], *, sheet: str
) -> ResponseReturnValue:
    if file_format == "csv":
        header = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(writing.write_csv(columns, cells, zone=zone()), mimetype="text/csv", headers=header)
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- send_file closes it
    writing.write_xlsx(file, columns, cells, sheet=sheet, zone=zone())
    file.seek(0)
    return send_file(file, XLSX_TYPE, as_attachment=True, download_name=name, max_age=0)
