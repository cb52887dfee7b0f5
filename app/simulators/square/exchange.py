"""One request to Square's API and what really comes back: the answer, or what a fault makes of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from app.simulators.square.documents import Document
from app.simulators.square.errors import CODE_OF_STATUS, Complaint
from app.simulators.square.faults import Fault, FaultQueue
from app.simulators.square.request_log import RequestLog
from app.simulators.square.simulation import CONTROLS, Simulation

# Where a fault tells the application that the card is to decline.
DECLINE = "simulator.decline"
JSON = "application/json"
PROXY_PAGE = b"<!doctype html><title>502</title><h1>The upstream server is taking a break</h1>"


@dataclass(frozen=True)
class Incoming:
    """A request as it came over the wire. `target` is the path with its query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.target.partition("?")[0]

    def fields(self) -> dict[str, Any]:
        """The JSON object in the body; empty when there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Reply:
    """An answer for the wire. With `is_cut` only the headers and half of the body go out."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False


@dataclass(frozen=True)
class Reset:
    """No answer: the connection is reset."""


@dataclass(frozen=True)
class Silence:
    """No answer: the connection stays open and silent for that many seconds, or until the asker gives up."""

    seconds: float


Outcome = Reply | Reset | Silence


class Exchange:
    """Answers requests, each on the thread of its connection. `is_stopping` cuts all waiting short."""

    def __init__(self, application: Flask, simulation: Simulation, is_stopping: threading.Event) -> None:
        self._application = application
        self._simulation = simulation
        self._faults = FaultQueue(simulation.store)
        self._log = RequestLog(simulation.store)
        self._is_stopping = is_stopping

    def answer(self, incoming: Incoming) -> Outcome:
        """What goes back for a request. The simulator's own controls are never struck by a fault and not logged."""
        if incoming.path.startswith(CONTROLS):
            return self._ask(incoming)
        with self._simulation.store.transaction():
            fault = self._faults.take(incoming.method, incoming.path, fields := incoming.fields())
            latency_ms = self._simulation.setting("latency_ms")
            entry = self._log.open(
                incoming.method, incoming.path, fields, at=self._simulation.stamp(), fault=fault.kind if fault else None
            )
        self._wait(latency_ms)
        outcome = self._ask(incoming) if fault is None else self._struck(incoming, fault)
        with self._simulation.store.transaction():
            self._log.close(entry, str(outcome.status) if isinstance(outcome, Reply) else type(outcome).__name__.lower())
        return outcome

    def _struck(self, incoming: Incoming, fault: Fault) -> Outcome:
        if fault.when == "before" and fault.delay_ms:
            self._wait(fault.delay_ms)
            if self._is_stopping.is_set():
                return Reset()
        if fault.kind == "decline":
            return self._ask(incoming, decline=fault.code)
        if fault.when == "before" and fault.kind != "delay":
            return _instead_of_an_answer(fault)
        answer = self._ask(incoming)
        if fault.when == "after":
            self._wait(fault.delay_ms)
        return _spoiled(fault, answer)

    def _ask(self, incoming: Incoming, *, decline: str | None = None) -> Reply:
        environ = EnvironBuilder(
            path=incoming.target,
            method=incoming.method,
            headers=list(incoming.headers.items()),
            data=incoming.body,
            environ_overrides={DECLINE: decline},
        ).get_environ()
        response = Response.from_app(self._application, environ, buffered=True)
        return Reply(response.status_code, response.get_data(), response.mimetype or JSON)

    def _wait(self, milliseconds: float) -> None:
        if milliseconds:
            self._is_stopping.wait(milliseconds / 1000)


def _instead_of_an_answer(fault: Fault) -> Outcome:
    """What a fault shows that has no use for the true answer."""
    if fault.kind == "time_out":
        return Silence(fault.seconds)
    if fault.kind == "reset":
        return Reset()
    if fault.kind == "html":
        return Reply(200, PROXY_PAGE, "text/html; charset=utf-8")
    if fault.kind == "empty":
        return Reply(200, b"{}")
    code = fault.code or CODE_OF_STATUS.get(fault.status, "TEMPORARY_ERROR" if fault.status >= 500 else "BAD_REQUEST")
    complaint = Complaint(code, fault.detail or "A fault that was asked for.")
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Reply(fault.status, json.dumps({"errors": [complaint.as_json()]}).encode(), headers=headers)


def _spoiled(fault: Fault, answer: Reply) -> Outcome:
    """What a fault makes of the true answer."""
    if fault.kind == "delay":
        return answer
    if fault.kind == "half_body":
        return replace(answer, is_cut=True)
    if fault.kind == "wrong_amount":
        return replace(
            answer, body=_with_payments_changed(answer.body, lambda payment: _set_another_amount(payment, fault.cents))
        )
    if fault.kind == "wrong_answer":
        return replace(answer, body=_with_payments_changed(answer.body, lambda payment: payment.update(fault.fields)))
    return _instead_of_an_answer(fault)


def _with_payments_changed(body: bytes, change: Callable[[Document], None]) -> bytes:
    shown = json.loads(body)
    for payment in [shown["payment"]] if "payment" in shown else shown.get("payments", []):
        change(payment)
    return json.dumps(shown).encode()


def _set_another_amount(payment: Document, cents: int | None) -> None:
    for name in ("amount_money", "total_money", "approved_money"):
        if name in payment:
            payment[name]["amount"] = payment[name]["amount"] + 1 if cents is None else cents
