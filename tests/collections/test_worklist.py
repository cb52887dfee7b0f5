"""The worklist: its order, its filters, and whose accounts it shows."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, Disposition, FollowUpKind, PromiseStatus
from app.domain.collections.worklist import Candidate, rank_key
from app.domain.staff.roles import Role
from app.models import Account, Activity, Promise, ThresholdCrossing, WorkedToday
from app.queries.collections.worklist import WORKLIST
from app.queries.listing import Criteria, Place
from app.queries.scope import Viewer
from app.services.collections import follow_ups
from tests import factories
from tests.factories import NOW, TODAY

ALL = Viewer(staff_id=0, role=Role.SUPERVISOR)
DAY = dt.timedelta(days=1)


def late(session: Session, *, days: int, cents: int = 5_400, **given: Any) -> Account:
    """An account with one line that is so many days late."""
    return factories.account(session, lines=[(TODAY - days * DAY, cents), (TODAY + 30 * DAY, 1_000)], **given)


def listed(session: Session, query: str = "", viewer: Viewer = ALL) -> list[int]:
    """Ids of the worklist under a filter, in order."""
    criteria = Criteria.parse(query, WORKLIST.parameters)
    return [row.id for row in WORKLIST.rows(session, viewer, today=TODAY, criteria=criteria, fields=["weight"])]


def paged(session: Session, *, size: int, backwards: bool = False) -> list[int]:
    """The same, page by page along the tokens."""
    place = Place(is_last=True) if backwards else Place()
    ids: list[int] = []
    while True:
        page = WORKLIST.page(
            session, ALL, today=TODAY, criteria=Criteria(), fields=["weight"], order="-weight", place=place, size=size
        )
        found = [row.id for row in page.rows]
        ids = found + ids if backwards else ids + found
        token = page.previous if backwards else page.next
        if token is None:
            return ids
        place = Place(before=token) if backwards else Place(after=token)


def by_the_rule(accounts: Sequence[Account], *, with_follow_up: Sequence[int] = ()) -> list[int]:
    """Ids in the order of the domain's rule."""

    def key(account: Account) -> tuple[bool, int, int, int, str]:
        return rank_key(
            Candidate(account.account_number, account.past_due_cents, account.days_past_due, account.id in with_follow_up)
        )

    return [account.id for account in sorted(accounts, key=key)]


def test_the_list_stands_in_the_order_of_the_rule_and_so_do_its_pages(session: Session) -> None:
    chance = random.Random(7)
    # Few different amounts and days, so that there are many ties; numbers that text and length order differently.
    accounts = [
        late(
            session,
            days=chance.choice([1, 5, 9]),
            cents=chance.choice([4_000, 4_050, 9_900]),
            account_number=f"{chance.choice('aZ')}{chance.randint(1, 120)}-{n}",
        )
        for n in range(40)
    ]
    due = [account.id for account in chance.sample(accounts, 5)]
    for account_id in due:
        follow_ups.plan(
            session, account_id, kind=FollowUpKind.CALL, due_at=NOW, note=None, today=TODAY, now=NOW, actor=factories.actor()
        )
    session.flush()
    expected = by_the_rule(accounts, with_follow_up=due)
    assert listed(session) == expected
    assert paged(session, size=7) == expected
    assert paged(session, size=7, backwards=True) == expected


def test_what_is_paid_up_closed_or_not_released_is_not_on_the_list(session: Session) -> None:
    worked = late(session, days=3)
    factories.account(session, lines=[(TODAY + DAY, 5_400)])
    late(session, days=3, status="paid_off")
    late(session, days=3, status="pending_review")
    assert listed(session) == [worked.id]


def test_days_and_amounts_are_of_today_even_before_the_day_is_opened(session: Session) -> None:
    account = factories.account(
        session, lines=[(TODAY - 4 * DAY, 5_400), (TODAY - DAY, 5_400), (TODAY, 5_400)], today=TODAY - 2 * DAY
    )
    assert (account.days_past_due, account.past_due_cents) == (2, 5_400)
    fields = ["days_past_due", "past_due_cents", "bucket"]
    (row,) = WORKLIST.rows(session, ALL, today=TODAY, fields=fields)
    assert (row.days_past_due, row.past_due_cents, row.bucket) == (4, 10_800, "1-30")
    totals = WORKLIST.totals(session, ALL, today=TODAY, criteria=Criteria(), fields=["past_due_cents"])
    assert totals == {"past_due_cents": 10_800}


def test_the_promise_shown_is_the_open_one_or_the_last_whose_day_has_come(session: Session) -> None:
    def promise(account: Account, status: PromiseStatus, days_ago: int) -> None:
        made = NOW - days_ago * DAY
        session.add(Promise(account_id=account.id, amount_cents=100, due_on=made.date(), status=status, made_at=made))
        session.flush()

    again, broken, kept, replaced = (late(session, days=n) for n in (4, 3, 2, 1))
    promise(again, PromiseStatus.BROKEN, 9)
    promise(again, PromiseStatus.OPEN, 20)
    promise(broken, PromiseStatus.KEPT, 9)
    promise(broken, PromiseStatus.BROKEN, 5)
    promise(kept, PromiseStatus.BROKEN, 9)
    promise(kept, PromiseStatus.KEPT, 5)
    promise(replaced, PromiseStatus.BROKEN, 9)
    promise(replaced, PromiseStatus.CANCELLED, 5)
    rows = {row.id: row.promise_status for row in WORKLIST.rows(session, ALL, today=TODAY, fields=["promise_status"])}
    assert rows == {
        again.id: PromiseStatus.OPEN,
        broken.id: PromiseStatus.BROKEN,
        kept.id: PromiseStatus.KEPT,
        replaced.id: PromiseStatus.BROKEN,
    }
    assert set(listed(session, "promise=broken")) == {broken.id, replaced.id}
    assert listed(session, "promise=open") == [again.id]
    assert listed(session, "promise=kept") == [kept.id]


