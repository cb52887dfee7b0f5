"""Where the text gateway brings what customers write to us. Strangers may knock; only a right signature opens."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

import structlog
from flask import Blueprint, Flask, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from app.clock import now
from app.extensions import csrf
from app.services.collections import replies
from app.settings import Settings
from app.transaction import transaction

E164 = re.compile(r"\+[1-9]\d{7,14}")
LONGEST_KEY = 120
text_replies = Blueprint("text_replies", __name__)
log = structlog.get_logger()


def install(app: Flask) -> None:
    """Register the address. A program brings no CSRF token; its signature says more."""
    app.register_blueprint(text_replies)
    csrf.exempt(text_replies)


@text_replies.post("/webhooks/texts")
def receive() -> ResponseReturnValue:
    """{"id", "from", "body"} with X-Signature: sha256=HMAC of the body by SMS_WEBHOOK_SECRET. A second time changes nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    secret, raw = settings.sms_webhook_secret(), request.get_data(cache=False)
    if not secret:
        abort(404)
    right = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), request.headers.get("X-Signature", "").encode()):
        log.warning("refused a reply with a wrong signature")
        return jsonify(error="The signature is wrong."), 401
    try:
        said = json.loads(raw)
        key, number, body = said["id"], said["from"], said["body"]
    except (ValueError, KeyError, TypeError):
        return jsonify(error="Send id, from and body as JSON."), 400
    if not all(isinstance(one, str) and "\0" not in one for one in (key, number, body)) or not E164.fullmatch(number):
        return jsonify(error="A reply comes from a number in E.164."), 400
    if not 0 < len(key) <= LONGEST_KEY:
        return jsonify(error=f"An id has 1 to {LONGEST_KEY} characters."), 400
    with transaction() as session:
        customers = replies.receive(session, key=key, number=number, body=body, now=now())
    return jsonify(is_new=customers is not None, customers=customers or 0)
