"""Delinquency: accountability, float, potential, performance and first payment defaults, by whatever one looks at."""

from __future__ import annotations

from admin_views import pictures
from admin_views.gate import viewer
from admin_views.span_report import Leads, SpanReport
from app.clock import today
from app.extensions import db
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.reports import delinquency as report
from app.reports.sheet import Sheet

_ACCOUNTS, _LINES = "/admin/accounts/", "/admin/due/"
_OF_ACCOUNTS: Leads = {
    "on_rent": (_ACCOUNTS, "status=active&status=past_due"),
    "past_due": (_ACCOUNTS, "status=past_due"),
    "float_cents": (_ACCOUNTS, "status=past_due"),
    "due": (_ACCOUNTS, "rent_from={from}&rent_to={to}"),
    "accounted": (_ACCOUNTS, "accounted_from={from}&accounted_to={to}"),
    "potential_cents": (_LINES, "due_from={from}&due_to={to}"),
    "collected_cents": (_LINES, "due_from={from}&due_to={to}"),
    "first_due": (_ACCOUNTS, "first=matured&first_due_from={from}&first_due_to={to}"),
    "first_missed": (_ACCOUNTS, "first=default&first_due_from={from}&first_due_to={to}"),
}
_OF_WEEKS: Leads = {
    "due": (_LINES, ""),
    "collected": (_LINES, "state=collected"),
    "potential_cents": (_LINES, ""),
    "collected_cents": (_LINES, ""),
}
_RATES = pictures.rates("accountability", "performance", "past_due_rate", what="accounted for")
_GROUPS = ("frequency", "collector", "office", "dealer")


class DelinquencyPage(SpanReport):
    """Rent of some days: whose is in, whose is out, and what has come of it."""

    title = "Delinquency"
    url = "/admin/delinquency"
    endpoint = "delinquency"
    usual_days = report.USUAL_DAYS
    about = "what is out with customers, and what came in"
    beyond_the_days = frozenset({"weeks"})
    strong = frozenset({"accountability", "performance", "first_rate"})
    leads = dict.fromkeys(_GROUPS, _OF_ACCOUNTS) | {"weeks": _OF_WEEKS}
    pictures = dict.fromkeys(_GROUPS, _RATES) | {"weeks": pictures.rates("performance", what="of the rent collected")}

    def sheets(self, span: Span, criteria: Criteria) -> list[Sheet]:
        """By frequency, collector, office, dealer and week."""
        found = report.delinquency(db.session(), viewer(), span, today=today(), criteria=criteria)
        return report.sheets(found)
