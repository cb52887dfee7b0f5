"""Any spreadsheet of accounts: what its columns are is guessed, or said once on the mapping page and remembered."""

from __future__ import annotations

from app.domain.portfolio.imports import ImportFormat
from app.workbooks.formats.account_columns import Names
from app.workbooks.formats.accounts import RTO_NAMES, account_format
from app.workbooks.formats.rto_pro import NAMES as RTO_PRO_NAMES
from app.workbooks.portfolio_columns import COLUMNS as PORTFOLIO_COLUMNS

_OWN: dict[str, tuple[str, ...]] = {key: tuple(names) for key, names in RTO_NAMES.items()} | {
    "name": ("Customer Name", "NAME", "CUSTOMER", "LESSEE", "FULLNAME"),
    "second_phone": ("Second Phone", "HOMEPHONE", "PHONE2", "WORKPHONE"),
    "contract_cents": ("Contract Amount", "TOTALCONTRACT", "CONTRACTVALUE", "TOTALAMOUNT"),
    "address": ("Address",),
    "city": ("City",),
    "state": ("State",),
    "zip_code": ("ZIP",),
    "dealer": ("Dealer",),
    "store": ("Store",),
}
_LENT = {column.key: (column.name, *column.synonyms) for column in PORTFOLIO_COLUMNS}

NAMES: Names = {key: tuple(dict.fromkeys((*own, *RTO_PRO_NAMES.get(key, ()), *_LENT.get(key, ())))) for key, own in _OWN.items()}
"""Its own words first, then those of the formats that we know."""

ANY_ACCOUNTS = account_format(
    ImportFormat.ACCOUNTS,
    NAMES,
    ("approval_id", "start_on", "frequency", "payment_amount_cents"),
    "One account per row, whatever the columns are called: say once which is which, and it is remembered for the next file.",
)
