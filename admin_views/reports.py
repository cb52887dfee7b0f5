"""Reports: the portfolio by status, frequency, bank type and age, each table with its picture, each figure with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.gate import viewer
from admin_views.report_filters import day, narrowed
from admin_views.sheets import address, shown
from admin_views.table_files import table_file
from app.clock import today
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.collections.buckets import buckets
from app.queries.reporting import portfolio
from app.reports.portfolio import sheets
from app.reports.sheet import Line, Sheet
from app.workbooks.writing import ExportColumn
from charts import bars

LINKED: dict[str, dict[str, str]] = {
    "status": {"count": ""},
    "profit": {"count": ""},
    "performance": {
        "total": "",
        "active": "&status=active&status=past_due",
        "past_due": "&status=past_due",
        "defaulted": "&status=default",
        "paid_off": "&status=paid_off",
        "first_due": "&first=due",
        "first_made": "&first=made",
    },
    "aging": {"count": ""},
}
LINKED["bank"] = LINKED["performance"]
"""Sheet → column → what its figure asks the Accounts list for, beyond what its row does."""

STRONG = frozenset({"average_profit_cents", "past_due_rate", "default_rate", "first_rate"})


class ReportsPage(Page):
    """The five tables."""

    title = "Reports"
    url = "/admin/reports"
    endpoint = "reports"
    minimum_role = Role.MANAGER

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The page, live or as of a past day."""
        found, made = self._made()
        as_of = day("as_of", latest=today())
        days = portfolio.days(db.session(), viewer(), most=60)
        return render_template(
            "reports/page.html",
            sheets=[_shown(sheet, found.criteria.filters, is_live=as_of is None) for sheet in made],
            narrowed=found,
            as_of=as_of,
            days=days,
            accounts=made[0].totals[1],
        )

    @expose("/export/<any(status, profit, performance, bank, aging):table>.<any(csv, xlsx):file_format>")
    def export(self, table: str, file_format: str) -> ResponseReturnValue:
        """One of the tables as a file."""
        _, made = self._made()
        sheet = next(one for one in made if one.name == table)
        rows = [*(line.values for line in sheet.lines), sheet.totals]
        on = day("as_of", latest=today()) or today()
        return table_file(f"{table}-{on.isoformat()}", file_format, sheet.columns, rows, title=sheet.title)

    def _made(self) -> tuple[Any, list[Sheet]]:
        found = narrowed(portfolio.FILTERS, keeping=("as_of",))
        as_of = day("as_of", latest=today())
        session = db.session()
        if as_of is not None and as_of not in portfolio.days(session, viewer(), most=10_000):
            abort(404)
        heaps = portfolio.heaps(session, viewer(), today=today(), as_of=as_of, criteria=found.criteria)
        return found, sheets(heaps, buckets(session, "report"))


def _shown(sheet: Sheet, given: Mapping[str, tuple[str, ...]], *, is_live: bool) -> dict[str, Any]:
    """A table with its links and its picture."""
    links = LINKED[sheet.name] if is_live else {}

    def link(column: ExportColumn, line: Line) -> str | None:
        return address("/admin/accounts/", line.query + links[column.key], given) if column.key in links else None

    figure, finding = _picture(sheet)
    return shown(sheet, link=link, figure=figure, finding=finding, strong=STRONG)


def _picture(sheet: Sheet) -> tuple[str | None, str]:
    """The figure beside a table, and what it shows in one sentence."""
    if not sheet.lines:
        return None, ""
    names = [str(line.values[0]) for line in sheet.lines]
    if sheet.name == "status":
        shares = [line.values[2] or 0.0 for line in sheet.lines]
        texts = [f"{value:.1%}" for value in shares]
        return bars.lying(names, shares, texts, name="Accounts").to_json(), bars.most(names, shares, texts, "accounts")
    if sheet.name == "profit":
        cents = [line.values[4] for line in sheet.lines]
        texts = ["—" if value is None else as_text(value) for value in cents]
        amounts = [(value or 0) / 100 for value in cents]
        figure = bars.lying(names, amounts, texts, name="Avg Profit", colours=("var(--ld-c3)",))
        return figure.to_json(), bars.most(names, cents, texts, "profit")
    if sheet.name == "aging":
        late = sheet.lines[1:]
        counts = [line.values[1] for line in late]
        texts = [f"{value:,}" for value in counts]
        colours = ("var(--ld-b1)", "var(--ld-b2)", "var(--ld-b3)", "var(--ld-b4)")
        labels = [str(line.values[0]) for line in late]
        figure = bars.lying(labels, counts, texts, name="Accounts", colours=colours, left=60)
        return figure.to_json(), bars.most(labels, counts, texts, "late accounts")
    return _rates(sheet)


def _rates(sheet: Sheet) -> tuple[str, str]:
    """Past due and default rates; of bank types over all frequencies."""
    place = {column.key: n for n, column in enumerate(sheet.columns)}
    groups: dict[str, list[Line]] = {}
    for line in sheet.lines:
        groups.setdefault(str(line.values[0]), []).append(line)

    def rate(lines: list[Line], part: str, whole: str) -> float | None:
        number = sum(line.values[place[whole]] for line in lines)
        return sum(line.values[place[part]] for line in lines) / number if number else None

    names = list(groups)
    late = [rate(groups[name], "past_due", "active") for name in names]
    lost = [rate(groups[name], "defaulted", "total") for name in names]
    texts = ["—" if value is None else f"{value:.1%}" for value in late]
    figure = bars.standing(names, {"Past Due %": late, "Default %": lost})
    return figure.to_json(), bars.most(names, late, texts, "past due")
