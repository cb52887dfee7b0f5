"""The process: where it listens, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.simulators.square.remote import ControlRefused, SquareSimulator
from tests.simulators.conftest import ANN, Payer, Sdk, eventually, sdk


def test_the_ready_file_says_how_to_reach_it_and_is_the_owners_alone(simulator_process: SquareSimulator) -> None:
    path = simulator_process.home / "square.json"
    ready = json.loads(path.read_text())
    assert set(ready) == {"url", "pid", "token", "location_id", "environment"}
    assert ready["environment"] == "sandbox"
    assert ready["url"].startswith("http://127.0.0.1:")
    os.kill(ready["pid"], 0)  # Raises when there is no such process.
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((simulator_process.home / "square-simulator.sqlite3").stat().st_mode) == 0o600


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.com", "::"])
def test_it_refuses_to_listen_to_other_machines(tmp_path: Path, host: str) -> None:
    command = [sys.executable, "-m", "app.simulators.square", "--home", str(tmp_path), "--host", host]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert f"serves this machine only; {host} is not a loopback address" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_cannot_work_on_one_home(simulator_process: SquareSimulator) -> None:
    with pytest.raises(ControlRefused, match="Another simulator is running"):
        SquareSimulator.start(simulator_process.home)
    assert simulator_process.set()["latency_ms"] == 0


def test_a_ready_file_that_a_killed_one_left_behind_is_not_believed(tmp_path: Path) -> None:
    killed = SquareSimulator.start(tmp_path)
    assert SquareSimulator.find(tmp_path).pid == killed.pid
    killed.kill()
    assert (tmp_path / "square.json").exists()
    with pytest.raises(ControlRefused, match="No simulator runs"):
        SquareSimulator.find(tmp_path)


def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path, simulator_process: SquareSimulator) -> None:
    with pytest.raises(ControlRefused, match="Address already in use"):
        SquareSimulator.start(tmp_path, port=simulator_process.port)


def test_a_stop_finishes_what_is_in_flight_and_takes_the_ready_file_along(tmp_path: Path) -> None:
    running = SquareSimulator.start(tmp_path)
    payer, client = Payer(running), sdk(running, is_checked=False)
    running.fault("delay", when="after", delay_ms=60_000, count=32)
    with ThreadPoolExecutor(32) as threads:
        charges = [threads.submit(client.payments.create, **payer.request(f"k-{number}")) for number in range(32)]
        eventually(lambda: len(running.payments()) == 32)
        assert running.stop() == 0
        assert {charge.result().payment.status for charge in charges} == {"COMPLETED"}
    assert not (tmp_path / "square.json").exists()


def test_a_stop_does_not_wait_for_silences_and_idle_connections(tmp_path: Path) -> None:
    running = SquareSimulator.start(tmp_path)
    idle = httpx.Client()
    idle.get(running.url)
    client = sdk(running, is_checked=False)
    running.fault("time_out", endpoint="GET /v2/locations")
    with ThreadPoolExecutor(1) as thread:
        silence = thread.submit(client.locations.list)
        eventually(lambda: len(running.requests(outcome="silence")) == 1)
        assert running.stop() == 0
        assert isinstance(silence.exception(), httpx.RemoteProtocolError)
    idle.close()


def test_connections_are_kept_open_between_requests(simulator: SquareSimulator, ann: Payer) -> None:
    with httpx.Client(headers={"Authorization": f"Bearer {simulator.token}"}) as client:
        ports = [
            client.get(f"{simulator.url}/v2/{name}").extensions["network_stream"].get_extra_info("client_addr")
            for name in ("locations", "payments", "cards")
        ]
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/v2/nothing", "GET", 404, "NOT_FOUND"),
        ("/v2/payments", "DELETE", 405, "METHOD_NOT_ALLOWED"),
        ("/v2/payments", "POST", 400, "EXPECTED_JSON_BODY"),
    ],
)
def test_what_square_does_not_have_is_refused_in_squares_words(
    simulator: SquareSimulator, path: str, method: str, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {simulator.token}"}
    answer = httpx.request(method, simulator.url + path, headers=headers, content=b"[]")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


def test_the_controls_want_the_token_too(simulator: SquareSimulator) -> None:
    assert httpx.get(f"{simulator.url}/_simulator/payments").status_code == 401


def test_a_body_that_is_too_large_or_of_unknown_length_is_not_read(simulator: SquareSimulator) -> None:
    for header, status in (("Content-Length: 2000000", b"413"), ("Transfer-Encoding: chunked", b"411")):
        with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as raw:
            raw.sendall(f"POST /v2/payments HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
            assert raw.recv(100).split()[1] == status


def test_the_clock_can_be_set_off(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    before = square.payments.create(**ann.request("k-1")).payment.created_at
    simulator.set(clock_offset_seconds=-86_400)
    after = square.payments.create(**ann.request("k-2")).payment.created_at
    assert after < before and after[:10] != before[:10]


def test_a_reset_can_keep_customers_and_cards(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    square.payments.create(**ann.request("k-1"))
    simulator.set(latency_ms=1)
    simulator.reset(keep_customers=True)
    assert (simulator.payments(), simulator.requests(), simulator.set()["latency_ms"]) == ([], [], 0)
    assert square.payments.create(**ann.request("k-1", 5)).payment.amount_money.amount == 5
    simulator.reset()
    assert square.customers.list().items is None


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("PATCH", "settings", {"lag": 1}, "There is no setting `lag`"),
        ("PATCH", "settings", {"latency_ms": -1}, "`latency_ms` must be a number"),
        ("PATCH", "settings", {"refund_outcome": "LATER"}, "`refund_outcome` must be one of"),
        ("POST", "faults", {"faults": [{"kind": "fire"}]}, "There is no fault `fire`"),
        ("POST", "faults", {"faults": [{"kind": "decline", "code": "NO"}]}, "`code` must be a decline"),
        ("POST", "faults", {"faults": [{"kind": "half_body", "when": "before"}]}, "can only strike after"),
        (
            "POST",
            "faults",
            {"faults": [{"kind": "reset", "colour": 1}]},
            "Field `colour` is not known here. Known fields: kind, endpoint",
        ),
        ("POST", "faults", {}, "Send `{faults: "),
        ("POST", "seed", {"customers": [{}]}, "Row 1: Field `reference_id` must be set"),
        ("POST", "seed", {"customers": [{**ANN, "cards": [{"behaviour": "?"}]}]}, "Row 1, card 1: there is no behaviour"),
        ("POST", "disputes", {"payment_id": "NOTHING"}, "Could not find payment"),
        ("POST", "deliveries", {}, "There is no webhook"),
    ],
)
def test_a_control_that_cannot_be_is_refused_with_a_sentence(
    simulator: SquareSimulator, method: str, path: str, body: object, words: str
) -> None:
    with pytest.raises(ControlRefused) as refused:
        simulator.ask(method, path, body)
    assert words in str(refused.value)
