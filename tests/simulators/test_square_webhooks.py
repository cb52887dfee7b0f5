"""Events: what is told, how it is signed, what happens when nobody listens, and how lost ones are found again."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from square.utils.webhooks_helper import verify_signature

from app.simulators.square.remote import ControlRefused, SquareSimulator
from tests.simulators.conftest import Payer, Sdk, eventually, refusal, sdk
from tests.simulators.square_contract import check_schema

KEY = "the-signature-key"
SCHEMAS = {
    "payment.created": "PaymentCreatedEvent",
    "payment.updated": "PaymentUpdatedEvent",
    "refund.updated": "RefundUpdatedEvent",
    "card.created": "CardCreatedEvent",
    "card.updated": "CardUpdatedEvent",
    "card.disabled": "CardDisabledEvent",
    "card.forgotten": "CardForgottenEvent",
    "card.automatically_updated": "CardAutomaticallyUpdatedEvent",
    "dispute.created": "DisputeCreatedEvent",
    "dispute.state.updated": "DisputeStateUpdatedEvent",
    "customer.updated": "CustomerUpdatedEvent",
    "customer.deleted": "CustomerDeletedEvent",
}


class Note(NamedTuple):
    """A notification as it arrived."""

    body: str
    headers: dict[str, str]

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        event: dict[str, Any] = json.loads(self.body)
        return event


class Listener:
    """A product that listens: keeps the notes and answers with the statuses it was told, then with 200."""

    def __init__(self) -> None:
        self.notes: queue.Queue[Note] = queue.Queue()
        self.statuses: queue.Queue[int] = queue.Queue()
        self.may_answer = threading.Event()
        self.may_answer.set()
        listener = self

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                # Kept before it is answered: afterwards the next one may overtake it.
                listener.notes.put(Note(body, {name.lower(): value for name, value in self.headers.items()}))
                listener.may_answer.wait(10)
                self.send_response(200 if listener.statuses.empty() else listener.statuses.get())
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/square"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def next(self) -> Note:
        """The next note, waited for."""
        return self.notes.get(timeout=10)

    def until(self, type: str) -> Note:
        """The next note of a type."""
        while (note := self.next()).event["type"] != type:
            pass
        return note


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listening product."""
    listening = Listener()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


def is_genuine(note: Note, url: str, key: str = KEY) -> bool:
    """What the SDK's own helper thinks of a note."""
    return bool(
        verify_signature(
            request_body=note.body,
            signature_header=note.headers["x-square-hmacsha256-signature"],
            signature_key=key,
            notification_url=url,
        )
    )


