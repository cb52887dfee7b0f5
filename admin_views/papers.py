"""Receipts, statements and quotes as papers: the same text for the page and for the PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app.documents.paper import Column, Paper, Table
from app.domain.money import as_text
from app.domain.servicing.quotes import QuoteKind
from app.models import Account, Quote
from app.queries.payments.statements import Receipt, Statement


def receipt_paper(receipt: Receipt, account: Account) -> Paper:
    """One payment: how much, how, what it covered, what is left."""
    payment = receipt.payment
    facts = [
        ("Received", day(payment.effective_on)),
        ("Method", payment.method.label),
        *([("Reference", payment.reference)] if payment.reference else []),
        *([("Taken by", payment.taken_by.name)] if payment.taken_by else []),
        ("Account", account.account_number),
        ("Balance after", as_text(receipt.balance_after_cents)),
        ("Next due", _next_due(receipt)),
        *([("Part payment", receipt.part_paid.in_words)] if receipt.part_paid else []),
    ]
    rows = [(each.what, day(each.due_on) if each.due_on else "", as_text(each.cents)) for each in receipt.covers]
    if receipt.credit_cents:
        rows.append(("Kept as credit", "", as_text(receipt.credit_cents)))
    if receipt.refunded_cents:
        rows.append(("Handed back since", "", as_text(receipt.refunded_cents)))
    if rows:
        rows.append(("Payment", "", as_text(payment.amount_cents)))
    covers = Table(
        "What it covers",
        (Column("Charge"), Column("Due"), Column("Amount", True)),
        tuple(rows),
        has_total=bool(rows),
        empty="It covers nothing: it was taken back.",
    )
    notes = ("Thank you. Keep this receipt.",) if not receipt.is_void else (f"This payment is {payment.state.label.lower()}.",)
    return Paper(
        "Receipt",
        str(payment.id),
        issuer(account),
        addressee(account),
        tuple(facts),
        ("Paid", as_text(payment.amount_cents)),
        (covers,),
        notes,
        is_void=receipt.is_void,
    )


def _next_due(receipt: Receipt) -> str:
    if receipt.next_due_on is None:
        return "nothing more"
    return f"{as_text(receipt.next_due_cents)} on {day(receipt.next_due_on)}"


def statement_paper(statement: Statement, account: Account) -> Paper:
    """An account over some days, and what comes next."""
    span = f"{day(statement.from_on)} – {day(statement.to_on)}"
    rows = [("", "Opening balance", "", as_text(statement.opening_cents))]
    rows += [(day(each.on), each.what, as_text(each.cents), as_text(each.balance_cents)) for each in statement.entries]
    rows.append(("", "Closing balance", "", as_text(statement.closing_cents)))
    activity = Table(
        "Activity",
        (Column("Date"), Column("Entry"), Column("Amount", True), Column("Balance", True)),
        tuple(rows),
        has_total=True,
    )
    ahead = Table(
        "Still to be paid",
        (Column("#"), Column("Due"), Column("Open", True)),
        tuple((str(line.number), day(line.due_on), as_text(line.cents)) for line in statement.ahead),
        empty="No installment is open.",
    )
    more = statement.ahead_count - len(statement.ahead)
    notes = [f"and {more} more installment{'' if more == 1 else 's'}."] if more > 0 else []
    facts = (
        ("Period", span),
        ("Account", account.account_number),
        ("Opening balance", as_text(statement.opening_cents)),
        ("Charged", as_text(statement.charged_cents)),
        ("Paid and credited", as_text(statement.paid_cents)),
    )
    return Paper(
        "Account statement",
        account.account_number,
        issuer(account),
        addressee(account),
        facts,
        ("Closing balance", as_text(statement.closing_cents)),
        (activity, ahead),
        tuple(notes),
    )


def quote_paper(quote: Quote, account: Account) -> Paper:
    """A figure with its lines and the day until which it holds."""
    rows = [(str(item["label"]), str(item["why"]), as_text(int(item["cents"]))) for item in items_of(quote)]
    rows.append(("To be paid", "", as_text(quote.total_cents)))
    facts = [
        ("For", day(quote.as_of_on)),
        ("Good through", day(quote.good_through_on)),
        ("Account", account.account_number),
        ("Device", account.device.model if account.device else "none"),
    ]
    saved = quote.payoff_cents - quote.total_cents
    if saved:
        facts.append(("Less than all that is open", as_text(saved)))
    notes = [f"This amount is good through {day(quote.good_through_on)}, if nothing else is charged or paid until then."]
    if quote.kind is QuoteKind.EARLY_PURCHASE:
        notes.append("Paying it makes the device the customer's own and ends the lease.")
    return Paper(
        f"{quote.kind.label} quote",
        str(quote.id),
        issuer(account),
        addressee(account),
        tuple(facts),
        (quote.kind.label, as_text(quote.total_cents)),
        (Table("How it is made up", (Column("Item"), Column("Why"), Column("Amount", True)), tuple(rows), has_total=True),),
        tuple(notes),
    )


def items_of(quote: Quote) -> list[Mapping[str, Any]]:
    """The lines of a quote."""
    return list(quote.items)


def issuer(account: Account) -> str:
    """Who writes the paper: the company, or the portfolio where there is none."""
    return account.company.name if account.company else account.portfolio.name


def addressee(account: Account) -> tuple[str, ...]:
    """Name and address of the customer, as far as they are known."""
    customer = account.customer
    place = " ".join(part for part in (customer.state, customer.zip_code) if part)
    town = ", ".join(part for part in (customer.city, place) if part)
    return tuple(line for line in (customer.name, customer.address, town) if line)


def day(on: dt.date) -> str:
    """A date as papers write it."""
    return f"{on:%b %-d, %Y}"
