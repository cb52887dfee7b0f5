"""Changing an account's status by hand, with a second person for large charge-offs; reinstating a lapsed lease."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from admin_views import account_forms as forms
from admin_views.base import Page, expose
from admin_views.demands import needs
from admin_views.gate import actor, person, visible
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.changes import by_hand
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account
from app.queries.servicing import reinstatement as windows
from app.services.servicing import closing, reinstatement
from app.transaction import transaction


class StatusForm(FlaskForm):
    """To what, and why."""

    status = SelectField("New status", [InputRequired("Choose the status.")])
    reason = StringField(
        "Reason", [InputRequired("Say why."), Length(max=closing.LONGEST_REASON)], description="It stands in the status history."
    )


class RescindForm(FlaskForm):
    """Why."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=150)])


class ConfirmForm(FlaskForm):
    """Nothing but the button."""


class ReinstateForm(FlaskForm):
    """The money that brings the lease back."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    amount = forms.MoneyField("Amount", [InputRequired("Enter the amount.")])
    method = SelectField("Method", [InputRequired()], choices=forms.MANUAL_CHOICES)
    reference = StringField("Reference", [Optional(), Length(max=80)], description="Confirmation, check or receipt number.")


class StatusPage(Page):
    """Forms about an account's status; they open in a side sheet of the Account page."""

    title = "Status"
    url = "/admin/accounts"
    endpoint = "account_status"
    minimum_role = Role.COLLECTOR

    @expose("/<int:account_id>/status", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def change(self, account_id: int) -> ResponseReturnValue:
        """Give the account another status, with a reason."""
        account = visible(db.session(), Account, account_id)
        form = StatusForm()
        targets = by_hand(account.status, person().role)
        form.status.choices = {"": "Choose…"} | {to.value: to.label for to in targets}

        def do() -> str:
            to = AccountStatus(form.status.data)
            with transaction() as session:
                is_done = closing.change(
                    session,
                    account_id,
                    to,
                    reason=form.reason.data or "",
                    role=person().role,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return f"The account is {to.label.lower()} now." if is_done else "A second person has to agree to this charge-off."

        notes = [
            ("Status now", account.status.label),
            ("Unpaid", f"{as_text(account.balance_cents)}, {as_text(account.fees_cents)} of it fees"),
            ("Charge-off", f"above {as_text(closing.charge_off_limit(db.session()))} a second person has to agree"),
        ]
        return self._answer(form, do, account, title="Change status", verb="Change status", notes=notes, empty=not targets)

    @expose("/<int:account_id>/rescind", methods=("GET", "POST"))
    def rescind(self, account_id: int) -> ResponseReturnValue:
        """Cancel the contract within its time of rescission, without any fee."""
        account = visible(db.session(), Account, account_id)
        form = RescindForm()

        def do() -> str:
            with transaction() as session:
                closing.rescind(session, account_id, reason=form.reason.data or "", today=today(), now=now(), actor=actor())
            return "The contract is rescinded; its fees are waived."

        until = closing.rescission_until(db.session(), account)
        notes = [
            ("Until", f"{until:%a %b %-d, %Y}" if until else "no time of rescission"),
            ("Fees", f"{as_text(account.fees_cents)} are waived"),
            ("Paid so far", f"{as_text(account.paid_cents)}, refunded from the payments"),
        ]
        return self._answer(form, do, account, title="Rescind contract", verb="Rescind", notes=notes, danger=True)

    @expose("/<int:account_id>/charge-off/confirm", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def confirm(self, account_id: int) -> ResponseReturnValue:
        """Agree to a charge-off that somebody else asked for."""
        account = visible(db.session(), Account, account_id)

        def do() -> str:
            with transaction() as session:
                closing.confirm(session, account_id, today=today(), now=now(), actor=actor())
            return "The account is charged off now."

        notes = self._asked(account_id)
        return self._answer(ConfirmForm(), do, account, title="Agree to charge-off", verb="Charge off", notes=notes, danger=True)

    @expose("/<int:account_id>/charge-off/refuse", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def refuse(self, account_id: int) -> ResponseReturnValue:
        """Do not agree to a charge-off, or take one's own request back."""
        account = visible(db.session(), Account, account_id)

        def do() -> str:
            with transaction() as session:
                closing.refuse(session, account_id, now=now(), actor=actor())
            return "The charge-off was refused."

        notes = self._asked(account_id)
        return self._answer(ConfirmForm(), do, account, title="Refuse charge-off", verb="Refuse", notes=notes)

    @expose("/<int:account_id>/reinstate", methods=("GET", "POST"))
    def reinstate(self, account_id: int) -> ResponseReturnValue:
        """Take what is past due with the fee, and make the lease active again."""
        account = visible(db.session(), Account, account_id)
        window = windows.window(db.session(), account, today=today())
        form = ReinstateForm(key=secrets.token_urlsafe(24))
        if request.method == "GET" and window:
            form.amount.data = forms.plain(window.needed_cents)

        def do() -> str:
            cents = forms.cents(form.amount)
            with transaction() as session:
                reinstatement.reinstate(
                    session,
                    account_id,
                    amount_cents=cents,
                    method=PaymentMethod(form.method.data),
                    reference=form.reference.data,
                    may_be_late=person().role.includes(Role.SUPERVISOR),
                    today=today(),
                    now=now(),
                    actor=actor(),
                    idempotency_key=form.key.data,
                )
            return f"{as_text(cents)} posted; the account is reinstated."

        notes = []
        if window:
            by = window.policy.citation if window.policy else "no policy of the state"
            notes = [
                ("Can reinstate until", f"{window.until:%a %b %-d, %Y}" if window.until else "no right that we know of"),
                ("Policy", by),
                ("Past due and fees", as_text(window.past_due_cents)),
                ("Reinstatement fee", as_text(window.fee_cents)),
            ]
        return self._answer(form, do, account, title="Reinstate", verb="Post and reinstate", notes=notes, money=["amount"])

    def _asked(self, account_id: int) -> list[tuple[str, str]]:
        asked = closing.waiting(db.session(), account_id)
        if asked is None:
            return []
        split = {"fees": asked.fees_cents, "rent": asked.rent_cents, "interest": asked.interest_cents}
        split["principal"] = asked.principal_cents
        return [
            ("Asked for by", asked.asked_by.name if asked.asked_by else "LeaseDesk"),
            ("Reason", asked.reason),
            ("Unpaid", ", ".join(f"{as_text(cents)} {name}" for name, cents in split.items() if cents) or "$0.00"),
        ]

    def _answer(
        self,
        form: FlaskForm,
        do: Callable[[], str],
        account: Account,
        *,
        title: str,
        verb: str,
        notes: list[tuple[str, str]],
        empty: bool = False,
        **look: Any,
    ) -> ResponseReturnValue:
        """Show the form, or do what it says and go back to the account."""
        back = url_for("account.page", account_id=account.id) + "#statuses"
        if form.validate_on_submit():
            try:
                said = do()
            except RuleViolation as problem:
                forms.refuse(form, problem)
            else:
                flash(said, "success")
                return redirect(back)
        page = self.render(
            "account/status.html",
            form=form,
            account=visible(db.session(), Account, account.id),
            title=title,
            verb=verb,
            back=back,
            notes=notes,
            nothing_to_choose=empty,
            **look,
        )
        return page, 422 if form.is_submitted() else 200
