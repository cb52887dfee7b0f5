"""Payment settings: when money counts, from when late fees are charged, and how much each role may move."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, TimeField
from wtforms.validators import InputRequired, Optional

from admin_views import account_forms
from admin_views.base import Page, expose
from admin_views.gate import actor, needs
from admin_views.staff.staff_forms import SelectMultipleCheckboxField
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import MANUAL_METHODS, PaymentMethod
from app.domain.payments.limits import Act, limit_of
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.payments import settings as questions
from app.services.payments import payment_settings
from app.services.payments.payment_settings import LIMITED_ROLES, field_of
from app.transaction import transaction

METHODS = [(method.value, method.label) for method in PaymentMethod if method in MANUAL_METHODS | {PaymentMethod.ACH}]


class TimesForm(FlaskForm):
    """When money counts."""

    settles_later = SelectMultipleCheckboxField(
        "Settle later",
        choices=METHODS,
        description="These are processing until the settlement run; all others count at once.",
    )
    cut_off = TimeField(
        "Cut-off", [InputRequired("Choose the time.")], description="What comes in later waits for the run of the next day."
    )
    settles_at = TimeField("Settlement run", [InputRequired("Choose the time.")])
    late_fees_after = DateField(
        "No late fees up to",
        [Optional()],
        description="The last day without late fees for every account; empty: from the day on which an account came.",
    )


class LimitsForm(FlaskForm):
    """One money field for each act and role; they are added below."""


for _act in Act:
    for _role in LIMITED_ROLES:
        setattr(LimitsForm, field_of(_act, _role), account_forms.MoneyField(f"{_act.label}: {_role.label}", [Optional()]))


class PaymentSettingsPage(Page):
    """Two forms on one page, each saved by itself; the limits ask for the PIN again."""

    title = "Payment settings"
    url = "/admin/settings/payments"
    endpoint = "payment_settings"
    minimum_role = Role.ADMIN

    @expose("/", methods=("GET",))
    def index(self) -> ResponseReturnValue:
        """Both forms as they stand."""
        return self._page(times_form(), limits_form())

    @expose("/times", methods=("POST",))
    @needs(Role.ADMIN)
    def times(self) -> ResponseReturnValue:
        """Set when money counts and from when late fees are charged."""
        form = TimesForm()
        if form.validate():
            try:
                with transaction() as session:
                    is_different = payment_settings.change_times(
                        session,
                        settles_later=[PaymentMethod(one) for one in form.settles_later.data or ()],
                        settles_at=form.settles_at.data,
                        cut_off=form.cut_off.data,
                        late_fees_after_on=form.late_fees_after.data,
                        today=today(),
                        now=now(),
                        actor=actor(),
                    )
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                return self._saved(is_different)
        return self._page(form, limits_form()), 422

    @expose("/limits", methods=("POST",))
    @needs(Role.ADMIN, step_up=True)
    def limits(self) -> ResponseReturnValue:
        """Set how much each role may move."""
        form = LimitsForm()
        if form.validate():
            try:
                given = {act: {role: _cents(form[field_of(act, role)]) for role in LIMITED_ROLES} for act in Act}
                with transaction() as session:
                    is_different = payment_settings.change_limits(session, given, now=now(), actor=actor())
            except RuleViolation as problem:
                account_forms.refuse(form, problem)
            else:
                return self._saved(is_different)
        return self._page(times_form(), form), 422

    def _saved(self, is_different: bool) -> ResponseReturnValue:
        flash("Saved. It holds for what is entered from now on." if is_different else "Nothing was different.", "success")
        return redirect(url_for(".index"), 303)

    def _page(self, times: FlaskForm, limits: FlaskForm) -> str:
        rows = [(act, [limits[field_of(act, role)] for role in LIMITED_ROLES]) for act in Act]
        shown: str = self.render("payment_settings/page.html", times=times, limits=limits, rows=rows, roles=LIMITED_ROLES)
        return shown


def times_form() -> TimesForm:
    """What holds."""
    session = db.session()
    settings = questions.payment_settings(session)
    form = TimesForm(formdata=None)
    form.settles_later.data = [method.value for method in settings.settles_later]
    form.cut_off.data, form.settles_at.data = settings.cut_off, settings.settles_at
    form.late_fees_after.data = payment_settings.late_fees_after(session)
    return form


def limits_form() -> LimitsForm:
    """What each role may move now; empty for any amount."""
    settings = questions.payment_settings(db.session())
    form = LimitsForm(formdata=None)
    for act in Act:
        for role in LIMITED_ROLES:
            cents = limit_of(role, settings.limits[act])
            form[field_of(act, role)].data = "" if cents is None else account_forms.plain(cents)
    return form


def _cents(field: Any) -> int | None:
    """What was typed; None for an empty field, which means any amount."""
    if not (field.data or "").strip():
        return None
    cents: int = account_forms.cents(field)
    return cents
