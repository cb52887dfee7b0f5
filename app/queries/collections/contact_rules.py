"""The list of contact rules."""

from __future__ import annotations

from app.domain.collections.contact_rules import RuleKind
from app.models import ContactRule
from app.queries.listing import Choice, Field, Flag, Listing, Text

CONTACT_RULES = Listing(
    ContactRule,
    fields=(
        Field("name", ContactRule.name, sort=True),
        Field("state", ContactRule.state, sort=True),
        Field("kind", ContactRule.kind),
        Field("is_for_calls", ContactRule.is_for_calls),
        Field("is_for_texts", ContactRule.is_for_texts),
        Field("is_for_emails", ContactRule.is_for_emails),
        Field("most", ContactRule.most),
        Field("days", ContactRule.days),
        Field("from_time", ContactRule.from_time),
        Field("until_time", ContactRule.until_time),
        Field("phone_kind", ContactRule.phone_kind),
        Field("citation", ContactRule.citation),
        Field("verified_on", ContactRule.verified_on),
        Field("version", ContactRule.version),
        Field("is_active", ContactRule.is_active),
    ),
    filters=(
        Text("state", "State", ContactRule.state),
        Choice("kind", "Kind", ContactRule.kind, words=RuleKind),
        Flag("active", "Active", ContactRule.is_active),
    ),
    order="name",
)
