"""The five reports of the UAS set under the names of their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.reporting import contract_headings as headings
from app.domain.reporting.contract_headings import Heading
from app.queries.listing import Listing
from app.queries.reporting.account_summary import ACCOUNT_SUMMARY, NEW_CONTRACTS
from app.queries.reporting.transactions import DECLINED, PENDING, TRANSACTIONS


@dataclass(frozen=True, slots=True)
class ContractReport:
    """One report: its rows, its columns with their definitions, and which filter its from and to dates are."""

    title: str
    about: str
    listing: Listing
    headings: tuple[Heading, ...]
    dates: str


CONTRACT_REPORTS: Mapping[str, ContractReport] = {
    "account-summary": ContractReport(
        "Account Summary",
        "All contracts that are active and in servicing, as they stand now",
        ACCOUNT_SUMMARY,
        headings.ACCOUNT_SUMMARY,
        "active",
    ),
    "new-contracts": ContractReport(
        "New Contracts", "Contracts by the day on which servicing began", NEW_CONTRACTS, headings.NEW_CONTRACTS, "active"
    ),
    "transactions": ContractReport(
        "Transactions",
        "Payments, adjustments and fees by the day from which they count",
        TRANSACTIONS,
        headings.TRANSACTIONS,
        "processed",
    ),
    "declined": ContractReport(
        "Transactions - Declined", "Payments that were declined, and why", DECLINED, headings.DECLINED, "processed"
    ),
    "pending": ContractReport(
        "Transactions - Pending", "Payments that are scheduled or being processed", PENDING, headings.PENDING, "processed"
    ),
}
"""Each heading names a field of the listing."""
