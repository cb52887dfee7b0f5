"""Collection User Profiles: which accounts each collector gets, and how they work (U1131)."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from markupsafe import escape
from sqlalchemy import select
from wtforms import BooleanField, HiddenField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from admin_views import account_forms
from admin_views.base import GridPage, expose
from admin_views.formats import DASH
from admin_views.gate import actor, needs, viewer, visible
from admin_views.grid import Button, Column, View
from admin_views.grid.form_fields import CentsField
from admin_views.staff.staff_forms import SelectMultipleCheckboxField
from app.clock import now
from app.domain.collections.profiles import MenuEntry, WorkOrder, letters, letters_text
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import CollectorProfile, Company, Office, Portfolio, Region
from app.queries.collections import collectors
from app.queries.collections.collectors import PROFILES
from app.queries.scope import scope
from app.queries.staff.people import assigned_accounts
from app.services.collections import profiles
from app.transaction import transaction


class LettersField(StringField):
    """Letters as people write them; `data` holds them sorted."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read them. Raises ValueError with a sentence."""
        try:
            self.data = letters((valuelist or [""])[0])
        except RuleViolation as refusal:
            self.data = ""
            raise ValueError(refusal.message) from refusal

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else letters_text(self.data or "")


def _some(label: str, description: str = "") -> SelectMultipleCheckboxField:
    return SelectMultipleCheckboxField(label, coerce=int, description=description)


class ProfileForm(FlaskForm):
    """The six tabs; `TABS` says what stands on which."""

    title = StringField("Title", [Optional(), Length(max=80)])
    phone = StringField("Phone", [Optional(), Length(max=20)])
    fax = StringField("Fax", [Optional(), Length(max=20)])
    email = StringField("E-mail", [Optional(), Length(max=254)])

    name_letters = LettersField(
        "Letters of names",
        description="Such as A-F M X. A name that begins with a digit counts by its English word (4 is F), any other sign as X. "
        "Without letters nothing is assigned.",
    )
    status_letters = LettersField(
        "Letters of status codes", description="By the code's first sign: 0 Z, 1 O, 2 and 3 T, 4 and 5 F, 6 and 7 S, 8 E, 9 N."
    )
    minimum_cents = CentsField("Smallest amount", [Optional()])
    maximum_cents = CentsField("Largest amount", [Optional()], description="Empty: no upper end.")
    portfolio_ids = _some("Portfolios", "None ticked: all of them; the same for what follows.")
    company_ids = _some("Companies")
    region_ids = _some("Regions")
    office_ids = _some("Offices")
    sees_all_accounts = BooleanField(
        "Access all collection users", description="Sees everybody's accounts. With no letters above, they are assigned none."
    )

    sort_order = SelectField("Order of the worklist", [InputRequired("Choose an order.")], choices=WorkOrder.choices())
    menu = SelectMultipleCheckboxField(
        "Entries of the menu",
        choices=MenuEntry.choices(),
        description="What a collector finds and may open; nothing unless it is ticked. Above collector the role decides.",
    )

    is_supervisor = BooleanField("Supervisor", description="Takes accounts out of supervisor-type statuses.")
    supervisor_id = SelectField("Their supervisor", [InputRequired("Choose somebody or nobody.")], coerce=int)
    default_user_id = SelectField(
        "Default user",
        [InputRequired("Choose somebody or nobody.")],
        coerce=int,
        description="Whose profile this one was started from.",
    )
    version = HiddenField()

    def validate_email(self, field: Any) -> None:
        """An address has an at sign and a dot; the domain is not looked up."""
        if field.data and ("@" not in field.data or " " in field.data.strip()):
            raise ValidationError("That is no e-mail address.")

    def values(self) -> dict[str, Any]:
        """The attributes that the form says."""
        plain = {name: (self[name].data or "").strip() or None for name in ("title", "phone", "fax", "email")}
        same = {name: self[name].data for name in ("name_letters", "status_letters", "sort_order", "sees_all_accounts")}
        places = {name: sorted(self[name].data or ()) for name in ("portfolio_ids", "company_ids", "region_ids", "office_ids")}
        people = {name: self[name].data or None for name in ("supervisor_id", "default_user_id")}
        return (
            plain
            | same
            | places
            | people
            | {
                "minimum_cents": self.minimum_cents.data or 0,
                "maximum_cents": self.maximum_cents.data,
                "menu": list(self.menu.data or ()),
                "is_supervisor": bool(self.is_supervisor.data),
            }
        )


TABS = (
    ("signature", "Signature", ("title", "phone", "fax", "email")),
    (
        "assignment",
        "Account assignment",
        (
            "name_letters",
            "status_letters",
            "minimum_cents",
            "maximum_cents",
            "portfolio_ids",
            "company_ids",
            "region_ids",
            "office_ids",
            "sees_all_accounts",
        ),
    ),
    ("schedule", "Work schedule", ("sort_order",)),
    ("menu-access", "Menu access", ("menu",)),
    ("supervisor", "Supervisor", ("is_supervisor", "supervisor_id")),
    ("default-user", "Default user", ("default_user_id",)),
)
PLACES: dict[str, Any] = {"portfolio_ids": Portfolio, "company_ids": Company, "region_ids": Region, "office_ids": Office}


class NewProfileForm(FlaskForm):
    """Who, and by whose pattern."""

    staff_id = SelectField("Person", [InputRequired("Choose somebody.")], coerce=int)
    default_user_id = SelectField("Like", coerce=int, description="The profile to start from.")


def user(row: Any) -> str:
    """The name as a link."""
    address = url_for("collection_users.one", staff_id=row.staff_id)
    return f'<a href="{escape(address)}">{escape(row.name)}</a>'


