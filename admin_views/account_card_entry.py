"""Adding a card: its number is typed into Square's own fields, and only the token that they give comes to us."""

from __future__ import annotations

import secrets

from flask import flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length, Regexp

from admin_views import account_forms as forms
from admin_views import security
from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.gate import actor, visible
from app.domain.errors import RuleViolation
from app.extensions import db
from app.models import Account
from tasks import card_entry
from tasks.gateways import card_fields

FROM_FIELDS = r"^cnon:[A-Za-z0-9_:-]+$"


class CardForm(FlaskForm):
    """What Square's fields gave for the card. `key` makes pressing twice add one card."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    token = HiddenField(
        validators=[
            InputRequired("Square's fields gave nothing; type the card again."),
            Length(max=255),
            Regexp(FROM_FIELDS, message="That is nothing that Square's fields gave; type the card into them."),
        ]
    )


class AccountCardEntry(AccountScreen):
    """The one page whose content policy lets Square's script and frame in."""

    endpoint = "account_card_entry"

    @expose("/<int:account_id>/cards/new", methods=("GET", "POST"))
    def index(self, account_id: int) -> ResponseReturnValue:
        """Show Square's fields; keep the card whose token comes back."""
        account = visible(db.session(), Account, account_id)
        form = CardForm(key=secrets.token_urlsafe(24))
        if form.validate_on_submit():
            try:
                said = card_entry.add(account.customer_id, token=form.token.data or "", key=form.key.data or "", actor=actor())
            except RuleViolation as problem:
                forms.refuse(form, problem)
            else:
                flash(f"{said} is on file.", "success")
                return redirect(url_for("account.page", account_id=account_id), 303)
        problems = [*form.form_errors, *form.token.errors] if form.is_submitted() else []
        fields = card_fields()
        page = render_template(
            "account/card_entry.html",
            form=form,
            account=account,
            fields=fields,
            problems=problems,
            is_linked=bool(account.customer.square_customer_id),
        )
        answer = make_response(page, 422 if form.is_submitted() else 200)
        if fields is not None:
            answer.headers["Content-Security-Policy"] = security.policy_with(fields.policy)
        return answer
