"""Doorways for imports: reading an uploaded file, applying a batch, undoing it. Each job's arguments are {"batch_id": …}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.portfolio.imports import BatchState
from app.models import ImportBatch
from app.services.portfolio import import_apply as applying
from app.services.portfolio import import_reading as reading
from app.services.portfolio import import_undo as undoing
from app.services.portfolio import imports, uploads
from app.transaction import transaction
from app.workbooks.sheets import UnreadableFile
from tasks.registry import task
from tasks.work import Result, Work


def put_back(arguments: Mapping[str, Any], sentence: str) -> None:
    """Put the batch back where the job found it."""
    with transaction() as session:
        imports.fall_back(session, arguments["batch_id"], error=sentence)


def page_of(batch_id: int) -> str:
    """Where the batch is seen."""
    return f"/admin/import/{batch_id}/"


@task("imports", given_up=put_back)
def import_read(work: Work) -> Result:
    """Read a file into its batch, or note on it why it cannot be read."""
    batch_id: int = work.arguments["batch_id"]
    work.progress(step="Opening the file")
    with transaction() as session:
        if not imports.take_up(session, batch_id, BatchState.READING):
            return Result(url=page_of(batch_id))
        file = uploads.kept(current_app.config["SETTINGS"].home, session.get_one(ImportBatch, batch_id))
    try:
        with transaction() as session:
            batch = session.get_one(ImportBatch, batch_id)
            chosen = batch.mapping.get("chosen")
            rows = reading.read(session, batch, file, mapping=chosen, progress=work.progress, today=today()).rows
    except UnreadableFile as problem:
        with transaction() as session:
            reading.note_unreadable(session, session.get_one(ImportBatch, batch_id), file, error=problem.sentence)
        raise RuleViolation(problem.sentence) from problem
    return Result({"rows": rows}, page_of(batch_id))


@task("imports", given_up=put_back)
def import_apply(work: Work) -> Result:
    """Write the accounts of a batch, all with one commit."""
    batch_id: int = work.arguments["batch_id"]
    with transaction() as session:
        if not imports.take_up(session, batch_id, BatchState.APPLYING):
            return Result(url=page_of(batch_id))
    with transaction() as session:
        batch = applying.apply(session, batch_id, progress=work.progress, today=today(), now=now(), actor=work.actor)
        accounts = imports.coming_in(batch)
    with transaction() as session:  # Afterwards: its locks would otherwise hold until the accounts are committed.
        applying.analyze(session)
    return Result({"accounts": accounts}, page_of(batch_id))


@task("imports", given_up=put_back)
def import_undo(work: Work) -> Result:
    """Take the accounts of a batch out again."""
    batch_id: int = work.arguments["batch_id"]
    with transaction() as session:
        if not imports.take_up(session, batch_id, BatchState.UNDOING):
            return Result(url=page_of(batch_id))
    with transaction() as session:
        batch = undoing.undo(session, batch_id, progress=work.progress, today=today(), now=now(), actor=work.actor)
        accounts = imports.coming_in(batch)
    return Result({"accounts": accounts}, page_of(batch_id))
