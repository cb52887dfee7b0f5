"""`leasedesk import …`: bring files in, and take them out again, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.product import answer, product_command, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.domain.portfolio.imports import ImportFormat
    from app.models import ImportBatch, Portfolio

ROWS_BETWEEN_REPORTS = 20_000


class _Rehearsed(Exception):
    """Ends a dry run: the transaction rolls back, so that nothing was written."""


@click.group("import")
def import_() -> None:
    """Bring accounts, payments or what dealers were paid in from a file."""


def _command(kind: str, summary: str) -> None:
    """Add `import KIND FILE`."""

    @import_.command(kind, help=summary)
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--portfolio", "code", help="Code of the portfolio; the first one when left out.")
    @click.option("--dry-run", is_flag=True, help="Say what would become of each row, and write nothing.")
    @click.option(
        "--map",
        "saved",
        help="Which column is which: the name of a saved mapping, the number of an import, or a JSON file {column: header}.",
    )
    @product_command
    def command(file: Path, code: str | None, dry_run: bool, saved: str | None) -> None:
        _run(kind, file, code=code, dry_run=dry_run, saved=saved)


_command("portfolio", "Import a Portfolio Detailed Report: all of it or nothing. Contracts that are here are skipped.")
_command("rto-contracts", "Import a CSV of RTO contracts; every row becomes an active account.")
_command("rto-pro", "Import RTO Pro's export of agreements with their customers.")
_command("accounts", "Import any spreadsheet of accounts; --map says which column is which where it cannot be guessed.")
_command("invoices", "Import open invoices of an ERP or billing system; known ones are updated by their number.")
_command("dealer-reconciliation", "Add a Dealer Contract Reconciliation to the running total.")
_command("remittances", "Import money that came in; what clearly belongs to one account is posted, the rest waits.")
_command("payments", "Import payments whose accounts are known, each with its tracking number.")


def _run(word: str, file: Path, *, code: str | None, dry_run: bool, saved: str | None) -> None:
    """Import a file: all of it with one commit, or nothing. Rows that need mending are written into a workbook of rejects."""
    from app.clock import now, today
    from app.domain.portfolio.imports import ImportFormat
    from app.services.portfolio import import_apply, import_reading, imports
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction
    from app.workbooks.gate import admit

    kind = ImportFormat(word.replace("-", "_"))
    told: dict[str, Any] = {}
    try:
        with transaction() as session:
            admitted = admit(file, file.name)
            book = _portfolio(session, code)
            given: dict[str, Any] = {"now": now(), "actor": SYSTEM}
            batch = imports.open_batch(session, admitted, portfolio=book, kind=kind, may_repeat=True, today=today(), **given)
            mapping = _mapping(session, kind, saved) if saved else None
            import_reading.read(session, batch, admitted, mapping=mapping, progress=_progress, today=today())
            if dry_run:
                told = _told(session, batch) | {"rejects_file": None, "batch_id": None}
                raise _Rehearsed
            rejects_file = _rejects(session, batch, admitted)
            if imports.coming_in(batch):
                imports.start_apply(session, batch, **given)
                import_apply.apply(session, batch.id, progress=_progress, today=today(), **given)
            else:
                imports.discard(session, batch, **given)
            told = _told(session, batch) | {"rejects_file": rejects_file, "batch_id": batch.id}
        with transaction() as session:  # Afterwards: its locks would otherwise hold until the accounts are committed.
            import_apply.analyze(session)
    except _Rehearsed:
        pass
    answer(told, *_sentences(told, dry_run))


def _mapping(session: Session, kind: ImportFormat, saved: str) -> dict[str, str]:
    """{column: header} as it was saved under a name, as an earlier import had it, or from a JSON file."""
    import json

    from app.domain.errors import RuleViolation
    from app.models import ImportBatch
    from app.services.portfolio import imports

    named = imports.named_mappings(session, kind)
    if saved in named:
        return named[saved]
    if saved.isdigit():
        batch = session.get(ImportBatch, int(saved))
        if batch is None or not batch.mapping.get("columns"):
            raise RuleViolation(f"There is no import {saved} whose columns could be used.")
        return dict(batch.mapping["columns"])
    try:
        kept = json.loads(Path(saved).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = f" Saved mappings: {', '.join(named)}." if named else ""
        raise RuleViolation(
            f"{saved} is neither a saved mapping, the number of an import, nor a JSON file that can be read.{known}"
        ) from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise RuleViolation(f'{saved} must hold one object, such as {{"approval_id": "Contract No"}}.')
    return kept


@import_.command()
@click.argument("batch", type=int)
@product_command
def undo(batch: int) -> None:
    """Take a whole import out again, while nobody has worked with what it brought."""
    from app.clock import now, today
    from app.domain.errors import RuleViolation
    from app.models import ImportBatch
    from app.services.portfolio import import_undo, imports
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction
    from app.workbooks.formats.registry import format_of

    with transaction() as session:
        found = session.get(ImportBatch, batch)
        if found is None:
            raise RuleViolation(f"There is no import {batch}.")
        imports.start_undo(session, found, now=now(), actor=SYSTEM)
        came_in, (one, several) = imports.coming_in(found), format_of(found.format).nouns
        import_undo.undo(session, batch, progress=_progress, today=today(), now=now(), actor=SYSTEM)
    noun = one if came_in == 1 else several
    answer({"batch_id": batch, several: came_in}, f"Import {batch} is undone: {came_in:,} {noun} taken out.")


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


def _told(session: Session, batch: ImportBatch) -> dict[str, Any]:
    from app.domain.money import dollars
    from app.domain.portfolio.imports import ImportFormat
    from app.services.portfolio.import_funding import running_total_cents

    total = {"balance_total": str(dollars(batch.balance_cents)), "paid_total": str(dollars(batch.paid_cents))}
    if batch.format in (ImportFormat.REMITTANCES, ImportFormat.PAYMENTS):
        total = {"amount_total": str(dollars(batch.balance_cents))}
    elif batch.format is ImportFormat.INVOICES:
        total = {"open_total": str(dollars(batch.balance_cents))}
    elif batch.format is ImportFormat.DEALER_RECONCILIATION:
        total = {"net_funded_total": str(dollars(batch.balance_cents))}
        cents = running_total_cents(session, batch.portfolio_id)
        # Before it is written, what it would be.
        total["running_total"] = str(dollars(cents if batch.applied_at else cents + batch.balance_cents))
    return {"rows": batch.rows, "outcomes": batch.outcomes, **total, "warnings": batch.warnings}


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
    sums = {
        "balance_total": "Balance",
        "paid_total": "Paid",
        "amount_total": "Amount",
        "open_total": "Open",
        "net_funded_total": "Net funded",
    }
    lines.append(", ".join(f"{name} {told[key]}" for key, name in sums.items() if key in told) + ".")
    if "running_total" in told:
        lines.append(f"Running total of all dealer reconciliations: {told['running_total']}.")
    if told["rejects_file"]:
        lines.append(f"Rejected rows, to be mended: {told['rejects_file']}")
    if dry_run:
        return [*lines, "Nothing was written."]
    if not any(RowOutcome(word).is_in for word in told["outcomes"]):
        return [*lines, "No row comes in, so nothing was written."]
    return [*lines, f"This is import {told['batch_id']}; `leasedesk import undo {told['batch_id']}` takes it out again."]
