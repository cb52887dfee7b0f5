"""The life of an import batch: opened, read, previewed, applied as a whole, undone as a whole, or discarded.

Reading, applying and undoing are long: the page plans them as jobs, the command line runs them itself. Each has its own
module beside this one; here is what takes a batch from one state to the next.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import CursorResult, delete, select, text, update
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.portfolio.imports import BATCH_TRANSITIONS, IN_OUTCOMES, BatchState, ImportFormat
from app.models import ImportBatch, ImportRow, Portfolio, Setting
from app.services.staff import audit
from app.services.staff.audit import Actor
from app.workbooks.columns import fold
from app.workbooks.formats.registry import format_of
from app.workbooks.gate import AdmittedFile

HOLDING = (BatchState.APPLYING, BatchState.APPLIED, BatchState.UNDOING)
"""States in which a batch's rows stand in the portfolio, or are about to."""

_AROUND = {
    BatchState.READING: (BatchState.FAILED, BatchState.PREVIEW),
    BatchState.APPLYING: (BatchState.PREVIEW, BatchState.APPLIED),
    BatchState.UNDOING: (BatchState.APPLIED, BatchState.UNDONE),
}
"""A job's state of the batch: the state that a failed job leaves behind, and the one that a finished job does."""

_NAMED = "import mappings "
MOST_NAMED = 100
LONGEST_NAME = 40

UNDER_WAY = (BatchState.READING, BatchState.PREVIEW)
"""States in which somebody is looking at a batch."""


