"""What fell due and what of it came in: the definitions of domain.md part 13, by hand and against slow counting."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, Installment, Payment, StatusChange
from app.queries.listing import Criteria
from app.queries.reporting import due
from app.queries.reporting.due import Due
from app.queries.reporting.installments_due import INSTALLMENTS_DUE
from app.queries.scope import Viewer
from app.services.payments import posting
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("friday")
ALL = Viewer(staff_id=0, role=Role.SUPERVISOR)
DAY = dt.timedelta(days=1)


def pay(session: Session, account: Account, cents: int, *, on: dt.date = TODAY, at: dt.datetime = NOW) -> Payment:
    return posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=cents,
        effective_on=on,
        today=TODAY,
        now=at,
        actor=factories.actor(),
    )


def change(session: Session, account: Account, to: AccountStatus, on: dt.date) -> None:
    """A change of status as it would have been made on a day."""
    row = StatusChange(account_id=account.id, from_status=account.status, to_status=to, at=NOW, business_on=on, reason="test")
    session.add(row)
    account.status = to
    session.flush()


def on_day(session: Session, day: dt.date, viewer: Viewer = ALL, portfolio_id: int | None = None) -> Due:
    found = due.by_day(session, viewer, from_on=TODAY - 60 * DAY, to_on=TODAY + 60 * DAY, portfolio_id=portfolio_id)
    return found.get(day, Due())


def test_due_counts_lines_and_collected_what_of_them_is_fully_paid(session: Session) -> None:
    paid, part, unpaid = (factories.account(session, lines=[(TODAY, 5_400), (TODAY + 7 * DAY, 5_400)]) for _ in range(3))
    pay(session, paid, 5_400)
    pay(session, part, 2_000)
    found = on_day(session, TODAY)
    assert found == Due(due=3, collected=1, amount_cents=16_200, collected_cents=7_400)
    assert found.outstanding == 2
    assert found.rate == pytest.approx(7_400 / 16_200)
    assert on_day(session, TODAY + 7 * DAY) == Due(due=3, collected=0, amount_cents=16_200, collected_cents=0)
    assert on_day(session, TODAY + DAY).rate is None
    assert unpaid.balance_cents == 10_800


def test_only_accounts_that_were_open_then_count(session: Session) -> None:
    days = [TODAY - 9 * DAY, TODAY - 2 * DAY, TODAY + 5 * DAY]

    def one(**given: Any) -> Account:
        return factories.account(session, lines=[(on, 1_000) for on in days], **given)

    one()
    one(status=AccountStatus.DEFAULT)
    one(status=AccountStatus.CHARGED_OFF)
    returned, paid_off, released = one(), one(), one(status=AccountStatus.PENDING_REVIEW)
    change(session, returned, AccountStatus.RETURNED, TODAY - 5 * DAY)
    change(session, paid_off, AccountStatus.PAID_OFF, TODAY - 2 * DAY)  # On the very day on which a line fell due.
    change(session, released, AccountStatus.ACTIVE, TODAY - 4 * DAY)
    assert [on_day(session, day).due for day in days] == [
        4,  # active, default, the later returned one, the later paid-off one
        4,  # active, default, the one that is paid off on that day, the released one
        3,  # active, default, released
    ]


def test_a_line_of_the_prior_system_counts_with_what_it_had_collected(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - 3 * DAY, 5_400)])
    session.execute(update(Installment).where(Installment.account_id == account.id).values(paid_cents=5_400, opening_cents=5_400))
    assert on_day(session, TODAY - 3 * DAY) == Due(1, 1, 5_400, 5_400)


def test_a_reversed_payment_is_not_collected(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY, 5_400), (TODAY + DAY, 100)])
    payment = pay(session, account, 5_400)
    assert on_day(session, TODAY).collected_cents == 5_400
    posting.reverse(
        session, payment.id, reason="Wrong account", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=False
    )
    assert on_day(session, TODAY) == Due(1, 0, 5_400, 0)
    begins = clock.moment(TODAY, dt.time.min)
    assert due.received(session, ALL, since=begins, until=begins + DAY).cents == 0


def test_the_rate_of_a_day_is_known_as_it_stood_at_a_moment(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY, 10_000), (TODAY + DAY, 10_000)])
    pay(session, account, 2_500, at=NOW)
    pay(session, account, 2_500, at=NOW + dt.timedelta(hours=2))
    moments = [NOW - dt.timedelta(seconds=1), NOW, NOW + dt.timedelta(hours=3)]
    assert [due.rate_by(session, ALL, due_on=TODAY, at=at) for at in moments] == [0.0, 0.25, 0.5]
    assert due.rate_by(session, ALL, due_on=TODAY - 9 * DAY, at=NOW) is None


def test_cash_received_is_whatever_came_that_day_and_stayed(session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - 30 * DAY, 9_000), (TODAY + 9 * DAY, 9_000)])
    begins = clock.moment(TODAY, dt.time.min)
    pay(session, account, 1_000, at=begins)
    pay(session, account, 500, at=begins + DAY - dt.timedelta(seconds=1))
    pay(session, account, 300, at=begins - dt.timedelta(seconds=1))
    pay(session, account, 200, at=begins + DAY)
    found = due.received(session, ALL, since=begins, until=begins + DAY)
    assert (found.payments, found.cents, found.card_payments) == (2, 1_500, 0)


def test_everybody_sees_their_own_figures_only(session: Session) -> None:
    me = factories.staff(session)
    here, there = factories.portfolio(session), factories.portfolio(session)
    mine = factories.account(session, here, lines=[(TODAY, 1_000), (TODAY + DAY, 9_000)])
    session.execute(update(Account).where(Account.id == mine.id).values(assigned_to_id=me.id))
    factories.account(session, here, lines=[(TODAY, 2_000), (TODAY + DAY, 9_000)])
    elsewhere = factories.account(session, there, lines=[(TODAY, 4_000), (TODAY + DAY, 9_000)])
    session.expire_all()
    pay(session, elsewhere, 4_000)
    collector = Viewer(staff_id=me.id, role=Role.COLLECTOR)
    restricted = Viewer(staff_id=me.id, role=Role.MANAGER, portfolio_ids=frozenset({here.id}))
    assert on_day(session, TODAY, collector).amount_cents == 1_000
    assert on_day(session, TODAY, restricted).amount_cents == 3_000
    assert on_day(session, TODAY).amount_cents == 7_000
    assert on_day(session, TODAY, portfolio_id=there.id).amount_cents == 4_000
    begins = clock.moment(TODAY, dt.time.min)
    received = [due.received(session, who, since=begins, until=begins + DAY).cents for who in (collector, restricted, ALL)]
    assert received == [0, 0, 4_000]


def test_the_figures_equal_slow_counting_and_the_rows_behind_them(session: Session) -> None:
    chance = random.Random(11)
    book = factories.portfolio(session)
    history: dict[int, list[tuple[dt.date, AccountStatus]]] = defaultdict(list)
    for _ in range(60):
        first = TODAY + chance.randint(-40, 10) * DAY
        lines = [(first + 7 * n * DAY, chance.randint(100, 9_000)) for n in range(chance.randint(1, 9))]
        account = factories.account(session, book, lines=lines, status=chance.choice(list(AccountStatus)))
        for line in session.scalars(select(Installment).where(Installment.account_id == account.id)):
            line.paid_cents = chance.choice([0, line.amount_cents, chance.randint(0, line.amount_cents)])
        on = TODAY - 60 * DAY
        while (on := on + chance.randint(5, 40) * DAY) <= TODAY:
            history[account.id].append((on, account.status))
            change(session, account, chance.choice(list(AccountStatus)), on)
    session.flush()

    def was_open(account: Account, day: dt.date) -> bool:
        before = next((status for on, status in history[account.id] if on >= day), account.status)
        return before in OPEN_STATUSES

    expected: dict[dt.date, Due] = defaultdict(Due)
    for line, account in session.execute(select(Installment, Account).join(Account, Account.id == Installment.account_id)):
        if was_open(account, line.due_on):
            covered = line.paid_cents == line.amount_cents
            expected[line.due_on] += Due(1, int(covered), line.amount_cents, line.paid_cents)
    found = due.by_day(session, ALL, from_on=TODAY - 50 * DAY, to_on=TODAY + 90 * DAY)
    assert found == dict(expected)
    for day, figures in found.items():
        for state, count in (
            ("", figures.due),
            ("&state=collected", figures.collected),
            ("&state=outstanding", figures.outstanding),
        ):
            criteria = Criteria.parse(f"due_from={day}&due_to={day}{state}", INSTALLMENTS_DUE.parameters)
            assert INSTALLMENTS_DUE.count(session, ALL, today=TODAY, criteria=criteria).rows == count
