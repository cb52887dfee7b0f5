"""Search: a name, a phone number, an account number, an IMEI, a card, in any way in which people type them."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.grid import page
from app.models import Account, Card, CustomerPhone, Device, Payment
from app.queries.listing import listing
from tests import factories
from tests.admin_views.grid.cast import Cast, ids_on, lease
from tests.admin_views.grid.conftest import Enter


@pytest.fixture
def wanted(people: Cast, session: Session) -> Account:
    """One account that can be found in every way."""
    row = lease(session, people.book, "Mary Ann", "De La Cruz", account_number="10482-771", approval_id="7654321")
    phone = session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == row.customer_id)).one()
    phone.e164 = "+17405550148"
    device = session.get_one(Device, row.device_id)
    device.imei, device.serial = "490154203237518", "F2LX77Q1"
    card = Card(
        customer_id=row.customer_id,
        square_card_id="ccof:1",
        brand="VISA",
        last_four="9934",
        expires_month=1,
        expires_year=2028,
        created_at=factories.NOW,
    )
    session.add(card)
    session.flush()
    return row


FINDING = (
    "mary ann de la cruz",
    "de la cruz mary ann",
    "mary a",
    "De La Cruz, Mary Ann",
    "MARY",
    "de la",
    "de la cr ma",
    "(740) 555-0148",
    "740-555-0148",
    "740.555.0148",
    "7405550148",
    "17405550148",
    "+1 740 555 0148",
    "555-0148",
    "5550148",
    "74055",
    "10482-771",
    "10482",
    "7654321",
    "765",
    "490154203237518",
    "490154 203237 518",
    "4901542",
    "F2LX77Q1",
    "f2lx77q1",
    "9934",
    "mary 0148",
    "de la 9934",
    "mary 10482",
    "mary 518",
)
"""What finds the account below."""

MISSING = ("maryann", "ann", "0148", "5550149", "490154203237519", "9935", "mary 0149", ",", "%", "_", "'", "mary%")
"""What comes near and does not."""


def test_an_account_is_found_by_whatever_somebody_has_at_hand(people: Cast, enter: Enter, wanted: Account) -> None:
    visitor = enter(people.admin)
    found = {typed: ids_on(visitor.get("/admin/accounts/", query_string={"q": typed}).text) for typed in FINDING}
    assert found == {typed: [wanted.id] for typed in FINDING}


def test_what_does_not_fit_is_not_found(people: Cast, enter: Enter, wanted: Account) -> None:
    visitor = enter(people.admin)
    found = {typed: ids_on(visitor.get("/admin/accounts/", query_string={"q": typed}).text) for typed in MISSING}
    assert found == {typed: [] for typed in MISSING}


def test_a_search_keeps_filters_and_order(people: Cast, enter: Enter, session: Session) -> None:
    rows = [lease(session, people.book, "Sam", f"Stone{number}") for number in range(3)]
    rows[1].balance_cents = 99_900
    session.flush()
    visitor = enter(people.admin)
    assert ids_on(visitor.get("/admin/accounts/?q=sam&sort=-balance_cents").text)[0] == rows[1].id
    assert ids_on(visitor.get("/admin/accounts/?q=sam&balance_from=999").text) == [rows[1].id]


def test_a_search_that_finds_very_many_says_so(
    people: Cast, enter: Enter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_FOUND", 2)
    monkeypatch.setattr(page, "MOST_FOUND", 2)
    for number in range(4):
        lease(session, people.book, "Sam", f"Stone{number}")
    text = enter(people.admin).get("/admin/accounts/?q=sam").text
    assert "More than 2 match; type another letter" in text


def test_rows_of_an_account_are_found_by_the_account(people: Cast, enter: Enter, wanted: Account) -> None:
    visitor = enter(people.admin)
    assert len(ids_on(visitor.get("/admin/records/customers/?q=10482-771").text)) == 1
    assert len(ids_on(visitor.get("/admin/records/phones/?q=9934").text)) == 1
    assert ids_on(visitor.get("/admin/records/ledger/?q=9934").text) == []


def test_the_palette_shows_what_decides(people: Cast, enter: Enter, wanted: Account) -> None:
    (accounts, lists) = enter(people.admin).get("/admin/search?q=mary+ann").get_json()["groups"]
    (item,) = accounts["items"]
    assert item["label"] == "Mary Ann De La Cruz"
    assert item["detail"] == "10482-771 · (740) 555-0148 · IPHONE 13 128GB"
    assert item["url"] == f"/admin/accounts/{wanted.id}"
    assert item["status"] == {"label": "Past due 42 d", "tone": "bad"}
    assert item["figure"] == "$108.00"
    assert lists["items"][0]["url"] == "/admin/accounts/?q=mary+ann"


def test_the_palette_finds_a_payment_by_its_reference(people: Cast, enter: Enter, wanted: Account, session: Session) -> None:
    for account, reference in ((wanted, "ZL-83020148"), (people.foreign, "ZL-1")):
        session.add(
            Payment(
                account_id=account.id,
                kind="payment",
                method="zelle",
                state="complete",
                amount_cents=2_000,
                received_at=factories.NOW,
                effective_on=factories.TODAY,
                posted_at=factories.NOW,
                posted_on=factories.TODAY,
                reference=reference,
            )
        )
    session.flush()
    (group,) = enter(people.admin).get("/admin/search?q=zl-83020148").get_json()["groups"]
    assert [item["label"] for item in group["items"]] == ["$20.00, Zelle, Nov 20, 2026"]
    assert enter(people.collector).get("/admin/search?q=ZL-83020148").get_json()["groups"] == []


@pytest.mark.parametrize("typed", ["", " ", "a", "\0\0", "%%"])
def test_the_palette_answers_nothing_to_next_to_nothing(people: Cast, enter: Enter, typed: str) -> None:
    answer = enter(people.admin).get("/admin/search", query_string={"q": typed})
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.get_json() == {"groups": []}
