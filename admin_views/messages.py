"""Messages: every text and e-mail with what became of it, and trying anew what failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from markupsafe import escape
from wtforms import BooleanField

from admin_views import account_forms, formats
from admin_views.answers import local_address
from admin_views.base import ReadOnlyView, expose
from admin_views.contact_sections import channel_state
from admin_views.gate import actor, visible
from admin_views.grid import Column, View, cells, customer_column
from app.clock import now
from app.domain.collections.contact_rules import Channel
from app.domain.collections.messages import MessageState
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Message
from app.queries.collections.messages import MESSAGES
from app.services.collections import messages
from app.transaction import transaction
from tasks.doorbell import ring

TONES = {MessageState.QUEUED: "open", MessageState.SENDING: "info", MessageState.SENT: "good", MessageState.FAILED: "bad"}


def to(row: Any) -> str:
    """(614) 555-0142, or an address."""
    said = formats.phone(row.address) if row.channel is Channel.TEXT else row.address
    return f'<span class="nowrap">{escape(said)}</span>'


def words(row: Any) -> str:
    """The subject and the words."""
    subject = f"<b>{escape(row.subject)}</b> " if row.subject else ""
    return f"{subject}{formats.text(row.body)}"


def state(row: Any) -> str:
    """Mark, word, and why it failed."""
    word = "May have been sent" if row.state is MessageState.FAILED and row.may_have_been_sent else row.state.label
    mark = f'<span class="st {"warn" if word != row.state.label else TONES[row.state]}">{word}</span>'
    return mark + (f' <span class="muted xs">{escape(row.failure)}</span>' if row.failure else "")


def action(row: Any) -> str:
    """Send again, for what failed."""
    if row.state is not MessageState.FAILED:
        return ""
    whose = escape(f"Send again: {row.channel.label.lower()} to {cells.customer_name(row)}")
    address = url_for("messages.retry", message_id=row.id)
    return f'<a class="btn btn-quiet btn-sm" data-sheet href="{escape(address)}" aria-label="{whose}">Send again</a>'


class RetryForm(FlaskForm):
    """Only for one that may have been sent is there anything to say."""

    is_certain = BooleanField("Send it all the same: it may have reached them already")


class Messages(ReadOnlyView):
    """The outbox and everything that went out."""

    title = "Messages"
    url = "/admin/messages"
    endpoint = "messages"
    minimum_role = Role.COLLECTOR
    context = "Texts and e-mails to customers; write one with T or E on an account"
    model = Message
    listing = MESSAGES
    noun = "messages"
    columns = (
        Column("queued_at", "Written"),
        replace(customer_column(), card="figure"),
        Column("channel", "Channel"),
        Column("address", "To", needs=("address", "channel"), cell=to, plain=lambda row: row.address),
        Column("body", "Message", needs=("body", "subject"), cell=words, plain=lambda row: row.body, wide=True, card="detail"),
        Column("template", "Template", shown=False),
        Column(
            "state",
            "State",
            needs=("state", "failure", "may_have_been_sent"),
            cell=state,
            plain=lambda row: row.state.label,
            card="state",
        ),
        Column(
            "action",
            "Action",
            needs=("state", "channel", "first_name", "last_name"),
            cell=action,
            plain=lambda row: None,
            css="acts",
        ),
        Column("by", "Written by"),
        Column("failure", "Why it failed", shown=False),
        Column("settled_at", "Settled", shown=False),
        Column("tries", "Tries", shown=False),
        Column("reference", "Reference", shown=False, mono=True),
    )
    views = (
        View("All"),
        View("Failed", "state=failed"),
        View("Queued", "state=queued&state=sending"),
        View("Sent", "state=sent"),
    )
    details_of = (
        "account",
        "channel",
        "address",
        "subject",
        "body",
        "template",
        "state",
        "failure",
        "may_have_been_sent",
        "queued_at",
        "queued_by",
        "settled_at",
        "tries",
        "reference",
    )
    empty = ("No messages yet", "Texts and e-mails stand here from the moment they are written, with what became of them.")
    name_field = staticmethod(cells.customer_name)

    @expose("/<int:message_id>/retry", methods=("GET", "POST"))
    def retry(self, message_id: int) -> ResponseReturnValue:
        """Send a failed message again; one that may have been sent only when somebody says so."""
        message = visible(db.session(), Message, message_id)
        form = RetryForm()
        if not message.may_have_been_sent:
            del form.is_certain
        back = local_address(request.args.get("back"), url_for(".index_view", state="failed"))
        if form.validate_on_submit():
            certain = bool(form.is_certain.data) if "is_certain" in form else False
            try:
                with transaction() as session:
                    job = messages.retry(session, message_id, is_certain=certain, now=now(), actor=actor())
            except RuleViolation as refusal:
                account_forms.refuse(form, refusal)
            else:
                ring(job)
                flash(f"{message.channel.label} is on its way again.", "success")
                return redirect(back, 303)
        contact = channel_state(db.session(), message.account, message.channel, phone_id=message.phone_id, now=now())
        page = render_template("messages/retry.html", form=form, message=message, contact=contact, back=back)
        return page, 422 if form.is_submitted() else 200
