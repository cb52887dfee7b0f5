"""API Logs: what was asked outside stands there, nothing secret does, and old calls go by themselves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from app.clock import now
from app.domain.staff.roles import Role
from app.gateways.calls import ApiCall as Made
from app.gateways.cards import ChargeRequest
from app.gateways.square import SquareAccess, SquareGateway
from app.models import ApiCall, Setting
from app.services.reporting import api_log
from app.simulators.square.remote import SquareSimulator
from tasks.gateways import Calls, write
from tests import factories
from tests.visitor import signed_in

TOKEN = "EAAAcanarytokenQ7w9"
CARD = "4111 1111 1111 1111"


def call(**given: object) -> Made:
    values = {"at": now(), "service": "square", "endpoint": "GET /v2/locations", "request": {}, "status": 200}
    return Made(**{**values, "error": None, "milliseconds": 12, **given})  # type: ignore[arg-type]


def test_a_manager_sees_what_was_asked_for_whom_and_what_came_of_it(client: FlaskClient, session: Session) -> None:
    account = factories.account(session)
    api_log.keep(
        session,
        [
            call(
                endpoint="POST /v2/payments",
                request={"note": "A-1"},
                status=402,
                error="HTTP 402: CARD_DECLINED",
                account_id=account.id,
            ),
            call(endpoint="GET /v2/payments", status=None, error="No answer: ReadTimeout"),
        ],
    )
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    page = manager.get("/admin/api-logs/").text
    for said in (account.account_number, "POST /v2/payments", "HTTP 402: CARD_DECLINED", "No answer", "note: &#34;A-1&#34;"):
        assert said in page
    found = manager.get(f"/admin/api-logs/?q={account.account_number}").text
    assert "POST /v2/payments" in found
    assert "ReadTimeout" not in found
    assert "Nothing was asked" not in manager.get("/admin/api-logs/?failed=1").text
    row = session.query(ApiCall).order_by(ApiCall.id).first()
    assert row is not None
    details = manager.get(f"/admin/api-logs/details/?id={row.id}").text
    assert "&#34;note&#34;: &#34;A-1&#34;" in details


def test_a_manager_of_another_portfolio_does_not_see_the_call(client: FlaskClient, session: Session) -> None:
    account = factories.account(session)
    other = factories.portfolio(session)
    api_log.keep(session, [call(endpoint="POST /v2/payments", account_id=account.id), call(endpoint="GET /v2/locations")])
    stranger = factories.staff(session, Role.MANAGER)
    stranger.portfolios.append(other)
    session.flush()
    page = signed_in(client, session, stranger).get("/admin/api-logs/").text
    assert "POST /v2/payments" not in page
    assert "GET /v2/locations" in page


def test_calls_whose_retention_is_over_go_and_newer_ones_stay(session: Session) -> None:
    session.add(Setting(name=api_log.SETTING, value=30, changed_at=now()))
    api_log.keep(session, [call(at=now() - dt.timedelta(days=days)) for days in (0, 29, 31, 300)])
    session.flush()
    assert api_log.forget(session, now=now()) == 2
    assert session.query(ApiCall).count() == 2


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


def everything_kept(session: Session, redis: Redis) -> str:
    """All rows of all tables and everything in Redis, as one text."""
    kept: list[str] = []
    for table in inspect(session.connection()).get_table_names():
        kept += session.scalars(text(f'select row_to_json(t)::text from "{table}" t')).all()
    for key in redis.scan_iter():
        kept.append(repr((key, redis.dump(key))))
    return "\n".join(kept)


def test_neither_token_nor_card_number_is_kept_anywhere(
    client: FlaskClient,
    session: Session,
    redis: Redis,
    simulator: SquareSimulator,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    bare = CARD.replace(" ", "")
    account = factories.account(session)
    body = {
        "source_id": bare,
        "idempotency_key": "canary",
        "note": f"card {CARD}",
        "verification_token": TOKEN,
        "amount_money": {"amount": 100, "currency": "USD"},
        "location_id": simulator.location_id,
    }
    calls = Calls()
    for token, url in ((TOKEN, simulator.url), (simulator.token, simulator.url), (TOKEN, "http://127.0.0.1:9")):
        gateway = SquareGateway(SquareAccess("simulator", token, simulator.location_id, url), calls.record)
        gateway.charge(ChargeRequest(json.dumps(body), account_id=account.id))
        gateway.payment(bare)
    write(calls)
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    pages = [
        admin.get("/admin/api-logs/").text,
        admin.get(f"/admin/nothing/{bare}").text,
        admin.get(f"/admin/api-logs/details/?id={bare}").text,
        admin.client.post("/admin/settings/default-payments", data={"weekly": bare, "token": TOKEN}).text,  # No CSRF token.
    ]
    assert session.query(ApiCall).count() == 6
    out, err = capfd.readouterr()
    written = {
        "database and Redis": everything_kept(session, redis),
        "logs": caplog.text + out + err,
        "pages": "\n".join(pages),
    }
    for place, kept in written.items():
        for secret in (TOKEN, CARD, bare, simulator.token):
            assert secret not in kept, (place, secret)
