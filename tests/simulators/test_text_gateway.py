"""The simulated text gateway, over its wire in this process: what it keeps, how it fails, what it brings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from app.gateways.messages import Letter, Refused, Sent, Unknown
from app.gateways.text_webhook import TextGateway
from app.simulators.messages.gateway import Gateway, signature
from app.simulators.messages.wire import Wire

LETTER = Letter("key-1", "+16145550142", "Hello")


class _Product(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((raw, self.headers["X-Signature"]))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    """A simulator that listens, and a product that hears its replies."""
    product = ThreadingHTTPServer(("127.0.0.1", 0), _Product)
    product.heard = []  # type: ignore[attr-defined]
    made = Wire(
        ("127.0.0.1", 0),
        Gateway(tmp_path / "texts.jsonl", "secret"),
        token="t",
        reply_to=f"http://127.0.0.1:{product.server_port}/webhooks/texts",
    )
    made.product = product  # type: ignore[attr-defined]
    threads = [threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}) for one in (product, made)]
    for thread in threads:
        thread.start()
    yield made
    for one in (made, product):
        one.shutdown()
        one.server_close()
    for thread in threads:
        thread.join()


def gateway(wire: Wire, token: str = "t") -> TextGateway:
    return TextGateway(f"{wire.url}/messages", token)


def test_a_text_is_kept_once_and_remembered_over_a_restart(wire: Wire, tmp_path: Path) -> None:
    first, second = gateway(wire).send(LETTER), gateway(wire).send(LETTER)
    assert isinstance(first, Sent) and first == second
    assert [one["body"] for one in Gateway(tmp_path / "texts.jsonl", "secret").texts()] == ["Hello"]
    assert isinstance(gateway(wire).send(Letter("key-1", LETTER.to, "Another")), Refused)


def test_a_wrong_token_and_a_wrong_number_are_refused(wire: Wire) -> None:
    assert isinstance(gateway(wire, "guess").send(LETTER), Refused)
    assert isinstance(gateway(wire).send(Letter("k", "555-0142", "Hello")), Refused)
    assert wire.gateway.texts() == []


def test_a_lost_answer_is_unknown_and_the_same_key_finds_what_was_taken(wire: Wire) -> None:
    wire.gateway.plan_fault("lose")
    assert isinstance(gateway(wire).send(LETTER), Unknown)
    assert isinstance(gateway(wire).send(LETTER), Sent)
    assert len(wire.gateway.texts()) == 1


@pytest.mark.parametrize(("fault", "kind"), [("refuse", Refused), ("error", Unknown)])
def test_a_fault_strikes_as_often_as_planned(wire: Wire, fault: str, kind: type[object]) -> None:
    asked = httpx.post(f"{wire.url}/control/faults", json={"kind": fault, "times": 2}, headers={"Authorization": "Bearer t"})
    assert asked.status_code == 200
    assert [type(gateway(wire).send(LETTER)) for _ in range(3)] == [kind, kind, Sent]


def test_a_fault_that_there_is_not_is_refused(wire: Wire) -> None:
    with pytest.raises(ValueError, match="refuse, error, lose"):
        wire.gateway.plan_fault("explode")


def test_a_reply_is_brought_with_a_signature_over_its_very_bytes(wire: Wire) -> None:
    asked = httpx.post(
        f"{wire.url}/control/replies", json={"from": "+16145550142", "body": "STOP"}, headers={"Authorization": "Bearer t"}
    )
    assert asked.json() == {"status": 200}
    ((raw, signed),) = wire.product.heard  # type: ignore[attr-defined]
    assert signed == signature("secret", raw)
    assert b'"body": "STOP"' in raw
