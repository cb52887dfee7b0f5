"""Card Sync: who is linked by a scan and who is not, which card counts, and what a supervisor does about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import Account, Card, Customer, SquareCustomer, SquareMatch
from app.services.payments import cards_on_file
from app.services.staff.audit import SYSTEM
from tasks import card_sync
from tests import factories
from tests.cards.conftest import FakeDirectory
from tests.visitor import Visitor, signed_in


@pytest.fixture
def ann(session: Session) -> Account:
    book = factories.portfolio(session)
    person = factories.customer(session, book, first_name="Ann", last_name="Lee", email="Ann@Example.com")
    return factories.account(session, book, customer=person)


@pytest.fixture
def supervisor(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR))


def cards(session: Session, customer: Customer) -> dict[str, tuple[bool, bool]]:
    """Card → (enabled, primary)."""
    session.expire_all()
    rows = session.scalars(select(Card).where(Card.customer_id == customer.id).order_by(Card.square_card_id))
    return {card.square_card_id: (card.is_enabled, card.is_primary) for card in rows}


def test_a_scan_links_who_is_certain_and_brings_the_cards(session: Session, square: FakeDirectory, ann: Account) -> None:
    person = ann.customer
    square.add("SQ-1", reference_id=ann.account_number, given_name="Ann", family_name="Lee", cards=["ccof:1", "ccof:2"])
    square.add("SQ-2", given_name="Ann", family_name="Lee", cards=["ccof:3"])
    square.add("SQ-3", given_name="Pat", family_name="Doe")
    counts = card_sync.sync_all(actor=SYSTEM)
    assert counts == {"customers": 3, "gone": 0, "linked": 1, "cards": 3, "changed_cards": 2}
    assert person.square_customer_id == "SQ-1"
    assert cards(session, person) == {"ccof:1": (True, True), "ccof:2": (True, False)}
    assert card_sync.sync_all(actor=SYSTEM) == counts | {"linked": 0, "changed_cards": 0}


@pytest.mark.parametrize("told", [{"email": "ann@example.com"}, {"phone": "(614) 555-0177"}])
def test_email_and_phone_link_as_well_but_not_under_another_name(
    session: Session, square: FakeDirectory, ann: Account, told: dict[str, str]
) -> None:
    ann.customer.phones[0].e164 = "+16145550177"
    session.flush()
    square.add("SQ-1", given_name="Pat", family_name="Doe", **told)
    card_sync.sync_all(actor=SYSTEM)
    assert ann.customer.square_customer_id is None
    assert "the name there is Pat Doe" in str(session.scalars(select(SquareMatch.why)).one())
    square.add("SQ-1", given_name="Ann", family_name="Lee", version=1, **told)
    card_sync.sync_all(actor=SYSTEM)
    session.expire_all()
    assert ann.customer.square_customer_id == "SQ-1"


def test_two_customers_of_ours_with_one_email_are_left_to_a_person(session: Session, square: FakeDirectory, ann: Account) -> None:
    twin = factories.customer(session, ann.portfolio, first_name="Ann", last_name="Lee", email="ann@example.com")
    square.add("SQ-1", given_name="Ann", family_name="Lee", email="ann@example.com")
    assert card_sync.sync_all(actor=SYSTEM)["linked"] == 0
    assert {row.customer_id for row in session.scalars(select(SquareMatch))} == {ann.customer_id, twin.id}


def test_who_is_not_in_the_list_any_more_is_gone_and_nobody_is_when_square_does_not_answer(
    session: Session, square: FakeDirectory, ann: Account
) -> None:
    square.add("SQ-1", given_name="Pat")
    card_sync.sync_all(actor=SYSTEM)
    square.people.clear()
    square.problem = "HTTP 500"
    with pytest.raises(RuleViolation, match="Square did not answer"):
        card_sync.sync_all(actor=SYSTEM)
    assert not session.scalars(select(SquareCustomer.is_gone)).one()
    square.problem = None
    card_sync.sync_all(actor=SYSTEM)
    session.expire_all()
    assert session.scalars(select(SquareCustomer.is_gone)).one()


def test_an_older_version_of_a_card_changes_nothing(session: Session, square: FakeDirectory, ann: Account) -> None:
    square.add("SQ-1", reference_id=ann.account_number, cards=["ccof:1"])
    card_sync.sync_all(actor=SYSTEM)
    newer = replace(square.plastic["ccof:1"], version=5, expires_year=2033, issuer_alert="ISSUER_ALERT_CARD_CLOSED")
    older = replace(square.plastic["ccof:1"], version=4, expires_year=2029, is_enabled=False)
    assert cards_on_file.keep(session, [newer], now=now()) == 1
    assert cards_on_file.keep(session, [older], now=now()) == 0
    card = session.scalars(select(Card)).one()
    assert (card.expires_year, card.is_enabled, card.issuer_alert, card.square_version) == (
        2033,
        True,
        "ISSUER_ALERT_CARD_CLOSED",
        5,
    )


def test_a_supervisor_finds_links_chooses_and_disables(
    session: Session, square: FakeDirectory, ann: Account, supervisor: Visitor
) -> None:
    person, page = ann.customer, f"/admin/card-sync/{ann.customer_id}"
    square.add("SQ-9", given_name="Annie", family_name="Lee", email="ann@example.com", cards=["ccof:1", "ccof:2"])
    supervisor.post(f"{page}/refresh")
    session.expire_all()
    assert person.square_customer_id is None
    there = session.scalars(select(SquareCustomer)).one()
    shown = supervisor.get(f"{page}?q=lee").text
    assert "the name there is Annie Lee" in shown
    assert f"/link/{there.id}" in shown
    assert supervisor.get("/admin/card-sync/?maybe=1").text.count("To decide: 1") == 1
    supervisor.post(f"{page}/link/{there.id}")
    assert cards(session, person) == {"ccof:1": (True, True), "ccof:2": (True, False)}
    second = session.scalars(select(Card).where(Card.square_card_id == "ccof:2")).one()
    supervisor.post(f"/admin/card-sync/cards/{second.id}/primary")
    assert cards(session, person) == {"ccof:1": (True, False), "ccof:2": (True, True)}
    supervisor.post(f"/admin/card-sync/cards/{second.id}/disable")
    assert cards(session, person) == {"ccof:1": (True, True), "ccof:2": (False, False)}
    assert not square.plastic["ccof:2"].is_enabled
    supervisor.post(f"{page}/unlink")
    assert cards(session, person) == {"ccof:1": (False, False), "ccof:2": (False, False)}
    supervisor.post(f"{page}/link/{there.id}")
    assert cards(session, person) == {"ccof:1": (True, True), "ccof:2": (False, False)}


def test_a_card_that_square_did_not_disable_stays_as_it_is(
    session: Session, square: FakeDirectory, ann: Account, supervisor: Visitor
) -> None:
    square.add("SQ-1", reference_id=ann.account_number, cards=["ccof:1"])
    card_sync.sync_all(actor=SYSTEM)
    square.problem = "HTTP 503"
    card = session.scalars(select(Card)).one()
    answer = supervisor.post(f"/admin/card-sync/cards/{card.id}/disable", follow_redirects=True)
    assert "the card is still on file: HTTP 503" in answer.text
    assert cards(session, ann.customer) == {"ccof:1": (True, True)}


def test_one_at_square_belongs_to_one_customer(
    session: Session, square: FakeDirectory, ann: Account, supervisor: Visitor
) -> None:
    square.add("SQ-1", reference_id=ann.account_number)
    card_sync.sync_all(actor=SYSTEM)
    other = factories.account(session, ann.portfolio)
    there = session.scalars(select(SquareCustomer)).one()
    answer = supervisor.post(f"/admin/card-sync/{other.customer_id}/link/{there.id}", follow_redirects=True)
    assert "is linked to another customer already" in answer.text
    session.expire_all()
    assert other.customer.square_customer_id is None


def test_cards_that_need_somebody_stand_in_views_of_their_own(
    session: Session, square: FakeDirectory, ann: Account, supervisor: Visitor
) -> None:
    fine = factories.account(session, ann.portfolio, customer=factories.customer(session, ann.portfolio, last_name="Fine"))
    square.add("SQ-1", reference_id=ann.account_number, cards=["ccof:1"])
    square.add("SQ-2", reference_id=fine.account_number, cards=["ccof:2"])
    square.plastic["ccof:2"] = replace(square.plastic["ccof:2"], fingerprint="print of ccof:1")
    square.plastic["ccof:1"] = replace(square.plastic["ccof:1"], expires_month=now().month, expires_year=now().year)
    card_sync.sync_all(actor=SYSTEM)
    expiring = supervisor.get("/admin/card-sync/?expiring=1").text
    assert "Ann Lee" in expiring
    assert "Jordan Fine" not in expiring
    assert "Ann Lee" not in supervisor.get("/admin/card-sync/?alert=1").text
    shared = supervisor.get("/admin/card-sync/?shared=1").text
    assert "Ann Lee" in shared
    assert "Jordan Fine" in shared