def test_nothing_is_sent_unless_a_webhook_is_set(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    square.payments.create(**ann.request("k-1"))
    assert simulator.deliveries() == []


def test_a_payment_is_told_signed_for_the_url_that_the_product_believes_to_have(
    square: Sdk, simulator: SquareSimulator, ann: Payer, listener: Listener
) -> None:
    believed = "https://leasedesk.example/webhooks/square"
    simulator.set_webhook(believed, KEY, deliver_to=listener.url)
    payment = square.payments.create(**ann.request("k-1")).payment
    created, updated = listener.next(), listener.next()
    assert (created.event["type"], updated.event["type"]) == ("payment.created", "payment.updated")
    assert created.event["data"]["object"]["payment"]["id"] == payment.id == created.event["data"]["id"]
    assert is_genuine(created, believed) and is_genuine(updated, believed)
    assert not is_genuine(created, listener.url) and not is_genuine(created, believed, key="another")
    assert created.headers["square-environment"] == "Sandbox"
    assert "square-retry-number" not in created.headers


def test_everything_that_happens_is_told_in_squares_words(square: Sdk, simulator: SquareSimulator, listener: Listener) -> None:
    simulator.set_webhook(listener.url, KEY)
    payer = Payer(simulator)
    payment = square.payments.create(**payer.request("k-1")).payment
    money: Any = {"amount": 1, "currency": "USD"}
    square.refunds.refund_payment(idempotency_key="r-1", payment_id=payment.id, amount_money=money)
    dispute = simulator.ask("POST", "disputes", {"payment_id": payment.id})["dispute"]
    square.disputes.accept(dispute["id"])
    simulator.ask("POST", f"cards/{payer.card_id}", {"exp_year": 2035})
    simulator.ask("POST", f"cards/{payer.card_id}", {"exp_year": 2036, "event": "card.automatically_updated"})
    square.cards.disable(payer.card_id)
    square.customers.update(payer.customer_id, note="moved")
    square.customers.delete(payer.customer_id)
    notes = [listener.next()]
    while notes[-1].event["type"] != "customer.deleted":
        notes.append(listener.next())
    assert [note.event["type"] for note in notes] == [
        "customer.created", "card.created", "payment.created", "payment.updated", "refund.created", "payment.updated",
        "refund.updated", "dispute.created", "dispute.state.updated", "card.updated", "card.automatically_updated",
        "card.disabled", "customer.updated", "card.forgotten", "customer.deleted",
    ]  # fmt: skip
    assert len({note.event["event_id"] for note in notes}) == len(notes)
    for note in notes:
        assert is_genuine(note, listener.url)
        if note.event["type"] in SCHEMAS:
            check_schema(SCHEMAS[note.event["type"]], note.event)


def test_a_note_that_is_not_taken_is_carried_again_with_its_number_and_the_others_go_on(
    square: Sdk, simulator: SquareSimulator, ann: Payer, listener: Listener
) -> None:
    simulator.set(webhook_retry_seconds=[0.05, 0.05])
    simulator.set_webhook(listener.url, KEY)
    for status in (500, 200, 503):
        listener.statuses.put(status)
    square.payments.create(**ann.request("k-1"))
    notes = [listener.next() for _ in range(4)]
    assert [note.event["type"] for note in notes] == [
        "payment.created",
        "payment.updated",
        "payment.created",
        "payment.created",
    ]
    assert len({notes[0].body, notes[2].body, notes[3].body}) == 1
    assert [note.headers.get("square-retry-number") for note in notes] == [None, None, "1", "2"]
    assert notes[3].headers["square-retry-reason"] == "http_error"
    eventually(lambda: not any(delivery["is_open"] for delivery in simulator.deliveries()))
    assert [(row["attempts"], row["outcome"]) for row in simulator.deliveries()] == [(3, "200"), (1, "200")]


def test_a_note_that_is_never_taken_is_given_up(square: Sdk, simulator: SquareSimulator, ann: Payer, listener: Listener) -> None:
    simulator.set(webhook_retry_seconds=[0])
    listener.server.shutdown()
    listener.server.server_close()
    simulator.set_webhook(listener.url, KEY)
    square.payments.create(**ann.request("k-1"))
    eventually(lambda: not any(delivery["is_open"] for delivery in simulator.deliveries()))
    assert [(row["attempts"], row["outcome"]) for row in simulator.deliveries()] == [(2, "other_error")] * 2


def test_held_notes_wait_and_can_be_carried_five_times_out_of_order_forged_or_unsigned(
    square: Sdk, simulator: SquareSimulator, ann: Payer, listener: Listener
) -> None:
    simulator.set(webhooks_held=True)
    simulator.set_webhook(listener.url, KEY)
    square.payments.create(**ann.request("k-1"))
    created, updated = (row["event_id"] for row in simulator.deliveries())
    assert simulator.carry(event_id=updated, times=5) == [200] * 5
    assert {listener.next().event["event_id"] for _ in range(5)} == {updated}
    simulator.carry(event_id=created)
    assert is_genuine(listener.next(), listener.url)
    simulator.carry(event_id=created, signature="forged")
    assert not is_genuine(listener.next(), listener.url)
    simulator.carry(event={"type": "payment.updated", "event_id": "x"}, signature="missing")
    assert "x-square-hmacsha256-signature" not in listener.next().headers
    assert listener.notes.empty()
    simulator.set(webhooks_held=False)
    assert [listener.next().event["event_id"], listener.next().event["event_id"]] == [created, updated]


def test_a_note_can_arrive_before_the_answer(unchecked: Sdk, simulator: SquareSimulator, ann: Payer, listener: Listener) -> None:
    simulator.set_webhook(listener.url, KEY)
    simulator.fault("delay", when="after", delay_ms=800)
    answers: list[str] = []
    charge = threading.Thread(target=lambda: answers.append(unchecked.payments.create(**ann.request("k-1")).payment.id))
    charge.start()
    note = listener.until("payment.updated")
    assert answers == []
    charge.join()
    assert answers == [note.event["data"]["id"]]


def test_notes_that_were_not_taken_are_carried_after_a_kill(tmp_path: Path, listener: Listener) -> None:
    doomed = SquareSimulator.start(tmp_path)
    payer = Payer(doomed)
    doomed.set(webhooks_held=True)
    doomed.set_webhook(listener.url, KEY)
    payment = sdk(doomed).payments.create(**payer.request("k-1")).payment
    doomed.kill()
    with SquareSimulator.start(tmp_path) as revived:
        revived.set(webhooks_held=False)
        assert listener.until("payment.updated").event["data"]["id"] == payment.id


def test_a_stop_waits_until_what_is_in_flight_is_answered(tmp_path: Path, listener: Listener) -> None:
    running = SquareSimulator.start(tmp_path)
    running.set_webhook(listener.url, KEY)
    listener.may_answer.clear()
    outcomes: list[int | str] = []
    carrying = threading.Thread(target=lambda: outcomes.extend(running.carry(event={"type": "payment.updated"})))
    carrying.start()
    listener.next()
    stopping = threading.Thread(target=running.stop)
    stopping.start()
    stopping.join(0.5)
    assert stopping.is_alive() and outcomes == []
    listener.may_answer.set()
    carrying.join()
    stopping.join()
    assert outcomes == [200]


def test_notes_never_leave_this_machine(simulator: SquareSimulator, square: Sdk) -> None:
    with pytest.raises(ControlRefused, match="this machine only"):
        simulator.set_webhook("http://example.com/hook", KEY)
    subscription: Any = {"name": "away", "notification_url": "https://example.com/hook"}
    assert refusal(square.webhooks.subscriptions.create, subscription=subscription)[2] == "INVALID_VALUE"


def test_events_are_searched_by_type_time_and_place_so_that_lost_notes_can_be_replayed(
    square: Sdk, simulator: SquareSimulator, ann: Payer
) -> None:
    square.payments.create(**ann.request("k-1"))
    simulator.set(clock_offset_seconds=60)
    late = square.payments.create(**ann.request("k-2")).payment
    asked: Any = {"filter": {"event_types": ["payment.created"], "location_ids": [simulator.location_id]}}
    found = square.events.search_events(query=asked, limit=1)
    assert [event.data.id for event in found.events] == [late.id] and found.cursor is not None
    assert [meta.event_id for meta in found.metadata] == [event.event_id for event in found.events]
    rest = square.events.search_events(query=asked, limit=1, cursor=found.cursor)
    assert len(rest.events) == 1 and rest.cursor is None
    since: Any = {"filter": {**asked["filter"], "created_at": {"start_at": late.created_at}}, "sort": {"order": "ASC"}}
    assert [event.data.object["payment"]["id"] for event in square.events.search_events(query=since).events] == [late.id]
    elsewhere: Any = {"filter": {"merchant_ids": ["ANOTHER"]}}
    assert square.events.search_events(query=elsewhere).events is None


def test_what_happens_while_events_are_disabled_is_never_found(square: Sdk, simulator: SquareSimulator, ann: Payer) -> None:
    square.events.disable_events()
    square.payments.create(**ann.request("k-1"))
    square.events.enable_events()
    asked: Any = {"filter": {"event_types": ["payment.created"]}}
    assert square.events.search_events(query=asked).events is None
    assert "payment.created" in square.events.list_event_types().event_types
    assert "payment.created" in square.webhooks.event_types.list().event_types


def test_a_subscription_is_told_only_what_it_asked_for_until_it_is_disabled(
    square: Sdk, simulator: SquareSimulator, ann: Payer, listener: Listener
) -> None:
    api = square.webhooks.subscriptions
    wanted: Any = {"name": "refunds", "event_types": ["refund.created"], "notification_url": listener.url}
    made = api.create(subscription=wanted, idempotency_key="s-1").subscription
    assert api.create(subscription=wanted, idempotency_key="s-1").subscription.id == made.id
    payment = square.payments.create(**ann.request("k-1")).payment
    money: Any = {"amount": 1, "currency": "USD"}
    square.refunds.refund_payment(idempotency_key="r-1", payment_id=payment.id, amount_money=money)
    note = listener.next()
    assert note.event["type"] == "refund.created" and is_genuine(note, listener.url, made.signature_key)
    key = api.update_signature_key(made.id).signature_key
    assert key != made.signature_key
    api.test(made.id)
    assert is_genuine(listener.next(), listener.url, key)
    assert api.update(made.id, subscription={"enabled": False}).subscription.enabled is False
    assert list(api.list()) == [] and len(list(api.list(include_disabled=True))) == 1
    square.refunds.refund_payment(idempotency_key="r-2", payment_id=payment.id, amount_money=money)
    assert [row["type"] for row in simulator.deliveries()] == ["refund.created", "refund.created"]
    assert api.get(made.id).subscription.name == "refunds"
    api.delete(made.id)
    assert refusal(api.get, subscription_id=made.id)[2] == "NOT_FOUND"
    bad: Any = {"name": "x", "event_types": ["lunch.served"], "notification_url": listener.url}
    assert refusal(api.create, subscription=bad)[2] == "INVALID_VALUE"
