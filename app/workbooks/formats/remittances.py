"""Remittances: money that came in by Zelle, Cash App, Venmo or the bank, and whose account it belongs to is to be found.

The exports of Cash App (Name of sender/receiver, Notes), Venmo (From, Note, Amount (total)) and banks (Description) are read
by the same columns; what they call a thing stands among the synonyms.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.errors import Severity
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentMethod
from app.domain.portfolio.imports import ImportFormat, RowOutcome
from app.workbooks import cells, days
from app.workbooks.columns import Column
from app.workbooks.formats.money_words import method, method_in, sender_in
from app.workbooks.formats.shape import Format, ParsedRow, ReadRow
from app.workbooks.formats.simple import Wrong, plain_fields, reader
from app.workbooks.sheets import Row

MOST_CENTS = 100_000_00
_DONE = frozenset({"", "complete", "completed", "paymentsent", "sent", "posted", "cleared", "success", "deposited", "received"})

COLUMNS: tuple[Column, ...] = (
    Column(
        "paid_on", "Date", "effective date", days.day, "When the money came: an Excel date, mm/dd/yyyy or ISO.", "11/20/2026",
        synonyms=("DATETIME", "TRANSACTIONDATE", "PAYMENTDATE", "POSTINGDATE", "POSTDATE", "POSTEDDATE", "PAIDON"),
    ),
    Column(
        "amount_cents", "Amount", "amount", cells.amount, "Money that went out (a minus) is skipped.", "45.63",
        synonyms=("AMOUNTTOTAL", "NETAMOUNT", "CREDIT", "CREDITAMOUNT", "DEPOSIT", "PAYMENTAMOUNT", "TOTAL"),
    ),
    Column(
        "sender", "Sender", "sender", cells.text_up_to(120), "Compared with the names of customers.", "NORMA SOTO",
        is_required=False, synonyms=("FROM", "NAME", "PAYER", "SENDERNAME", "NAMEOFSENDERRECEIVER", "PAIDBY", "CUSTOMER"),
    ),
    Column(
        "memo", "Memo", "memo", cells.text_up_to(300), "An account number or a phone number in it finds the account.",
        "acct 5515000", is_required=False,
        synonyms=("NOTE", "NOTES", "DESCRIPTION", "MESSAGE", "DETAILS", "COMMENT", "REMARK"),
    ),
    Column(
        "method", "Method", "method", method, "Zelle, Cash App, Venmo, check, bank transfer; found in the memo when left out.",
        "Zelle", is_required=False, synonyms=("PAYMENTMETHOD", "SOURCE", "CHANNEL", "PAYMENTTYPE"),
    ),
    Column(
        "reference", "Reference", "reference", cells.text_up_to(80), "The same reference never posts twice.", "R700000",
        is_required=False,
        synonyms=("REF", "REFERENCENUMBER", "CONFIRMATION", "CONFIRMATIONNUMBER", "TRANSACTIONID", "TRACKINGNUMBER", "ID",
            "CHECKNUMBER"),
    ),
    Column(
        "status", "Status", "", cells.text, "Only what is complete comes in.", "Complete", is_required=False,
    ),
)  # fmt: skip


class RemittanceRow(NamedTuple):
    """Money that came in, as a file says it."""

    paid_on: dt.date | None
    amount_cents: int | None
    sender: str
    memo: str
    method: PaymentMethod | None
    reference: str | None
    account_number: str | None = None
    """The account that the file itself names; only a payments list does."""


def _judge(values: Mapping[str, Any], unreadable: Mapping[str, str]) -> tuple[RemittanceRow, RowOutcome, list[Wrong]]:
    memo = values["memo"] or ""
    sender = values["sender"] or sender_in(memo)
    said = RemittanceRow(
        values["paid_on"],
        values["amount_cents"],
        sender,
        memo,
        values["method"] or method_in(memo) or PaymentMethod.BANK_TRANSFER,
        values["reference"],
    )
    status = "".join((values["status"] or "").split()).casefold()
    if status not in _DONE:
        return said, RowOutcome.SKIPPED_NOT_INCOMING, [("status", f"Not complete: {values['status']}", Severity.ERROR)]
    if said.amount_cents is not None and said.amount_cents < 0:
        message = f"{as_text(said.amount_cents)} went out"
        return said, RowOutcome.SKIPPED_NOT_INCOMING, [("amount_cents", message, Severity.ERROR)]
    wrong = money_problems(said, unreadable)
    if "method" in unreadable:
        wrong.append(("method", unreadable["method"], Severity.ERROR))
    return said, outcome_of(wrong) or RowOutcome.QUEUED, wrong


def money_problems(said: RemittanceRow, unreadable: Mapping[str, str]) -> list[Wrong]:
    """What is wrong with the date and the amount of money that came in."""
    wrong: list[Wrong] = [(key, unreadable[key], Severity.ERROR) for key in ("paid_on", "amount_cents") if key in unreadable]
    if said.paid_on is None and "paid_on" not in unreadable:
        wrong.append(("paid_on", "Date is missing", Severity.ERROR))
    if said.amount_cents is None and "amount_cents" not in unreadable:
        wrong.append(("amount_cents", "Amount is missing", Severity.ERROR))
    elif said.amount_cents is not None and not 0 < said.amount_cents <= MOST_CENTS:
        wrong.append(
            ("amount_cents", f"{as_text(said.amount_cents)} is not between $0.01 and {as_text(MOST_CENTS)}", Severity.ERROR)
        )
    return wrong


_REJECTIONS = {
    "account_number": RowOutcome.REJECTED_ACCOUNT,
    "paid_on": RowOutcome.REJECTED_DATE,
    "amount_cents": RowOutcome.REJECTED_AMOUNT,
    "method": RowOutcome.REJECTED_METHOD,
    "reference": RowOutcome.REJECTED_REFERENCE,
}


def outcome_of(wrong: Sequence[Wrong]) -> RowOutcome | None:
    """The fate of a row with errors; None without any."""
    keys = {key for key, _, severity in wrong if severity is Severity.ERROR}
    return next((outcome for key, outcome in _REJECTIONS.items() if key in keys), None)


def with_references(
    make: Callable[[Sequence[str], Mapping[str, str]], ReadRow],
) -> Callable[[Sequence[str], Mapping[str, str]], ReadRow]:
    """The same reader, but a row without a reference gets one from what it says.

    Two lines that say the same in one file are two payments, so they are counted; the same file exported anew gives the same
    references, so nothing posts twice.
    """

    def of_file(headers: Sequence[str], mapping: Mapping[str, str]) -> ReadRow:
        inner = make(headers, mapping)
        seen: Counter[str] = Counter()

        def read(row_number: int, row: Row) -> ParsedRow[Any]:
            parsed = inner(row_number, row)
            said: RemittanceRow = parsed.values
            if said.reference or said.paid_on is None or said.amount_cents is None:
                return parsed
            spelled = f"{said.paid_on}|{said.amount_cents}|{said.sender.casefold()}|{said.memo.casefold()}|{said.method}"
            seen[spelled] += 1
            digest = hashlib.sha256(f"{spelled}|{seen[spelled]}".encode()).hexdigest()
            return parsed._replace(values=said._replace(reference=f"line {digest[:20]}"))

        return read

    return of_file


REMITTANCES = Format(
    kind=ImportFormat.REMITTANCES,
    columns=COLUMNS,
    reader=with_references(reader(COLUMNS, _judge)),
    identity=lambda parsed: parsed.values.reference if parsed.outcome.is_in else None,
    identity_column="reference",
    identity_word="Reference",
    fields=plain_fields,
    owed_key="amount_cents",
    nouns=("payment", "payments"),
    about="Money by Zelle, Cash App, Venmo, check or bank: what clearly belongs to one account is posted, the rest waits.",
)
