"""Which account comes next, and that no two people ever have the same one."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import Disposition, FollowUpKind
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, CustomerPhone, FollowUp, Staff, WorkClaim, WorkedToday
from app.queries.collections import next_account, progress
from app.queries.collections.next_account import Loop
from app.queries.scope import Viewer
from app.services.collections import claims, follow_ups, outcomes, promises
from app.services.collections.outcomes import Recorded
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)
TEN = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
"""10:00 AM in New York."""


def book(session: Session, person: Staff | None, count: int = 3, **given: Any) -> list[Account]:
    """Late accounts in somebody's book, the most pressing first."""
    accounts = [
        factories.account(session, lines=[(TODAY - (30 - n) * DAY, 9_000 - 100 * n), (TODAY + 9 * DAY, 1_000)], **given)
        for n in range(count)
    ]
    ids = [account.id for account in accounts]
    session.execute(update(Account).where(Account.id.in_(ids)).values(assigned_to_id=person.id if person else None))
    session.expire_all()
    return accounts


def loop(person: Staff, *, now: dt.datetime = TEN, own: bool = True) -> Loop:
    return Loop(viewer=Viewer.of(person), today=TODAY, now=now, own=own)


def finish(session: Session, account: Account, person: Staff, outcome: Disposition, *, now: dt.datetime = TEN) -> Recorded:
    """Give an outcome as the page does."""
    together = next_account.together(session, account, viewer=Viewer.of(person))
    return outcomes.record(
        session,
        account.id,
        disposition=outcome,
        phone_id=None,
        note=None,
        account_ids=[each.id for each in together],
        again_at=clock.moment(TODAY + DAY, dt.time(10, 0)),
        today=TODAY,
        now=now,
        actor=factories.actor(person),
    )


def test_accounts_come_by_rank_and_not_again_once_they_are_done(session: Session) -> None:
    person = factories.staff(session)
    accounts = book(session, person)
    for expected in accounts:
        given = claims.take_next(session, loop(person))
        assert given is not None and given.id == expected.id
        finish(session, given, person, Disposition.NO_ANSWER)
    assert claims.take_next(session, loop(person)) is None
    assert session.scalars(select(WorkClaim)).all() == []


def test_what_one_has_before_them_the_other_does_not_get(session: Session) -> None:
    one, other = factories.staff(session, Role.SUPERVISOR), factories.staff(session, Role.SUPERVISOR)
    first, second, _ = book(session, None)
    given = claims.take_next(session, loop(one, own=False))
    assert given is not None and given.id == first.id
    given = claims.take_next(session, loop(other, own=False))
    assert given is not None and given.id == second.id
    assert not claims.take(session, first, loop(other, own=False))
    holder = next_account.held_by(session, [first.id], staff_id=other.id, now=TEN)
    assert holder is not None and holder.name == one.name


def test_a_hold_ends_after_fifteen_minutes_and_when_the_page_is_left(session: Session) -> None:
    one, other = factories.staff(session, Role.SUPERVISOR), factories.staff(session, Role.SUPERVISOR)
    first, *_ = book(session, None)
    assert claims.take(session, first, loop(one, own=False))
    later = loop(other, own=False, now=TEN + dt.timedelta(minutes=14))
    assert not claims.take(session, first, later)
    assert claims.take(session, first, loop(other, own=False, now=TEN + dt.timedelta(minutes=15)))
    claims.release(session, staff_id=other.id, until_at=TEN)
    assert not claims.take(session, first, loop(one, own=False, now=TEN + dt.timedelta(minutes=16))), "another page was left"
    claims.release(session, staff_id=other.id, until_at=TEN + dt.timedelta(minutes=30))
    assert claims.take(session, first, loop(one, own=False, now=TEN + dt.timedelta(minutes=16)))


def test_all_accounts_of_one_person_are_worked_together(session: Session) -> None:
    person, other = factories.staff(session, Role.SUPERVISOR), factories.staff(session, Role.SUPERVISOR)
    first, second, third = book(session, None)
    session.execute(update(Account).where(Account.id == third.id).values(customer_id=first.customer_id))
    session.expire_all()
    given = claims.take_next(session, loop(person, own=False))
    assert given is not None and given.id == first.id
    held = set(session.scalars(select(WorkClaim.account_id).where(WorkClaim.staff_id == person.id)))
    assert held == {first.id, third.id}
    given = claims.take_next(session, loop(other, own=False))
    assert given is not None and given.id == second.id
    finish(session, first, person, Disposition.RIGHT_PARTY)
    done = set(session.scalars(select(WorkedToday.account_id)))
    assert done == {first.id, third.id}
    assert claims.take_next(session, loop(person, own=False)) is None