def open_batch(
    session: Session,
    file: AdmittedFile,
    *,
    portfolio: Portfolio,
    kind: ImportFormat = ImportFormat.PORTFOLIO,
    may_repeat: bool = False,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> ImportBatch:
    """Begin with a file that the gate let in.

    The same file again is refused with the sentence that names the earlier batch, unless that was undone or discarded.
    `may_repeat` (the command line) lets it be read once more: each of its contracts will be skipped as a duplicate.
    """
    if not portfolio.is_active:
        raise RuleViolation(f"{portfolio.name} is closed; nothing is imported into it.", field="portfolio")
    # Two uploads of one file at once: the second waits here and then sees the first.
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:hash, 0))"), {"hash": file.sha256})
    if not may_repeat:
        _refuse_repetition(session, file, portfolio)
    batch = ImportBatch(
        format=kind,
        portfolio_id=portfolio.id,
        state=BatchState.READING,
        file_name=file.filename[-200:],
        file_hash=file.sha256,
        file_size=file.size_bytes,
        business_on=today,
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(batch)
    session.flush()
    _record(session, "import opened", batch, now=now, actor=actor)
    return batch


def _refuse_repetition(session: Session, file: AdmittedFile, portfolio: Portfolio) -> None:
    earlier = session.scalar(
        select(ImportBatch)
        .where(
            ImportBatch.file_hash == file.sha256,
            ImportBatch.portfolio_id == portfolio.id,
            ImportBatch.state.in_([*HOLDING, *UNDER_WAY]),
        )
        .order_by(ImportBatch.id.desc())
        .limit(1)
    )
    if earlier is None:
        return
    if earlier.state in UNDER_WAY:
        raise RuleViolation(
            f"This very file is open already as import {earlier.id} ({earlier.file_name}). Go on there, or discard it first.",
            field="file",
        )
    raise RuleViolation(
        f"This very file was imported on {earlier.business_on:%b} {earlier.business_on.day}, {earlier.business_on.year} as "
        f"import {earlier.id} ({earlier.file_name}). Undo that import first if it is to be read again.",
        field="file",
    )


def saved_mapping(session: Session, kind: ImportFormat, headers: Sequence[str]) -> dict[str, str] | None:
    """Which column is which, as somebody chose it for a file with these headers; None when nobody has."""
    setting = session.get(Setting, _mapping_name(kind, headers))
    return dict(setting.value) if setting is not None else None


def named_mappings(session: Session, kind: ImportFormat) -> dict[str, dict[str, str]]:
    """The mappings of a format that were saved under a name, by their names: {column key: header}."""
    kept = session.get(Setting, _NAMED + kind.value)
    return {} if kept is None else {name: dict(kept.value[name]) for name in sorted(kept.value, key=str.casefold)}


def _save_named(
    session: Session, kind: ImportFormat, name: str, given: Mapping[str, str], *, now: dt.datetime, actor: Actor
) -> None:
    """Keep a mapping under a name; what had that name is replaced."""
    # Two people who save at once both stay: the second waits here and then sees the first.
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": _NAMED + kind.value})
    setting = session.get(Setting, _NAMED + kind.value, populate_existing=True) or Setting(name=_NAMED + kind.value, value={})
    if name not in setting.value and len(setting.value) >= MOST_NAMED:
        raise RuleViolation(f"There are {MOST_NAMED} saved mappings already; give this one the name of an old one.", field="name")
    setting.value = {**setting.value, name: dict(given)}
    setting.changed_at, setting.changed_by_id = now, actor.staff_id
    session.add(setting)


def choose_columns(
    session: Session, batch: ImportBatch, mapping: Mapping[str, str], *, name: str = "", now: dt.datetime, actor: Actor
) -> None:
    """Say which header of the file is which column, for this batch and for later files with the same headers.

    With a `name` it is also kept under that name, for files of the same source whose headers differ a little.
    The batch goes back to READING; the caller plans the job that reads it again. Raises RuleViolation for a required
    column without a header, a header that the file does not have, and a header that is given twice.
    """
    given = {key: header for key, header in mapping.items() if header}
    for column in format_of(batch.format).columns:
        if column.is_required and column.key not in given:
            raise RuleViolation(f"Say which column is {column.name}.", field=column.key)
    for key, header in given.items():
        if header not in batch.headers:
            raise RuleViolation(f"The file has no column {header}.", field=key)
        if list(given.values()).count(header) > 1:
            raise RuleViolation(f"{header} is chosen twice.", field=key)
    if len(name) > LONGEST_NAME:
        raise RuleViolation(f"A name has at most {LONGEST_NAME} characters.", field="name")
    _take(session, batch, BatchState.READING)
    batch.mapping = {**batch.mapping, "chosen": given}
    if name:
        _save_named(session, batch.format, name, given, now=now, actor=actor)
    name = _mapping_name(batch.format, batch.headers)
    setting = session.get(Setting, name) or Setting(name=name)
    setting.value, setting.changed_at, setting.changed_by_id = given, now, actor.staff_id
    session.add(setting)
    _record(session, "import columns chosen", batch, now=now, actor=actor)


def choose_sheet(session: Session, batch: ImportBatch, sheet: str, *, now: dt.datetime, actor: Actor) -> None:
    """Say which sheet of the workbook is meant; the caller plans the job that reads it. What columns were chosen is forgotten.

    Raises RuleViolation for a sheet that the file does not have.
    """
    sheets = batch.mapping.get("sheets", [])
    if sheet not in sheets:
        raise RuleViolation("Choose one of the sheets of the file.", field="sheet")
    _take(session, batch, BatchState.READING)
    batch.mapping = {"sheet": sheet, "sheets": sheets}
    _record(session, "import sheet chosen", batch, now=now, actor=actor)


def _mapping_name(kind: ImportFormat, headers: Sequence[str]) -> str:
    """The name of the setting that keeps the mapping of a header set, whatever the order of the columns."""
    of: list[str] = [] if kind is ImportFormat.PORTFOLIO else [kind.value]
    digest = hashlib.sha256("\n".join([*of, *sorted(fold(header) for header in headers)]).encode()).hexdigest()
    return f"import columns {digest[:40]}"


def start_apply(session: Session, batch: ImportBatch, *, now: dt.datetime, actor: Actor) -> None:
    """Take a previewed batch to APPLYING; only one of two people who press the button at once gets through."""
    if not coming_in(batch):
        raise RuleViolation("No row of this file comes in, so there is nothing to apply.")
    _take(session, batch, BatchState.APPLYING)
    batch.error = None
    _record(session, "import started", batch, now=now, actor=actor)


def start_undo(session: Session, batch: ImportBatch, *, now: dt.datetime, actor: Actor) -> None:
    """Take an applied batch to UNDOING."""
    _take(session, batch, BatchState.UNDOING)
    batch.error = None
    _record(session, "import undo started", batch, now=now, actor=actor)


def discard(session: Session, batch: ImportBatch, *, now: dt.datetime, actor: Actor) -> None:
    """Forget a batch that was never applied: its rows go, its line in the history stays."""
    _take(session, batch, BatchState.DISCARDED)
    session.execute(delete(ImportRow).where(ImportRow.batch_id == batch.id))
    _record(session, "import discarded", batch, now=now, actor=actor)


def take_up(session: Session, batch_id: int, working: BatchState) -> bool:
    """Make sure that a batch is in the state of the job that begins; False when that job has been done already.

    A job that is tried again finds its batch where the failure put it back; one whose worker died after the commit finds
    its work done. Raises RuleViolation when the batch has gone another way.
    """
    before, after = _AROUND[working]
    batch = session.get_one(ImportBatch, batch_id, populate_existing=True)
    if batch.state is after:
        return False
    if batch.state is not working:
        _take(session, batch, working, only=before)
    return True


def fall_back(session: Session, batch_id: int, *, error: str) -> None:
    """Put a batch back where its failed job found it, with the sentence that says why. Safe to call twice."""
    for state, (before, _) in _AROUND.items():
        session.execute(
            update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == state).values(state=before, error=error)
        )


