"""What reports over a span of days have in common: filters, days, tables with their pictures, files, paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from admin_views import spans
from admin_views.base import Page, expose
from admin_views.pictures import Picture
from admin_views.report_filters import Narrowed, narrowed
from admin_views.sheets import address, shown
from admin_views.table_files import table_file
from app.domain.staff.roles import Role
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria, Filter
from app.queries.reporting.delinquency import FILTERS
from app.reports.sheet import Line, Sheet
from app.workbooks.writing import ExportColumn

Leads = Mapping[str, tuple[str, str]]
"""Column → the list that its figures lead to, and what it is asked for beside the row's own filter."""


class SpanReport(Page):
    """A report of some days. Its `sheets` are made by the read model, its links and pictures said here."""

    is_abstract = True
    minimum_role = Role.MANAGER
    usual_days: ClassVar[int]
    filters: ClassVar[Mapping[str, Filter]] = FILTERS
    strong: ClassVar[frozenset[str]] = frozenset()
    leads: ClassVar[Mapping[str, Leads]] = {}
    """Sheet → column → where its figures lead; `{from}` and `{to}` are the days."""
    pictures: ClassVar[Mapping[str, Callable[[Sheet], Picture]]] = {}
    beyond_the_days: ClassVar[frozenset[str]] = frozenset()
    """Sheets of more days than those asked for: their sums lead nowhere."""
    about: ClassVar[str] = ""
    template: ClassVar[str] = "reports/span.html"

    def sheets(self, span: Span, criteria: Criteria) -> list[Sheet]:
        """The tables for the signed-in person."""
        raise NotImplementedError

    def more(self, span: Span, criteria: Criteria) -> dict[str, Any]:
        """What else the template of this report needs."""
        return {}

    def list_of(self, line: Line, path: str) -> str:
        """The list in which the rows behind a line stand."""
        return path

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The page."""
        found, span = self._asked()
        return render_template(
            self.template,
            title=self.title,
            about=self.about,
            sheets=[self._shown(sheet, span, found) for sheet in self.sheets(span, found.criteria)],
            narrowed=found,
            span=span,
            presets=spans.presets(),
            query=dict(found.whole_query, **{"from": span.from_on.isoformat(), "to": span.to_on.isoformat()}),
            **self.more(span, found.criteria),
        )

    @expose("/export.<any(csv, xlsx):file_format>")
    def export(self, file_format: str) -> ResponseReturnValue:
        """The table that the address names as a file, the first when it names none."""
        found, span = self._asked()
        sheets = self.sheets(span, found.criteria)
        table = request.args.get("table", sheets[0].name)
        sheet = next((one for one in sheets if one.name == table), None) or abort(404)
        made = sheet.table()
        name = f"{self.endpoint}-{table}-{span.from_on.isoformat()}-{span.to_on.isoformat()}".replace("_", "-")
        return table_file(name, file_format, made.columns, made.rows, title=f"{self.title} {table}")

    def _asked(self) -> tuple[Narrowed, Span]:
        span = spans.asked(usual_days=self.usual_days) or spans.last(self.usual_days)
        return narrowed(self.filters, keeping=("from", "to")), span

    def _shown(self, sheet: Sheet, span: Span, found: Narrowed) -> dict[str, Any]:
        leads = self.leads.get(sheet.name, {})
        days = {"from": span.from_on.isoformat(), "to": span.to_on.isoformat()}

        def link(column: ExportColumn, line: Line) -> str | None:
            path, asked = leads.get(column.key, ("", ""))
            if not path or not (line.query or asked) or (line.key and not line.query):
                return None
            # The row's own words are narrower than those of the column.
            own = {pair.partition("=")[0] for pair in line.query.split("&")}
            rest = [pair for pair in asked.format_map(days).split("&") if pair.partition("=")[0] not in own]
            return address(self.list_of(line, path), "&".join([line.query, *rest]), found.criteria.filters)

        figure, finding = self.pictures[sheet.name](sheet) if sheet.lines else (None, "")
        has_total_links = sheet.name not in self.beyond_the_days
        return shown(sheet, link=link, figure=figure, finding=finding, strong=self.strong, has_total_links=has_total_links)
