"""A test lease is believable, and stands in no figure, worklist or snapshot."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import FollowUpKind
from app.domain.collections.signals import Risk
from app.domain.payments.kinds import PaymentMethod
from app.domain.staff.roles import Role
from app.models import AccountBehavior, AccountSnapshot, CollectorProfile, PortfolioDay, WorkClaim
from app.queries.collections import weights
from app.queries.collections.next_account import Loop, candidate
from app.queries.collections.signals import SIGNALS
from app.queries.payments.listings import MANUAL_PAYMENTS, PAYMENTS
from app.queries.reporting import dashboard
from app.queries.scope import Viewer
from app.queries.servicing.accounts import ACCOUNTS
from app.services.collections import work
from app.services.collections.day import assignment, snapshots, sums
from app.services.payments import posting
from app.services.servicing import trial_leases
from tests import factories
from tests.factories import NOW, TODAY


def test_a_test_lease_stands_in_no_figure(session: Session) -> None:
    viewer = Viewer.of(factories.staff(session, Role.ADMIN))
    real = factories.account(session)

    def told() -> dashboard.Figures:
        return dashboard.figures(session, viewer, today=TODAY, now=NOW)

    before = told()
    assert before.accounts == 1 and before.today.due == 1
    test = trial_leases.create(session, real.portfolio_id, today=TODAY, now=NOW, actor=factories.actor())
    assert test.past_due_cents > 0 and test.next_due_on is not None
    work.add_follow_up(
        session,
        test.id,
        kind=FollowUpKind.CALL,
        due_at=NOW + dt.timedelta(minutes=5),
        note=None,
        now=NOW,
        actor=factories.actor(),
    )
    assert told() == before


def test_nobody_is_given_a_test_lease_to_work(session: Session) -> None:
    supervisor = factories.staff(session, Role.SUPERVISOR)
    test = trial_leases.create(session, factories.portfolio(session).id, today=TODAY, now=NOW, actor=factories.actor())
    assert test.worklist_weight is not None
    loop = Loop(viewer=Viewer.of(supervisor), today=TODAY, now=NOW, own=False)
    assert session.scalar(candidate(loop, after=None)) is None
    assert session.scalar(select(func.count()).select_from(WorkClaim)) == 0


def test_the_end_of_day_takes_no_snapshot_of_a_test_lease(session: Session) -> None:
    real = factories.account(session)
    trial_leases.create(session, real.portfolio_id, today=TODAY, now=NOW, actor=factories.actor())
    span: Any = {"first": 1, "last": 10**9, "on": TODAY, "now": NOW}
    snapshots.take(session, **span)
    sums.add_up(session, **span)
    sums.check(session, **span)
    assert session.scalars(select(AccountSnapshot.account_id)).all() == [real.id]
    assert session.scalar(select(func.sum(PortfolioDay.accounts))) == 1


def test_the_end_of_day_hands_no_test_lease_out(session: Session) -> None:
    real = factories.account(session)
    session.add(CollectorProfile(staff_id=factories.staff(session).id))
    session.flush()
    trial_leases.create(session, real.portfolio_id, today=TODAY, now=NOW, actor=factories.actor())
    found = assignment.candidates(session, first=1, last=10**9)
    assert [candidate.account_id for candidate in found] == [real.id]


LISTS = (ACCOUNTS, PAYMENTS, MANUAL_PAYMENTS, SIGNALS)


def test_lists_leave_test_leases_out_until_somebody_asks(session: Session) -> None:
    viewer = Viewer.of(factories.staff(session, Role.ADMIN))
    real = factories.account(session)
    test = trial_leases.create(session, real.portfolio_id, today=TODAY, now=NOW, actor=factories.actor())
    for account in (real, test):
        given: Any = {"today": TODAY, "now": NOW, "actor": factories.actor()}
        posting.post(session, account.id, method=PaymentMethod.CASH, amount_cents=1_000, **given)
        if session.get(AccountBehavior, account.id) is None:
            session.add(AccountBehavior(account_id=account.id, as_of_on=TODAY, risk=Risk.LOW, score=0, judged=0, on_time=0))
    session.flush()
    for listing in LISTS:
        owner = ACCOUNTS.model.id if listing is ACCOUNTS else listing.model.account_id  # type: ignore[attr-defined]

        def owners(*asked: tuple[str, str], listing: Any = listing, owner: Any = owner) -> set[int]:
            statement = listing.statement([owner], viewer, listing.criteria(asked), TODAY)
            return set(session.scalars(statement, {"today": TODAY}))

        assert owners() == {real.id}, listing.model
        assert owners(("test", "1")) == {test.id}, listing.model
        assert listing.count(session, viewer, today=TODAY, criteria=listing.criteria([])).rows == 1, "no total counts it"


def test_the_preview_of_weights_leaves_test_leases_out(session: Session) -> None:
    viewer = Viewer.of(factories.staff(session, Role.ADMIN))
    trial_leases.create(session, factories.portfolio(session).id, today=TODAY, now=NOW, actor=factories.actor())
    found = weights.preview(session, weights.in_use(session), viewer=viewer, on=TODAY)
    assert found.accounts == 0
