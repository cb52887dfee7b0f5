"""AutoPay in figures: how charges went, why cards are declined, who pays by it."""

from __future__ import annotations

from collections.abc import Set

from admin_views import pictures
from admin_views.gate import viewer
from admin_views.span_report import Leads, SpanReport
from app.clock import today
from app.domain.autopay.charges import FAILED_CHARGES, ChargeState
from app.extensions import db
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.card_charges import charges, enrolled
from app.reports import autopay as report
from app.reports.sheet import Sheet


def _of(states: Set[ChargeState]) -> tuple[str, str]:
    words = [f"state={state.value}" for state in ChargeState if state in states]
    return "/admin/autopay/charges/", "&".join([*words, "on_from={from}&on_to={to}"])


_TRIED, _SUCCEEDED, _FAILED = _of(report.TRIED), _of({ChargeState.SUCCEEDED}), _of(FAILED_CHARGES)
_TRIES: Leads = {
    "charges": _TRIED,
    "asked_cents": _TRIED,
    "succeeded": _SUCCEEDED,
    "charged_cents": _SUCCEEDED,
    "failed": _FAILED,
    "declined_cents": _FAILED,
    "undecided": _of(report.UNDECIDED),
}


class AutopayReport(SpanReport):
    """How charging cards goes."""

    title = "AutoPay Report"
    url = "/admin/autopay-report"
    endpoint = "autopay_report"
    usual_days = report.USUAL_DAYS
    about = "how charges went, and why cards are declined"
    strong = frozenset({"success_rate", "enrolled_rate"})
    leads = {
        "kind": _TRIES,
        "day": _TRIES,
        "declines": {"number": _FAILED, "declined_cents": _FAILED},
        "enrolled": {
            "active": ("/admin/accounts/", "status=active&status=past_due"),
            "enrolled": ("/admin/accounts/", "status=active&status=past_due&autopay=1"),
        },
    }
    pictures = {
        "kind": pictures.rates("success_rate", what="succeeded"),
        "day": pictures.amounts("charged_cents", "declined_cents", what="charged", total="charged_cents"),
        "declines": pictures.counts("number", what="declines"),
        "enrolled": pictures.rates("enrolled_rate", "enrolled_past_due_rate", "other_past_due_rate", what="enrolled"),
    }

    def sheets(self, span: Span, criteria: Criteria) -> list[Sheet]:
        """By type, by decline code, who is enrolled, by day."""
        session, who = db.session(), viewer()
        found = charges(session, who, span, today=today(), criteria=criteria)
        return report.sheets(found, enrolled(session, who, today=today(), criteria=criteria), span)