def test_the_last_contact_is_the_latest_attempt_that_was_not_taken_back(session: Session) -> None:
    account, never = late(session, days=9), late(session, days=8)

    def add(kind: ActivityKind, days_ago: int, disposition: Disposition | None = None, *, withdrawn: bool = False) -> None:
        at = NOW - days_ago * DAY
        gone = NOW if withdrawn else None
        session.add(Activity(account_id=account.id, kind=kind, at=at, disposition=disposition, summary="x", withdrawn_at=gone))

    add(ActivityKind.CALL, 12, Disposition.NO_ANSWER)
    add(ActivityKind.CALL, 9, Disposition.LEFT_MESSAGE)
    add(ActivityKind.CALL, 2, Disposition.RIGHT_PARTY, withdrawn=True)
    add(ActivityKind.PAYMENT, 1)
    session.flush()
    rows = {
        row.id: (row.last_contact_at, row.last_disposition)
        for row in WORKLIST.rows(session, ALL, today=TODAY, fields=["last_contact_at", "last_disposition"])
    }
    assert rows == {account.id: (NOW - 9 * DAY, Disposition.LEFT_MESSAGE), never.id: (None, None)}
    assert listed(session, "contact=week") == []
    assert listed(session, "contact=older") == [account.id, never.id]
    assert listed(session, "contact=never") == [never.id]


def test_who_was_reached_longest_ago_can_come_first_and_who_never_was_comes_last(session: Session) -> None:
    lately, never, long_ago = (late(session, days=days) for days in (30, 20, 10))
    for account, days_ago in ((lately, 1), (long_ago, 9), (long_ago, 30)):
        at = NOW - days_ago * DAY
        session.add(Activity(account_id=account.id, kind=ActivityKind.CALL, at=at, summary="x"))
    session.flush()

    def ordered(order: str, size: int) -> list[int]:
        ids: list[int] = []
        place: Place | None = Place()
        while place is not None and len(ids) < 9:  # A page that leads back to itself shall fail, not go on for ever.
            page = WORKLIST.page(
                session, ALL, today=TODAY, criteria=Criteria(), fields=["weight"], order=order, place=place, size=size
            )
            ids += [row.id for row in page.rows]
            place = Place(after=page.next) if page.next else None
        return ids

    for size in (1, 2, 50):
        assert ordered("last_contact_at", size) == [long_ago.id, lately.id, never.id]
        assert ordered("-last_contact_at", size) == [lately.id, long_ago.id, never.id]


@pytest.mark.parametrize(("days_ago", "is_found"), [(0, True), (6, True), (7, False)])
def test_who_crossed_a_threshold_in_the_last_seven_days_is_found(session: Session, days_ago: int, is_found: bool) -> None:
    account, paid = late(session, days=35), late(session, days=10)
    for one in (account, paid):
        session.add(ThresholdCrossing(account_id=one.id, business_on=TODAY - days_ago * DAY, threshold=30))
    session.flush()
    assert listed(session, "crossed=30") == ([account.id] if is_found else [])
    assert listed(session, "crossed=60") == listed(session, "crossed=soon") == []


def test_what_was_worked_today_can_be_left_out(session: Session) -> None:
    done, waiting = late(session, days=9), late(session, days=8)
    person = factories.staff(session)
    session.add(WorkedToday(business_on=TODAY, account_id=done.id, staff_id=person.id, at=NOW))
    session.add(WorkedToday(business_on=TODAY - DAY, account_id=waiting.id, staff_id=person.id, at=NOW))
    session.flush()
    assert listed(session, "worked=0") == [waiting.id]
    assert listed(session, "worked=1") == [done.id]


def test_a_collector_sees_their_own_worklist_only(session: Session) -> None:
    me, colleague = factories.staff(session), factories.staff(session)
    mine, theirs, nobodys = late(session, days=9), late(session, days=8), late(session, days=7)
    session.execute(update(Account).where(Account.id == mine.id).values(assigned_to_id=me.id))
    session.execute(update(Account).where(Account.id == theirs.id).values(assigned_to_id=colleague.id))
    assert listed(session, viewer=Viewer(staff_id=me.id, role=Role.COLLECTOR)) == [mine.id]
    supervisor = Viewer(staff_id=colleague.id, role=Role.SUPERVISOR)
    assert listed(session, viewer=supervisor) == [mine.id, theirs.id, nobodys.id]
    assert listed(session, "assigned=me", supervisor) == [theirs.id]
    assert listed(session, "assigned=none", supervisor) == [nobodys.id]
