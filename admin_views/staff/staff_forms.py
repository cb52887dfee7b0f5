"""Forms of the staff page."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from app.domain.staff.roles import Role
from app.models import Portfolio, Staff


class SelectMultipleCheckboxField(SelectMultipleField):
    """Several of a few, each with its own box."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class StaffForm(FlaskForm):
    """Who somebody is and what they may see."""

    name = StringField("Name", [DataRequired("Give the name."), Length(max=80)])
    role = SelectField(
        "Role",
        [DataRequired("Choose a role.")],
        choices=[SelectChoice(*one) for one in Role.choices()],
        default=Role.COLLECTOR.value,
    )
    sees_all_accounts = BooleanField(
        "Sees all accounts", description="A collector who is not kept to the accounts assigned to them. Others see all anyway."
    )
    portfolios = SelectMultipleCheckboxField(
        "Only these portfolios", coerce=int, description="None ticked: every portfolio, the ones to come too."
    )
    version = HiddenField()

    def offer(self, portfolios: Iterable[Portfolio]) -> None:
        """Fill in what can be ticked."""
        self.portfolios.choices = [SelectChoice(str(one.id), f"{one.name} ({one.code})") for one in portfolios]

    def show(self, staff: Staff) -> None:
        """Fill the fields with what is so."""
        self.name.data = staff.name
        self.role.data = staff.role.value
        self.sees_all_accounts.data = staff.sees_all_accounts
        self.portfolios.data = [one.id for one in staff.portfolios]
        self.version.data = str(staff.version)

    def seen_version(self) -> int:
        """The version that the editor saw; 0, which no row has, when the field was tampered with."""
        given = str(self.version.data or "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


class NewStaffForm(StaffForm):
    """The same, with the name to sign in by."""

    username = StringField(
        "Username",
        [DataRequired("Give a username."), Length(max=40)],
        description="Small letters, digits, dots, dashes, underscores. It cannot be changed later.",
    )
