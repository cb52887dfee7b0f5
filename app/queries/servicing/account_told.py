"""One account in plain values: everything that its page shows, and its ledger, for other programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.domain.collections.signals import risk, score
from app.models import Account, Base, ContractFinance, ContractTerms, Fee
from app.queries.autopay import lists
from app.queries.collections import behaviour, statuses
from app.queries.payments import statements
from app.queries.servicing import account_page, arrangements, cases, delinquent, payoff
from app.queries.servicing.payoff import Worked

_HIDDEN = frozenset({"previous_hash", "hash", "account_id", "customer_id", "version", "import_batch_id", "idempotency_key"})


def everything(session: Session, account: Account, *, today: dt.date) -> dict[str, Any]:
    """The header, the sections, the timeline and the ledger. Amounts are cents, dates and moments ISO text."""
    covered = account_page.covered_by(session, account.id)
    return {
        "account": _row(account),
        "customer": _row(account.customer) | {"phones": [phone.e164 for phone in account.customer.phones]},
        "device": _row(account.device) if account.device else None,
        "portfolio": account.portfolio.code,
        "assigned_to": account.assigned_to.username if account.assigned_to else None,
        "terms": _or_none(session.get(ContractTerms, account.id)),
        "finance": _or_none(session.get(ContractFinance, account.id)),
        "collection_status": str(statuses.of_account(session, account.id).code),
        "delinquent_days": delinquent.days_of(session, account, today=today),
        "risk": _risk(session, account, today=today),
        "figures": {kind.value: figure_of(worked) for kind, worked in payoff.both(session, account, today).items()},
        "schedule": [_plain(line._mapping) for line in account_page.schedule(session, account.id)],
        "fees": _rows(session.scalars(select(Fee).where(Fee.account_id == account.id).order_by(Fee.id))),
        "payments": [
            _row(each) | {"covers": [_plain(part._mapping) for part in covered.get(each.id, [])]}
            for each in account_page.payments(session, account.id)
        ],
        "adjustments": _rows(account_page.adjustments(session, account.id)),
        "promises": _rows(account_page.promises(session, account.id)),
        "arrangements": _rows(arrangements.of_account(session, account.id)),
        "cases": [_plain(_fields(case)) for case in cases.of_account(session, account.id)],
        "autopay_attempts": _rows(lists.attempts(session, account.id)),
        "quotes": _rows(payoff.quotes_of(session, account.id)),
        "changes": _rows(account_page.changes(session, account.id)),
        "status_history": [_row(change) | {"by": name} for change, name in account_page.status_history(session, account.id)],
        "activity": _rows(account_page.activities(session, account.id)),
        "follow_ups": _rows(account_page.follow_ups(session, account.id)),
        "timeline": [_plain(_fields(entry)) for entry in account_page.timeline(session, account.id)],
        "ledger": [ledger_line(entry) for entry in statements.entries(session, account)],
    }


def figure_of(worked: Worked | str) -> dict[str, Any]:
    """An itemised figure, or why there is none."""
    if isinstance(worked, str):
        return {"total_cents": None, "why_not": worked}
    return {
        "kind": worked.kind.value,
        "as_of_on": worked.as_of_on.isoformat(),
        "good_through_on": worked.good_through_on.isoformat(),
        "total_cents": worked.price.total_cents,
        "payoff_cents": worked.payoff_cents,
        "items": [{"label": item.label, "cents": item.cents, "why": item.why} for item in worked.price.items],
        "formula": worked.price.formula.value if worked.price.formula else None,
        "same_as_cash_until": worked.same_as_cash_until.isoformat() if worked.same_as_cash_until else None,
    }


def ledger_line(entry: statements.Entry) -> dict[str, Any]:
    """An entry of the ledger with the balance after it."""
    return {
        "on": entry.on.isoformat(),
        "what": entry.what,
        "amount_cents": entry.cents,
        "balance_cents": entry.balance_cents,
        "payment_id": entry.payment_id,
    }


def _risk(session: Session, account: Account, *, today: dt.date) -> dict[str, Any] | None:
    """The risk with its signals; None for an account that is not open."""
    if behaviour.figures_of(session, account.id, on=today) is None:
        return None
    points, seen = behaviour.points(session), behaviour.seen_of(session, account.id, on=today)
    total = score((one.kind for one in seen), points)
    return {
        "risk": risk(total, behaviour.bands(session)).value,
        "score": total,
        "signals": [_plain(one._asdict()) | {"points": points.get(one.kind, 0)} for one in seen],
    }


def _rows(rows: Iterable[Base]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _or_none(row: Base | None) -> dict[str, Any] | None:
    return None if row is None else _row(row)


def _row(row: Base) -> dict[str, Any]:
    """The columns of a row, without those that mean something to the database alone."""
    columns = inspect(row).mapper.column_attrs
    return _plain({column.key: getattr(row, column.key) for column in columns if column.key not in _HIDDEN})


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _plain(values: Any) -> dict[str, Any]:
    return {str(key): _value(value) for key, value in dict(values).items()}


def _value(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, bool, float, list, tuple, dict)):
        return value
    return str(value)
