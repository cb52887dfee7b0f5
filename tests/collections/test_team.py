"""Team Performance: what counts for whom, and what brought late accounts back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import Disposition, PromiseStatus
from app.domain.collections.cures import Cure, CureKind, kind
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.staff.roles import Role
from app.models import Account, BucketChange, Payment, Promise, Staff
from app.queries.collections import team
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.scope import Viewer
from app.services.collections import work
from tests import factories
from tests.factories import TODAY
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)
SPAN = Span(TODAY - 6 * DAY, TODAY)


def at(days: int, hour: int = 10, minute: int = 0) -> dt.datetime:
    return clock.moment(TODAY - days * DAY, dt.time(hour, minute))


def call(session: Session, account: Account, person: Staff, when: dt.datetime, disposition: Disposition, **given: bool) -> None:
    work.log_call(
        session, account.id, disposition=disposition, phone_id=None, note=None, now=when, actor=factories.actor(person), **given
    )


def pay(session: Session, account: Account, cents: int, when: dt.datetime, by: Staff | None = None, **given: object) -> Payment:
    values = {"state": PaymentState.COMPLETE, "method": PaymentMethod.CASH, "kind": PaymentKind.PAYMENT} | given
    on = clock.business_date(when)
    row = Payment(
        account_id=account.id, amount_cents=cents, received_at=when, effective_on=on, posted_at=when, posted_on=on,
        taken_by_id=by.id if by else None, **values,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def rows(session: Session, viewer: Staff, span: Span = SPAN) -> dict[str, team.Performance]:
    return {row.name: row for row in team.performance(session, Viewer.of(viewer), span)}


@pytest.fixture
def manager(session: Session) -> Staff:
    """Who looks."""
    return factories.staff(session, Role.MANAGER, name="Max")


def test_calls_contacts_promises_and_hours_are_counted_in_the_span_alone(session: Session, manager: Staff) -> None:
    ann, account, other = factories.staff(session, name="Ann"), factories.account(session), factories.account(session)
    call(session, account, ann, at(1, 10), Disposition.NO_ANSWER)
    call(session, account, ann, at(1, 10, 40), Disposition.RIGHT_PARTY)
    call(session, other, ann, at(0, 9), Disposition.PROMISED, is_inbound=True)  # Theirs: a contact, and no call of ours.
    call(session, other, ann, at(7), Disposition.RIGHT_PARTY)  # Before the span.
    for status, days in (
        (PromiseStatus.KEPT, 1),
        (PromiseStatus.BROKEN, 2),
        (PromiseStatus.OPEN, 0),
        (PromiseStatus.CANCELLED, 0),
    ):
        where = account if status is not PromiseStatus.OPEN else other
        session.add(
            Promise(account_id=where.id, amount_cents=1, due_on=TODAY, made_at=at(days), status=status, taken_by_id=ann.id)
        )
    session.flush()
    seen = rows(session, manager)["Ann"]
    assert (seen.calls, seen.right_party, seen.worked, seen.hours) == (2, 2, 2, 2)
    assert seen.per_hour == Decimal("1.0")
    assert (seen.promises, seen.kept, seen.matured, seen.kept_rate) == (3, 1, 2, Decimal("0.5"))


def test_a_payment_counts_once_for_who_spoke_last_in_the_week_before_or_else_for_who_took_it(
    session: Session, manager: Staff
) -> None:
    ann, bob, cora = (factories.staff(session, name=name) for name in ("Ann", "Bob", "Cora"))
    spoken, walked_in, long_ago = (factories.account(session) for _ in range(3))
    call(session, spoken, ann, at(6), Disposition.RIGHT_PARTY)
    call(session, spoken, bob, at(3), Disposition.PROMISED)
    call(session, spoken, cora, at(2), Disposition.NO_ANSWER)
    call(session, long_ago, ann, at(9), Disposition.RIGHT_PARTY)
    pay(session, spoken, 5_400, at(1), by=cora)
    pay(session, walked_in, 1_000, at(1), by=cora)
    pay(session, long_ago, 700, at(1))  # More than a week after, and nobody took it: nobody's.
    pay(session, spoken, 9_900, at(1), state=PaymentState.DECLINE)
    back = pay(session, walked_in, 300, at(1), by=cora)
    pay(session, walked_in, 300, at(0), kind=PaymentKind.REVERSAL, reverses_id=back.id)
    seen = rows(session, manager)
    assert {name: row.collected_cents for name, row in seen.items()} == {"Ann": 0, "Bob": 5_400, "Cora": 1_000}


def test_cures_are_split_by_what_came_before(session: Session, manager: Staff) -> None:
    ann = factories.staff(session, name="Ann")
    alone, talked, charged, paid_off = (factories.account(session) for _ in range(4))
    paid_off.balance_cents = 0
    call(session, talked, ann, at(5), Disposition.RIGHT_PARTY)
    call(session, charged, ann, at(5), Disposition.RIGHT_PARTY)
    pay(session, charged, 5_400, at(2), method=PaymentMethod.CARD)
    for account in (alone, talked, charged, paid_off):
        session.add(
            BucketChange(
                account_id=account.id, business_on=TODAY - 2 * DAY, from_days=12, to_days=0, from_bucket="1-30",
                to_bucket="Current", reason="payment",
            )
        )  # fmt: skip
    session.flush()
    found = team.cures(session, Viewer.of(manager), SPAN)
    assert found == {CureKind.SELF: 1, CureKind.COLLECTOR: 1, CureKind.AUTOPAY: 1, CureKind.EXTENSION: 0}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, CureKind.SELF),
        ({"extended_on": TODAY - DAY}, CureKind.EXTENSION),
        ({"extended_on": TODAY - 2 * DAY}, CureKind.SELF),
        ({"card_paid_on": TODAY, "spoken_on": TODAY}, CureKind.AUTOPAY),
        ({"spoken_on": TODAY + DAY}, CureKind.SELF),
    ],
)
def test_an_extension_comes_before_autopay_and_autopay_before_a_collector(given: dict[str, dt.date], expected: CureKind) -> None:
    assert kind(Cure(TODAY, **given)) is expected


def test_the_page_has_its_columns_its_picture_and_its_file(client: FlaskClient, session: Session, manager: Staff) -> None:
    ann = factories.staff(session, name="Ann")
    account = factories.account(session)
    call(session, account, ann, at(1), Disposition.RIGHT_PARTY)
    pay(session, account, 5_400, at(0, 0, 5))
    session.commit()
    visitor = signed_in(client, session, manager)
    html = visitor.get("/admin/team/").text
    for head in ("Calls", "Right-Party Contacts", "Promises", "Kept %", "Collected", "Accounts Worked", "Per Hour"):
        assert f">{head}<" in html or head in html
    assert "$54.00 came in through 1 person." in html
    lines = visitor.get("/admin/team/export.csv?from=2026-11-14&to=2026-11-20").text.splitlines()
    assert lines[1].startswith("Ann,1,1,0,,54.00,1,1")
    for wrong in ("from=soon", "from=2026-11-21&to=2026-11-20", "from=2020-01-01", "sort=pin", "to=9999-12-31"):
        assert visitor.get(f"/admin/team/?{wrong}").status_code == 404
    assert signed_in(client, session, factories.staff(session, Role.SUPERVISOR)).get("/admin/team/").status_code == 403


def test_the_page_and_its_file_are_narrowed_by_account_and_by_person(
    client: FlaskClient, session: Session, manager: Staff
) -> None:
    north, south = factories.portfolio(session), factories.portfolio(session)
    ann, bob = factories.staff(session, name="Ann"), factories.staff(session, name="Bob")
    for book, person, cents in ((north, ann, 5_400), (south, ann, 700), (south, bob, 90)):
        account = factories.account(session, book)
        call(session, account, person, at(1), Disposition.RIGHT_PARTY)
        pay(session, account, cents, at(0, 0, 5))
        session.add(
            BucketChange(
                account_id=account.id, business_on=TODAY, from_days=12, to_days=0, from_bucket="1-30", to_bucket="Current",
                reason="payment",
            )
        )  # fmt: skip
    session.commit()
    visitor = signed_in(client, session, manager)

    def told(query: str) -> list[tuple[str, str, str]]:
        lines = [line.split(",") for line in visitor.get(f"/admin/team/export.csv?{query}").text.splitlines()[1:]]
        return [(line[0], line[1], line[5]) for line in lines]

    assert told("sort=collected_cents") == [("Ann", "2", "61.00"), ("Bob", "1", "0.90")]
    assert told(f"portfolio={north.id}") == [("Ann", "1", "54.00"), ("Bob", "0", "0.00")]
    assert told(f"collector={bob.id}") == [("Bob", "1", "0.90")]
    assert told(f"collector={bob.id}&portfolio={north.id}") == [("Bob", "0", "0.00")]
    html = visitor.get(f"/admin/team/?portfolio={south.id}&collector={ann.id}&from=2026-11-14").text
    assert "Team performance" in html and "$7.00 came in through 1 person." in html
    assert "whoever worked them" in html
    assert f"portfolio={south.id}&amp;collector={ann.id}" in html or f"collector={ann.id}&amp;portfolio={south.id}" in html
    criteria = Criteria({"portfolio": (str(south.id),)})
    assert team.cures(session, Viewer.of(manager), SPAN, criteria)[CureKind.COLLECTOR] == 2
