"""What stands in the way of a contact: writing it down, lifting it, and a supervisor's word against it."""

from __future__ import annotations

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from admin_views import formats
from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.contact_sections import WEEKDAYS, channel_state
from admin_views.gate import actor, needs, visible
from app.clock import now
from app.domain.collections.contact_rules import Channel, RestrictionKind
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, ContactRestriction
from app.services.collections import contacts
from app.transaction import transaction

OPT_OUT, OPT_IN = "opt_out", "opt_in"
FORM = "account/contact_form.html"
DONE = {Channel.CALL: "called", Channel.TEXT: "texted", Channel.EMAIL: "e-mailed"}


class WeekdaysField(SelectMultipleField):
    """Days of the week, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **options: object) -> None:
        super().__init__(label, choices=[(str(n), name) for n, name in enumerate(WEEKDAYS)], **options)
        self.type = "SelectMultipleCheckboxField"  # Templates draw it as boxes by this name.


class RestrictionForm(FlaskForm):
    """What they asked for, or what became known."""

    what = SelectField(
        "What",
        [InputRequired("Choose what it is.")],
        choices=[
            (RestrictionKind.INCONVENIENT.value, RestrictionKind.INCONVENIENT.label),
            (OPT_OUT, "Opted out of a channel"),
            (RestrictionKind.ATTORNEY.value, RestrictionKind.ATTORNEY.label),
            (RestrictionKind.CEASE.value, RestrictionKind.CEASE.label),
            (OPT_IN, "Allowed a channel again"),
        ],
    )
    channel = SelectField(
        "Channel", choices=[("", "Every channel"), *Channel.choices()], description="An attorney and a cease stop all of them."
    )
    phone_id = SelectField("Number", description="For an opt-out of one number.")
    weekdays = WeekdaysField("Days that do not suit", description="None ticked: every day.")
    from_time = TimeField("From", [Optional()], description="At their place.")
    until_time = TimeField("Until", [Optional()])
    note = StringField(
        "How it became known",
        [InputRequired("Say how it became known."), Length(max=contacts.LONGEST_REASON)],
        description="Letter of Nov 3; by phone; name and number of the attorney.",
    )


class ReasonForm(FlaskForm):
    """Why."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=contacts.LONGEST_REASON)])


class AccountContact(AccountScreen):
    """Forms about contacting a customer; they open in a side sheet of the Account page and of Work account."""

    endpoint = "account_contact"

    @expose("/<int:account_id>/contact/restrict", methods=("GET", "POST"))
    def restrict(self, account_id: int) -> ResponseReturnValue:
        """Keep what a customer asked for; it counts at once, for all their accounts."""
        account = visible(db.session(), Account, account_id)
        form = RestrictionForm()
        form.phone_id.choices = [("", "All numbers")] + [
            (str(phone.id), formats.phone(phone.e164)) for phone in account.customer.phones
        ]

        def do() -> str:
            channel = Channel(form.channel.data) if form.channel.data else None
            with transaction() as session:
                if form.what.data in (OPT_OUT, OPT_IN):
                    if channel is None:
                        raise RuleViolation("Say of which channel.", field="channel")
                    contacts.consent(
                        session,
                        account_id,
                        channel,
                        is_granted=form.what.data == OPT_IN,
                        source=form.note.data or "",
                        phone_id=int(form.phone_id.data) if form.phone_id.data else None,
                        now=now(),
                        actor=actor(),
                    )
                    return "Their word is kept."
                contacts.restrict(
                    session,
                    account_id,
                    kind=RestrictionKind(form.what.data),
                    note=form.note.data or "",
                    channel=channel,
                    weekdays=[int(day) for day in form.weekdays.data or ()],
                    from_time=form.from_time.data,
                    until_time=form.until_time.data,
                    now=now(),
                    actor=actor(),
                )
            return "Restriction saved; it counts from now on."

        return self._answer(form, do, account, title="Contact restriction", verb="Save", template=FORM)

    @expose("/<int:account_id>/contact/<int:restriction_id>/lift", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def lift(self, account_id: int, restriction_id: int) -> ResponseReturnValue:
        """A restriction counts no more."""
        account = visible(db.session(), Account, account_id)
        row = visible(db.session(), ContactRestriction, restriction_id)
        if row.customer_id != account.customer_id:
            abort(404)
        form = ReasonForm()

        def do() -> str:
            with transaction() as session:
                contacts.lift(session, account_id, restriction_id, reason=form.reason.data or "", now=now(), actor=actor())
            return "Restriction lifted."

        return self._answer(form, do, account, title=f"Lift: {row.kind.label.lower()}", verb="Lift it", template=FORM)

    @expose("/<int:account_id>/contact/override", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def override(self, account_id: int) -> ResponseReturnValue:
        """Let one contact be made although a rule speaks against it: a call, or what `channel` says."""
        account = visible(db.session(), Account, account_id)
        asked = request.args.get("channel", Channel.CALL.value)
        if asked not in {one.value for one in Channel}:
            abort(404)
        channel = Channel(asked)
        form = ReasonForm()

        def do() -> str:
            with transaction() as session:
                given = contacts.override(session, account_id, channel, reason=form.reason.data or "", now=now(), actor=actor())
                until = formats.time(given.until_at)
            return f"They may be {DONE[channel]} until {until}."

        return self._answer(
            form,
            do,
            account,
            title=f"{channel.label} all the same",
            verb=f"Allow the {channel.label.lower()}",
            template=FORM,
            contact=channel_state(db.session(), account, channel, now=now()),
        )
