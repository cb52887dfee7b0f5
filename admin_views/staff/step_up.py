"""The PIN again, before something dangerous.

A GET is sent to a page of its own and comes back. A POST is answered with a form that holds what was sent, asks for the
PIN, and posts all of it to the same address: nothing is kept on the server, the CSRF token is checked as ever, and the
route itself never sees the PIN. A dialog which asks first, with a field named `step_up_pin`, saves the second page.
"""

from __future__ import annotations

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict

from admin_views.answers import local_address, refuse, wants_data
from admin_views.staff import cookie
from app.clock import now
from app.extensions import csrf
from app.queries.staff.sessions import Person
from app.services.staff import sign_in
from app.services.staff.audit import Actor
from app.transaction import transaction

PIN_FIELD = "step_up_pin"
WRONG = "That was not your PIN."


def ask(who: Person) -> ResponseReturnValue | None:
    """None when the PIN was given within five minutes or comes right with this request; otherwise the question."""
    problem = None
    if PIN_FIELD in request.form:
        csrf.protect()
        if give(who, take_pin()):
            return None
        problem = WRONG
    elif cookie.is_fresh():
        return None
    if cookie.person() is None:
        return refuse("signed_out", 401, url_for("sign_in.index")) if wants_data() else redirect(url_for("sign_in.index"))
    if request.method in {"GET", "HEAD"}:
        address = url_for("step_up.index", next=request.full_path.rstrip("?"))
    else:
        address = url_for("step_up.index", next=_came_from())
    if wants_data() and "X-Fragment" not in request.headers:
        return refuse("step_up", 403, address)
    if request.method in {"GET", "HEAD"}:
        return redirect(address)
    return page(request.full_path.rstrip("?"), fields=request.form, problem=problem, lost_file=bool(request.files)), 403


def page(action: str, *, fields: ImmutableMultiDict[str, str] | None, problem: str | None, lost_file: bool = False) -> str:
    """The question, with what was posted as hidden fields. A file cannot be kept: then the way leads back to its form."""
    if lost_file:
        action, fields = url_for("step_up.index", next=_came_from()), None
    kept = [(name, value) for name, value in (fields or ImmutableMultiDict()).items(multi=True) if name != "csrf_token"]
    return render_template("staff/step_up.html", action=action, fields=kept, problem=problem, lost_file=lost_file)


def take_pin() -> str:
    """The PIN of this request, which nobody behind the gate gets to see."""
    pin = request.form.get(PIN_FIELD, "")
    rest = [(name, value) for name, value in request.form.items(multi=True) if name != PIN_FIELD]
    request.form = ImmutableMultiDict(rest)
    return pin


def give(who: Person, pin: str) -> bool:
    """Check the PIN; when it is right the session counts as stepped up and carries a new token."""
    actor = Actor(who.staff_id, who.name, ip=request.remote_addr, request_id=g.get("request_id"))
    with transaction() as session:
        token = sign_in.step_up(session, who.staff_id, pin, session_id=who.session_id, now=now(), actor=actor)
    if token is None:
        cookie.forget()  # A lock may have ended the session.
        return False
    cookie.hand_over(token)
    return cookie.person() is not None or abort(401)


def _came_from() -> str:
    """The page of this site on which the form stood, as far as the browser says."""
    referrer = (request.referrer or "").removeprefix(request.host_url)
    return local_address("/" + referrer if referrer != request.referrer else None, url_for("admin.index"))
