"""What part payments moved, brought to what a replayed ledger says: the rows of the days, and the due dates of the lines."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from app.domain.payments.ledger import Ledger
from app.models import BoughtDays

_MOVE = text(
    """
    update installment i set due_on = i.due_on - i.bought_days + x.days, bought_days = x.days
    from (
        select i.number, coalesce((
            select b.days from bought_days b where b.account_id = i.account_id and b.number = i.number
            order by b.from_on desc limit 1
        ), 0) as days
        from installment i where i.account_id = :account
    ) x
    where i.account_id = :account and i.number = x.number and i.bought_days <> x.days
    """
)


def write(session: Session, account_id: int, ledger: Ledger) -> None:
    """Write the days that part payments bought, unless they are there already. The caller holds the account's row lock."""
    rows = [
        {"account_id": account_id, "number": each.number, "from_on": each.from_on, "days": each.days} for each in ledger.bought
    ]
    columns = (BoughtDays.account_id, BoughtDays.number, BoughtDays.from_on, BoughtDays.days)
    present = session.execute(
        select(*columns).where(BoughtDays.account_id == account_id).order_by(BoughtDays.from_on, BoughtDays.number)
    )
    if [dict(row) for row in present.mappings()] != rows:
        session.execute(delete(BoughtDays).where(BoughtDays.account_id == account_id))
        if rows:
            session.execute(insert(BoughtDays), rows)
    session.execute(_MOVE, {"account": account_id})
    session.expire_all()
