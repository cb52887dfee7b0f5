"""How an account is collected: its collection status, and whether the end of day may give it to another collector."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from admin_views import account_forms
from admin_views.answers import local_address
from admin_views.base import Page, expose
from admin_views.demands import needs
from admin_views.gate import actor, visible
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, ReassignmentHold
from app.queries.collections import statuses as queries
from app.services.collections import reassignment, statuses
from app.transaction import transaction


class CollectionStatusForm(FlaskForm):
    """Which status, and why."""

    code = SelectField("Collection status", [InputRequired("Choose a status.")])
    reason = StringField("Reason", [Optional(), Length(max=statuses.LONGEST_REASON)])


class HoldForm(FlaskForm):
    """Whether the account stays with its collector."""

    is_held = BooleanField(
        "Never reassign automatically",
        description="The end of day leaves the account with its collector, even when they no longer take accounts like it.",
    )


class CollectingPage(Page):
    """Forms about collecting one account; they open in a side sheet of the Account page and of Work account."""

    title = "Collecting"
    url = "/admin/accounts"
    endpoint = "collecting"
    minimum_role = Role.COLLECTOR

    @expose("/<int:account_id>/collection-status", methods=("GET", "POST"))
    def status(self, account_id: int) -> ResponseReturnValue:
        """Put the account into a collection status; its follow-up is planned with it."""
        account = visible(db.session(), Account, account_id)
        current = queries.of_account(db.session(), account_id)
        form = CollectionStatusForm(code=current.code)
        form.code.choices = [(one.code, offered(one)) for one in queries.choices(db.session())]
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    given = statuses.give(
                        session,
                        account_id,
                        code=form.code.data,
                        reason=form.reason.data or "",
                        today=today(),
                        now=now(),
                        actor=actor(),
                    )
                    said = f"Collection status is {given.status} now." if given else ""
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                kept = f"It stays {current}: only a supervisor takes an account out of it. A note says what you wanted."
                flash(said or kept, "success" if said else "error")
                return redirect(self._back(account_id))
        return self._form(form, account, title="Collection status", verb="Set status")

    @expose("/<int:account_id>/automatic-reassignment", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def hold(self, account_id: int) -> ResponseReturnValue:
        """Say whether the end of day may give the account to another collector."""
        account = visible(db.session(), Account, account_id)
        form = HoldForm(is_held=db.session.get(ReassignmentHold, account_id) is not None)
        if form.validate_on_submit():
            with transaction() as session:
                done = reassignment.hold(session, [account_id], is_held=bool(form.is_held.data), now=now(), actor=actor())
            flash(done.sentence, "success")
            return redirect(self._back(account_id))
        return self._form(form, account, title="Automatic reassignment", verb="Save")

    def _back(self, account_id: int) -> str:
        return local_address(request.args.get("back"), url_for("account.page", account_id=account_id))

    def _form(self, form: FlaskForm, account: Account, **look: Any) -> ResponseReturnValue:
        page = self.render("account/form.html", form=form, account=account, back=self._back(account.id), **look)
        return page, 422 if form.is_submitted() else 200


def offered(status: Any) -> str:
    """80 Returned payment, follow-up in 1 day."""
    said = str(status)
    if status.follow_up_interval:
        unit = status.follow_up_unit.label.lower()
        said += f", follow-up in {status.follow_up_interval} {unit.removesuffix('s') if status.follow_up_interval == 1 else unit}"
    return said + (" (supervisor)" if status.is_supervisor_type else "")
