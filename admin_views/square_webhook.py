"""Where Square tells us what happened. Strangers may knock; only a right signature opens, and only while it is turned on."""

from __future__ import annotations

import json

import structlog
from flask import Blueprint, Flask, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from app.clock import now
from app.domain.payments.square_events import notice_of
from app.extensions import csrf, db
from app.gateways.square import is_signed
from app.services.payments import square_events
from app.settings import SQUARE_WEBHOOK_PATH, Settings
from app.transaction import transaction
from tasks import square_events as doorway
from tasks.doorbell import ring

MOST_BYTES = 64 * 1024
SIGNATURE = "x-square-hmacsha256-signature"
square_webhook = Blueprint("square_webhook", __name__)
log = structlog.get_logger()


def install(app: Flask) -> None:
    """Register the address. A program brings no CSRF token; its signature says more."""
    app.register_blueprint(square_webhook)
    csrf.exempt(square_webhook)


@square_webhook.post(SQUARE_WEBHOOK_PATH)
def receive() -> ResponseReturnValue:
    """Keep a hint once and leave the work to a job. Whatever is known already is answered the same and changes nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    set_up = settings.square_webhook()
    if set_up is None or not square_events.are_on(db.session()):
        abort(404)
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    request.max_content_length = MOST_BYTES  # For a body that comes without its length.
    raw = request.get_data(cache=False)
    if len(raw) > MOST_BYTES:
        abort(413)
    url, key = set_up
    if not is_signed(raw, request.headers.get(SIGNATURE) or "", key=key, url=url):
        log.warning("refused a notification with a wrong signature")
        return jsonify(error="The signature is missing or wrong."), 401
    try:
        notice = notice_of(json.loads(raw))
    except ValueError:
        notice = None
    if notice is None:
        return jsonify(error="This is no event of Square's."), 400
    with transaction() as session:
        is_new = square_events.receive(session, [notice], now=now()) > 0
    if is_new:
        for job_id, queue in doorway.needed():
            ring(job_id, queue)
    return jsonify(is_new=is_new)
