"""The simulator of customers: its ledger ties out, its days are what the end of day would have written."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.servicing.status import AccountStatus
from app.models import Account, AccountSnapshot, Fee, Payment, PortfolioDay
from app.queries.payments.invariants import findings
from app.services.collections.day import aging
from app.services.payments import replaying
from app.services.reporting import snapshots
from tests.factories import NOW, TODAY
from tests.reporting.simulated import UNTIL, lived

pytestmark = pytest.mark.usefixtures("friday")


def test_a_simulated_book_ties_out_and_replaying_or_ending_its_days_again_changes_nothing(session: Session) -> None:
    lived(session, accounts=72)
    assert [(each.invariant.name, each.sample) for each in findings(session) if each.broken] == []
    count = dict(session.execute(select(Account.status, func.count()).group_by(Account.status)).all())
    assert set(count) >= {AccountStatus.ACTIVE, AccountStatus.PAID_OFF, AccountStatus.DEFAULT, AccountStatus.RETURNED}
    assert session.scalar(select(func.count()).select_from(Fee).where(Fee.waived_cents > 0))

    def state() -> list[str | None]:
        """A sum over all rows of what follows from the ledger; allocations get new ids when they are written again."""
        parts = "account_id, payment_id, installment_number, fee_id, amount_cents, effective_on"
        tables = ("account_snapshot", "portfolio_day", "fee", "installment", f"(select {parts} from allocation)")
        query = "select md5(string_agg(r::text, '|' order by r::text)) from {} r"
        return [session.scalar(text(query.format(table))) for table in tables]

    before = state()
    for account in session.scalars(select(Account).order_by(Account.id).limit(8)).all():
        replaying.replay(session, account, from_on=TODAY, today=TODAY, now=NOW)
        snapshots.repost(session, account.id, from_on=account.start_on, before=TODAY)
    assert state() == before
    aging.age(session, first=0, last=2**40, on=UNTIL, now=NOW)
    session.expire_all()
    stood = session.execute(
        select(Account.id, Account.days_past_due, Account.past_due_cents, Account.balance_cents, Account.status)
        .where(Account.status.in_(["active", "default"]))
        .order_by(Account.id)
    ).all()
    kept = session.execute(
        select(
            AccountSnapshot.account_id, AccountSnapshot.days_past_due, AccountSnapshot.past_due_cents,
            AccountSnapshot.balance_cents, AccountSnapshot.status,
        )
        .where(AccountSnapshot.business_on == UNTIL)
        .order_by(AccountSnapshot.account_id)
    ).all()  # fmt: skip
    assert [tuple(row) for row in stood] == [tuple(row) for row in kept]
    days = session.scalar(select(func.count(func.distinct(PortfolioDay.business_on))))
    first = session.scalar(select(func.min(Account.start_on)))
    assert first is not None
    assert days == (UNTIL - first).days + 1
    assert session.scalar(select(func.max(Payment.effective_on))) <= UNTIL  # type: ignore[operator]
    assert dt.timedelta(0) < UNTIL - first
