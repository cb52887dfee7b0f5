"""Open invoices of an ERP or billing system: each is a charge on the account of its customer.

A later file of the same system updates what is open by the number of the invoice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from app.domain.errors import Severity
from app.domain.money import as_text
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks import cells, contacts, days
from app.workbooks.columns import Column
from app.workbooks.formats.accounts import names_of
from app.workbooks.formats.remittances import outcome_of
from app.workbooks.formats.shape import Format
from app.workbooks.formats.simple import Wrong, plain_fields, reader
from app.workbooks.names import MAX_NAME

MOST_CENTS = 10_000_000_00
MAX_NUMBER = 40

_LEGAL_FORM = re.compile(
    r"(?:inc|incorporated|llc|l\.l\.c|ltd|limited|corp|corporation|co|company|lp|llp|plc|gmbh|sa)\b", re.IGNORECASE
)

COLUMNS: tuple[Column, ...] = (
    Column(
        "customer", "Customer", "first_name, last_name", cells.text_up_to(2 * MAX_NAME), "A row without a name is rejected.",
        "Riverbend Tools LLC",
        synonyms=("CUSTOMERNAME", "NAME", "BILLTO", "BILLTONAME", "CLIENT", "DEBTOR", "COMPANY", "ACCOUNTNAME", "PARTNER"),
    ),
    Column(
        "invoice_number", "Invoice Number", "invoice", cells.identifier,
        "A number that is here already is updated, never doubled.", "INV-20418",
        synonyms=("INVOICE", "INVOICE#", "INVOICENO", "INVOICEID", "DOCUMENTNUMBER", "DOCUMENTNO", "DOCNO", "BILLNUMBER", "NUM",
            "NUMBER"),
    ),
    Column(
        "invoiced_on", "Date", "invoice date", days.day, "An Excel date, mm/dd/yyyy or ISO. Blank: the due date.", "10/02/2026",
        is_required=False, synonyms=("INVOICEDATE", "DOCUMENTDATE", "DOCDATE", "ISSUEDATE", "ISSUEDON", "BILLDATE"),
    ),
    Column(
        "due_on", "Due Date", "due date", days.day, "From the day after it the invoice is past due.", "11/01/2026",
        synonyms=("DUE", "DUEON", "NETDUEDATE", "PAYMENTDUE", "DATEDUE"),
    ),
    Column(
        "amount_cents", "Amount", "amount", cells.amount, "What was invoiced, more than $0.00.", "1,250.00",
        synonyms=("INVOICEAMOUNT", "TOTAL", "INVOICETOTAL", "GROSSAMOUNT", "ORIGINALAMOUNT", "AMOUNTTOTAL"),
    ),
    Column(
        "open_cents", "Open Amount", "open amount", cells.amount, "What is still owed of it. Blank: all of it.", "900.00",
        is_required=False,
        synonyms=("OPEN", "OPENBALANCE", "BALANCE", "BALANCEDUE", "AMOUNTDUE", "OUTSTANDING", "REMAINING", "UNPAID", "RESIDUAL"),
    ),
    Column(
        "customer_number", "Customer Number", "account", cells.identifier,
        "One number is one account, which has that number. Blank: the customer's name joins the invoices.", "C-1007",
        is_required=False,
        synonyms=("CUSTOMER#", "CUSTOMERNO", "CUSTOMERID", "CUSTOMERCODE", "ACCOUNT", "ACCOUNTNUMBER", "CLIENTID", "DEBTORNO"),
    ),
    Column(
        "phone", "Phone", "phone", contacts.phone, "Kept as +1 and ten digits; one that cannot be read is left empty.",
        "(614) 555-0136", is_required=False, synonyms=("PHONENUMBER", "TELEPHONE", "MOBILE", "CONTACTPHONE"),
    ),
    Column(
        "email", "Email", "email", contacts.email, "", "books@riverbend.example", is_required=False,
        synonyms=("EMAILADDRESS", "CONTACTEMAIL"),
    ),
)  # fmt: skip


class InvoiceRow(NamedTuple):
    """One invoice, as a file says it."""

    invoice_number: str | None
    customer_number: str | None
    first_name: str
    last_name: str
    invoiced_on: dt.date | None
    due_on: dt.date | None
    amount_cents: int | None
    open_cents: int | None
    phone: str | None
    email: str | None


def person_of(whole: str) -> tuple[str, str]:
    """First and last name of a customer; a company keeps its words in their order.

    >>> person_of("Soto, Ana"), person_of("Acme Tools, Inc."), person_of("Riverbend Tools LLC")
    (('Ana', 'Soto'), ('Acme', 'Tools, Inc.'), ('Riverbend', 'Tools LLC'))
    """
    _, comma, behind = whole.partition(",")
    if comma and not _LEGAL_FORM.match(behind.strip()):
        return names_of(whole)
    first, _, rest = whole.partition(" ")
    return first[:MAX_NAME], rest.strip()[:MAX_NAME]


def _judge(values: Mapping[str, Any], unreadable: Mapping[str, str]) -> tuple[InvoiceRow, RowOutcome, list[Wrong]]:
    amount, open_cents = values["amount_cents"], values["open_cents"]
    if open_cents is None and "open_cents" not in unreadable:
        open_cents = amount
    first, last = person_of(values["customer"] or "")
    due_on = values["due_on"]
    invoiced_on = values["invoiced_on"] or due_on
    said = InvoiceRow(
        values["invoice_number"], values["customer_number"], first, last,
        min(invoiced_on, due_on) if invoiced_on and due_on else invoiced_on,
        due_on, amount, open_cents, values["phone"], values["email"],
    )  # fmt: skip
    left_empty = ("phone", "email", "customer")
    wrong = [(key, message, Severity.WARNING if key in left_empty else Severity.ERROR) for key, message in unreadable.items()]
    for key, what, number in (
        ("invoice_number", "Invoice number", said.invoice_number),
        ("customer_number", "Customer number", said.customer_number),
    ):
        if number is not None and len(number) > MAX_NUMBER:
            wrong.append((key, f"{what} is longer than {MAX_NUMBER} characters", Severity.ERROR))
    if said.invoice_number is None:
        wrong.append(("invoice_number", "Invoice number is missing", Severity.ERROR))
    if not first and not last:
        wrong.append(("customer", "Customer is missing", Severity.ERROR))
    if due_on is None and "due_on" not in unreadable:
        wrong.append(("due_on", "Due date is missing", Severity.ERROR))
    wrong += _money_problems(said, unreadable)
    if (outcome := outcome_of([_filed(one) for one in wrong])) is not None:
        return said, outcome, wrong
    return said, RowOutcome.SKIPPED_NOT_OPEN if said.open_cents == 0 else RowOutcome.IMPORTED, wrong


def _money_problems(said: InvoiceRow, unreadable: Mapping[str, str]) -> list[Wrong]:
    amount, open_cents = said.amount_cents, said.open_cents
    if amount is None:
        return [] if "amount_cents" in unreadable else [("amount_cents", "Amount is missing", Severity.ERROR)]
    if amount < 0:
        message = f"{as_text(amount)} is a credit note; enter it as a credit on the account"
        return [("amount_cents", message, Severity.ERROR)]
    if not 0 < amount <= MOST_CENTS:
        message = f"{as_text(amount)} is not between $0.01 and {as_text(MOST_CENTS)}"
        return [("amount_cents", message, Severity.ERROR)]
    if open_cents is not None and not 0 <= open_cents <= amount:
        return [("open_cents", f"Open amount {as_text(open_cents)} is not between $0.00 and {as_text(amount)}", Severity.ERROR)]
    return []


_FILED_AS = {
    "invoice_number": "reference",
    "customer": "account_number",
    "customer_number": "account_number",
    "invoiced_on": "paid_on",
    "due_on": "paid_on",
    "open_cents": "amount_cents",
}


def _filed(one: Wrong) -> Wrong:
    """A problem under the column whose fate it shares with files of payments."""
    key, message, severity = one
    return _FILED_AS.get(key, key), message, severity


INVOICES = Format(
    kind=ImportFormat.INVOICES,
    columns=COLUMNS,
    reader=reader(COLUMNS, _judge),
    identity=lambda parsed: (parsed.values.invoice_number or "").upper() or None if parsed.outcome.is_in else None,
    identity_column="invoice_number",
    identity_word="Invoice",
    fields=plain_fields,
    owed_key="open_cents",
    nouns=("invoice", "invoices"),
    about="Open invoices of an ERP or billing system, as charges on the accounts of their customers. Send a newer file any time: "
    "it brings new invoices and takes off what was paid there.",
)
