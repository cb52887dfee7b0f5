"""The door for Square's notifications: closed by default, opened by a right signature, each event once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.domain.payments.square_events import EventState, Notice
from app.domain.staff.roles import Role
from app.models import Card, Job, Setting, SquareCustomer, SquareEvent
from app.services.payments import square_events
from app.services.staff.audit import SYSTEM
from tasks import card_sync
from tasks import square_events as doorway
from tasks.perform import perform
from tests import factories
from tests.cards.conftest import FakeDirectory
from tests.square_notes import PATH, body_of, bring, listening, signature_of
from tests.visitor import signed_in


@pytest.fixture
def is_listening(app: Flask, client: FlaskClient, session: Session) -> Iterator[None]:
    with listening(app, session):
        yield


def events(session: Session) -> list[tuple[str, EventState]]:
    session.expire_all()
    return [(row.event_id, row.state) for row in session.scalars(select(SquareEvent).order_by(SquareEvent.id))]


def test_it_is_off_until_somebody_turns_it_on(client: FlaskClient, session: Session, is_listening: None) -> None:
    session.execute(delete(Setting).where(Setting.name == square_events.SETTING))
    session.commit()
    body = body_of("payment.updated", "p1")
    assert bring(client, body).status_code == 404
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    page = admin.get("/admin/settings/webhooks/").text
    assert "https://desk.example.com/webhooks/square" in page
    assert "While this is off" in page
    admin.post("/admin/settings/webhooks/switch", {"on": "1"})
    assert bring(client, body).status_code == 200
    admin.post("/admin/settings/webhooks/switch", {"on": "0"})
    assert bring(client, body).status_code == 404


def test_without_a_key_it_cannot_be_turned_on(app: Flask, client: FlaskClient, session: Session) -> None:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = before.model_copy(update={"square_environment": "sandbox"})
    try:
        admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
        answer = admin.post("/admin/settings/webhooks/switch", {"on": "1"}, follow_redirects=True)
    finally:
        app.config["SETTINGS"] = before
    assert "Set SQUARE_WEBHOOK_URL and SQUARE_WEBHOOK_SIGNATURE_KEY first" in answer.text
    assert not square_events.are_on(session)


@pytest.mark.parametrize(
    ("signature", "status"),
    [("", 401), ("forged", 401), (signature_of(b"another body"), 401), ("\u00ff", 401)],
)
def test_a_wrong_signature_leaves_nothing(
    client: FlaskClient, session: Session, is_listening: None, signature: str, status: int
) -> None:
    assert bring(client, body_of("payment.updated", "p1"), signature=signature).status_code == status
    assert client.post(PATH, data=body_of("payment.updated", "p1")).status_code == 401
    assert events(session) == []


def test_a_signature_for_another_address_or_key_is_wrong(client: FlaskClient, session: Session, is_listening: None) -> None:
    body = body_of("payment.updated", "p1")
    for signature in (signature_of(body, url="https://evil.example.com/webhooks/square"), signature_of(body, key="old")):
        assert bring(client, body, signature=signature).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"nonsense", b'{"event_id": 7}', b"\xff\xfe"])
def test_what_is_no_event_is_refused(client: FlaskClient, session: Session, is_listening: None, body: bytes) -> None:
    assert bring(client, body).status_code in (400, 401)
    assert events(session) == []


def test_more_than_64_kib_is_refused_unread(client: FlaskClient, session: Session, is_listening: None) -> None:
    body = body_of("payment.updated", "p1") + b" " * 64 * 1024
    assert bring(client, body).status_code == 413
    assert events(session) == []


def test_an_event_is_kept_once_and_its_work_is_left_to_one_job(client: FlaskClient, session: Session, is_listening: None) -> None:
    first = [bring(client, body_of("card.updated", "ccof:1")).get_json() for _ in range(5)]
    assert [answer["is_new"] for answer in first] == [True, False, False, False, False]
    bring(client, body_of("card.updated", "ccof:1", "ev-2"))
    bring(client, body_of("inventory.updated", "x", "ev-3"))
    assert events(session) == [
        ("ev-1", EventState.WAITING),
        ("ev-2", EventState.WAITING),
        ("ev-3", EventState.IGNORED),
    ]
    jobs = session.scalar(select(func.count()).select_from(Job).where(Job.kind == "apply_square_events"))
    assert jobs == 1


def test_cards_and_customers_are_asked_again_whatever_the_hint_says(
    client: FlaskClient, session: Session, is_listening: None, square: FakeDirectory
) -> None:
    account = factories.account(session)
    square.add("SQ-1", reference_id=account.account_number, cards=["ccof:1", "ccof:2"])
    card_sync.sync_all(actor=SYSTEM)
    square.plastic["ccof:1"] = replace(square.plastic["ccof:1"], version=3, expires_year=2034)
    del square.plastic["ccof:2"]
    bring(client, body_of("card.automatically_updated", "ccof:1", "ev-1"))
    bring(client, body_of("card.forgotten", "ccof:2", "ev-2"))
    square.add("SQ-2", given_name="Pat", family_name="Doe")
    bring(client, body_of("customer.created", "SQ-2", "ev-3"))
    bring(client, body_of("customer.deleted", "SQ-9", "ev-4"))
    doorway.apply()
    assert {state for _, state in events(session)} == {EventState.DONE}
    cards = {card.square_card_id: card for card in session.scalars(select(Card))}
    assert (cards["ccof:1"].expires_year, cards["ccof:1"].square_version) == (2034, 3)
    assert not cards["ccof:2"].is_enabled
    assert session.scalar(select(SquareCustomer.family_name).where(SquareCustomer.square_id == "SQ-2")) == "Doe"


def test_without_an_answer_it_is_tried_again_later_and_given_up_in_the_end(
    client: FlaskClient, session: Session, is_listening: None, square: FakeDirectory
) -> None:
    bring(client, body_of("card.updated", "ccof:1"))
    square.cards_are_silent = True
    assert doorway.apply() == {"looked_up": 0, "unanswered": 1}
    session.expire_all()
    row = session.scalars(select(SquareEvent)).one()
    assert (row.state, row.tries) == (EventState.WAITING, 1)
    assert row.look_at is not None
    assert row.look_at > now()
    assert doorway.needed() == []
    for _ in range(20):
        square_events.later(session, ["ev-1"], "HTTP 500", now=now())
    assert (row.state, row.look_at) == (EventState.FAILED, None)


def test_what_was_missed_is_asked_for_and_what_is_known_stays(
    client: FlaskClient, session: Session, is_listening: None, square: FakeDirectory
) -> None:
    bring(client, body_of("customer.updated", "SQ-1", "ev-1"))
    square.happened = [Notice(f"ev-{number}", "customer.updated", "SQ-1", now()) for number in (1, 2, 3)]
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    assert "between 1 and 28 days" in admin.post("/admin/settings/webhooks/replay", {"days": "99"}, follow_redirects=True).text
    admin.post("/admin/settings/webhooks/replay", {"days": "2"})
    job = session.scalars(select(Job).where(Job.kind == "replay_square_events")).one()
    perform(job.id)
    session.expire_all()
    assert job.result == {"found": 3, "new": 2, "looked_up": 1, "unanswered": 0}
    assert [row.is_replayed for row in session.scalars(select(SquareEvent).order_by(SquareEvent.event_id))] == [False, True, True]
