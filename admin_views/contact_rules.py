"""Contact rules: how often and when customers may be contacted, of the country and of each state."""

from __future__ import annotations

import datetime as dt
from typing import Any

from markupsafe import escape
from wtforms import TimeField
from wtforms.validators import Optional

from admin_views.base import EditableView, RecordService
from admin_views.grid import Column, View
from admin_views.grid.form_fields import DeskModelConverter
from admin_views.organization import STATE
from app.domain.collections.contact_rules import RuleKind
from app.domain.staff.roles import Role
from app.models import ContactRule
from app.queries.collections.contact_rules import CONTACT_RULES
from app.services.collections import contact_rules

CHANNELS = (("is_for_calls", "Calls"), ("is_for_texts", "Texts"), ("is_for_emails", "E-mails"))
LIMIT_NEEDS = ("kind", "most", "days", "from_time", "until_time", "phone_kind")


class TimesConverter(DeskModelConverter):
    """Times of day by the browser's own field; Flask-Admin's brings scripts of its own."""

    def get_converter(self, column: Any) -> Any:
        """Times first, then what every form knows."""
        return self._time if column.name.endswith("_time") else super().get_converter(column)

    def _time(self, *, field_args: dict[str, Any], **_: Any) -> TimeField:
        return TimeField(**field_args | {"validators": [Optional()]})


def limit(row: Any) -> str:
    """What the rule allows: 7 in 7 days, 8:00 AM to 9:00 PM."""
    if row.kind is RuleKind.HOURS:
        return f"{_time(row.from_time)} to {_time(row.until_time)}"
    days = "1 day" if row.days == 1 else f"{row.days} days"
    said = f"{row.most} in {days}" if row.kind is RuleKind.ATTEMPTS else f"none for {days}"
    return f"{said}, {row.phone_kind.label.lower()} numbers" if row.phone_kind else said


def _time(time: dt.time) -> str:
    return f"{(time.hour + 11) % 12 + 1}:{time:%M} {'AM' if time.hour < 12 else 'PM'}"


def channels(row: Any) -> str:
    """What it speaks of."""
    return ", ".join(label for name, label in CHANNELS if getattr(row, name))


class ContactRules(EditableView):
    """When customers may be contacted."""

    title, url, endpoint, noun = "Contact rules", "/admin/settings/contact-rules", "contact_rules", "rules"
    model = ContactRule
    listing = CONTACT_RULES
    minimum_role = Role.ADMIN
    context = (
        "Every active rule that speaks of a customer has to allow a contact; each attempt keeps the versions it was judged by."
    )
    service = RecordService(contact_rules.create, contact_rules.change, None)
    can_delete = False
    views = (View("All"), View("Active", "active=1"), View("Inactive", "active=0"))
    opens_details = True
    model_form_converter = TimesConverter
    columns = (
        Column("name", "Rule"),
        Column("state", "State", cell=lambda row: str(escape(row.state)) if row.state else "Every state"),
        Column("kind", "Limits", shown=False),
        Column("most", "Allows", needs=LIMIT_NEEDS, cell=limit, plain=limit, css="", card="figure"),
        Column(
            "is_for_calls",
            "Of",
            card="detail",
            card_label="",
            needs=tuple(name for name, _ in CHANNELS),
            cell=channels,
            plain=channels,
        ),
        Column("citation", "Citation", wide=True),
        Column("verified_on", "Verified on"),
        Column("version", "Version", shown=False),
        STATE,
    )
    form_columns = (
        "name",
        "state",
        "kind",
        "is_for_calls",
        "is_for_texts",
        "is_for_emails",
        "most",
        "days",
        "from_time",
        "until_time",
        "phone_kind",
        "citation",
        "verified_on",
        "is_active",
    )
    form_labels = {
        "is_for_calls": "Calls",
        "is_for_texts": "Texts",
        "is_for_emails": "E-mails",
        "most": "Attempts allowed",
        "days": "In so many days",
        "from_time": "Contact begins",
        "until_time": "Contact ends",
        "phone_kind": "Only numbers of this kind",
    }
    form_help = {
        "state": "Two letters; empty for every state. It is the state in which the customer lives.",
        "most": "Only for attempts: one more is refused.",
        "days": "The day of the first is day 1. After a conversation: its own day is day 1.",
        "from_time": "Only for hours: at the customer's place, by address and by area code.",
        "citation": "The statute or regulation, or that it is a decision of the house.",
        "verified_on": "When somebody last looked it up. Nothing here is legal advice.",
        "is_active": "Inactive ones are passed over.",
    }
    empty = ("There is no contact rule", "Without one, customers may be contacted at any time, as often as anybody likes.")