def letters_of(row: Any) -> str:
    """A-F M X, or that nothing is assigned."""
    return str(escape(letters_text(row.name_letters))) or '<span class="muted">None</span>'


def amounts(row: Any) -> str:
    """$0.00 to $500.00."""
    if row.maximum_cents is None:
        return f"from {as_text(row.minimum_cents)}" if row.minimum_cents else DASH
    return f"{as_text(row.minimum_cents)} to {as_text(row.maximum_cents)}"


class CollectionUsers(GridPage):
    """The list, and the six tabs of one profile."""

    title = "Collection User Profiles"
    url = "/admin/collection-users"
    endpoint = "collection_users"
    minimum_role = Role.ADMIN
    listing = PROFILES
    noun = "collection users"
    columns = (
        Column("name", "Name", needs=("name", "staff_id"), cell=user, plain=lambda row: row.name),
        Column("role", "Role", card="detail"),
        Column("accounts", "Accounts", dash_zero=True, card="figure", hint="Accounts assigned to them"),
        Column("name_letters", "Names", cell=letters_of, plain=lambda row: letters_text(row.name_letters)),
        Column("status_letters", "Statuses", cell=lambda row: str(escape(letters_text(row.status_letters))) or DASH),
        Column("amounts", "Amounts", needs=("minimum_cents", "maximum_cents"), cell=amounts, plain=amounts),
        Column("sees_all_accounts", "Access all"),
        Column("supervisor", "Supervisor"),
        Column(
            "is_active",
            "Status",
            cell=lambda row: (
                f'<span class="st {"good" if row.is_active else "open"}">{"Active" if row.is_active else "Left"}</span>'
            ),
            card="state",
        ),
    )
    views = (View("All"), View("Work here", "active=1"))
    buttons = (Button("Add collection user", "/admin/collection-users/new", icon="person-plus", kind="primary", key="A"),)
    empty = ("Nobody is a collection user yet", "Add the collectors: the end of day hands late accounts out to them.")

    @expose("/new", methods=("GET", "POST"))
    @needs(Role.ADMIN)
    def new(self) -> ResponseReturnValue:
        """Make somebody a collection user, perhaps like another one."""
        form = NewProfileForm()
        form.staff_id.choices = [(one.id, one.name) for one in collectors.without_profile(db.session())]
        form.default_user_id.choices = [(0, "Nobody: everything as it comes"), *_names(collectors.users(db.session()))]
        if form.validate_on_submit():
            try:
                with transaction() as session:
                    profiles.create(
                        session, form.staff_id.data, default_user_id=form.default_user_id.data or None, now=now(), actor=actor()
                    )
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                flash("Added. Say which accounts they take.", "success")
                return redirect(url_for(".one", staff_id=form.staff_id.data), 303)
        return render_template("collection_users/new.html", form=form), 422 if form.errors else 200

    @expose("/<int:staff_id>", methods=("GET", "POST"))
    @needs(Role.ADMIN)
    def one(self, staff_id: int) -> ResponseReturnValue:
        """The six tabs of one profile; all are saved together."""
        profile = _profile(staff_id)
        form = ProfileForm(obj=profile, email=profile.staff.email, sees_all_accounts=profile.staff.sees_all_accounts)
        _offer(form, profile)
        if form.validate_on_submit():
            given = str(form.version.data or "")
            try:
                with transaction() as session:
                    version = int(given) if given.isdigit() else 0
                    changed = profiles.change(session, staff_id, form.values(), version=version, now=now(), actor=actor())
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                flash("Saved; it counts at once." if changed else "Nothing was different.", "success")
                return redirect(url_for(".one", staff_id=staff_id), 303)
        page = render_template(
            "collection_users/one.html",
            form=form,
            profile=_profile(staff_id),
            tabs=TABS,
            accounts=assigned_accounts(db.session(), staff_id),
        )
        return page, 422 if form.errors else 200

    @expose("/<int:staff_id>/delete", methods=("POST",))
    @needs(Role.ADMIN, step_up=True)
    def delete(self, staff_id: int) -> ResponseReturnValue:
        """Delete a profile; refused while accounts are assigned to the person."""
        name = _profile(staff_id).staff.name
        try:
            with transaction() as session:
                profiles.remove(session, staff_id, now=now(), actor=actor())
        except RuleViolation as refusal:
            flash(refusal.message, "error")
            return redirect(url_for(".one", staff_id=staff_id), 303)
        flash(f"{name} is no collection user any more.", "success")
        return redirect(self.address("index_view"), 303)


def _profile(staff_id: int) -> CollectorProfile:
    return visible(db.session(), CollectorProfile, staff_id) or abort(404)


def _names(people: Any) -> list[Any]:
    return [(one.id, one.name) for one in people]


def _offer(form: ProfileForm, profile: CollectorProfile) -> None:
    """What can be chosen: the places that the person sees, and people."""
    session = db.session()
    for name, model in PLACES.items():
        rows = session.scalars(scope(select(model), model, viewer()).order_by(model.name)).all()
        form[name].choices = [(one.id, f"{one.name} ({one.code})") for one in rows]
    supervisors = [one for one in collectors.possible_supervisors(session) if one.id != profile.staff_id]
    form.supervisor_id.choices = [(0, "Nobody"), *_names(supervisors)]
    others = [one for one in collectors.users(session) if one.id != profile.staff_id]
    form.default_user_id.choices = [(0, "Nobody"), *_names(others)]
    if not form.is_submitted():
        form.supervisor_id.data, form.default_user_id.data = profile.supervisor_id or 0, profile.default_user_id or 0
        form.version.data = str(profile.version)
