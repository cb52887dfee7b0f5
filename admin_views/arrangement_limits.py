"""Arrangement limits: how far collectors go by themselves, and from where a charge-off takes two people."""

from __future__ import annotations

from dataclasses import asdict

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired

from admin_views import account_forms
from admin_views.base import Page, expose
from admin_views.gate import actor
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.servicing.arrangements import Limits
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.servicing import arrangements
from app.services.servicing import closing, limits
from app.transaction import transaction

_ASK = InputRequired("Enter a number.")


class LimitsForm(FlaskForm):
    """One field for each limit."""

    most_in_12_months = IntegerField("Arrangements in 12 months", [_ASK])
    most_days_weekly = IntegerField("Days, weekly accounts", [_ASK], description="Due dates move by so many days at most.")
    most_days_longer = IntegerField("Days, all other accounts", [_ASK])
    first_days = IntegerField("Days after the start", [_ASK], description="Nothing is put off so soon after a lease began.")
    good_payments = IntegerField(
        "Full payments in between", [_ASK], description="So many regular payments must have come since the last arrangement."
    )
    most_parts = IntegerField("Parts of a payment plan", [_ASK])
    charge_off_limit = account_forms.MoneyField(
        "Charge-off by one person", [InputRequired("Enter an amount.")], description="Above this a second person has to agree."
    )


class ArrangementLimits(Page):
    """Beyond these limits an arrangement is asked for as an exception and granted with a reason."""

    title = "Arrangement limits"
    url = "/admin/settings/arrangement-limits"
    endpoint = "arrangement_limits"
    minimum_role = Role.ADMIN

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        """Show the limits, or set them."""
        form = LimitsForm()
        if request.method == "GET":
            kept = asdict(arrangements.limits(db.session()))
            form.process(data=kept | {"charge_off_limit": account_forms.plain(closing.charge_off_limit(db.session()))})
        elif form.validate():
            try:
                self._change(form)
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                return redirect(self.get_url(".index"))
        page = self.render("arrangements/limits.html", form=form)
        return page, 422 if request.method == "POST" else 200

    def _change(self, form: LimitsForm) -> None:
        given = Limits(**{name: form[name].data for name in asdict(Limits())})
        cents = account_forms.cents(form.charge_off_limit)
        with transaction() as session:
            is_different = limits.change(session, given, charge_off_limit_cents=cents, now=now(), actor=actor())
        flash("Limits changed." if is_different else "Nothing was different.", "success")
