"""Team Performance: what each member of staff did in a span of days, and how late accounts became current."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.gate import viewer
from admin_views.table_files import table_file
from app.clock import today
from app.domain.collections.cures import CREDIT_DAYS, CureKind
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.collections import team
from app.queries.collections.team import Performance, Span
from app.workbooks import writing
from charts import team as chart

USUAL_DAYS = 30
MOST_DAYS = 366
SORTS = ("name", "calls", "right_party", "promises", "kept_rate", "collected_cents", "worked", "per_hour")
TONES = {CureKind.COLLECTOR: "acc", CureKind.AUTOPAY: "good", CureKind.SELF: "good", CureKind.EXTENSION: "warn"}

FILE_COLUMNS = (
    writing.ExportColumn("name", "Name", "text"),
    writing.ExportColumn("calls", "Calls", "int"),
    writing.ExportColumn("right_party", "Right-Party Contacts", "int"),
    writing.ExportColumn("promises", "Promises", "int"),
    writing.ExportColumn("kept_rate", "Kept %", "percent"),
    writing.ExportColumn("collected_cents", "Collected", "cents"),
    writing.ExportColumn("worked", "Accounts Worked", "int"),
    writing.ExportColumn("hours", "Hours", "int"),
)


class TeamPage(Page):
    """Who reached whom, and what came of it."""

    title = "Team Performance"
    url = "/admin/team"
    endpoint = "team"
    minimum_role = Role.MANAGER

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The table, its picture, and the cures."""
        span, sort = _span(), request.args.get("sort", "name")
        rows = team.performance(db.session(), viewer(), span)
        members = [chart.Member(row.name, row.collected_cents, row.right_party) for row in rows]
        cured = team.cures(db.session(), viewer(), span)
        return render_template(
            "team/page.html",
            rows=_sorted(rows, sort),
            sort=sort,
            span=span,
            presets=_presets(),
            figures=_figures(rows, cured),
            totals=_totals(rows),
            cures=_cures(cured),
            chart=chart.figure(members).to_json() if any(one.collected_cents for one in members) else None,
            finding=chart.finding(members),
            credit_days=CREDIT_DAYS,
        )

    @expose("/export.<any(csv, xlsx):file_format>")
    def export(self, file_format: str) -> ResponseReturnValue:
        """The table as a file."""
        span = _span()
        rows = team.performance(db.session(), viewer(), span)
        cells = ([getattr(row, column.key) for column in FILE_COLUMNS] for row in rows)
        name = f"team-{span.from_on.isoformat()}-{span.to_on.isoformat()}"
        return table_file(name, file_format, FILE_COLUMNS, cells, title="Team Performance")


def _span() -> Span:
    """The days that the address names, the last thirty when it names none; 404 for what is no span."""
    try:
        to_on = dt.date.fromisoformat(request.args["to"]) if request.args.get("to") else today()
        usual = to_on - dt.timedelta(days=USUAL_DAYS - 1)
        from_on = dt.date.fromisoformat(request.args["from"]) if request.args.get("from") else usual
    except (ValueError, OverflowError):
        abort(404)
    if not 0 <= (to_on - from_on).days < MOST_DAYS or not 2000 <= from_on.year <= to_on.year <= 2200:
        abort(404)
    return Span(from_on, to_on)


def _presets() -> list[tuple[str, Span]]:
    """Spans that people ask for."""
    on = today()
    monday, first = on - dt.timedelta(days=on.weekday()), on.replace(day=1)
    before = (first - dt.timedelta(days=1)).replace(day=1)
    return [
        ("Today", Span(on, on)),
        ("This week", Span(monday, on)),
        ("This month", Span(first, on)),
        ("Last month", Span(before, first - dt.timedelta(days=1))),
        ("Last 30 days", Span(on - dt.timedelta(days=USUAL_DAYS - 1), on)),
        ("Last 90 days", Span(on - dt.timedelta(days=89), on)),
    ]


def _sorted(rows: list[Performance], sort: str) -> list[Performance]:
    if sort not in SORTS:
        abort(404)
    return rows if sort == "name" else sorted(rows, key=lambda row: -(getattr(row, sort) or 0))


def _totals(rows: list[Performance]) -> dict[str, Any]:
    names = ("calls", "right_party", "promises", "kept", "matured", "collected_cents", "worked", "hours")
    sums = {name: sum(int(getattr(row, name)) for row in rows) for name in names}
    return sums | {"kept_rate": sums["kept"] / sums["matured"] if sums["matured"] else None}


def _figures(rows: list[Performance], cured: dict[CureKind, int]) -> list[dict[str, Any]]:
    totals = _totals(rows)
    calls, reached = totals["calls"], totals["right_party"]
    return [
        {"label": "Collected", "value": as_text(totals["collected_cents"]), "detail": "through the people below"},
        {"label": "Calls", "value": f"{calls:,}", "detail": f"{totals['worked']:,} accounts worked"},
        {
            "label": "Right-party contacts",
            "value": f"{reached:,}",
            "detail": f"{reached / calls:.0%} of calls" if calls else "no calls",
        },
        {
            "label": "Promises kept",
            "value": f"{totals['kept_rate']:.0%}" if totals["matured"] else "—",
            "detail": f"{totals['kept']:,} of {totals['matured']:,} whose day has come",
        },
        {"label": "Cures", "value": f"{sum(cured.values()):,}", "detail": "late accounts that became current"},
    ]


def _cures(cured: dict[CureKind, int]) -> list[dict[str, Any]]:
    total = sum(cured.values())
    return [
        {"label": one.label, "number": number, "share": number / total if total else 0, "tone": TONES[one]}
        for one, number in cured.items()
    ]
