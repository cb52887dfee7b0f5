"""`leasedesk import …`: bring files in, and take them out again, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.product import answer, product_command, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.models import ImportBatch, Portfolio

ROWS_BETWEEN_REPORTS = 20_000


class _Rehearsed(Exception):
    """Ends a dry run: the transaction rolls back, so that nothing was written."""


@click.group("import")
def import_() -> None:
    """Bring accounts in from a file."""


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--portfolio", "code", help="Code of the portfolio; the first one when left out.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and write nothing.")
@product_command
def portfolio(file: Path, code: str | None, dry_run: bool) -> None:
    """Import a Portfolio Detailed Report (.xlsx or .csv): all of it with one commit, or nothing.

    Contracts that are in the portfolio already are skipped. Rows that need mending are written into a workbook of rejects.
    """
    from app.clock import now, today
    from app.services.portfolio import import_apply, import_reading, imports
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction
    from app.workbooks.gate import admit

    told: dict[str, Any] = {}
    try:
        with transaction() as session:
            admitted = admit(file, file.name)
            book = _portfolio(session, code)
            batch = imports.open_batch(session, admitted, portfolio=book, may_repeat=True, today=today(), now=now(), actor=SYSTEM)
            import_reading.read(session, batch, admitted, progress=_progress, today=today())
            if dry_run:
                told = _told(batch) | {"rejects_file": None, "batch_id": None}
                raise _Rehearsed
            rejects_file = _rejects(session, batch, admitted)
            if imports.coming_in(batch):
                imports.start_apply(session, batch, now=now(), actor=SYSTEM)
                import_apply.apply(session, batch.id, progress=_progress, today=today(), now=now(), actor=SYSTEM)
            else:
                imports.discard(session, batch, now=now(), actor=SYSTEM)
            told = _told(batch) | {"rejects_file": rejects_file, "batch_id": batch.id}
    except _Rehearsed:
        pass
    answer(told, *_sentences(told, dry_run))


@import_.command()
@click.argument("batch", type=int)
@product_command
def undo(batch: int) -> None:
    """Take a whole import out again, while nobody has worked with what it brought."""
    from app.clock import now
    from app.domain.errors import RuleViolation
    from app.models import ImportBatch
    from app.services.portfolio import import_undo, imports
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    with transaction() as session:
        found = session.get(ImportBatch, batch)
        if found is None:
            raise RuleViolation(f"There is no import {batch}.")
        imports.start_undo(session, found, now=now(), actor=SYSTEM)
        accounts = imports.coming_in(found)
        import_undo.undo(session, batch, progress=_progress, now=now(), actor=SYSTEM)
    answer({"batch_id": batch, "accounts": accounts}, f"Import {batch} is undone: {accounts:,} accounts are gone.")


def _portfolio(session: Session, code: str | None) -> Portfolio:
    """The portfolio of this code, or the first one that is open."""
    from sqlalchemy import select

    from app.domain.errors import RuleViolation
    from app.models import Portfolio
    from app.queries.portfolio.codes import portfolio_ids

    if code is not None:
        (found,) = portfolio_ids(session, [code])
        return session.get_one(Portfolio, found)
    first = session.scalar(select(Portfolio).where(Portfolio.is_active).order_by(Portfolio.id).limit(1))
    if first is None:
        raise RuleViolation("There is no open portfolio to import into.")
    return first


def _told(batch: ImportBatch) -> dict[str, Any]:
    from app.domain.money import dollars

    return {
        "rows": batch.rows,
        "outcomes": batch.outcomes,
        "balance_total": str(dollars(batch.balance_cents)),
        "paid_total": str(dollars(batch.paid_cents)),
        "warnings": batch.warnings,
    }


def _rejects(session: Session, batch: ImportBatch, admitted: Any) -> str | None:
    """Keep the upload, write the rejects, and say where they are."""
    from flask import current_app

    from app.services.portfolio import import_rejects, uploads

    home = current_app.config["SETTINGS"].home
    uploads.keep(home, admitted)
    if not import_rejects.rejects(batch):
        return None
    path = uploads.rejects_path(home, batch.id)
    import_rejects.write(session, batch, path)
    return str(path)


def _progress(*, planned: int | None = None, done: int | None = None, failed: int | None = None, step: str | None = None) -> None:
    if done is None or done % ROWS_BETWEEN_REPORTS == 0:
        tell(f"{step or 'Working'} …" + (f" {done:,}" if done else ""))


def _sentences(told: dict[str, Any], dry_run: bool) -> list[str]:
    from app.domain.portfolio.imports import RowOutcome

    lines = [f"{told['rows']:,} rows, {told['warnings']:,} of those that come in with a warning:"]
    lines += [f"  {RowOutcome(word).label:<32} {count:>8,}" for word, count in sorted(told["outcomes"].items())]
    lines.append(f"Balance {told['balance_total']}, paid {told['paid_total']}.")
    if told["rejects_file"]:
        lines.append(f"Rejected rows, to be mended: {told['rejects_file']}")
    if dry_run:
        return [*lines, "Nothing was written."]
    if not any(RowOutcome(word).is_in for word in told["outcomes"]):
        return [*lines, "No row comes in, so nothing was written."]
    return [*lines, f"This is import {told['batch_id']}; `leasedesk import undo {told['batch_id']}` takes it out again."]
