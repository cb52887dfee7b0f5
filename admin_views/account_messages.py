"""Writing a text or an e-mail to a customer: from a template or by hand, with a live preview."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, current_app, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views import formats
from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.contact_sections import channel_state
from admin_views.gate import actor, person, visible
from app.clock import now, today
from app.domain.collections import messages as rules
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.extensions import db
from app.models import Account, MessageTemplate
from app.queries.collections import messages as queries
from app.queries.payments.payment_links import open_address
from app.services.collections import drafts, messages
from app.settings import Settings
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.messages import gateway_of

OFF = {
    Channel.TEXT: "Texts are not set up here: SMS_GATEWAY_URL and SMS_GATEWAY_TOKEN say where they go.",
    Channel.EMAIL: "E-mails are not set up here: SMTP_HOST and MAIL_FROM say by which server they go.",
}


class MessageForm(FlaskForm):
    """What is sent. `key` makes pressing Send twice send once."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    template_id = SelectField("Template", [Optional()])
    body = TextAreaField("Message", [InputRequired("Write something first.")], render_kw={"rows": 7})


class TextForm(MessageForm):
    """A text, to one of their numbers."""

    phone_id = SelectField("To", [InputRequired("There is no good number to send it to.")])


class EmailForm(MessageForm):
    """An e-mail."""

    subject = StringField("Subject", [InputRequired("An e-mail needs a subject."), Length(max=rules.LONGEST_SUBJECT)])


class AccountMessages(AccountScreen):
    """Forms that write to a customer; they open in a side sheet of the Account page and of Work account."""

    endpoint = "account_messages"

    @expose("/<int:account_id>/text", methods=("GET", "POST"))
    def text(self, account_id: int) -> ResponseReturnValue:
        """Write a text."""
        account = visible(db.session(), Account, account_id)
        form = TextForm(key=secrets.token_urlsafe(24))
        good = [phone for phone in account.customer.phones if not phone.is_bad]
        form.phone_id.choices = [(str(one.id), f"{formats.phone(one.e164)} ({one.kind.label.lower()})") for one in good]
        to = "" if good else "No good phone number is known."
        return self._compose(account, Channel.TEXT, form, nowhere=to)

    @expose("/<int:account_id>/email", methods=("GET", "POST"))
    def email(self, account_id: int) -> ResponseReturnValue:
        """Write an e-mail."""
        account = visible(db.session(), Account, account_id)
        form = EmailForm(key=secrets.token_urlsafe(24))
        to = "" if account.customer.email else "No e-mail address is known."
        return self._compose(account, Channel.EMAIL, form, nowhere=to)

    def _compose(self, account: Account, channel: Channel, form: MessageForm, *, nowhere: str) -> ResponseReturnValue:
        offered = queries.templates(db.session(), channel)
        form.template_id.choices = [("", "No template"), *((str(one.id), one.name) for one in offered)]
        filled = _values(account)
        if request.method == "GET" and (chosen := request.args.get("template")):
            _fill(form, next((one for one in offered if str(one.id) == chosen), None), filled)
        phone_id = int(form.phone_id.data) if channel is Channel.TEXT and (form["phone_id"].data or "").isdigit() else None

        def do() -> str:
            if gateway_of(channel) is None:
                raise RuleViolation(OFF[channel])
            with transaction() as session:
                _, job = messages.queue(
                    session,
                    account.id,
                    channel=channel,
                    body=rules.filled(form.body.data or "", filled),
                    subject=_subject(form, filled),
                    phone_id=phone_id,
                    template_id=int(form.template_id.data) if form.template_id.data else None,
                    key=form.key.data,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                drafts.throw_away(session, staff_id=person().staff_id, account_id=account.id, form=channel.value)
            ring(job)
            return f"{channel.label} is on its way."

        return self._answer(
            form,
            do,
            account,
            title=f"{channel.label} to {account.customer.name}",
            verb=f"Send {channel.label.lower()}",
            template="account/message.html",
            channel=channel,
            nowhere=nowhere or ("" if gateway_of(channel) else OFF[channel]),
            contact=channel_state(db.session(), account, channel, phone_id=phone_id, now=now()),
            preview_url=url_for(".preview", account_id=account.id, channel=channel.value),
            said=_told(form.body.data or "", _subject_of(form), filled, channel),
            fields=sorted(rules.FIELDS),
        )

    @expose("/<int:account_id>/message/<any(text, email):channel>/preview", methods=("POST",))
    def preview(self, account_id: int, channel: str) -> ResponseReturnValue:
        """How a message reads for this account and how long it is; with `template_id`, the template filled in. Writes nothing."""
        account = visible(db.session(), Account, account_id)
        filled = _values(account)
        body, subject = request.form.get("body", ""), request.form.get("subject", "")
        if chosen := request.form.get("template_id", ""):
            row = db.session.get(MessageTemplate, int(chosen)) if chosen.isdigit() and len(chosen) < 18 else None
            if row is None or row.channel.value != channel:
                abort(404)
            body, subject = row.body, row.subject or ""
        return jsonify(_told(body, subject, filled, Channel(channel)))


def _values(account: Account) -> dict[str, str]:
    settings: Settings = current_app.config["SETTINGS"]
    return queries.values(
        db.session(),
        account,
        company=settings.company_name,
        pay_link=open_address(db.session(), account.id) or settings.payment_page,
        writer=person().name.split()[0],
    )


def _fill(form: MessageForm, template: MessageTemplate | None, filled: dict[str, str]) -> None:
    if template is None:
        return
    form.template_id.data = str(template.id)
    told = _told(template.body, template.subject or "", filled, template.channel)
    form.body.data = told["body"]
    if "subject" in form:
        form["subject"].data = told["subject"]


def _subject_of(form: MessageForm) -> str:
    return (form["subject"].data or "") if "subject" in form else ""


def _subject(form: MessageForm, filled: dict[str, str]) -> str | None:
    if "subject" not in form:
        return None
    try:
        return rules.filled(_subject_of(form), filled)
    except RuleViolation as problem:
        raise RuleViolation(problem.message, field="subject") from problem


def _told(body: str, subject: str, filled: dict[str, str], channel: Channel) -> dict[str, Any]:
    """The message with its fields filled in, how long it is, and what is wrong with it; a wrong one is shown as it was typed."""
    problem = ""
    try:
        said, headed = rules.filled(body, filled), rules.filled(subject, filled)
        if said.strip():
            rules.check(said, subject=headed or "-", is_text=channel is Channel.TEXT)
    except RuleViolation as refusal:
        said, headed, problem = body, subject, refusal.message
    return {"body": said, "subject": headed, "length": _length(said, channel), "problem": problem}


def _length(said: str, channel: Channel) -> str:
    """160 characters, 1 part."""
    if channel is Channel.EMAIL:
        return f"{len(said):,} of {rules.LONGEST_BODY:,} characters"
    sized = rules.size(said)
    parts = "1 part" if sized.segments == 1 else f"{sized.segments} parts"
    why = ", a sign outside of the phone alphabet halves what fits" if sized.is_unicode else ""
    return f"{sized.characters:,} characters, {parts}, {sized.left} left in the last{why}"
