"""The Weighting Table's page: what it refuses, what it shows before saving, and what saving does."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views import weights_form
from app.domain.collections.weights import DEFAULT, Table
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import Account, AuditEvent, CollectionStatus, WeightingTable
from app.services.staff import audit
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

pytestmark = pytest.mark.usefixtures("friday")
PAGE = "/admin/weights/"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Visitor:
    """An admin who sees all portfolios."""
    return signed_in(client, session, factories.staff(session, Role.ADMIN))


def late(session: Session, days: int, cents: int) -> Account:
    """An account with one line that is so many days late."""
    return factories.account(session, lines=[(TODAY - dt.timedelta(days=days), cents)])


def form(session: Session, **given: object) -> dict[str, object]:
    """The page's fields as they stand, with some of them changed."""
    row = session.get_one(WeightingTable, 1)
    return weights_form.fields(Table.from_json(row.weights), {}) | {"version": row.version} | given


def test_what_the_fields_hold_reads_back_as_the_same_table() -> None:
    table = Table(
        grid=((7,) * 6,) * 8, due_days=((1, 5),), averages=((3, 9), (10, 11)), balances=(0, 50, 100, 150, 20_050, 30_000)
    )
    shown = weights_form.fields(table, {"80": 12})
    assert (shown["balance-4"], shown["balance-5"], shown["status-80"]) == ("200.50", "300", "12")
    assert weights_form.read(shown) == (table, {"80": 12})


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"grid-3-2": "1.5"}, "grid-3-2", "“1.5” is no whole number."),
        ({"balance-1": "abc"}, "balance-1", "“abc” is not an amount of money."),
        ({"age-2": ""}, "age-2", "Enter a whole number."),
        ({"averages-points-1": "5"}, "averages-start-1", "Say from where these points count, or leave both empty."),
    ],
)
def test_what_is_no_number_is_refused_beside_its_field(given: dict[str, str], field: str, message: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        weights_form.read(weights_form.fields(DEFAULT, {}) | given)
    assert (refusal.value.field, refusal.value.message) == (field, message)


def test_bands_that_do_not_rise_are_refused_and_stay_on_the_page(session: Session, admin: Visitor) -> None:
    answer = admin.post(PAGE + "save", form(session, **{"age-2": "8"}))
    assert answer.status_code == 422
    assert "Each age band begins later than the one before: 8 comes after 8." in answer.text
    assert 'id="age-2" value="8"' in answer.text
    assert session.get_one(WeightingTable, 1).weights == DEFAULT.as_json()


def test_the_preview_shows_the_new_order_and_saves_nothing(session: Session, admin: Visitor) -> None:
    large, old = late(session, 5, 90_000), late(session, 100, 5_000)
    assert (large.worklist_weight, old.worklist_weight) == (905, 150)
    # Row 91 to 120 days, first column: up to a balance of $250.
    answer = admin.post(PAGE + "preview", form(session, **{"grid-6-0": "800"}))
    assert answer.status_code == 200
    assert "<b>2</b> of 2 accounts change their place." in answer.text
    assert answer.text.index(old.account_number) < answer.text.index(large.account_number)
    assert "<b>950</b>" in answer.text
    session.expire_all()
    assert old.worklist_weight == 150
    assert session.get_one(WeightingTable, 1).weights == DEFAULT.as_json()


def test_saving_weighs_every_account_and_is_audited(session: Session, admin: Visitor) -> None:
    account = late(session, 100, 5_000)
    answer = admin.post(PAGE + "save", form(session, **{"grid-6-0": "800", "status-00": "7"}))
    assert answer.status_code == 303
    session.expire_all()
    assert account.worklist_weight == 50 + 100 + 800 + 7
    assert session.scalar(select(CollectionStatus.weight).where(CollectionStatus.code == "00")) == 7
    audit.write_pending(session)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "weighting table changed")).one()
    assert event.after is not None and sorted(event.after) == ["grid", "statuses"]


def test_a_table_that_somebody_else_saved_first_is_not_overwritten(session: Session, admin: Visitor) -> None:
    given = form(session, **{"grid-0-0": "1"})
    admin.post(PAGE + "save", form(session, **{"grid-0-0": "2"}))
    answer = admin.post(PAGE + "save", given)
    assert answer.status_code == 422 and "Somebody else changed this" in answer.text
    session.expire_all()
    assert session.get_one(WeightingTable, 1).weights["grid"][0][0] == 2


def test_the_worklist_says_why_an_account_is_first_by_the_table_in_use(session: Session, admin: Visitor) -> None:
    account = late(session, 100, 5_000)
    admin.post(PAGE + "save", form(session, **{"grid-6-0": "800", "status-00": "7"}))
    session.expire_all()
    why = (
        "$50.00 past due (50) and 100 days past due (100) and 100 days late with $50.00 owed (800) and status 00 (7)"
        " make a weight of 957."
    )
    assert why in admin.get("/admin/collections/").text
    assert why in admin.get(f"/admin/collections/work?account={account.id}").text
