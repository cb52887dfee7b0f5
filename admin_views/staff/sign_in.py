"""The door: sign in, sign out, the PIN again, a PIN of one's own."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from admin_views.answers import local_address, wants_data
from admin_views.base import Page, expose
from admin_views.gate import actor, needs, person
from admin_views.limits import AT_THE_DOOR, limiter, was_refused
from admin_views.staff import cookie, step_up
from admin_views.staff.forms import ChangePinForm, SignInForm
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.staff import sessions as questions
from app.services.staff import access, sessions, sign_in
from app.services.staff.audit import Actor
from app.transaction import transaction

REFUSED = "That username and PIN do not open a session. After ten wrong PINs a username is locked for 30 minutes."
"""One sentence for unknown, wrong, locked and deactivated alike."""


class SignInPage(Page):
    """The one page for strangers."""

    title = "Sign in"
    url = "/admin/sign-in"
    endpoint = "sign_in"
    minimum_role = Role.COLLECTOR

    @expose("/", methods=("GET", "POST"))
    @limiter.limit(AT_THE_DOOR, methods=["POST"], deduct_when=was_refused)
    def index(self) -> ResponseReturnValue:
        """Ask who it is, and let them in."""
        form = SignInForm(next=request.args.get("next", ""))
        problem = None
        if request.method == "GET" and cookie.person() is not None:
            return redirect(self._onward(form))
        if form.validate_on_submit():
            if self._let_in(form):
                return redirect(self._onward(form))
            problem = REFUSED
        elif request.method == "POST":
            problem = "Type your username and your PIN."
        page = render_template("staff/sign_in.html", form=form, problem=problem)
        return page, 401 if request.method == "POST" else 200

    def _let_in(self, form: SignInForm) -> bool:
        """Sign in; whoever was signed in with this browser before is out, whatever they left in Flask's cookie too."""
        stranger = Actor(name="", ip=request.remote_addr, request_id=g.get("request_id"))
        before = cookie.person()
        with transaction() as session:
            came = sign_in.sign_in(
                session,
                form.username.data or "",
                form.pin.data or "",
                user_agent=request.user_agent.string,
                limits=cookie.limits(),
                now=now(),
                actor=stranger,
            )
            if came and before:
                sessions.end(session, before.session_id, staff_id=before.staff_id, reason="signed in again", now=now())
        if came is None:
            return False
        browser.clear()
        cookie.hand_over(came.token)
        return True

    @staticmethod
    def _onward(form: SignInForm) -> str:
        return local_address(form.next.data, url_for("admin.index"))


class StepUpPage(Page):
    """The PIN again, on a page of its own."""

    title = "Your PIN"
    url = "/admin/step-up"
    endpoint = "step_up"
    minimum_role = Role.COLLECTOR

    @expose("/", methods=("GET", "POST"))
    @limiter.limit(AT_THE_DOOR, methods=["POST"], deduct_when=was_refused)
    def index(self) -> ResponseReturnValue:
        """Ask for the PIN and go on to where the visitor was going."""
        problem = None
        if request.method == "POST":
            if step_up.give(person(), step_up.take_pin()):
                return ("", 204) if wants_data() else redirect(self._onward())
            problem = step_up.WRONG
            if cookie.person() is None:
                return redirect(url_for("sign_in.index"))
        page = step_up.page(url_for("step_up.index", next=self._onward()), fields=None, problem=problem)
        return page, 403 if problem else 200

    @staticmethod
    def _onward() -> str:
        return local_address(request.args.get("next"), url_for("admin.index"))


class PinPage(Page):
    """One's own PIN and sessions."""

    title = "Your PIN and sessions"
    url = "/admin/pin"
    endpoint = "pin"
    minimum_role = Role.COLLECTOR

    @expose("/", methods=("GET", "POST"))
    @needs(with_old_pin=True)
    def index(self) -> ResponseReturnValue:
        """Change the PIN; the page that everybody sees first who was given theirs by somebody else."""
        form = ChangePinForm()
        who = person()
        if form.validate_on_submit() and self._change(form):
            flash("Your PIN is changed. You are signed out everywhere else.", "success")
            return redirect(url_for("admin.index" if who.must_change_pin else "pin.index"))
        if cookie.person() is None:
            return redirect(url_for("sign_in.index"))
        opened = questions.open_sessions(db.session(), who.staff_id, now=now(), limits=cookie.limits())
        page = render_template("staff/pin.html", form=form, must_change=who.must_change_pin, sessions=opened, here=who.session_id)
        return page, 422 if request.method == "POST" else 200

    def _change(self, form: ChangePinForm) -> bool:
        who = person()
        with transaction() as session:
            is_theirs = sign_in.confirm(session, who.staff_id, form.current.data or "", now=now(), actor=actor())
        if not is_theirs:
            cookie.forget()  # A lock may have ended the session.
            form.current.errors = ["That is not the PIN you have now."]
            return False
        try:
            with transaction() as session:
                access.change_own_pin(session, who.staff_id, form.pin.data or "", now=now(), actor=actor())
                token = sessions.begin(
                    session,
                    who.staff_id,
                    ip=request.remote_addr,
                    user_agent=request.user_agent.string,
                    limits=cookie.limits(),
                    now=now(),
                )
        except RuleViolation as refusal:
            form.pin.errors = [refusal.message]
            return False
        cookie.hand_over(token)
        return True

    @expose("/sign-out", methods=("POST",))
    @needs(with_old_pin=True)
    def sign_out(self) -> ResponseReturnValue:
        """End this browser's session."""
        with transaction() as session:
            sign_in.sign_out(session, person().session_id, now=now(), actor=actor())
        return self._outside("You are signed out.")

    @expose("/sign-out-everywhere", methods=("POST",))
    @needs(with_old_pin=True)
    def sign_out_everywhere(self) -> ResponseReturnValue:
        """End all of one's sessions, this one too."""
        with transaction() as session:
            sign_in.sign_out_everywhere(session, person().staff_id, now=now(), actor=actor())
        return self._outside("You are signed out everywhere.")

    @expose("/stay", methods=("POST",))
    @needs(with_old_pin=True)
    def stay(self) -> ResponseReturnValue:
        """Keep the session alive: somebody pressed "Stay signed in"."""
        cookie.keep_alive(person(), always=True)
        return "", 204

    @staticmethod
    def _outside(message: str) -> ResponseReturnValue:
        browser.clear()
        cookie.hand_back()
        flash(message, "message")
        return redirect(url_for("sign_in.index"))