def finish_reading(session: Session, batch: ImportBatch) -> None:
    """Take a batch that has been read to its preview; refused when somebody discarded it meanwhile."""
    _take(session, batch, BatchState.PREVIEW, only=BatchState.READING)


def coming_in(batch: ImportBatch) -> int:
    """How many rows of a batch make an account."""
    return sum(int(batch.outcomes.get(outcome.value, 0)) for outcome in IN_OUTCOMES)


def lock_portfolio(session: Session, portfolio_id: int) -> None:
    """One import at a time writes into a portfolio, or takes out of it; held until the transaction ends."""
    session.execute(text("select pg_advisory_xact_lock(727002, :portfolio)"), {"portfolio": portfolio_id})


def locked(session: Session, batch_id: int, expected: BatchState) -> ImportBatch:
    """The batch, locked for this transaction, its portfolio too. Raises RuleViolation when it is in another state."""
    portfolio_id = session.scalar(select(ImportBatch.portfolio_id).where(ImportBatch.id == batch_id))
    if portfolio_id is None:
        raise RuleViolation(f"There is no import {batch_id}.")
    lock_portfolio(session, portfolio_id)
    batch = session.scalars(
        select(ImportBatch).where(ImportBatch.id == batch_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if batch.state is not expected:
        raise RuleViolation(f"Import {batch.id} is {batch.state.label.lower()}, not {expected.label.lower()}.")
    return batch


def _take(session: Session, batch: ImportBatch, state: BatchState, *, only: BatchState | None = None) -> None:
    """Change the state by a conditional UPDATE, as two people may press at once."""
    allowed = [only] if only else [before for before, others in BATCH_TRANSITIONS.items() if state in others]
    moved = session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch.id, ImportBatch.state.in_(allowed))
        .values(state=state)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(moved, CursorResult)
    session.refresh(batch, ["state"])
    if moved.rowcount != 1:
        raise RuleViolation(f"Import {batch.id} is {batch.state.label.lower()}; that cannot be done with it now.")


def _record(session: Session, action: str, batch: ImportBatch, *, now: dt.datetime, actor: Actor) -> None:
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="import",
        entity_id=batch.id,
        after={"file": batch.file_name, "rows": batch.rows, "outcomes": batch.outcomes, "state": batch.state},
    )
