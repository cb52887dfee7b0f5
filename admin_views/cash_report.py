"""Payments and cash: what came in and what went back, by method, day and person."""

from __future__ import annotations

from admin_views import pictures
from admin_views.gate import viewer
from admin_views.span_report import Leads, SpanReport
from app.clock import today
from app.extensions import db
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.receipts import receipts
from app.reports import receipts as report
from app.reports.sheet import Sheet

_LOG = "/admin/payments-log/"
_DAYS = "received_from={from}&received_to={to}"
_IN = f"kind=payment&state=complete&state=reversed&state=refunded&{_DAYS}"
_OUT = f"kind=reversal&kind=refund&kind=chargeback&state=complete&{_DAYS}"
_BY_HAND = "method=zelle&method=cash_app&method=venmo&method=check&method=money_order&method=bank_transfer"
_LEADS: Leads = {
    "payments": (_LOG, _IN),
    "received_cents": (_LOG, _IN),
    "cash_cents": (_LOG, f"method=cash&{_IN}"),
    "other_cents": (_LOG, f"{_BY_HAND}&{_IN}"),
    "card_cents": (_LOG, f"method=card&method=ach&{_IN}"),
    "returned": (_LOG, _OUT),
    "returned_cents": (_LOG, _OUT),
}


class CashReport(SpanReport):
    """What the drawer and the accounts must hold."""

    title = "Payments and Cash"
    url = "/admin/cash-report"
    endpoint = "cash_report"
    usual_days = report.USUAL_DAYS
    about = "what came in and what went back, by the day on which it came"
    strong = frozenset({"net_cents"})
    leads = dict.fromkeys(("method", "day", "person"), _LEADS)
    pictures = {
        "method": pictures.dollars("received_cents", what="received"),
        "day": pictures.amounts("cash_cents", "other_cents", "card_cents", what="received", total="received_cents"),
        "person": pictures.dollars("received_cents", what="received"),
    }

    def sheets(self, span: Span, criteria: Criteria) -> list[Sheet]:
        """By method, by day, by person."""
        return report.sheets(receipts(db.session(), viewer(), span, today=today(), criteria=criteria), span)
