"""Collection Settings: both parts, and that what does not fit is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.collections.assigning import AmountBasis
from app.domain.reporting.jobs import StepName
from app.domain.staff.roles import Role
from app.models import AuditEvent, BucketChange, CollectionSettings, PortfolioCollectionSettings
from app.queries.collections import alerts, collectors
from app.queries.scope import Viewer
from app.services.staff import audit
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

PAGE = "/admin/collection-settings/"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Visitor:
    """An admin who sees all portfolios."""
    return signed_in(client, session, factories.staff(session, Role.ADMIN))


def form(session: Session, **given: object) -> list[tuple[str, object]]:
    """The form as it comes from the page, with every step ticked but those in `off`."""
    off, days = given.pop("off", ()), given.pop("thresholds", (30, 60))
    row = collectors.settings(session)
    values: dict[str, object] = {"amount_basis": "delinquent", "reassigns": "y", "version": row.version} | given
    steps = [("steps", step.value) for step in StepName if step.value not in off]  # type: ignore[operator]
    return [(name, value) for name, value in values.items() if value is not None] + steps + [("thresholds", one) for one in days]  # type: ignore[attr-defined]


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


def test_an_admin_chooses_what_is_an_alert(session: Session, admin: Visitor) -> None:
    account = factories.account(session, lines=[(TODAY - dt.timedelta(days=91), 5_400)])
    session.add(
        BucketChange(
            account_id=account.id,
            business_on=TODAY,
            from_days=90,
            to_days=91,
            from_bucket="61-90",
            to_bucket="90+",
            reason="end of day",
        )
    )
    everybody = Viewer(staff_id=0, role=Role.ADMIN)
    assert alerts.counts(session, everybody, since_on=TODAY, today=TODAY) == {30: 0, 60: 0}
    assert admin.post(PAGE + "all", form(session, thresholds=(90,))).status_code == 303
    session.expire_all()
    assert alerts.counts(session, everybody, since_on=TODAY, today=TODAY) == {90: 1}
    admin.post(PAGE + "all", form(session, thresholds=()))
    session.expire_all()
    assert alerts.counts(session, everybody, since_on=TODAY, today=TODAY) == {}
