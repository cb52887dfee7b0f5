"""Square's API as a Flask application: which path is answered by which endpoint, and who may ask."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.simulators.square import (
    by_hand,
    cards,
    controls,
    customers,
    disputes,
    events,
    hosted,
    links,
    locations,
    notes,
    payments,
    refunds,
    subscriptions,
)
from app.simulators.square.courier import Courier
from app.simulators.square.errors import Refused, WrongControl, refuse
from app.simulators.square.exchange import DECLINE
from app.simulators.square.simulation import CONTROLS, Call, Endpoint, Simulation

ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/v2/payments", payments.create),
    ("GET", "/v2/payments", payments.listing),
    ("POST", "/v2/payments/cancel", payments.cancel_by_key),
    ("GET", "/v2/payments/<payment_id>", payments.retrieve),
    ("POST", "/v2/payments/<payment_id>/cancel", payments.cancel),
    ("POST", "/v2/payments/<payment_id>/complete", payments.complete),
    ("POST", "/v2/refunds", refunds.create),
    ("GET", "/v2/refunds", refunds.listing),
    ("GET", "/v2/refunds/<refund_id>", refunds.retrieve),
    ("POST", "/v2/online-checkout/payment-links", links.create),
    ("GET", "/v2/online-checkout/payment-links", links.listing),
    ("GET", "/v2/online-checkout/payment-links/<link_id>", links.retrieve),
    ("DELETE", "/v2/online-checkout/payment-links/<link_id>", links.delete),
    ("GET", "/v2/cards", cards.listing),
    ("POST", "/v2/cards", cards.create),
    ("GET", "/v2/cards/<card_id>", cards.retrieve),
    ("POST", "/v2/cards/<card_id>/disable", cards.disable),
    ("POST", "/v2/customers", customers.create),
    ("GET", "/v2/customers", customers.listing),
    ("POST", "/v2/customers/search", customers.search),
    ("GET", "/v2/customers/<customer_id>", customers.retrieve),
    ("PUT", "/v2/customers/<customer_id>", customers.update),
    ("DELETE", "/v2/customers/<customer_id>", customers.delete),
    ("GET", "/v2/disputes", disputes.listing),
    ("GET", "/v2/disputes/<dispute_id>", disputes.retrieve),
    ("POST", "/v2/disputes/<dispute_id>/accept", disputes.accept),
    ("GET", "/v2/locations", locations.listing),
    ("GET", "/v2/locations/<location_id>", locations.retrieve),
    ("POST", "/v2/events", events.search),
    ("PUT", "/v2/events/enable", events.enable),
    ("PUT", "/v2/events/disable", events.disable),
    ("GET", "/v2/events/types", events.types),
    ("GET", "/v2/webhooks/event-types", events.types),
    ("POST", "/v2/webhooks/subscriptions", subscriptions.create),
    ("GET", "/v2/webhooks/subscriptions", subscriptions.listing),
    ("GET", "/v2/webhooks/subscriptions/<subscription_id>", subscriptions.retrieve),
    ("PUT", "/v2/webhooks/subscriptions/<subscription_id>", subscriptions.update),
    ("DELETE", "/v2/webhooks/subscriptions/<subscription_id>", subscriptions.delete),
    ("POST", "/v2/webhooks/subscriptions/<subscription_id>/signature-key", subscriptions.renew_key),
    ("POST", "/v2/webhooks/subscriptions/<subscription_id>/test", subscriptions.test),
)

CONTROL_ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/settings", controls.read_settings),
    ("PATCH", "/settings", controls.change_settings),
    ("GET", "/faults", controls.read_faults),
    ("POST", "/faults", controls.add_faults),
    ("DELETE", "/faults", controls.clear_faults),
    ("POST", "/seed", controls.seed),
    ("POST", "/reset", controls.reset),
    ("GET", "/payments", controls.read_payments),
    ("GET", "/requests", controls.read_requests),
    ("POST", "/payments/<id>", by_hand.change_payment),
    ("POST", "/cards/<id>", by_hand.change_card),
    ("POST", "/disputes", by_hand.open_dispute),
    ("POST", "/disputes/<id>", by_hand.move_dispute),
    ("POST", "/refunds/<id>", by_hand.settle_refund),
    ("POST", "/links/<id>/pay", links.pay),
    ("PUT", "/webhook", notes.set_webhook),
    ("DELETE", "/webhook", notes.remove_webhook),
    ("GET", "/deliveries", notes.read_deliveries),
)


def create_application(simulation: Simulation, courier: Courier, token: str) -> Flask:
    """Square's endpoints and the simulator's controls behind one bearer token."""
    application = Flask("square_simulator", static_folder=None, template_folder=None)
    for method, path, endpoint in ROUTES:
        application.add_url_rule(path, f"{method} {path}", _view(simulation, courier, endpoint), methods=[method])
    for method, path, endpoint in CONTROL_ROUTES:
        path = CONTROLS + path
        application.add_url_rule(path, f"{method} {path}", _view(simulation, courier, endpoint), methods=[method])

    @application.post(CONTROLS + "/deliveries")
    def carry_now() -> tuple[Response, int]:
        # Outside of a transaction: whoever is notified may ask Square before it answers.
        answer = notes.carry_now(simulation, Call(body=_body()))
        return jsonify(answer.body), answer.status

    hosted.install(application, simulation, courier)

    @application.before_request
    def check_token() -> None:
        if request.path.startswith(hosted.PUBLIC):
            return
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise refuse("UNAUTHORIZED", "This request could not be authorized.")

    @application.errorhandler(Refused)
    def answer_refusal(refusal: Refused) -> tuple[Response, int]:
        return jsonify(refusal.as_json()), refusal.status

    @application.errorhandler(WrongControl)
    def answer_wrong_control(mistake: WrongControl) -> tuple[Response, int]:
        return jsonify(error=str(mistake)), 400

    @application.errorhandler(HTTPException)
    def answer_unknown_path(error: HTTPException) -> tuple[Response, int]:
        if isinstance(error, MethodNotAllowed):
            return answer_refusal(refuse("METHOD_NOT_ALLOWED", f"{request.method} is not allowed here."))
        if error.code == 500:
            return answer_refusal(refuse("INTERNAL_SERVER_ERROR", "The simulator failed; see its output."))
        return answer_refusal(refuse("NOT_FOUND", f"There is nothing at {request.path}."))

    return application


def _view(simulation: Simulation, courier: Courier, endpoint: Endpoint) -> Any:
    """One endpoint as a Flask view. A request is a transaction: its answer is given after the commit, or nothing was done."""

    def view(**ids: str) -> tuple[Response, int]:
        call = Call(body=_body(), query=request.args, ids=ids, decline=request.environ.get(DECLINE))
        with simulation.store.transaction():
            answer = endpoint(simulation, call)
        courier.wake()
        return jsonify(answer.body), answer.status

    return view


def _body() -> dict[str, Any]:
    if not request.get_data():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise refuse("EXPECTED_JSON_BODY", "Expected body to be a JSON object.")
    return body
