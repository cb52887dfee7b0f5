"""Collection Settings: both parts, and that what does not fit is refused."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections import thresholds
from app.domain.collections.assigning import AmountBasis
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import StepName
from app.domain.staff.roles import Role
from app.models import AccountSnapshot, AuditEvent, CollectionSettings, PortfolioCollectionSettings, ThresholdCrossing
from app.queries.collections import alerts, collectors
from app.queries.scope import Viewer
from app.queries.staff.attention import attention
from app.services.collections import crossings
from app.services.collections.day import aging
from app.services.staff import audit
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

PAGE = "/admin/collection-settings/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Visitor:
    """An admin who sees all portfolios."""
    return signed_in(client, session, factories.staff(session, Role.ADMIN))


def form(session: Session, **given: object) -> list[tuple[str, object]]:
    """The form as it comes from the page, with every step ticked but those in `off`."""
    off, days = given.pop("off", ()), given.pop("thresholds", "30, 60")
    row = collectors.settings(session)
    values: dict[str, object] = {"amount_basis": "delinquent", "reassigns": "y", "version": row.version} | given
    steps = [("steps", step.value) for step in StepName if step.value not in off]  # type: ignore[operator]
    return [(name, value) for name, value in values.items() if value is not None] + steps + [("thresholds", days)]


def test_an_admin_chooses_the_amount_and_switches_steps_off(session: Session, admin: Visitor) -> None:
    assert "Automatic statuses" in admin.get(PAGE).text
    given = form(session, amount_basis="net_outstanding", reassigns=None, has_thirty_day_months="y", off=("statuses", "weights"))
    assert admin.post(PAGE + "all", given).status_code == 303
    session.expire_all()
    row = session.get_one(CollectionSettings, 1)
    assert (row.amount_basis, row.reassigns, row.has_thirty_day_months) == (AmountBasis.NET_OUTSTANDING, False, True)
    assert row.steps_off == ["statuses", "weights"]
    audit.write_pending(session)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "collection settings changed")).one()
    assert event.before is not None and event.before["reassigns"] is True


def test_a_change_that_somebody_else_made_first_is_not_overwritten(session: Session, admin: Visitor) -> None:
    given = form(session, amount_basis="net_outstanding")
    session.execute(update(CollectionSettings).values(version=CollectionSettings.version + 1))
    answer = admin.post(PAGE + "all", given)
    assert answer.status_code == 422 and "Somebody else changed this" in answer.text
    assert session.scalar(select(CollectionSettings.amount_basis)) is AmountBasis.DELINQUENT


def test_an_admin_chooses_who_gets_what_fits_nobody(session: Session, admin: Visitor) -> None:
    book = factories.portfolio(session)
    boss, collector = factories.staff(session, Role.SUPERVISOR), factories.staff(session)
    field = f"supervisor-{book.id}"
    assert admin.post(PAGE + "portfolios", {field: collector.id}).status_code == 422
    assert admin.post(PAGE + "portfolios", {field: boss.id}).status_code == 303
    assert session.get_one(PortfolioCollectionSettings, book.id).supervisor_id == boss.id
    assert collectors.supervisors(session)[book.id] == boss.id
    assert admin.post(PAGE + "portfolios", {field: 0}).status_code == 303
    assert collectors.supervisors(session) == {}


def test_a_supervisor_who_does_not_see_the_portfolio_is_refused(session: Session, admin: Visitor) -> None:
    book, other = factories.portfolio(session), factories.portfolio(session)
    boss = factories.staff(session, Role.SUPERVISOR, portfolios=[other])
    answer = admin.post(PAGE + "portfolios", {f"supervisor-{book.id}": boss.id})
    assert answer.status_code == 422 and f"{boss.name} does not see {book.name}." in answer.text


def test_an_admin_of_one_portfolio_changes_that_one_only(client: FlaskClient, session: Session) -> None:
    book, other = factories.portfolio(session), factories.portfolio(session)
    boss = factories.staff(session, Role.SUPERVISOR)
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN, portfolios=[book]))
    assert f"supervisor-{other.id}" not in admin.get(PAGE).text
    admin.post(PAGE + "portfolios", {f"supervisor-{other.id}": boss.id})
    assert session.get(PortfolioCollectionSettings, other.id) is None


def test_any_days_can_be_thresholds_and_the_night_notes_each_crossing_once(session: Session, admin: Visitor) -> None:
    assert 'value="30, 60"' in admin.get(PAGE).text
    assert admin.post(PAGE + "all", form(session, thresholds="7 45")).status_code == 303
    session.expire_all()
    assert collectors.settings(session).thresholds == [7, 45]
    # Due 46 days and 8 days before the night's date: later than 45 and 7 from that night on. The third was so the day before.
    first, second, third = (factories.account(session, lines=[(TODAY - n * DAY, 5_400)], today=TODAY - DAY) for n in (46, 8, 47))
    for _ in range(2):
        for on in (TODAY - DAY, TODAY):
            aging.age(session, first=first.id, last=third.id, on=on, now=clock.now())
    rows = session.execute(select(ThresholdCrossing.account_id, ThresholdCrossing.threshold, ThresholdCrossing.business_on))
    noted = {(row[0], row[1]) for row in rows if row[2] == TODAY}
    assert noted == {(first.id, 45), (second.id, 7)}
    everybody = Viewer(staff_id=0, role=Role.ADMIN)
    session.expire_all()
    assert alerts.counts(session, everybody, since_on=TODAY, today=TODAY) == {7: 1, 45: 1}
    assert attention(session, everybody, today=TODAY).alerts == 2
    html = admin.get("/admin/collections/?crossed=45").text
    assert first.account_number in html and second.account_number not in html
    admin.post(PAGE + "all", form(session, thresholds=""))
    session.expire_all()
    assert alerts.counts(session, everybody, since_on=TODAY, today=TODAY) == {}
    assert attention(session, everybody, today=TODAY).alerts == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("30, sixty", "“sixty” is no whole number of days"),
        ("30.5", "“30.5” is no whole number of days"),
        ("-3", "“-3” is no whole number of days"),
        ("60, 30", "from low to high"),
        ("30, 30", "each once"),
        ("0, 30", "between 1 and 999 days"),
        ("1000", "between 1 and 999 days"),
        ("1 2 3 4 5 6 7 8 9 10 11", "at most 10 thresholds"),
    ],
)
def test_wrong_thresholds_are_refused_with_a_sentence(typed: str, said: str) -> None:
    with pytest.raises(RuleViolation, match=re.escape(said)):
        thresholds.from_text(typed)


def test_a_wrong_threshold_stands_beside_its_field_and_nothing_is_saved(session: Session, admin: Visitor) -> None:
    answer = admin.post(PAGE + "all", form(session, thresholds="60, 30", amount_basis="net_outstanding"))
    assert answer.status_code == 422 and "from low to high" in answer.text and 'value="60, 30"' in answer.text
    session.expire_all()
    row = collectors.settings(session)
    assert (row.thresholds, row.amount_basis) == ([30, 60], AmountBasis.DELINQUENT)


def test_a_payment_that_is_taken_back_is_a_crossing_only_for_who_was_not_beyond_it_before(session: Session) -> None:
    was, is_new = factories.account(session), factories.account(session)
    session.add(
        AccountSnapshot(
            account_id=was.id, business_on=TODAY - DAY, days_past_due=34, past_due_cents=1, balance_cents=1, status=was.status
        )
    )
    session.flush()
    for account in (was, is_new):
        for _ in range(2):
            crossings.note(session, account.id, days_before=0, days_after=35, today=TODAY)
    assert session.scalars(select(ThresholdCrossing.account_id)).all() == [is_new.id]
