"""A browser for tests: signs somebody in without typing a PIN, and sends the CSRF token with every form."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin_views.staff.cookie import COOKIE
from app.clock import now
from app.domain.staff.sessions import SessionLimits, token_hash
from app.models import Staff, StaffSession
from app.services.staff import sessions

LIMITS = SessionLimits(idle=dt.timedelta(minutes=15), absolute=dt.timedelta(hours=10))
Form = Mapping[str, Any] | Sequence[tuple[str, Any]]


class Visitor:
    """A client, perhaps signed in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)

    def post(self, path: str, form: Form = (), **options: Any) -> TestResponse:
        """Send a form with its CSRF token. A sequence of pairs may name a field twice."""
        pairs = list(form.items()) if isinstance(form, Mapping) else list(form)
        fields: dict[str, list[Any]] = {"csrf_token": [self.csrf_token()]}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return self.client.post(path, data=fields, **options)

    def csrf_token(self) -> str:
        """The token that a page would carry."""
        with self.client.session_transaction() as browser:
            secret = browser.setdefault("csrf_token", secrets.token_hex(20))
        signer = URLSafeTimedSerializer(self.client.application.secret_key or "", salt="wtf-csrf-token")
        return str(signer.dumps(secret))

    def cookie(self) -> str:
        """The token of the session cookie; empty when there is none."""
        kept = self.client.get_cookie(COOKIE)
        return kept.value if kept else ""


def signed_in(client: FlaskClient, session: Session, person: Staff, *, stepped_up: bool = False) -> Visitor:
    """The client as this person's browser; `stepped_up`: the PIN was given again just now."""
    token = sessions.begin(session, person.id, ip="127.0.0.1", user_agent="Test", limits=LIMITS, now=now())
    session.flush()
    if stepped_up:
        row = update(StaffSession).where(StaffSession.token_hash == token_hash(token)).values(stepped_up_at=now())
        session.execute(row)
    session.commit()
    client.set_cookie(COOKIE, token)
    return Visitor(client)
