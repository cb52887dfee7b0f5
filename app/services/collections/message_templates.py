"""Templates of messages and of notes: what people enter about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.domain.collections import messages
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.models import Base, NoteTemplate
from app.services.portfolio import records
from app.services.staff.audit import Actor

LONGEST_NOTE = 500
LAST_PLACE = 999


def create(session: Session, model: type[Base], values: Mapping[str, Any], *, now: dt.datetime, actor: Actor) -> Base:
    """Add a template; it is offered from now on."""
    return records.create(session, model, completed(model, values), now=now, actor=actor)


def change(
    session: Session, row: Base, values: Mapping[str, Any], *, version: int | None, now: dt.datetime, actor: Actor
) -> bool:
    """Change a template. What was sent with it stays as it was sent."""
    return records.change(session, row, completed(type(row), values), version=version, now=now, actor=actor)


def completed(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their stored form. Raises RuleViolation for what cannot be, with its field."""
    given = dict(values)
    given["name"] = " ".join(str(given.get("name") or "").split())
    if not given["name"]:
        raise RuleViolation("Give it a name by which people know it.", field="name")
    given["body"] = str(given.get("body") or "").replace("\r\n", "\n").strip("\n")
    return _note(given) if model is NoteTemplate else _message(given)


def _note(given: dict[str, Any]) -> dict[str, Any]:
    if not given["body"].strip():
        raise RuleViolation("Write something first.", field="body")
    if len(given["body"]) > LONGEST_NOTE:
        raise RuleViolation(f"A note's template holds {LONGEST_NOTE} characters.", field="body")
    place = given.get("place")
    if place is None or not 0 <= place <= LAST_PLACE:
        raise RuleViolation(f"Enter a place from 0 to {LAST_PLACE}.", field="place")
    return given


def _message(given: dict[str, Any]) -> dict[str, Any]:
    """What it says for the example account has to be a message that could be sent."""
    if given.get("channel") not in (Channel.TEXT, Channel.EMAIL):
        raise RuleViolation("A template is for texts or for e-mails.", field="channel")
    is_text = given["channel"] is Channel.TEXT
    given["subject"] = None if is_text else str(given.get("subject") or "").strip()
    body = messages.filled(given["body"], messages.FIELDS)
    try:
        subject = None if is_text else messages.filled(given["subject"], messages.FIELDS)
    except RuleViolation as problem:
        raise RuleViolation(problem.message, field="subject") from problem
    messages.check(body, subject=subject, is_text=is_text)
    if not is_text and len(given["subject"]) > messages.LONGEST_SUBJECT:
        raise RuleViolation(f"A subject holds {messages.LONGEST_SUBJECT} characters.", field="subject")
    return given
