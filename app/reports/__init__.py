"""The read model: every report by its name, for the command line, schedules and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.queries.reporting.contract_reports import CONTRACT_REPORTS
from app.queries.scope import EVERYTHING, Viewer
from app.reports import analytics, autopay, contracts, corrections, delinquency, free_money, portfolio, projected, receipts
from app.reports.table import Asked, Table


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its title, which of the days it understands, and its tables for a viewer."""

    title: str
    options: tuple[str, ...]
    make: Callable[[Session, Viewer, Asked], list[Table]]

    def tables(self, session: Session, asked: Asked, viewer: Viewer = EVERYTHING) -> list[Table]:
        """The tables. Raises RuleViolation for days that it does not understand, or that make no span."""
        asked.demand(self.options)
        return self.make(session, viewer, asked)


REPORTS: Mapping[str, Report] = {
    **{name: Report(one.title, ("from", "to"), contracts.maker(one)) for name, one in CONTRACT_REPORTS.items()},
    "portfolio": Report("Reports", ("as_of", "from", "to"), portfolio.make),
    "analytics": Report("Predictive Analytics", ("from", "to"), analytics.make),
    "projected": Report("Projected Collections", (), projected.make),
    "delinquency": Report("Delinquency", ("from", "to"), delinquency.make),
    "payments": Report("Payments and Cash", ("from", "to"), receipts.make),
    "autopay": Report("AutoPay Report", ("from", "to"), autopay.make),
    "free-money": Report("Free Money", ("from", "to"), free_money.make),
    "corrections": Report("Waivers and Reversals", ("from", "to"), corrections.make),
}
"""Name → report."""
