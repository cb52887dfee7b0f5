"""Collection Settings: what holds in all portfolios (U1121), and in one (U1122)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views import account_forms
from admin_views.base import Page, expose
from admin_views.gate import actor, needs, viewer
from admin_views.staff.staff_forms import SelectMultipleCheckboxField
from app.clock import now
from app.domain.collections import thresholds as rules
from app.domain.collections.assigning import AmountBasis
from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import StepName
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Portfolio, PortfolioCollectionSettings
from app.queries.collections import collectors
from app.queries.scope import scope
from app.services.collections import set_up
from app.transaction import transaction


class SettingsForm(FlaskForm):
    """What holds everywhere."""

    amount_basis = SelectField(
        "Amount to select by",
        [InputRequired("Choose an amount.")],
        choices=AmountBasis.choices(),
        description="Collectors' smallest and largest amounts are held against it. A change may move accounts at the end of day.",
    )
    has_thirty_day_months = BooleanField(
        "Months of 30 days", description="The age bands of the Weighting Table count every month as 30 days."
    )
    reassigns = BooleanField(
        "Reassign automatically during the end of day",
        description="Off wins over what is said about a single account: then nothing is taken from a collector.",
    )
    thresholds = StringField(
        "Alert when an account becomes later than",
        [Length(max=80)],
        description="Days past due from low to high, like this: 30, 60. Empty: no alerts. The end of day notes each "
        "crossing once; a new threshold counts from the next one on.",
    )
    steps = SelectMultipleCheckboxField(
        "Steps of the end of day",
        choices=StepName.choices(),
        description="Without the Weighting Table each dollar and each day past due is a point. Everything else needs its step.",
    )
    version = HiddenField()


class SupervisorsForm(FlaskForm):
    """Nothing but the token; each portfolio has a field of its own."""


class CollectionSettingsPage(Page):
    """Both parts on one page, each saved by itself."""

    title = "Collection Settings"
    url = "/admin/collection-settings"
    endpoint = "collection_settings"
    minimum_role = Role.ADMIN

    @expose("/", methods=("GET",))
    def index(self) -> ResponseReturnValue:
        """Both forms as they stand."""
        return self._page(_settings_form())

    @expose("/all", methods=("POST",))
    @needs(Role.ADMIN)
    def save(self) -> ResponseReturnValue:
        """Save what holds in all portfolios."""
        form = SettingsForm()
        if form.validate_on_submit():
            given = str(form.version.data or "")
            try:
                with transaction() as session:
                    changed = set_up.change(
                        session,
                        amount_basis=AmountBasis(form.amount_basis.data),
                        has_thirty_day_months=bool(form.has_thirty_day_months.data),
                        reassigns=bool(form.reassigns.data),
                        steps_on=[StepName(one) for one in form.steps.data or ()],
                        thresholds=rules.from_text(form.thresholds.data or ""),
                        version=int(given) if given.isdigit() else 0,
                        now=now(),
                        actor=actor(),
                    )
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                flash("Saved; the next end of day goes by it." if changed else "Nothing was different.", "success")
                return redirect(url_for(".index"), 303)
        return self._page(form)

    @expose("/portfolios", methods=("POST",))
    @needs(Role.ADMIN)
    def supervisors(self) -> ResponseReturnValue:
        """Save who gets what fits nobody, for each portfolio."""
        form = supervisors_form()
        if form.validate_on_submit():
            chosen = {int(field.name.partition("-")[2]): field.data or None for field in fields_of(form)}
            try:
                with transaction() as session:
                    changed = set_up.set_supervisors(session, chosen, now=now(), actor=actor())
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                flash("Saved." if changed else "Nothing was different.", "success")
                return redirect(url_for(".index"), 303)
        return self._page(_settings_form(), form)

    def _page(self, form: FlaskForm, supervisors: FlaskForm | None = None) -> ResponseReturnValue:
        shown = supervisors or supervisors_form()
        page = render_template(
            "collection_settings/page.html", form=form, supervisors=shown, portfolios=fields_of(shown), steps=list(StepName)
        )
        return page, 422 if form.errors or shown.errors or request.method == "POST" else 200


def _settings_form() -> SettingsForm:
    """What is stored, also behind a refused post of the other form."""
    row = collectors.settings(db.session())
    form = SettingsForm(formdata=None)
    form.amount_basis.data = row.amount_basis.value
    form.has_thirty_day_months.data, form.reassigns.data = row.has_thirty_day_months, row.reassigns
    form.steps.data = [step.value for step in StepName if step.value not in row.steps_off]
    form.thresholds.data = rules.as_text(row.thresholds)
    form.version.data = str(row.version)
    return form


def supervisors_form() -> FlaskForm:
    """A choice for each portfolio that the person sees."""
    session = db.session()
    portfolios = session.scalars(scope(select(Portfolio), Portfolio, viewer()).order_by(Portfolio.name)).all()
    kept = {row.portfolio_id: row.supervisor_id for row in session.scalars(select(PortfolioCollectionSettings))}
    people: list[Any] = [(0, "Nobody: they stay unassigned")]
    people += [(one.id, f"{one.name} ({one.role.label.lower()})") for one in collectors.possible_supervisors(session)]
    fields = {
        f"supervisor-{book.id}": SelectField(book.name, coerce=int, choices=people, default=kept.get(book.id) or 0)
        for book in portfolios
    }
    made: FlaskForm = type("PortfolioForm", (SupervisorsForm,), fields)()
    return made


def fields_of(form: FlaskForm) -> list[Any]:
    """The choices, without the token."""
    return [field for field in form if field.name.startswith("supervisor-")]
