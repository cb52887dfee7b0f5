"""Team Performance: what each member of staff did in a span of days, and how late accounts became current."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from admin_views import spans
from admin_views.base import Page, expose
from admin_views.gate import viewer
from admin_views.report_filters import narrowed
from admin_views.table_files import table_file
from app.domain.collections.cures import CREDIT_DAYS, CureKind
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.collections import narrowing, team
from app.queries.collections.narrowing import Span
from app.queries.collections.team import Performance
from app.workbooks import writing
from charts import team as chart

USUAL_DAYS = 30
KEPT = ("sort", "from", "to")
"""What the address asks for beside filters."""
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
        span, sort = _span(), _sort()
        found = narrowed(narrowing.TEAM, keeping=KEPT)
        rows = team.performance(db.session(), viewer(), span, found.criteria)
        members = [chart.Member(row.name, row.collected_cents, row.right_party) for row in rows]
        cured = team.cures(db.session(), viewer(), span, found.criteria)
        return render_template(
            "team/page.html",
            rows=_sorted(rows, sort),
            sort=sort,
            span=span,
            presets=spans.presets(),
            narrowed=found,
            query=found.whole_query,
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
        rows = _sorted(team.performance(db.session(), viewer(), span, narrowed(narrowing.TEAM).criteria), _sort())
        cells = ([getattr(row, column.key) for column in FILE_COLUMNS] for row in rows)
        name = f"team-{span.from_on.isoformat()}-{span.to_on.isoformat()}"
        return table_file(name, file_format, FILE_COLUMNS, cells, title="Team Performance")


def _span() -> Span:
    """The days that the address names, the last thirty when it names none."""
    return spans.asked(usual_days=USUAL_DAYS) or spans.last(USUAL_DAYS)


def _sort() -> str:
    sort = request.args.get("sort", "name")
    return sort if sort in SORTS else abort(404)


def _sorted(rows: list[Performance], sort: str) -> list[Performance]:
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