def test_what_is_passed_over_comes_again_behind_all_others(session: Session) -> None:
    person = factories.staff(session)
    first, second, third = book(session, person)
    order = []
    account: Account | None = first
    for _ in range(4):
        account = claims.take_next(session, loop(person), after=account)
        assert account is not None
        order.append(account.id)
    assert order == [second.id, third.id, first.id, second.id]


def test_the_only_account_is_not_lost_by_passing_it_over(session: Session) -> None:
    person = factories.staff(session)
    (only,) = book(session, person, 1)
    given = claims.take_next(session, loop(person), after=only)
    assert given is not None and given.id == only.id


def test_a_promise_that_is_still_open_holds_calls_back(session: Session) -> None:
    person = factories.staff(session)
    first, second, _ = book(session, person)
    promises.take(
        session,
        first.id,
        amount_cents=500,
        due_on=TODAY,
        method=None,
        today=TODAY,
        now=TEN,
        actor=factories.actor(person),
    )
    given = claims.take_next(session, loop(person))
    assert given is not None and given.id == second.id


def test_a_follow_up_goes_first_at_its_hour_and_not_before(session: Session) -> None:
    person = factories.staff(session)
    first, _, last = book(session, person)
    at = TEN + dt.timedelta(hours=2)
    follow_ups.plan(
        session, last.id, kind=FollowUpKind.CALL, due_at=at, note=None, today=TODAY, now=TEN, actor=factories.actor(person)
    )
    before = claims.take_next(session, loop(person))
    assert before is not None and before.id == first.id
    after = claims.take_next(session, loop(person, now=at))
    assert after is not None and after.id == last.id


def test_who_asked_to_be_called_back_today_comes_again_although_done(session: Session) -> None:
    person = factories.staff(session)
    (account,) = book(session, person, 1)
    finish(session, account, person, Disposition.CALL_BACK)
    at = TEN + dt.timedelta(hours=5)
    follow_ups.plan(
        session,
        account.id,
        kind=FollowUpKind.CALL,
        due_at=at,
        note=None,
        today=TODAY,
        now=TEN,
        actor=factories.actor(person),
    )
    assert claims.take_next(session, loop(person, now=at - dt.timedelta(minutes=1))) is None
    again = claims.take_next(session, loop(person, now=at))
    assert again is not None and again.id == account.id


@pytest.mark.parametrize(
    ("outcome", "comes_again"), [(Disposition.RIGHT_PARTY, False), (Disposition.NO_ANSWER, True), (Disposition.BUSY, True)]
)
def test_an_outcome_ticks_off_the_follow_up_and_a_miss_plans_it_anew(
    session: Session, outcome: Disposition, comes_again: bool
) -> None:
    person = factories.staff(session)
    (account,) = book(session, person, 1)
    planned = follow_ups.plan(
        session,
        account.id,
        kind=FollowUpKind.CALL,
        due_at=TEN,
        note="Speak about the fee",
        today=TODAY,
        now=TEN,
        actor=factories.actor(person),
    )
    assert account.worklist_weight is not None and account.worklist_weight > 1_000_000
    finish(session, account, person, outcome)
    session.expire_all()
    assert session.get_one(FollowUp, planned.id).status.value == "done"
    assert account.worklist_weight == 90 + 30
    waiting = session.scalars(select(FollowUp).where(FollowUp.status == "open")).all()
    assert [(each.due_at, each.note) for each in waiting] == (
        [(clock.moment(TODAY + DAY, dt.time(10, 0)), "Speak about the fee")] if comes_again else []
    )


def test_a_follow_up_by_text_waits_for_a_person_to_tick_it_off(session: Session) -> None:
    person = factories.staff(session)
    (account,) = book(session, person, 1)
    planned = follow_ups.plan(
        session,
        account.id,
        kind=FollowUpKind.TEXT,
        due_at=TEN,
        note=None,
        today=TODAY,
        now=TEN,
        actor=factories.actor(person),
    )
    finish(session, account, person, Disposition.RIGHT_PARTY)
    assert session.get_one(FollowUp, planned.id).status.value == "open"


