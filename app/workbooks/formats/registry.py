"""Which formats there are. To add one: write its file, add its line, say where its rows land."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.portfolio.imports import ImportFormat
from app.workbooks.formats.accounts import RTO_CONTRACTS
from app.workbooks.formats.any_accounts import ANY_ACCOUNTS
from app.workbooks.formats.dealer_reconciliation import DEALER_RECONCILIATION
from app.workbooks.formats.invoices import INVOICES
from app.workbooks.formats.payments import PAYMENTS
from app.workbooks.formats.remittances import REMITTANCES
from app.workbooks.formats.rto_pro import RTO_PRO
from app.workbooks.formats.shape import Format
from app.workbooks.portfolio_report import PORTFOLIO_REPORT

FORMATS: Mapping[ImportFormat, Format] = {
    form.kind: form
    for form in (PORTFOLIO_REPORT, RTO_CONTRACTS, RTO_PRO, ANY_ACCOUNTS, INVOICES, DEALER_RECONCILIATION, REMITTANCES, PAYMENTS)
}
"""In the order of the Import page."""


def format_of(kind: ImportFormat) -> Format:
    """The format of a kind."""
    return FORMATS[kind]
