"""Which format lands where."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.portfolio.imports import ImportFormat
from app.services.portfolio.import_accounts import ACCOUNTS
from app.services.portfolio.import_funding import FUNDING
from app.services.portfolio.import_invoices import INVOICES
from app.services.portfolio.import_landing import Landing
from app.services.portfolio.import_money import MONEY

LANDINGS: Mapping[ImportFormat, Landing] = {
    ImportFormat.PORTFOLIO: ACCOUNTS,
    ImportFormat.RTO_CONTRACTS: ACCOUNTS,
    ImportFormat.RTO_PRO: ACCOUNTS,
    ImportFormat.ACCOUNTS: ACCOUNTS,
    ImportFormat.INVOICES: INVOICES,
    ImportFormat.DEALER_RECONCILIATION: FUNDING,
    ImportFormat.REMITTANCES: MONEY,
    ImportFormat.PAYMENTS: MONEY,
}


def landing_of(kind: ImportFormat) -> Landing:
    """Where the rows of a format land."""
    return LANDINGS[kind]