def test_an_outcome_can_be_taken_back_whole(session: Session) -> None:
    person = factories.staff(session)
    (account,) = book(session, person, 1)
    phone = session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == account.customer_id)).one()
    follow_ups.plan(
        session, account.id, kind=FollowUpKind.CALL, due_at=TEN, note=None, today=TODAY, now=TEN, actor=factories.actor(person)
    )
    before = account.worklist_weight
    recorded = outcomes.record(
        session,
        account.id,
        disposition=Disposition.BAD_NUMBER,
        phone_id=phone.id,
        note="Disconnected",
        account_ids=[account.id],
        again_at=TEN + DAY,
        today=TODAY,
        now=TEN,
        actor=factories.actor(person),
    )
    session.expire_all()
    assert phone.is_bad and claims.take_next(session, loop(person)) is None
    recorded = Recorded.from_json(recorded.as_json())
    stranger = factories.staff(session)
    with pytest.raises(RuleViolation, match="Only who wrote"):
        outcomes.take_back(session, recorded, today=TODAY, now=TEN, actor=factories.actor(stranger))
    outcomes.take_back(session, recorded, today=TODAY, now=TEN, actor=factories.actor(person))
    session.expire_all()
    assert not phone.is_bad
    assert account.worklist_weight == before
    assert [each.status.value for each in session.scalars(select(FollowUp).order_by(FollowUp.id))] == ["open", "cancelled"]
    given = claims.take_next(session, loop(person))
    assert given is not None and given.id == account.id


def test_an_outcome_for_an_account_that_somebody_else_took_over_is_refused(session: Session) -> None:
    slow, quick = factories.staff(session, Role.SUPERVISOR), factories.staff(session, Role.SUPERVISOR, name="Quick Quinn")
    (account,) = book(session, None, 1)
    claims.take(session, account, loop(slow, own=False))
    later = TEN + dt.timedelta(minutes=20)
    assert claims.take(session, account, loop(quick, own=False, now=later))
    with pytest.raises(RuleViolation, match="Quick Quinn has this account now"):
        finish(session, account, slow, Disposition.NO_ANSWER, now=later)
    assert session.scalars(select(WorkedToday)).all() == []


def test_a_number_of_somebody_else_is_refused(session: Session) -> None:
    person = factories.staff(session)
    account, other, _ = book(session, person)
    phone = session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == other.customer_id)).one()
    with pytest.raises(RuleViolation, match="not one of this customer's"):
        outcomes.record(
            session,
            account.id,
            disposition=Disposition.BAD_NUMBER,
            phone_id=phone.id,
            note=None,
            account_ids=[account.id],
            again_at=TEN + DAY,
            today=TODAY,
            now=TEN,
            actor=factories.actor(person),
        )


def test_the_page_knows_how_far_one_is(session: Session) -> None:
    person = factories.staff(session)
    first, second, third = book(session, person)
    finish(session, first, person, Disposition.REFUSED)
    found = progress.progress_of(session, loop(person), second)
    assert (found.place, found.accounts, found.worked) == (2, 3, 1)
    following = next_account.up_next(session, loop(person), after=second, without=[second.id])
    assert [row.id for row in following] == [third.id]


def test_two_collectors_who_reach_at_once_never_get_the_same_account(committed_database: CommittedDatabase) -> None:
    with transaction() as session:
        people = [factories.staff(session, Role.SUPERVISOR) for _ in range(4)]
        accounts = book(session, None, 16)
        # Two people with two accounts each: whoever gets one gets the other.
        for twin, account in zip(accounts[6:8], accounts[:2], strict=True):
            session.execute(update(Account).where(Account.id == twin.id).values(customer_id=account.customer_id))
        ids = [person.id for person in people]
    clock.set_clock(pinned_on=TODAY)
    taken: list[tuple[int, int]] = []
    troubles: list[BaseException] = []
    start = threading.Barrier(len(ids))

    def work(staff_id: int) -> None:
        try:
            with committed_database.app.app_context():
                start.wait()
                for _ in range(3):
                    with transaction() as session:
                        person = session.get_one(Staff, staff_id)
                        account = claims.take_next(session, loop(person, own=False, now=NOW))
                        assert account is not None
                        held = session.scalars(select(WorkClaim.account_id).where(WorkClaim.staff_id == staff_id)).all()
                        taken.extend((staff_id, account_id) for account_id in held)
                        finish(session, account, person, Disposition.NO_ANSWER, now=NOW)
                db.session.remove()
        except BaseException as trouble:  # The main thread has to hear of it.
            troubles.append(trouble)

    threads = [threading.Thread(target=work, args=(staff_id,)) for staff_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    assert len(taken) == len({account_id for _, account_id in taken}), "somebody was given what another had"
