"""Templates of messages and of notes, as supervisors keep them."""

from __future__ import annotations

from typing import Any

from markupsafe import escape
from wtforms import SelectField, TextAreaField

from admin_views import formats
from admin_views.base import EditableView, RecordService
from admin_views.grid import Column, View
from admin_views.grid.form_fields import DeskModelConverter
from admin_views.organization import STATE
from app.domain.collections import messages
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import MessageTemplate, NoteTemplate
from app.queries.collections.messages import MESSAGE_TEMPLATES, NOTE_TEMPLATES
from app.services.collections import message_templates

WRITTEN = [(one.value, one.label) for one in (Channel.TEXT, Channel.EMAIL)]
FIELDS = ", ".join(f"{{{name}}}" for name in messages.FIELDS)
SERVICE = RecordService(message_templates.create, message_templates.change, None)


class WordsConverter(DeskModelConverter):
    """The words in a box of several lines, and the two channels that are written."""

    def get_converter(self, column: Any) -> Any:
        """These first, then what every form knows."""
        own = {"body": self._words, "channel": self._channel}
        return own.get(column.name) or super().get_converter(column)

    def _words(self, *, field_args: dict[str, Any], **_: Any) -> TextAreaField:
        return TextAreaField(**field_args | {"render_kw": {"rows": 8}})

    def _channel(self, *, field_args: dict[str, Any], **_: Any) -> SelectField:
        return SelectField(**field_args | {"choices": WRITTEN, "coerce": Channel})


def example(text: str | None) -> str:
    """The words as the example account reads them."""
    try:
        return messages.filled(text or "", messages.FIELDS)
    except RuleViolation:
        return text or ""


def reads(row: Any) -> str:
    """The example with its subject and how many parts it has."""
    said = escape(example(row.body))
    if row.channel is Channel.EMAIL:
        return f"<b>{escape(example(row.subject))}</b> {said}"
    parts = messages.size(example(row.body)).segments
    return f'{said} <span class="muted xs nowrap">{parts} {"part" if parts == 1 else "parts"}</span>'


class MessageTemplates(EditableView):
    """Texts and e-mails that people start from."""

    title, url, endpoint, noun = "Message templates", "/admin/settings/message-templates", "message_templates", "templates"
    model = MessageTemplate
    listing = MESSAGE_TEMPLATES
    minimum_role = Role.SUPERVISOR
    change_role = Role.SUPERVISOR
    context = f"Fields: {FIELDS}. The list shows each as the example account would read it."
    service = SERVICE
    can_delete = False
    views = (View("All"), View("Texts", "channel=text"), View("E-mails", "channel=email"), View("Inactive", "active=0"))
    model_form_converter = WordsConverter
    columns = (
        Column("name", "Template"),
        Column("channel", "Channel"),
        Column(
            "body",
            "Reads as",
            needs=("body", "subject", "channel"),
            cell=reads,
            plain=lambda row: example(row.body),
            wide=True,
            card="detail",
            card_label="",
        ),
        Column(
            "purpose",
            "Written by",
            cell=lambda row: formats.text(f"The program: {row.purpose.label.lower()}" if row.purpose else "People"),
            plain=lambda row: row.purpose.label if row.purpose else "",
        ),
        STATE,
    )
    form_columns = ("name", "channel", "subject", "body", "is_active")
    form_labels = {"body": "Words"}
    form_help = {
        "subject": "Of an e-mail; a text has none.",
        "body": f"Fields: {FIELDS}. A text ends with how to opt out: Reply STOP to opt out.",
        "is_active": "Inactive ones are not offered.",
    }
    empty = ("There is no template", "Add one, and it is offered when somebody writes a text or an e-mail.")


class NoteTemplates(EditableView):
    """Short texts for the note field."""

    title, url, endpoint, noun = "Note templates", "/admin/settings/note-templates", "note_templates", "templates"
    model = NoteTemplate
    listing = NOTE_TEMPLATES
    minimum_role = Role.SUPERVISOR
    change_role = Role.SUPERVISOR
    context = "Offered beside the note field of Work account, with T."
    service = SERVICE
    can_delete = False
    views = (View("All"), View("Active", "active=1"), View("Inactive", "active=0"))
    model_form_converter = WordsConverter
    columns = (
        Column("name", "Template"),
        Column("body", "Words", wide=True, card="detail", card_label=""),
        Column("place", "Place", hint="They are offered in this order"),
        STATE,
    )
    form_columns = ("name", "body", "place", "is_active")
    form_labels = {"body": "Words"}
    form_help = {"place": "They are offered in this order.", "is_active": "Inactive ones are not offered."}
    empty = ("There is no template", "Add a short text that people write often.")
