"""RTO Pro's export of agreements with their customers, by the field names that RTO Pro itself publishes.

Source: RTO Pro's help file (rtopro.com/help): TERM is how often is paid, by word or letter; the balance of a contract is its
amount less what was paid; OTHERDUE are charges beside the rent.
"""

from __future__ import annotations

from app.domain.portfolio.imports import ImportFormat
from app.domain.servicing.frequency import Frequency
from app.workbooks import cells
from app.workbooks.formats.account_columns import Names
from app.workbooks.formats.accounts import account_format
from app.workbooks.sheets import Cell

NAMES: Names = {
    "approval_id": ("CONTRACT", "CONTRACT#", "CONTRACTNO", "AGREEMENT", "AGREEMENT#", "ACCOUNT"),
    "first_name": ("FIRSTNAME", "FNAME"),
    "last_name": ("LASTNAME", "LNAME"),
    "phone": ("CELL", "CELLPHONE"),
    "second_phone": ("HMPHONE", "HOMEPHONE", "PHONE", "WKPHONE"),
    "email": ("EMAIL",),
    "device": ("MODEL", "DESCRIPTION", "ITEM"),
    "device_imei": ("SERIAL", "SERIAL#", "SERIALNO", "IMEI"),
    "device_cost_cents": ("COST", "ITEMCOST"),
    "start_on": ("CONTRACTDATE", "OPENDATE"),
    "frequency": ("TERM", "TRM", "FREQUENCY"),
    "payment_amount_cents": ("PMT", "PAYMENT"),
    "total_paid_cents": ("AMTPAID", "PAID"),
    "balance_remaining_cents": ("BALANCE", "BAL", "DUE"),
    "contract_cents": ("CONTRACTAMT", "TOTAL"),
    "next_due_on": ("DUEDATE", "NEXTDUE"),
    "other_due_cents": ("OTHERDUE", "OTHERFEES"),
    "address": ("ADDRESS", "ADDRESS1"),
    "city": ("CITY",),
    "state": ("STATE",),
    "zip_code": ("ZIP", "ZIPCODE"),
    "store": ("STORE", "STORE#"),
}

_LETTERS = {
    "w": Frequency.WEEKLY,
    "b": Frequency.BIWEEKLY,
    "s": Frequency.SEMIMONTHLY,
    "m": Frequency.MONTHLY,
}


def term(cell: Cell) -> tuple[Frequency | None, str | None]:
    """RTO Pro's term: a word, or its first letter.

    >>> term("S")[0].label, term("Weekly")[0].label
    ('Semimonthly', 'Weekly')
    """
    letter = cells.spelled(cell).strip().casefold()
    return (_LETTERS[letter], None) if letter in _LETTERS else cells.frequency(cell)


RTO_PRO = account_format(
    ImportFormat.RTO_PRO,
    NAMES,
    ("approval_id", "first_name", "last_name", "start_on", "frequency", "payment_amount_cents"),
    "Agreements with their customers as RTO Pro exports them. The contract amount less what was paid is the balance.",
    {"frequency": term},
)
