"""Lists by pages, with a cursor that belongs to its question."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import asdict

from app.simulators.square.documents import Document, Place, Question
from app.simulators.square.errors import refuse
from app.simulators.square.simulation import Answer, Simulation


def answer_page(
    simulation: Simulation, name: str, question: Question, *, cursor: str | None, limit: int, as_of: str | None = None
) -> Answer:
    """The page of a list under `name`, with a cursor when there is more. An empty list has no `name`, as Square's have none."""
    documents, place = simulation.documents.page(question, after=_opened(cursor, question), limit=limit, as_of=as_of)
    body: Document = {name: documents} if documents else {}
    if place is not None:
        body["cursor"] = _sealed(place, question)
    return Answer(body)


def _sealed(place: Place, question: Question) -> str:
    return base64.urlsafe_b64encode(json.dumps([*place, _essence(question)]).encode()).decode()


def _opened(cursor: str | None, question: Question) -> Place | None:
    if not cursor:
        return None
    try:
        at, sequence, essence = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, binascii.Error) as error:
        raise refuse("INVALID_CURSOR", "The cursor was not made here.", "cursor") from error
    if essence != _essence(question):
        raise refuse("INVALID_CURSOR", "The cursor belongs to another query.", "cursor")
    return Place(at, sequence)


def _essence(question: Question) -> str:
    """The question in a form that a cursor can carry and compare."""
    return hashlib.sha256(json.dumps(asdict(question), sort_keys=True).encode()).hexdigest()[:12]
