"""Faults on demand: the page of a demonstration, and what the simulator does after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from app.models import AuditEvent
from app.settings import Mode, Settings
from app.simulators.square.faults import fault_from
from app.simulators.square.remote import SquareSimulator
from app.simulators.square.scenarios import SCENARIOS, label_of
from tests import factories
from tests.visitor import Visitor, signed_in

PAGE = "/admin/settings/square-simulator/"
CALM = {
    "now-latency_ms": "0",
    "now-list_lag_seconds": "0",
    "now-webhooks_to_lose": "0",
    "now-webhooks_to_double": "0",
    "now-webhook_delay_seconds": "0",
    "now-refund_outcome": "COMPLETED",
}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SquareSimulator]:
    with SquareSimulator.start(tmp_path_factory.mktemp("square")) as running:
        yield running


@pytest.fixture
def at_home(app: Flask, simulator: SquareSimulator) -> Iterator[SquareSimulator]:
    """The product as a demonstration whose simulator is this one."""
    before: Settings = app.config["SETTINGS"]
    changed = {"mode": Mode.DEMONSTRATION, "square_environment": None, "square_base_url": None, "home": simulator.home}
    app.config["SETTINGS"] = before.model_copy(update=changed)
    simulator.reset()
    yield simulator
    app.config["SETTINGS"] = before


def admin(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.ADMIN))


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_scenario_is_a_fault_that_can_be_and_is_called_by_its_name(name: str) -> None:
    plan = dict(SCENARIOS[name].plan)
    fault_from(plan)
    assert label_of(plan) == SCENARIOS[name].label


def test_an_admin_chooses_what_strikes_and_clears_it(client: FlaskClient, session: Session, at_home: SquareSimulator) -> None:
    office = admin(client, session)
    assert "Nothing waits." in office.get(PAGE).text
    office.post(PAGE, {"fault-scenario": "funds", "fault-count": "3", "fault-skip": "1"})
    (waiting,) = at_home.faults()
    assert (waiting["kind"], waiting["code"], waiting["remaining"], waiting["to_skip"]) == ("decline", "INSUFFICIENT_FUNDS", 3, 1)
    assert "Declined: no funds" in office.get(PAGE).text
    wrong = office.post(PAGE, {"fault-scenario": "funds", "fault-count": "0", "fault-skip": "0"})
    assert wrong.status_code == 422
    office.post(f"{PAGE}clear", {})
    assert at_home.faults() == []
    said = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("square simulator")))
    assert sorted(said) == ["square simulator: fault planned", "square simulator: faults cleared"]


def test_an_admin_turns_notifications_and_speed(client: FlaskClient, session: Session, at_home: SquareSimulator) -> None:
    office = admin(client, session)
    office.post(PAGE, {**CALM, "now-webhooks_to_lose": "2", "now-latency_ms": "7", "now-refund_outcome": "FAILED"})
    told = at_home.ask("GET", "settings")
    assert (told["webhooks_to_lose"], told["latency_ms"], told["refund_outcome"]) == (2, 7, "FAILED")
    assert office.post(PAGE, {**CALM, "now-latency_ms": "-1"}).status_code == 422


def test_without_a_simulator_the_page_says_so(
    app: Flask, client: FlaskClient, session: Session, at_home: SquareSimulator
) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"home": at_home.home / "nothing"})
    page = admin(client, session).get(PAGE)
    assert page.status_code == 200
    assert "cannot be asked" in page.text


@pytest.mark.parametrize(
    ("changed", "address"),
    [
        ({"mode": Mode.PRODUCTION}, "127.0.0.1"),
        ({"square_environment": "sandbox"}, "127.0.0.1"),
        ({"square_base_url": "http://127.0.0.1:1"}, "127.0.0.1"),
        ({}, "203.0.113.7"),
    ],
)
def test_elsewhere_the_page_is_not_there(
    app: Flask, client: FlaskClient, session: Session, at_home: SquareSimulator, changed: dict[str, object], address: str
) -> None:
    office = admin(client, session)
    assert office.get(PAGE).status_code == 200
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update=changed)
    assert client.get(PAGE, environ_overrides={"REMOTE_ADDR": address}).status_code == 404


def test_notifications_are_lost_doubled_and_late(simulator: SquareSimulator) -> None:
    simulator.reset()
    simulator.set_webhook("http://127.0.0.1:9/hook", "key")
    simulator.set(webhooks_held=True, webhooks_to_lose=1, webhooks_to_double=1)
    for number in range(3):
        simulator.seed([{"reference_id": f"C-{number}", "given_name": "Jordan"}])
    left = [each["type"] for each in simulator.deliveries()]
    assert left == ["customer.created"] * 3, "the first is lost, the second comes twice, the third once"
    told = simulator.ask("GET", "settings")
    assert (told["webhooks_to_lose"], told["webhooks_to_double"]) == (0, 0)
