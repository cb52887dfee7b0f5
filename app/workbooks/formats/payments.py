"""A list of payments whose accounts are known, each with a tracking number of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.errors import Severity
from app.domain.payments.kinds import PaymentMethod
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks import cells, days
from app.workbooks.columns import Column
from app.workbooks.formats.money_words import method
from app.workbooks.formats.remittances import RemittanceRow, money_problems, outcome_of
from app.workbooks.formats.shape import Format
from app.workbooks.formats.simple import Wrong, plain_fields, reader

COLUMNS: tuple[Column, ...] = (
    Column(
        "account_number", "Account Number", "account", cells.identifier,
        "Account # or approval id, with or without a suffix; one that nobody has is rejected.", "6433012",
        synonyms=("ACCOUNT", "ACCOUNT#", "ACCT", "ACCTNUMBER", "CONTRACT", "CONTRACT#", "CONTRACTNUMBER", "APPROVALID"),
    ),
    Column(
        "paid_on", "Date", "effective date", days.day, "An Excel date, mm/dd/yyyy or ISO.", "11/20/2026",
        synonyms=("PAYMENTDATE", "PAIDON", "DATEPAID", "TRANSACTIONDATE", "PMTDATE", "RECEIVED"),
    ),
    Column(
        "amount_cents", "Amount", "amount", cells.amount, "More than $0.00.", "45.63",
        synonyms=("PAYMENTAMOUNT", "PAYMENT", "PMT", "PMTAMOUNT", "PAID", "AMOUNTPAID"),
    ),
    Column(
        "reference", "Tracking Number", "reference", cells.text_up_to(80), "The same number never posts twice.", "TRK-100284",
        synonyms=("TRACKING", "TRACKINGID", "TRACKING#", "REFERENCE", "REF", "RECEIPT", "RECEIPTNUMBER",
            "TRANSACTIONID", "CONFIRMATION"),
    ),
    Column(
        "method", "Method", "method", method, "Cash, Zelle, Cash App, Venmo, check, money order, bank transfer. Blank is cash.",
        "Cash", is_required=False, synonyms=("PAYMENTMETHOD", "TYPE", "PAYMENTTYPE", "PMTTYPE", "TENDER"),
    ),
    Column(
        "memo", "Note", "note", cells.text_up_to(300), "", "paid at the counter", is_required=False,
        synonyms=("NOTES", "MEMO", "COMMENT", "DESCRIPTION"),
    ),
    Column(
        "sender", "Customer", "sender", cells.text_up_to(120), "Only to be read by people.", "Norma Soto", is_required=False,
        synonyms=("NAME", "CUSTOMERNAME", "PAYER", "SENDER"),
    ),
)  # fmt: skip


def _judge(values: Mapping[str, Any], unreadable: Mapping[str, str]) -> tuple[RemittanceRow, RowOutcome, list[Wrong]]:
    said = RemittanceRow(
        values["paid_on"],
        values["amount_cents"],
        values["sender"] or "",
        values["memo"] or "",
        values["method"] or PaymentMethod.CASH,
        values["reference"],
        values["account_number"],
    )
    wrong = money_problems(said, unreadable)
    if said.account_number is None:
        wrong.append(("account_number", "Account number is missing", Severity.ERROR))
    if said.reference is None:
        wrong.append(("reference", "Tracking number is missing", Severity.ERROR))
    if "method" in unreadable:
        wrong.append(("method", unreadable["method"], Severity.ERROR))
    return said, outcome_of(wrong) or RowOutcome.POSTED, wrong


PAYMENTS = Format(
    kind=ImportFormat.PAYMENTS,
    columns=COLUMNS,
    reader=reader(COLUMNS, _judge),
    identity=lambda parsed: parsed.values.reference,
    identity_column="reference",
    identity_word="Tracking number",
    fields=plain_fields,
    owed_key="amount_cents",
    nouns=("payment", "payments"),
    about="Payments whose accounts are known. Each has a tracking number of its own, and no number posts twice.",
)
