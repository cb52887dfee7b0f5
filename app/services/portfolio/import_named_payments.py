"""Payments whose account the file names: the account is looked up, nothing is guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import RowOutcome
from app.models import Account, Customer, ImportBatch
from app.services.payments.posting import TAKES_NO_PAYMENT
from app.services.portfolio.import_rows import Decision

_SUFFIX = re.compile(r"-[0-9]{1,2}\Z")


def decide_named(session: Session, batch: ImportBatch, rows: Sequence[Any]) -> Iterator[Decision]:
    """The account of each row, or why it stays out."""
    columns = batch.mapping.get("columns", {})
    known = _accounts(session, batch.portfolio_id, {row.fields["account_number"] for row in rows})
    for row in rows:
        given = row.fields["account_number"]
        account = known.get(given) or known.get(_SUFFIX.sub("", given))
        if account is None:
            message = f"No account of the portfolio has the number {given}"
            yield Decision(row.row_number, RowOutcome.REJECTED_ACCOUNT, problem=(columns.get("account_number"), message))
        elif account.status in TAKES_NO_PAYMENT:
            message = f"Account {given} is {account.status.label.lower()} and takes no payments"
            yield Decision(row.row_number, RowOutcome.REJECTED_ACCOUNT, problem=(columns.get("account_number"), message))
        elif dt.date.fromisoformat(row.fields["paid_on"]) < account.start_on:
            message = f"{row.fields['paid_on']} is before the lease began"
            yield Decision(row.row_number, RowOutcome.REJECTED_DATE, problem=(columns.get("paid_on"), message))
        else:
            told = {
                "score": 100,
                "reasons": ["named by the file"],
                "account_number": account.account_number,
                "customer": f"{account.first_name} {account.last_name}".strip(),
            }
            yield Decision(row.row_number, RowOutcome.POSTED, account_id=account.id, fields=told)


def _accounts(session: Session, portfolio_id: int, numbers: set[str]) -> dict[str, Any]:
    """Number, as account number or approval id, → account."""
    wanted = sorted(numbers | {_SUFFIX.sub("", number) for number in numbers})
    found: dict[str, Any] = {}
    for start in range(0, len(wanted), 5_000):
        some = wanted[start : start + 5_000]
        query = (
            select(
                Account.id,
                Account.account_number,
                Account.approval_id,
                Account.status,
                Account.start_on,
                Customer.first_name,
                Customer.last_name,
            )
            .join(Customer, Customer.id == Account.customer_id)
            .where(Account.portfolio_id == portfolio_id, or_(Account.account_number.in_(some), Account.approval_id.in_(some)))
        )
        for account in session.execute(query):
            if account.approval_id:
                found.setdefault(account.approval_id, account)
            found[account.account_number] = account
    return found
