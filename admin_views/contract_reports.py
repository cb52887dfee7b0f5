"""The UAS contract report set: five lists whose heads say what they mean."""

from __future__ import annotations

from typing import Any

from admin_views import formats
from admin_views.base import GridPage
from admin_views.grid import Column, View
from app.domain.reporting.contract_headings import Heading
from app.domain.staff.roles import Role
from app.queries.reporting.contract_reports import CONTRACT_REPORTS

DASH_ZERO = frozenset(
    {
        "adjusted_cents", "adjusted_fees_cents", "adjusted_interest_cents", "adjusted_principal_cents", "fee_charged_cents",
        "fees_cents", "interest_cents", "principal_cents", "override_cents", "past_due_cents",
    }
)  # fmt: skip
PLACES = {
    "figure": ("payoff_cents", "monthly_cents", "payment_cents"),
    "detail": ("applicant",),
    "state": ("kind", "sub_status"),
}
"""Place in the two lines of a phone → the columns that may stand there; the first that a report has does."""


def column(heading: Heading, card: str = "") -> Column:
    """The column of a heading, and its place on a phone; its definition is the tooltip of the head."""
    key = heading.key
    card_label = "" if card == "detail" else None
    given: dict[str, Any] = {"hint": heading.definition, "card": card, "card_label": card_label, "dash_zero": key in DASH_ZERO}
    if key == "interest_rate":
        return Column(key, heading.label, cell=rate, plain=lambda row: row.interest_rate, file_kind="number", **given)
    if key.endswith(("_number", "_id")):
        given["mono"] = True
    return Column(key, heading.label, **given)


def rate(row: Any) -> str:
    """10.00 is 10 % a year; a lease has none."""
    return f"{row.interest_rate:.2f}" if row.interest_rate else formats.DASH


class ContractReportPage(GridPage):
    """What the five have in common."""

    is_abstract = True
    minimum_role = Role.MANAGER
    row_needs = ("account_id",)
    row_url = staticmethod(lambda row: f"/admin/accounts/{row.account_id}")


def _columns(name: str) -> tuple[Column, ...]:
    headings = CONTRACT_REPORTS[name].headings
    keys = {heading.key for heading in headings}
    cards = {next(filter(keys.__contains__, wanted), ""): place for place, wanted in PLACES.items()}
    return tuple(column(heading, cards.get(heading.key, "")) for heading in headings)


class AccountSummary(ContractReportPage):
    """How every contract in servicing stands now."""

    title = "Account Summary"
    url = "/admin/contract-reports/account-summary"
    endpoint = "account_summary"
    context = CONTRACT_REPORTS["account-summary"].about
    listing = CONTRACT_REPORTS["account-summary"].listing
    columns = _columns("account-summary")
    noun = "contracts"
    views = (
        View("All"),
        View("Past due", "sub_status=Past+Due"),
        View("Default", "sub_status=Default&sub_status=Recovery"),
        View("Began in the last 30 days", "active_from=-30d"),
    )
    empty = ("No contract is in servicing", "Contracts that are imported or opened stand here while they are active.")


class NewContracts(ContractReportPage):
    """Which contracts began, and on which terms."""

    title = "New Contracts"
    url = "/admin/contract-reports/new-contracts"
    endpoint = "new_contracts"
    context = CONTRACT_REPORTS["new-contracts"].about
    listing = CONTRACT_REPORTS["new-contracts"].listing
    columns = _columns("new-contracts")
    noun = "contracts"
    views = (
        View("All"),
        View("Last 7 days", "active_from=-7d&active_to=today"),
        View("Last 30 days", "active_from=-30d&active_to=today"),
        View("Last 90 days", "active_from=-90d&active_to=today"),
    )
    empty = ("There is no contract yet", "Import a portfolio or open a lease: each contract stands here from its first day.")


_SPANS = (
    View("All"),
    View("Today", "processed_from=today&processed_to=today"),
    View("Yesterday", "processed_from=-1d&processed_to=-1d"),
    View("Last 7 days", "processed_from=-7d&processed_to=today"),
    View("Last 30 days", "processed_from=-30d&processed_to=today"),
)


class Transactions(ContractReportPage):
    """What has moved a balance."""

    title = "Transactions"
    url = "/admin/contract-reports/transactions"
    endpoint = "transactions"
    context = CONTRACT_REPORTS["transactions"].about
    listing = CONTRACT_REPORTS["transactions"].listing
    columns = _columns("transactions")
    noun = "transactions"
    views = (*_SPANS, View("Payments", "kind=payments"), View("Adjustments", "kind=adjustments"), View("Fees", "kind=fees"))
    empty = ("Nothing has moved a balance yet", "Payments, adjustments and fees stand here from the day on which they count.")


class Declined(ContractReportPage):
    """Which payments did not come, and why."""

    title = "Transactions - Declined"
    url = "/admin/contract-reports/declined"
    endpoint = "declined"
    context = CONTRACT_REPORTS["declined"].about
    listing = CONTRACT_REPORTS["declined"].listing
    columns = _columns("declined")
    noun = "payments"
    views = _SPANS
    empty = (
        "No payment was declined",
        "A card that is declined or a payment that the bank returns before it settles stands here.",
    )


class Pending(ContractReportPage):
    """Which payments may still come."""

    title = "Transactions - Pending"
    url = "/admin/contract-reports/pending"
    endpoint = "pending"
    context = CONTRACT_REPORTS["pending"].about
    listing = CONTRACT_REPORTS["pending"].listing
    columns = _columns("pending")
    noun = "payments"
    views = (
        View("All"),
        View("Today", "processed_from=today&processed_to=today"),
        View("Next 7 days", "processed_from=%2B1d&processed_to=%2B7d"),
        View("Processing", "state=PROCESSING"),
        View("Scheduled", "state=PENDING"),
    )
    empty = ("No payment is waiting", "Post-dated payments and payments that settle tonight stand here until they are complete.")
