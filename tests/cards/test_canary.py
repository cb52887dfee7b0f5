"""A card number and a token that come in where they should not: no log, no API log, no audit, no job, no table keeps them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.gateways.square import SquareAccess, SquareGateway
from app.gateways.square_directory import SquareDirectory
from app.models import Base
from app.simulators.square.remote import SquareSimulator
from tasks import card_entry, card_sync, square_events
from tasks.gateways import FAKE, FAKE_DIRECTORY, Calls, write
from tests import factories
from tests.square_notes import bring, listening
from tests.visitor import signed_in

NUMBER = "5555341244441115"
NUMBERS = (NUMBER, "5555 3412 4444 1115", "5555-3412-4444-1115")
TOKEN = "cnon:canary7f3a9b2c"
SECRETS = (*NUMBERS, TOKEN)


HOLDS = 'select 1 from "{table}" t where position(:secret in t::text) > 0 limit 1'


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


@pytest.fixture
def calls(app: Flask, headless_app: Flask, simulator: SquareSimulator) -> Iterator[Calls]:
    """The real SDK against the simulator, whose calls are kept by the test."""
    simulator.reset()
    made = Calls()
    gateway = SquareGateway(SquareAccess("simulator", simulator.token, simulator.location_id, simulator.url), made.record)
    for each in (app, headless_app):
        each.config[FAKE], each.config[FAKE_DIRECTORY] = gateway, SquareDirectory(gateway)
    yield made
    for each in (app, headless_app):
        del each.config[FAKE], each.config[FAKE_DIRECTORY]


def found(session: Session, *secrets: str) -> list[str]:
    """Tables of which a row holds a secret."""
    session.expire_all()
    session.flush()
    return [
        f"{table.name}: {secret}"
        for table in Base.metadata.sorted_tables
        for secret in secrets
        if session.execute(text(HOLDS.format(table=table.name)), {"secret": secret}).first()
    ]


def in_redis(redis: Redis) -> list[str]:
    """The same of the queue."""
    kept = [redis.dump(key) or b"" for key in redis.scan_iter()]
    return [secret for secret in SECRETS if any(secret.encode() in each for each in kept)]


def loaded(type: str, object_id: str) -> bytes:
    """A notification that is full of what it should not hold."""
    told = {
        "merchant_id": NUMBER,
        "type": type,
        "event_id": f"ev-{type}",
        "created_at": "2026-11-20T15:00:00Z",
        "note": TOKEN,
        "data": {
            "type": type.partition(".")[0],
            "id": object_id,
            "object": {"card_number": NUMBERS[1], "source_id": TOKEN, "note": NUMBERS[2]},
        },
    }
    return json.dumps(told).encode()


@pytest.mark.parametrize("type", ["payment.updated", "refund.updated", "dispute.created", "card.updated", "customer.updated"])
def test_what_a_notification_holds_is_nowhere_afterwards(
    app: Flask, client: FlaskClient, session: Session, redis: Redis, calls: Calls, capfd: pytest.CaptureFixture[str], type: str
) -> None:
    with listening(app, session):
        assert bring(client, loaded(type, "nobody-knows-it")).status_code == 200
        bring(client, loaded(type, "forged"), signature="AAAA")
        bring(client, f'{{"broken": "{NUMBER} {TOKEN}"'.encode())
        square_events.apply()
    write(calls)
    told = "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in told] == []
    assert found(session, *SECRETS) == []
    assert in_redis(redis) == []


def test_what_card_sync_asks_and_hears_is_in_no_log_no_audit_and_no_job(
    client: FlaskClient,
    session: Session,
    redis: Redis,
    calls: Calls,
    simulator: SquareSimulator,
    capfd: pytest.CaptureFixture[str],
) -> None:
    customer = factories.account(session).customer
    office = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    for number in NUMBERS:
        office.get(f"/admin/card-sync/{customer.id}?q={number}")
    for secret in SECRETS:
        customer_with(simulator, note=secret)
    card_sync.sync_all(actor=factories.actor())
    simulator.fault("status", endpoint="*", status=400, code="BAD_REQUEST", detail=f"{NUMBERS[1]} is no customer", count=9)
    for sync in (lambda: card_sync.sync_all(actor=factories.actor()), lambda: _one(customer.id)):
        with pytest.raises(RuleViolation):
            sync()
    office.post(f"/admin/card-sync/{customer.id}/refresh", {})
    write(calls)
    told = "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in told] == []
    assert found(session, *SECRETS) == []
    assert in_redis(redis) == []


def customer_with(simulator: SquareSimulator, **told: str) -> None:
    """Somebody wrote at Square what does not belong there."""
    request = urllib.request.Request(
        f"{simulator.url}/v2/customers",
        json.dumps({"given_name": "Jordan", **told}).encode(),
        {"Authorization": f"Bearer {simulator.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def _one(customer_id: int) -> None:
    card_sync.sync_customer(customer_id, actor=factories.actor())


def test_a_token_of_the_fields_is_used_once_and_kept_nowhere(
    session: Session, redis: Redis, calls: Calls, simulator: SquareSimulator, capfd: pytest.CaptureFixture[str]
) -> None:
    customer = factories.account(session).customer
    customer.square_customer_id = simulator.seed([{"reference_id": "C-1", "given_name": "Jordan"}])[0]["customer_id"]
    session.flush()
    simulator.fault("status", endpoint="POST /v2/cards", status=400, code="BAD_REQUEST", detail=f"{NUMBER} is no card")
    for _ in range(2):  # Refused by a fault, then unknown to Square.
        with pytest.raises(Exception, match="No card was added"):
            card_entry.add(customer.id, token=TOKEN, key="once", actor=factories.actor())
    write(calls)
    told = "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in told] == []
    assert found(session, *SECRETS) == []
    assert in_redis(redis) == []
