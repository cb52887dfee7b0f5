"""The session cookie: whose browser this is, read once per request."""

from __future__ import annotations

import datetime as dt

from flask import Response, current_app, g, request

from app.clock import now
from app.domain.staff.sessions import SessionLimits, is_stepped_up
from app.extensions import db
from app.queries.staff import sessions as questions
from app.queries.staff.sessions import Person
from app.services.staff import sessions
from app.settings import Settings
from app.transaction import transaction

COOKIE = "leasedesk_session"


def limits() -> SessionLimits:
    """How long sessions live, from the settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return SessionLimits(
        idle=dt.timedelta(minutes=settings.session_idle_minutes),
        absolute=dt.timedelta(minutes=settings.session_absolute_minutes),
    )


def is_secure() -> bool:
    """Whether cookies are for TLS only: always, except where a demonstration is shown over plain HTTP on this machine."""
    settings: Settings = current_app.config["SETTINGS"]
    return not settings.is_demonstration or request.is_secure


def person() -> Person | None:
    """Who is signed in, or None. Asked of the database once per request."""
    if "person" not in g:
        token = request.cookies.get(COOKIE)
        g.person = questions.signed_in(db.session(), token, now=now(), limits=limits()) if token else None
    found: Person | None = g.person
    return found


def is_fresh() -> bool:
    """Whether the signed-in person gave their PIN again within the last five minutes."""
    who = person()
    return who is not None and is_stepped_up(who.stepped_up_at, now())


def keep_alive(who: Person, *, always: bool = False) -> None:
    """Note the click, at most once a minute unless `always`."""
    if not always and not sessions.is_due_to_be_seen(who.last_seen_at, now=now()):
        return
    with transaction() as session:
        sessions.seen(session, who.session_id, now=now())
    forget()


def forget() -> None:
    """Read the person again when somebody asks next: something about them changed in this request."""
    g.pop("person", None)


def hand_over(token: str) -> None:
    """Send a new token with the answer of this request, and read the person by it from now on."""
    g.new_token = token
    g.person = questions.signed_in(db.session(), token, now=now(), limits=limits())


def hand_back() -> None:
    """Take the cookie away with the answer of this request."""
    g.new_token = ""
    g.person = None


def write(response: Response) -> Response:
    """Put the token that this request handed over into its answer. Installed as an after-request function."""
    token: str | None = g.get("new_token")
    if token:
        response.set_cookie(COOKIE, token, secure=is_secure(), httponly=True, samesite="Lax", path="/")
    elif token == "":
        response.delete_cookie(COOKIE, secure=is_secure(), httponly=True, samesite="Lax", path="/")
    return response
