"""Notifications as Square sends them, signed by an independent calculation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.clock import now
from app.models import Setting
from app.services.payments.square_events import SETTING
from app.settings import Settings

PATH = "/webhooks/square"
URL, KEY = "https://desk.example.com/webhooks/square", "the-key-of-this-test"


def body_of(type: str, object_id: str, event_id: str = "ev-1") -> bytes:
    """The body of a notification, with more in it than is read."""
    told = {
        "merchant_id": "M",
        "type": type,
        "event_id": event_id,
        "created_at": "2026-11-20T15:00:00Z",
        "data": {"type": type.partition(".")[0], "id": object_id, "object": {"status": "NOT TO BE BELIEVED"}},
    }
    return json.dumps(told).encode()


def signature_of(body: bytes, *, key: str = KEY, url: str = URL) -> str:
    """base64(HMAC-SHA256(key, address + raw body))."""
    return base64.b64encode(hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest()).decode()


def bring(client: FlaskClient, body: bytes, *, signature: str | None = None) -> TestResponse:
    """Knock with a notification; signed rightly unless a signature is given."""
    headers = {"x-square-hmacsha256-signature": signature_of(body) if signature is None else signature}
    return client.post(PATH, data=body, headers=headers, content_type="application/json")


@contextmanager
def listening(app: Flask, session: Session) -> Iterator[None]:
    """Webhooks set up and turned on."""
    before: Settings = app.config["SETTINGS"]
    changed = {"square_webhook_url": URL, "square_webhook_signature_key": SecretStr(KEY)}
    app.config["SETTINGS"] = before.model_copy(update=changed)
    session.add(Setting(name=SETTING, value=True, changed_at=now()))
    session.commit()
    try:
        yield
    finally:
        app.config["SETTINGS"] = before
