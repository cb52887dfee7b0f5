"""Forms of plain records: explicit columns, one transaction, no lost update, rules beside their fields, audit."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import AuditEvent, Company, Customer, CustomerPhone, Dealer, Device, Office, Region
from tests import factories
from tests.admin_views.grid.cast import Cast, lease
from tests.admin_views.grid.conftest import Enter

NEW = "/admin/org/dealers/new/"


@pytest.fixture
def shop(people: Cast, session: Session) -> Dealer:
    """A dealer."""
    row = Dealer(portfolio_id=people.book.id, code="D1", name="Main Street")
    session.add(row)
    session.flush()
    return row


def form_of(shop: Dealer, **given: object) -> dict[str, object]:
    return {
        "portfolio": shop.portfolio_id,
        "office": "__None",
        "code": shop.code,
        "name": shop.name,
        "is_active": "y",
        "version": shop.version,
    } | given


def test_a_record_is_created_with_its_code_in_capitals_and_its_audit_event(people: Cast, enter: Enter, session: Session) -> None:
    posted = {"portfolio": people.book.id, "office": "__None", "code": " d7 ", "name": "Second  Street", "is_active": "y"}
    answer = enter(people.admin).post(NEW, posted)
    assert (answer.status_code, answer.location) == (303, "/admin/org/dealers/")
    row = session.scalars(select(Dealer)).one()
    assert (row.code, row.name, row.portfolio_id, row.is_active) == ("D7", "Second Street", people.book.id, True)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "dealer created")).one()
    assert (event.actor_id, event.entity, event.entity_id) == (people.admin.id, "dealer", row.id)
    assert event.after is not None
    assert event.after["portfolio"] == "Ohio Valley"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"code": ""}, "Fill this in."),
        ({"code": "a b"}, "A code has letters, digits, - and _"),
        ({"code": "X" * 21}, "At most 20 characters fit here."),
        ({"name": ""}, "Fill this in."),
        ({"name": "  "}, "Give it a name."),
        ({"code": "D1"}, "There is one with this code already."),
        ({"portfolio": "999999"}, "Choose one of these."),
    ],
)
def test_what_a_rule_refuses_stands_beside_its_field_and_nothing_is_written(
    people: Cast, enter: Enter, session: Session, shop: Dealer, given: dict[str, str], sentence: str
) -> None:
    posted = form_of(shop, code="D2", name="Another") | given
    answer = enter(people.admin).post(NEW, posted)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(session.scalars(select(Dealer.id)).all()) == 1


def test_a_change_that_somebody_else_made_meanwhile_is_never_overwritten(
    people: Cast, enter: Enter, session: Session, shop: Dealer
) -> None:
    visitor = enter(people.admin)
    address = f"/admin/org/dealers/edit/?id={shop.id}"
    opened = visitor.get(address).text
    version = re.search(r'name="version" value="(\d+)"', opened)
    assert version is not None
    session.execute(update(Dealer).where(Dealer.id == shop.id).values(name="Theirs", version=Dealer.version + 1))
    posted = form_of(shop, name="Mine", version=version[1])
    refused = visitor.post(address, posted)
    assert refused.status_code == 422
    assert "Somebody else changed this in the meantime" in refused.text
    assert 'value="Mine"' in refused.text
    again = visitor.post(address, posted)
    assert again.status_code == 422
    session.expire_all()
    assert session.get_one(Dealer, shop.id).name == "Theirs"


def test_a_form_without_its_version_is_refused(people: Cast, enter: Enter, session: Session, shop: Dealer) -> None:
    posted = form_of(shop, name="Mine")
    del posted["version"]
    assert enter(people.admin).post(f"/admin/org/dealers/edit/?id={shop.id}", posted).status_code == 422


def test_a_change_says_before_and_after_in_the_audit_trail_and_only_what_changed(
    people: Cast, enter: Enter, session: Session, shop: Dealer
) -> None:
    visitor = enter(people.admin)
    visitor.post(f"/admin/org/dealers/edit/?id={shop.id}", form_of(shop, name="Main Avenue"))
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "dealer changed")).one()
    assert (event.before, event.after) == ({"name": "Main Street"}, {"name": "Main Avenue"})
    session.expire_all()
    visitor.post(f"/admin/org/dealers/edit/?id={shop.id}", form_of(session.get_one(Dealer, shop.id)))
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.action == "dealer changed")).all()) == 1


def test_what_is_in_use_cannot_be_removed_and_says_so(people: Cast, enter: Enter, session: Session, shop: Dealer) -> None:
    people.own.dealer_id = shop.id
    session.flush()
    visitor = enter(people.admin)
    visitor.post(f"/admin/org/dealers/delete/?id={shop.id}")
    with visitor.client.session_transaction() as browser:
        assert browser["_flashes"] == [("error", "Main Street is still in use (account), so it stays. Make it inactive instead.")]
    session.expire_all()
    assert session.get(Dealer, shop.id) is not None


def test_a_part_of_the_organisation_gets_the_portfolio_of_its_parent(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.admin)
    visitor.post("/admin/org/companies/new/", {"portfolio": people.book.id, "code": "C1", "name": "One", "is_active": "y"})
    company = session.scalars(select(Company)).one()
    visitor.post("/admin/org/regions/new/", {"company": company.id, "code": "R1", "name": "North", "is_active": "y"})
    region = session.scalars(select(Region)).one()
    visitor.post(
        "/admin/org/offices/new/", {"region": region.id, "code": "O1", "name": "Columbus", "phone": "", "is_active": "y"}
    )
    office = session.scalars(select(Office)).one()
    assert (region.portfolio_id, office.portfolio_id) == (people.book.id, people.book.id)
    other = factories.portfolio(session)
    posted = {"portfolio": other.id, "office": office.id, "code": "D1", "name": "Shop"}
    assert "That office belongs to another portfolio." in visitor.post(NEW, posted).text


def test_a_dealer_with_accounts_stays_in_its_portfolio(people: Cast, enter: Enter, session: Session, shop: Dealer) -> None:
    people.own.dealer_id = shop.id
    other = factories.portfolio(session)
    answer = enter(people.admin).post(f"/admin/org/dealers/edit/?id={shop.id}", form_of(shop, portfolio=other.id))
    assert "It has accounts, so it stays in its portfolio." in answer.text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"time_zone": "Mars/Olympus"}, "That is no time zone"),
        ({"currency": "usd"}, "A currency has three capital letters"),
        ({"tolerance_cents": "100.01"}, "The tolerance is between"),
        ({"tolerance_cents": "ten"}, "is not an amount of money"),
    ],
)
def test_a_portfolio_refuses_what_cannot_be(people: Cast, enter: Enter, given: dict[str, str], sentence: str) -> None:
    good = {"code": "TX", "name": "Texas", "currency": "USD", "time_zone": "America/Chicago", "tolerance_cents": "0.50"}
    answer = enter(people.admin).post("/admin/org/portfolios/new/", good | given)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_tolerance_is_typed_in_dollars_and_kept_in_cents(people: Cast, enter: Enter, session: Session) -> None:
    posted = {
        "code": people.book.code,
        "name": people.book.name,
        "currency": "USD",
        "time_zone": "America/New_York",
        "tolerance_cents": "1.25",
        "is_active": "y",
        "version": people.book.version,
    }
    visitor = enter(people.admin)
    assert visitor.post(f"/admin/org/portfolios/edit/?id={people.book.id}", posted).status_code == 303
    session.expire_all()
    assert people.book.tolerance_cents == 125
    assert 'value="1.25"' in visitor.get(f"/admin/org/portfolios/edit/?id={people.book.id}").text


def test_staff_kept_to_some_portfolios_do_not_open_a_new_one(people: Cast, enter: Enter, session: Session) -> None:
    people.admin.portfolios = [people.book]
    session.flush()
    assert enter(people.admin).get("/admin/org/portfolios/new/").status_code == 403


def test_a_customer_is_corrected_by_a_supervisor(people: Cast, enter: Enter, session: Session) -> None:
    customer = session.get_one(Customer, people.own.customer_id)
    posted = {
        "first_name": "Jordan",
        "last_name": "Ellison-Reyes",
        "email": "",
        "state": "oh",
        "zip_code": "43215",
        "monthly_income_cents": "2,400",
        "version": customer.version,
    }
    visitor = enter(people.supervisor)
    address = f"/admin/records/customers/edit/?id={customer.id}"
    assert "That is no e-mail address." in visitor.post(address, posted | {"email": "nobody"}).text
    assert "A ZIP code has five digits" in visitor.post(address, posted | {"zip_code": "432"}).text
    assert visitor.post(address, posted).status_code == 303
    session.expire_all()
    changed = session.get_one(Customer, customer.id)
    assert (changed.last_name, changed.email, changed.state, changed.monthly_income_cents) == (
        "Ellison-Reyes",
        None,
        "OH",
        240_000,
    )


def test_another_phone_becomes_the_primary_one(people: Cast, enter: Enter, session: Session) -> None:
    first = session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == people.own.customer_id)).one()
    second = CustomerPhone(customer_id=people.own.customer_id, e164="+16145550199", kind="home")
    session.add(second)
    session.flush()
    posted = {"kind": "mobile", "is_primary": "y"}
    assert enter(people.supervisor).post(f"/admin/records/phones/edit/?id={second.id}", posted).status_code == 303
    session.expire_all()
    assert (first.is_primary, second.is_primary, second.kind.value) == (False, True, "mobile")


def test_a_device_refuses_an_imei_whose_check_digit_is_wrong(people: Cast, enter: Enter, session: Session) -> None:
    device = session.get_one(Device, people.own.device_id)
    posted = {"model": "Pixel 8a", "imei": "49-015420-323751-8", "cost_cents": "300.00", "version": device.version}
    visitor = enter(people.supervisor)
    address = f"/admin/records/devices/edit/?id={device.id}"
    assert "An IMEI has 15 digits" in visitor.post(address, posted | {"imei": "490154203237519"}).text
    assert visitor.post(address, posted).status_code == 303
    session.expire_all()
    assert (device.model, device.imei, device.cost_cents) == ("Pixel 8a", "490154203237518", 30_000)


def test_an_empty_form_shows_what_the_database_would_fill_in(people: Cast, enter: Enter) -> None:
    page = enter(people.admin).get("/admin/org/portfolios/new/").text
    assert re.search(r'<input[^>]*checked[^>]*name="is_active"', page)
    assert re.search(r'name="currency"[^>]*value="USD"', page)
    assert re.search(r'name="tolerance_cents"[^>]*value="0.00"', page)


def test_forms_open_in_the_side_sheet(people: Cast, enter: Enter, session: Session, shop: Dealer) -> None:
    lease(session, people.book, "Any", "One")
    visitor = enter(people.admin)
    for path in (NEW, f"/admin/org/dealers/edit/?id={shop.id}", f"/admin/org/dealers/delete/?id={shop.id}"):
        sheet = visitor.get(path, headers={"X-Fragment": "1"}).text
        assert sheet.lstrip().startswith("<div data-fragment")
        assert "<form" in sheet
