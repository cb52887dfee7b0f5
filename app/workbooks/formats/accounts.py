"""Files whose every row is an account, whatever its columns are called; the RTO contract CSV is the plainest.

They differ in what their columns are called; what a column means and what is checked is the same as in the Portfolio
Detailed Report, and so is what a row becomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from app.domain.errors import Problem, Severity
from app.domain.money import as_text
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks.columns import Column, Parser
from app.workbooks.formats.account_columns import Names, columns_named
from app.workbooks.formats.account_fields import account_fields
from app.workbooks.formats.shape import Format, ParsedRow, ReadRow
from app.workbooks.names import MAX_NAME, without_marks
from app.workbooks.portfolio_checks import is_flawless, judge
from app.workbooks.portfolio_row import PortfolioRow
from app.workbooks.sheets import Cell, Row

RTO_NAMES: Names = {
    "approval_id": ("Account Number", "ACCOUNT", "ACCOUNT#", "ACCT", "CONTRACTNUMBER", "CONTRACT#", "CONTRACT"),
    "first_name": ("First Name", "FIRST"),
    "last_name": ("Last Name", "LAST", "SURNAME"),
    "phone": ("Phone", "PHONENUMBER", "CELL", "CELLPHONE", "MOBILE"),
    "email": ("Email", "EMAILADDRESS"),
    "device": ("Device", "DEVICEMODEL", "MODEL", "DESCRIPTION", "PRODUCT"),
    "device_imei": ("IMEI", "DEVICEIMEI", "IMEI#", "IMEINUMBER"),
    "device_cost_cents": ("Device Cost", "COST"),
    "start_on": ("Start Date", "CONTRACTDATE", "STARTEDON"),
    "frequency": ("Frequency", "PAYMENTFREQUENCY"),
    "payment_amount_cents": ("Payment Amount", "PAYMENT", "INSTALLMENT"),
    "number_of_payments": ("Number of Payments", "TERM", "PAYMENTS"),
    "payments_made": ("Payments Made", "PAYMENTSPAID"),
    "total_paid_cents": ("Total Paid", "AMOUNTPAID", "PAID"),
    "balance_remaining_cents": ("Balance", "BALANCEREMAINING", "REMAININGBALANCE"),
    "next_due_on": ("Next Due Date", "NEXTDUE", "DUEDATE"),
}
"""The RTO contract CSV."""


def account_reader(columns: Sequence[Column]) -> Callable[[Sequence[str], Mapping[str, str]], ReadRow]:
    """What makes the reader of a file with these columns."""

    def of_file(headers: Sequence[str], mapping: Mapping[str, str]) -> ReadRow:
        places = [(column, headers.index(mapping[column.key])) for column in columns if column.key in mapping]
        positions = {column.key: place for column, place in places}

        def read(row_number: int, row: Row) -> ParsedRow[PortfolioRow]:
            said: dict[str, Any] = {}
            is_clean = True
            for column, place in places:
                cell: Cell = row[place]
                said[column.key], message = (None, None) if cell == "" else column.parse(cell)
                is_clean = is_clean and message is None
            values, derived = _values(said, row, positions)
            other_cents = said.get("other_due_cents") or 0
            if is_clean and not other_cents and is_flawless(values):
                return ParsedRow(row_number, row, values, RowOutcome.IMPORTED, ())
            looked_at = {key: place for key, place in positions.items() if key not in derived}
            kept, outcome, wrong = judge(values, row, looked_at, columns)
            problems = tuple(Problem(row_number, mapping.get(key), message, severity) for key, message, severity in wrong)
            if other_cents and outcome.is_in:
                left = f"{as_text(other_cents)} of other charges is not brought over; add it to the account as a fee"
                problems = (*problems, Problem(row_number, mapping.get("other_due_cents"), left, Severity.WARNING))
            if outcome.is_in and kept.balance_remaining_cents is None:
                missing = "Outstanding balance is missing, and nothing else in the row gives it"
                problems = (*problems, Problem(row_number, mapping.get("balance_remaining_cents"), missing, Severity.ERROR))
                outcome = RowOutcome.REJECTED_BALANCE
            return ParsedRow(row_number, row, kept, outcome, problems)

        return read

    return of_file


def _values(said: Mapping[str, Any], row: Row, positions: Mapping[str, int]) -> tuple[PortfolioRow, set[str]]:
    """What a row says, and the keys of columns that were blank but followed from others."""
    raw = str(row[positions["first_name"]]).strip() if "first_name" in positions else ""
    first, last = without_marks(raw)[:MAX_NAME], said.get("last_name") or ""
    if not raw and not last and said.get("name"):
        first, last = names_of(said["name"])
        raw = first
    model, number = said.get("device") or (None, None)
    derived: set[str] = set()
    payment, made, paid = said.get("payment_amount_cents"), said.get("payments_made"), said.get("total_paid_cents")
    if made is None and paid is not None and paid >= 0 and payment and payment > 0:
        made = paid // payment
        derived.add("payments_made")
    balance = said.get("balance_remaining_cents")
    count, worth = said.get("number_of_payments"), said.get("contract_cents")
    if balance is None and worth is not None and paid is not None:
        balance = max(0, worth - paid)
    elif balance is None and count is not None and payment is not None:
        balance = max(0, count - (made or 0)) * payment
    if balance is not None and said.get("balance_remaining_cents") is None:
        derived.add("balance_remaining_cents")
    phone = said.get("phone") or said.get("second_phone")
    if phone and not said.get("phone"):
        derived.add("phone")
    values = PortfolioRow(
        said.get("approval_id"), said.get("approval_id"), None, said.get("start_on"), first, raw, last, phone, model,
        said.get("device_imei") or number, said.get("device_cost_cents"), said.get("frequency"), payment, made, paid, balance,
        said.get("next_due_on"), said.get("email"), said.get("address"), said.get("city"), said.get("state"),
        said.get("zip_code"), said.get("dealer"), said.get("store"),
    )  # fmt: skip
    return values, derived


def names_of(whole: str) -> tuple[str, str]:
    """First and last name out of one cell.

    >>> names_of("Montenegro, Chase"), names_of("Micaela de la Torre"), names_of("Cher")
    (('Chase', 'Montenegro'), ('Micaela', 'de la Torre'), ('Cher', ''))
    """
    bare = without_marks(whole)
    last, comma, first = bare.partition(",")
    if not comma:
        first, _, last = bare.partition(" ")
    return first.strip()[:MAX_NAME], last.strip()[:MAX_NAME]


def account_format(
    kind: ImportFormat, names: Names, required: Iterable[str], about: str, parsers: Mapping[str, Parser] | None = None
) -> Format:
    """A format of accounts whose columns have these names."""
    columns = columns_named(names, required, parsers)
    return Format(
        kind=kind,
        columns=columns,
        reader=account_reader(columns),
        identity=lambda parsed: None if parsed.outcome is RowOutcome.REJECTED_CONTRACT_NUMBER else parsed.values.approval_id,
        identity_column="approval_id",
        identity_word="Account",
        fields=account_fields,
        owed_key="balance_remaining_cents",
        paid_key="total_paid_cents",
        about=about,
    )


RTO_CONTRACTS = account_format(
    ImportFormat.RTO_CONTRACTS,
    RTO_NAMES,
    ("approval_id", "first_name", "last_name", "start_on", "frequency", "payment_amount_cents"),
    "All rows come in as active accounts; an account number that is here already is skipped.",
)
