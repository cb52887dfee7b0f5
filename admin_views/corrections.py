"""Waivers and reversals: what was forgiven or taken back, by whom and why."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from admin_views import pictures
from admin_views.base import expose
from admin_views.gate import viewer
from admin_views.span_report import Leads, SpanReport
from admin_views.table_files import table_file
from app.clock import today
from app.extensions import db
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting import corrections as asking
from app.reports import corrections as report
from app.reports.sheet import Line, Sheet

_ADJUSTMENTS, _LEDGER = "/admin/records/adjustments/", "/admin/records/ledger/"


def _adjusted(kind: str) -> tuple[str, str]:
    return _ADJUSTMENTS, f"kind={kind}&effective_from={{from}}&effective_to={{to}}"


def _taken_out(kind: str) -> tuple[str, str]:
    return _LEDGER, f"kind={kind}&state=complete&posted_from={{from}}&posted_to={{to}}"


_AMOUNTS: Leads = {
    "waived_cents": _adjusted("waiver"),
    "credited_cents": _adjusted("credit"),
    "debited_cents": _adjusted("debit"),
    "reversed_cents": _taken_out("reversal"),
    "refunded_cents": _taken_out("refund"),
    "charged_back_cents": _taken_out("chargeback"),
}


class CorrectionsPage(SpanReport):
    """The audit of waivers and reversals."""

    title = "Waivers and Reversals"
    url = "/admin/corrections"
    endpoint = "corrections"
    usual_days = report.USUAL_DAYS
    about = "what was forgiven or taken back, by whom and why"
    strong = frozenset({"cents"})
    template = "reports/corrections.html"
    leads = {"kind": dict.fromkeys(("number", "cents"), (_ADJUSTMENTS, "")), "person": _AMOUNTS}
    pictures = {
        "kind": pictures.dollars("cents", what="corrected"),
        "person": pictures.counts("number", what="corrections"),
        "month": pictures.amounts(
            "waived_cents", "credited_cents", "reversed_cents", "refunded_cents", what="waived", total="waived_cents"
        ),
    }

    def sheets(self, span: Span, criteria: Criteria) -> list[Sheet]:
        """By kind, by person, by month."""
        return report.sheets(asking.corrected(db.session(), viewer(), span, today=today(), criteria=criteria), span)

    def list_of(self, line: Line, path: str) -> str:
        """Waivers, credits and debits are adjustments; what took money back out stands in the ledger."""
        return _LEDGER if "posted_from=" in line.query else path

    def more(self, span: Span, criteria: Criteria) -> dict[str, Any]:
        """The newest ones with their reasons."""
        found = asking.each(db.session(), viewer(), span, today=today(), criteria=criteria, limit=report.NEWEST)
        return {"newest": list(found), "labels": asking.LABELS, "most": report.NEWEST, "by_itself": report.BY_ITSELF}

    @expose("/each.<any(csv, xlsx):file_format>")
    def every(self, file_format: str) -> ResponseReturnValue:
        """Every correction with its reason as a file."""
        found, span = self._asked()
        rows = report.each_row(asking.each(db.session(), viewer(), span, today=today(), criteria=found.criteria))
        name = f"corrections-{span.from_on.isoformat()}-{span.to_on.isoformat()}"
        return table_file(name, file_format, report.EACH_COLUMNS, rows, title=self.title)
