"""`leasedesk account show NUMBER`: everything that the Account page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from app.cli.one_account import account_by_number
from app.cli.product import answer, product_command


@click.command("show")
@click.argument("number")
@product_command
def show_account(number: str) -> None:
    """Show an account: its figures, schedule, payments, cases, history and ledger. With --json every field of it."""
    from app.clock import today
    from app.extensions import db
    from app.queries.servicing.account_told import everything

    account = account_by_number(db.session(), number)
    told = everything(db.session(), account, today=today())
    answer(told, *_sentences(told, f"{account.customer.name}, {account.account_number}: {account.status.label}"))


def _sentences(told: Mapping[str, Any], head: str) -> Iterator[str]:
    from app.domain.money import as_text

    account = told["account"]
    yield head
    past_due, balance = as_text(account["past_due_cents"]), as_text(account["balance_cents"])
    yield f"Past due {past_due}, {account['days_past_due']} days; balance {balance}"
    for kind, worked in told["figures"].items():
        cents = worked["total_cents"]
        yield f"{kind.replace('_', ' ').capitalize()} today: {worked['why_not'] if cents is None else as_text(cents)}"
    counts = {name: len(told[name]) for name in ("schedule", "payments", "cases", "timeline")}
    yield ", ".join(f"{name} {count}" for name, count in counts.items())
    yield "Ledger:"
    for line in told["ledger"]:
        yield f"  {line['on']}  {line['what']:<44.44}  {as_text(line['amount_cents']):>12}  {as_text(line['balance_cents']):>12}"
