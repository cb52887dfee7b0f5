"""A card is added through Square's own fields: only their token comes to us, on one page with a content policy of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from app.models import Account, AuditEvent, Card
from app.settings import Settings
from tests import factories
from tests.cards.conftest import FakeDirectory
from tests.visitor import Visitor, signed_in

TOKEN = "cnon:typed-0123456789abcdef-4242"


@pytest.fixture
def account(session: Session, app: Flask) -> Iterator[Account]:
    """Somebody who is linked to Square, and a Square at an address of its own."""
    before: Settings = app.config["SETTINGS"]
    given = {"square_environment": "sandbox", "square_base_url": "http://127.0.0.1:4711", "square_location_id": "L"}
    app.config["SETTINGS"] = before.model_copy(update={**given, "square_access_token": SecretStr("t")})
    found = factories.account(session)
    found.customer.square_customer_id = "CUST1"
    session.flush()
    yield found
    app.config["SETTINGS"] = before


def office(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR))


def where(account: Account) -> str:
    return f"/admin/accounts/{account.id}/cards/new"


def policy(answer: object) -> dict[str, str]:
    text: str = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return {name: rest for name, _, rest in (each.partition(" ") for each in text.split("; "))}


def test_only_this_page_lets_squares_script_and_frame_in(client: FlaskClient, session: Session, account: Account) -> None:
    visitor = office(client, session)
    page = visitor.get(where(account))
    assert '<script src="http://127.0.0.1:4711/v1/square.js">' in page.text
    allowed = policy(page)
    for directive in ("script-src", "frame-src", "connect-src"):
        assert "http://127.0.0.1:4711" in allowed[directive]
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<input[^>]*(card-?number|cc-number|cvv)", page.text)
    for other in ("/admin/", f"/admin/accounts/{account.id}"):
        assert "4711" not in visitor.get(other).headers["Content-Security-Policy"]


def test_a_token_becomes_one_card_on_file(client: FlaskClient, session: Session, account: Account, square: FakeDirectory) -> None:
    visitor = office(client, session)
    for _ in range(2):
        visitor.post(where(account), {"key": "once", "token": TOKEN})
    session.expire_all()
    (card,) = session.scalars(select(Card)).all()
    assert (card.last_four, card.is_primary, card.square_card_id) == ("4242", True, "ccof:once")
    assert session.scalars(select(AuditEvent.action).where(AuditEvent.action == "card added")).first()
    assert "VISA" in visitor.get(f"/admin/accounts/{account.id}").text


@pytest.mark.parametrize("typed", ["4111111111111111", "", "cnon:<script>"])
def test_what_is_no_token_of_squares_is_refused_and_asked_of_nobody(
    client: FlaskClient, session: Session, account: Account, square: FakeDirectory, typed: str
) -> None:
    refused = office(client, session).post(where(account), {"key": "once", "token": typed})
    assert refused.status_code == 422
    assert not typed or typed not in refused.text
    assert square.plastic == {}


def test_squares_refusal_is_said_and_nothing_is_kept(
    client: FlaskClient, session: Session, account: Account, square: FakeDirectory
) -> None:
    square.problem = "INVALID_CARD_DATA"
    refused = office(client, session).post(where(account), {"key": "once", "token": TOKEN})
    assert refused.status_code == 422
    assert "INVALID_CARD_DATA" in refused.text
    assert session.scalars(select(Card)).all() == []


def test_somebody_who_is_not_linked_is_sent_to_card_sync(client: FlaskClient, session: Session, account: Account) -> None:
    account.customer.square_customer_id = None
    session.flush()
    assert "Card Sync" in office(client, session).get(where(account)).text


def test_without_an_application_the_page_says_what_to_set(client: FlaskClient, session: Session) -> None:
    account = factories.account(session)
    page = office(client, session).get(where(account))
    assert page.status_code == 200
    assert "cannot be added here" in page.text
