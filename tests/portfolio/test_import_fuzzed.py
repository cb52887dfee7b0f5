"""Broken files of every format: a sentence or a preview, never a stack trace; and whatever comes in comes in whole.

A few are tried here with every run; `make fuzz` tries two thousand (FILES).
"""

from __future__ import annotations

import io
import os
import time
from typing import Any

import psutil
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import IN_OUTCOMES, BatchState, ImportFormat
from app.domain.reporting.jobs import JobState
from app.models import Account, ImportBatch, ImportRow, Portfolio, Remittance, Staff
from app.queries.payments.invariants import findings
from tests.portfolio.conftest import work
from tests.portfolio.importing import applied, opened, report
from tests.portfolio.mutants import Mutant, mutant
from tests.visitor import Visitor, signed_in

FILES = int(os.environ.get("LEASEDESK_TEST_FILES", "0"))
"""So many files instead of the few of the suite."""
SEEDS = range(FILES) if FILES else range(24)
SECONDS = 20
"""No file of a few kilobytes may take longer from its upload to its last row, on a machine that is busy."""
FILES_PER_PIN = 200
"""After so many files the supervisor gives the PIN again: it counts for five minutes."""
MEMORY_BYTES = 200 << 20
"""What the program may hold more after all files than after the first ones."""

IN = [outcome.value for outcome in IN_OUTCOMES]
_WRITTEN = ("account", "customer", "installment", "payment", "device", "remittance", "dealer_funding", "adjustment")


def upload(visitor: Visitor, book: Portfolio, file: Mutant) -> Any:
    form = {"portfolio": str(book.id), "format": file.form.kind.value, "file": (io.BytesIO(file.content), file.name)}
    return visitor.post("/admin/import/upload", form, content_type="multipart/form-data")


def counts(session: Session) -> dict[str, int]:
    return {name: int(session.scalar(text(f"select count(*) from {name}")) or 0) for name in _WRITTEN}


def done(session: Session) -> None:
    """Do the jobs that wait; one that ends badly ends with a sentence, not with what the program did not expect."""
    for job in work(session):
        assert job.state in (JobState.DONE, JobState.FAILED)
        if job.state is JobState.FAILED:
            assert job.error and "did not expect" not in job.error, job.error
            assert job.error.rstrip('"”)').endswith("."), job.error


def tried(visitor: Visitor, session: Session, book: Portfolio, file: Mutant) -> str:
    """Upload, read, look, apply, look; returns how it ended."""
    before = counts(session)
    answer = upload(visitor, book, file)
    if answer.status_code == 422:
        assert "This file was not taken" in answer.text
        assert counts(session) == before
        return "refused"
    assert answer.status_code == 302
    done(session)
    batch = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1)).one()
    address = f"/admin/import/{batch.id}/"
    assert visitor.get(address).status_code == 200
    assert counts(session) == before, "reading writes nothing into the portfolio"
    if batch.state is BatchState.FAILED:
        assert batch.error
        return "unreadable"
    assert batch.state is BatchState.PREVIEW
    rows = session.scalar(select(func.count()).select_from(ImportRow).where(ImportRow.batch_id == batch.id))
    assert rows == batch.rows == sum(batch.outcomes.values())
    assert visitor.get(f"{address}rejects.xlsx").status_code == 200
    if not any(outcome in batch.outcomes for outcome in IN):
        return "nothing in it"
    assert visitor.post(f"{address}apply").status_code == 302
    done(session)
    session.refresh(batch)
    assert visitor.get(address).status_code == 200
    assert batch.state is BatchState.APPLIED, batch.error
    brought = sum(batch.outcomes.get(outcome, 0) for outcome in IN)
    kept = select(func.count()).select_from(Account).where(Account.import_batch_id == batch.id)
    waiting = select(func.count()).select_from(Remittance).where(Remittance.import_batch_id == batch.id)
    invoiced = text("select count(*) from invoice where import_batch_id = :batch")
    funded = text("select count(*) from dealer_funding where import_batch_id = :batch")
    written = sum(session.scalar(query, {"batch": batch.id}) or 0 for query in (kept, waiting, funded))
    if batch.format is ImportFormat.INVOICES:
        written = session.scalar(invoiced, {"batch": batch.id}) or 0
    assert written == brought, "all rows that come in, or none"
    return "came in"


def test_a_broken_file_gets_a_sentence_or_comes_in_whole(
    dana: Visitor, client: FlaskClient, supervisor: Staff, session: Session, book: Portfolio
) -> None:
    known = {"CONTRACT#": "6433012", "CUSTOMERFIRSTNAME": "Norma", "CUSTOMERLASTNAME": "Soto"}
    applied(session, opened(session, book, report([known]), "known.csv"))  # Payments of the examples find their account.
    ends: dict[str, int] = {}
    held = 0
    for seed in SEEDS:
        file = mutant(seed)
        if seed % FILES_PER_PIN == FILES_PER_PIN - 1:
            dana = signed_in(client, session, supervisor, stepped_up=True)
        started = time.monotonic()
        try:
            end = tried(dana, session, book, file)
        except Exception as problem:
            problem.add_note(f"Seed {seed}, {file.form.kind.value}, {file.name}: {file.broken}")
            if not FILES:
                raise
            session.rollback()
            print(
                f"seed {seed} {file.form.kind.value} {file.name} [{file.broken}]: {type(problem).__name__} {str(problem)[:300]}"
            )
            end = "BROKE"
        taken = time.monotonic() - started
        assert taken < SECONDS, f"seed {seed} took {taken:.0f} s"
        ends[end] = ends.get(end, 0) + 1
        held = held or psutil.Process().memory_info().rss
    print(ends)
    assert "BROKE" not in ends
    assert {"refused", "unreadable", "came in"} <= ends.keys(), "the mutations reach every end"
    assert psutil.Process().memory_info().rss - held < MEMORY_BYTES
    session.expire_all()
    assert [finding.invariant.name for finding in findings(session) if finding.broken] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_breaks_the_same_file_in_the_same_way(seed: int) -> None:
    assert mutant(seed)[1:] == mutant(seed)[1:]
