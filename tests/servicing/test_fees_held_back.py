"""Late fees that a dispute held back: charged once it is rejected, on the policy's day; never when it is upheld."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.status import AccountStatus
from app.models import Account, Dispute, Fee, StatusChange
from app.queries.payments.invariants import findings
from app.queries.servicing import delinquent
from app.services.collections.day import aging, fees
from app.services.payments import posting
from app.services.servicing import disputes
from tests import factories
from tests.factories import NOW

DAY = dt.timedelta(days=1)
DUE = dt.date(2026, 10, 9)
ASSESSED = DUE + 8 * DAY  # Biweekly: seven days of grace, and one.
CAME = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
S = DisputeState


@pytest.fixture
def account(session: Session) -> Account:
    """Five biweekly installments of 54.00 in California: 5 % with a floor of 2.00 is 2.70."""
    book = factories.portfolio(session)
    return factories.account(
        session,
        book,
        lines=[(DUE + 14 * n * DAY, 5_400) for n in range(5)],
        opened_at=CAME,
        today=ASSESSED,
        customer=factories.customer(session, book, state="CA"),
    )


def at(on: dt.date) -> dict[str, Any]:
    return {"today": on, "now": NOW, "actor": factories.actor()}


def opened(session: Session, account: Account, home: Path, on: dt.date, cents: int = 5_400, number: int | None = 1) -> Dispute:
    return disputes.open_dispute(
        session,
        account.id,
        reason=DisputeReason.PAID,
        amount_cents=cents,
        installment_number=number,
        statement="Paid at the counter, they say.",
        deadline_on=on + 30 * DAY,
        files=[],
        home=home,
        **at(on),
    )


def decided(session: Session, dispute: Dispute, state: DisputeState, on: dt.date) -> None:
    disputes.review(session, dispute.id, now=NOW, actor=factories.actor())
    disputes.resolve(session, dispute.id, state=state, resolution="The till shows it", **at(on))


def end(session: Session, on: dt.date) -> int:
    highest = session.scalar(select(func.max(Account.id))) or 1
    span: dict[str, Any] = {"first": 1, "last": highest, "on": on, "now": NOW}
    aging.age(session, **span)
    charged = fees.assess(session, **span)
    session.expire_all()
    return charged


def charged(session: Session, account: Account) -> list[tuple[int | None, dt.date, int]]:
    rows = session.scalars(select(Fee).where(Fee.account_id == account.id).order_by(Fee.id))
    return [
        (row.installment_number, row.assessed_on, row.amount_cents) for row in rows if row.taken_back_cents < row.amount_cents
    ]


def test_a_rejected_dispute_has_its_fee_charged_once_on_the_policys_day(
    session: Session, account: Account, tmp_path: Path
) -> None:
    dispute = opened(session, account, tmp_path, DUE + 5 * DAY)
    assert end(session, ASSESSED) == 0 and charged(session, account) == []
    decided(session, dispute, S.REJECTED, ASSESSED + 3 * DAY)
    assert end(session, ASSESSED + 3 * DAY) == 1
    assert charged(session, account) == [(1, ASSESSED, 270)]
    session.refresh(account)
    assert (account.fees_cents, account.balance_cents) == (270, 5 * 5_400 + 270)
    assert end(session, ASSESSED + 3 * DAY) == 0 and end(session, ASSESSED + 4 * DAY) == 0
    assert [finding.invariant.name for finding in findings(session) if finding.broken] == []


def test_an_upheld_dispute_leaves_the_fee_away(session: Session, account: Account, tmp_path: Path) -> None:
    dispute = opened(session, account, tmp_path, DUE + 5 * DAY)
    end(session, ASSESSED)
    decided(session, dispute, S.UPHELD, ASSESSED + 3 * DAY)
    assert end(session, ASSESSED + 3 * DAY) == 0 and charged(session, account) == []


def test_of_a_part_in_dispute_the_rest_of_the_fee_follows(session: Session, account: Account, tmp_path: Path) -> None:
    dispute = opened(session, account, tmp_path, DUE + 5 * DAY, cents=1_400)
    end(session, ASSESSED)
    assert charged(session, account) == [(1, ASSESSED, 200)]  # 5 % of 40.00.
    decided(session, dispute, S.REJECTED, ASSESSED + 3 * DAY)
    end(session, ASSESSED + 3 * DAY)
    assert charged(session, account) == [(1, ASSESSED, 270)]


def test_what_another_dispute_keeps_out_stays_out(session: Session, account: Account, tmp_path: Path) -> None:
    first = opened(session, account, tmp_path, DUE + 5 * DAY, cents=2_000)
    opened(session, account, tmp_path, DUE + 6 * DAY, cents=3_400)
    end(session, ASSESSED)
    decided(session, first, S.REJECTED, ASSESSED + 2 * DAY)
    end(session, ASSESSED + 2 * DAY)
    assert charged(session, account) == [(1, ASSESSED, 200)]  # 5 % of 20.00 is 1.00, raised to the floor.


def test_a_dispute_that_was_paid_in_time_earns_nothing(session: Session, account: Account, tmp_path: Path) -> None:
    dispute = opened(session, account, tmp_path, DUE + 5 * DAY)
    posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=5_400, effective_on=DUE + 6 * DAY, **at(ASSESSED))
    end(session, ASSESSED)
    decided(session, dispute, S.REJECTED, ASSESSED + 3 * DAY)
    assert end(session, ASSESSED + 3 * DAY) == 0 and charged(session, account) == []


@pytest.mark.parametrize(("held", "expected"), [(AccountStatus.ACTIVE, [(1, ASSESSED, 270)]), (AccountStatus.RETURNED, [])])
def test_a_reversal_brings_a_fee_back_by_the_status_of_that_day(
    session: Session, account: Account, held: AccountStatus, expected: list[object]
) -> None:
    # Paid in time, all of it; what matters is what the account was on the day of the fee, not what it became by the money.
    if held is not AccountStatus.ACTIVE:
        session.add(
            StatusChange(
                account_id=account.id,
                from_status=AccountStatus.ACTIVE,
                to_status=held,
                at=NOW,
                business_on=DUE + DAY,
                reason="Brought back",
            )
        )
        account.status = held
        session.flush()
    paid = posting.post(
        session, account.id, method=PaymentMethod.CASH, amount_cents=5 * 5_400, effective_on=DUE + 2 * DAY, **at(DUE + 2 * DAY)
    )
    session.refresh(account)
    assert account.status is AccountStatus.PAID_OFF
    posting.reverse(session, paid.id, reason="Bounced", may_be_older=True, **at(ASSESSED + 5 * DAY))
    assert charged(session, account) == expected


def test_a_status_of_today_does_not_spare_a_fee_of_a_day_before_it(session: Session, account: Account) -> None:
    given = at(DUE + 2 * DAY)
    paid = posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=5_400, **given)
    session.add(
        StatusChange(
            account_id=account.id,
            from_status=AccountStatus.ACTIVE,
            to_status=AccountStatus.CHARGED_OFF,
            at=NOW,
            business_on=ASSESSED + 4 * DAY,
            reason="Gone",
        )
    )
    account.status = AccountStatus.CHARGED_OFF
    session.flush()
    posting.reverse(session, paid.id, reason="Bounced", may_be_older=True, **at(ASSESSED + 5 * DAY))
    assert charged(session, account) == [(1, ASSESSED, 270)]


def test_delinquent_days_leave_grace_and_the_days_in_dispute_out(session: Session, account: Account, tmp_path: Path) -> None:
    today = DUE + 40 * DAY
    dispute = opened(session, account, tmp_path, DUE + 10 * DAY)
    decided(session, dispute, S.REJECTED, DUE + 14 * DAY)  # October 19 to 23: five days, both ends included.
    account.days_past_due = 40
    assert delinquent.days_of(session, account, today=today) == 40 - 7 - 5
    account.days_past_due = 0
    assert delinquent.days_of(session, account, today=today) == 0
