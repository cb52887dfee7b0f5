"""Staff: who works here, what they may do, and their PINs, which are set and never shown again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import GridPage, expose
from admin_views.gate import actor, needs, person, viewer, visible
from admin_views.grid import Button, Column, View
from admin_views.staff import cookie
from admin_views.staff.staff_forms import NewStaffForm, StaffForm
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.domain.staff.standing import PinState, StaffStatus, pin_state, staff_status
from app.extensions import db
from app.models import Portfolio, Staff
from app.queries.scope import scope
from app.queries.staff import audit as audit_questions
from app.queries.staff import sessions as session_questions
from app.queries.staff.people import STAFF, assigned_accounts, status_of
from app.services.staff import access, people
from app.transaction import transaction

TONES = {StaffStatus.ACTIVE: "good", StaffStatus.LOCKED: "bad", StaffStatus.DEACTIVATED: "open"}
PIN_TONES = {PinState.SET: "good", PinState.MUST_CHANGE: "warn", PinState.NONE: "open"}


def name(row: Any) -> str:
    """The name as a link, the username muted behind it."""
    return (
        f'<a href="{escape(address(row))}">{formats.text(row.name)}</a> '
        f'<span class="muted xs">{formats.text(row.username)}</span>'
    )


def address(row: Any) -> str:
    """The page of one person."""
    return url_for("staff.one", staff_id=row.id)


def mark(tone: str, label: str) -> str:
    """A word with its mark."""
    return f'<span class="st {tone}">{label}</span>'


def pin(row: Any) -> PinState:
    """What can be said of the PIN."""
    return pin_state(row.has_pin, row.must_change_pin)


def status(row: Any) -> StaffStatus:
    """Whether they can sign in at this moment."""
    return staff_status(row.is_active, row.locked_until_at, now())


COLUMNS = (
    Column("name", "Name", needs=("name", "username"), cell=name, plain=lambda row: row.name),
    Column(
        "pin",
        "PIN",
        needs=("has_pin", "must_change_pin"),
        cell=lambda row: mark(PIN_TONES[pin(row)], pin(row).label),
        plain=lambda row: pin(row).label,
        sort="must_change_pin",
        card="detail",
        hint="Set, never shown",
    ),
    Column("role", "Role", card="figure"),
    Column(
        "status",
        "Status",
        needs=("is_active", "locked_until_at"),
        cell=lambda row: mark(TONES[status(row)], status(row).label),
        plain=lambda row: status(row).label,
        card="state",
    ),
    Column("username", "Username", shown=False, mono=True),
    Column("accounts", "Accounts", shown=False, dash_zero=True, hint="Accounts assigned to them"),
    Column("sees_all_accounts", "Sees all accounts", shown=False),
    Column("last_signed_in_at", "Last signed in", shown=False),
    Column("created_at", "Added", shown=False),
)


class StaffPage(GridPage):
    """The staff list, and a page for each person."""

    title = "Staff"
    url = "/admin/staff"
    endpoint = "staff"
    minimum_role = Role.ADMIN
    listing = STAFF
    columns = COLUMNS
    noun = "people"
    views = (View("All"), View("Active", "active=1"), View("Deactivated", "active=0"))
    buttons = (Button("Add staff", "/admin/staff/new", icon="person-plus", kind="primary", key="A"),)
    empty = ("Nobody works here yet", "Add the first person.")

    @expose("/<int:staff_id>")
    def one(self, staff_id: int) -> ResponseReturnValue:
        """One person: what they may do, where they are signed in, what was changed about them."""
        session = db.session()
        staff = visible(session, Staff, staff_id)
        return render_template(
            "staff/one.html",
            staff=staff,
            status=status_of(staff, now=now()),
            status_tone=TONES[status_of(staff, now=now())],
            pin=pin_state(staff.pin_hash is not None, staff.must_change_pin),
            sessions=session_questions.open_sessions(session, staff.id, now=now(), limits=cookie.limits()),
            events=audit_questions.of_entity(session, "staff", staff.id, limit=20),
            accounts=assigned_accounts(session, staff.id),
            left_behind=access.left_behind,
            end_url=lambda session_id: url_for("staff.end_session", staff_id=staff_id, session_id=session_id),
            is_self=staff.id == person().staff_id,
            here=person().session_id,
        )

    @expose("/new", methods=("GET", "POST"))
    @needs(step_up=True)
    def new(self) -> ResponseReturnValue:
        """Add somebody; their PIN is shown on the answer and nowhere else."""
        form = NewStaffForm()
        form.offer(_portfolios(db.session()))
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    added, chosen = people.add(
                        session,
                        username=form.username.data or "",
                        name=form.name.data or "",
                        role=Role(form.role.data),
                        portfolio_ids=form.portfolios.data or (),
                        sees_all_accounts=bool(form.sees_all_accounts.data),
                        now=now(),
                        actor=actor(),
                    )
                    shown = _new_pin(added, chosen)
            except RuleViolation as refusal:
                _blame(form, refusal)
            else:
                return shown
        page = render_template("staff/edit.html", form=form, staff=None)
        return page, 422 if request.method == "POST" else 200

    @expose("/<int:staff_id>/edit", methods=("GET", "POST"))
    @needs(step_up=True)
    def edit(self, staff_id: int) -> ResponseReturnValue:
        """Change name, role, portfolios."""
        staff = visible(db.session(), Staff, staff_id)
        form = StaffForm()
        form.offer(_portfolios(db.session()))
        if request.method == "GET":
            form.show(staff)
        elif form.validate():
            try:
                with transaction() as session:
                    changed = people.change(
                        session,
                        staff_id,
                        name=form.name.data or "",
                        role=Role(form.role.data),
                        portfolio_ids=form.portfolios.data or (),
                        sees_all_accounts=bool(form.sees_all_accounts.data),
                        version=form.seen_version(),
                        now=now(),
                        actor=actor(),
                    )
                    said = f"{changed.name} is saved."
            except RuleViolation as refusal:
                _blame(form, refusal)
            else:
                flash(said, "success")
                return redirect(url_for("staff.one", staff_id=staff_id))
        page = render_template("staff/edit.html", form=form, staff=staff)
        return page, 422 if request.method == "POST" else 200

    @expose("/<int:staff_id>/pin", methods=("POST",))
    @needs(step_up=True)
    def set_pin(self, staff_id: int) -> ResponseReturnValue:
        """Give somebody a new PIN and show it once."""
        staff = visible(db.session(), Staff, staff_id)
        try:
            with transaction() as session:
                chosen = access.set_pin(session, staff_id, now=now(), actor=actor())
                return _new_pin(staff, chosen)
        except RuleViolation as refusal:
            flash(refusal.message, "error")
            return redirect(url_for("staff.one", staff_id=staff_id))

    @expose("/<int:staff_id>/deactivate", methods=("POST",))
    @needs(step_up=True)
    def deactivate(self, staff_id: int) -> ResponseReturnValue:
        """Let nobody sign in as this person any more."""
        is_known = request.form.get("leaving_accounts") == "1"
        return self._do(
            staff_id,
            lambda session: access.deactivate(session, staff_id, leaving_accounts=is_known, now=now(), actor=actor()),
            "{} is deactivated and signed out.",
        )

    @expose("/<int:staff_id>/reactivate", methods=("POST",))
    @needs(step_up=True)
    def reactivate(self, staff_id: int) -> ResponseReturnValue:
        """Let them back in."""
        return self._do(
            staff_id,
            lambda session: access.reactivate(session, staff_id, now=now(), actor=actor()),
            "{} can sign in again.",
        )

    @expose("/<int:staff_id>/unlock", methods=("POST",))
    @needs(step_up=True)
    def unlock(self, staff_id: int) -> ResponseReturnValue:
        """End a lock before its time."""
        return self._do(staff_id, lambda session: access.unlock(session, staff_id, now=now(), actor=actor()), "{} is unlocked.")

    @expose("/<int:staff_id>/sessions/<int:session_id>/end", methods=("POST",))
    @needs(step_up=True)
    def end_session(self, staff_id: int, session_id: int) -> ResponseReturnValue:
        """Sign one of their browsers out."""
        return self._do(
            staff_id,
            lambda session: access.end_session(session, staff_id, session_id, now=now(), actor=actor()),
            "That browser of {} is signed out.",
        )

    def _do(self, staff_id: int, command: Callable[[Session], Staff], sentence: str) -> ResponseReturnValue:
        """Run one command about a person and go back to their page with what came of it."""
        visible(db.session(), Staff, staff_id)
        try:
            with transaction() as session:
                said = sentence.format(command(session).name)
            flash(said, "success")
        except RuleViolation as refusal:
            flash(refusal.message, "error")
        return redirect(url_for("staff.one", staff_id=staff_id), 303)


def _portfolios(session: Session) -> list[Portfolio]:
    return list(session.scalars(scope(select(Portfolio), Portfolio, viewer()).order_by(Portfolio.name)))


def _new_pin(staff: Staff, chosen: str) -> str:
    """The page with a new PIN. It is rendered and not redirected to: nothing in between may keep the PIN."""
    return render_template("staff/new_pin.html", name=staff.name, username=staff.username, staff_id=staff.id, pin=chosen)


def _blame(form: StaffForm, refusal: RuleViolation) -> None:
    field = form.name
    if refusal.field in form:
        field = form[refusal.field]
    field.errors = [*field.errors, refusal.message]
