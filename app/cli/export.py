"""`leasedesk export …`: rows out of the product, for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import click

from app.cli.product import STDOUT, answer, product_command
from app.domain.servicing.status import AccountStatus


@click.group("export")
def export() -> None:
    """Write rows to a file."""


@export.command("accounts")
@click.option(
    "--format", "file_format", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True, help="Kind of file."
)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="File to write; stdout when missing.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([one.value for one in AccountStatus]),
    help="Only these; may be repeated.",
)
@product_command
def accounts(file_format: str, out: Path | None, statuses: tuple[str, ...]) -> None:
    """Write every account with what it owes: money as plain decimals, dates ISO, lateness as of today's business date.

    Without --out the file goes to stdout. With --json stdout holds the answer, so the file goes to `exports` in the home folder.
    """
    is_json = STDOUT in click.get_current_context().meta
    if out is None and not is_json:
        if file_format == "xlsx" and sys.stdout.isatty():
            raise click.UsageError("A terminal shows no workbook: name a file with --out.")
        _write(sys.stdout.buffer, file_format, statuses)
        sys.stdout.buffer.flush()
        return
    target = out or _in_home(file_format)
    # Written beside the target first: a file of that name is whole, or it is the one from before.
    beside = target.with_name(f".{target.name}.part")
    try:
        with beside.open("wb") as file:
            count = _write(file, file_format, statuses)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    result = {"file": str(target.absolute()), "format": file_format, "rows": count, "bytes": target.stat().st_size}
    answer(result, f"{count:,} accounts written to {target}.")


def _in_home(file_format: str) -> Path:
    from flask import current_app

    from app.clock import today

    folder: Path = current_app.config["SETTINGS"].home / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"accounts-{today().isoformat()}.{file_format}"


def _write(target: BinaryIO, file_format: str, statuses: Sequence[str]) -> int:
    """Write the file; returns how many accounts it holds. The export stands in the audit trail."""
    from app import clock
    from app.domain.servicing.status import AccountStatus
    from app.models import Account
    from app.queries.servicing import account_export
    from app.queries.servicing.accounts import ACCOUNTS
    from app.services.staff import audit
    from app.transaction import transaction
    from app.workbooks import writing

    columns = [
        writing.ExportColumn(each.name, each.name, _FILE_KINDS.get(ACCOUNTS.fields[each.field].holds.value, "text"))
        for each in account_export.EXPORT
    ]
    count = 0

    def counted(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    with transaction() as session:
        only = Account.status.in_([AccountStatus(status) for status in statuses]) if statuses else None
        rows = counted(account_export.rows(session, today=clock.today(), only=only))
        if file_format == "csv":
            for chunk in writing.write_csv(columns, rows, with_bom=False, zone=clock.zone()):
                target.write(chunk)
        else:
            writing.write_xlsx(target, columns, rows, sheet="Accounts", zone=clock.zone())
        after = {"format": file_format, "statuses": list(statuses), "rows": count}
        audit.record(session, "accounts exported", now=clock.now(), actor=audit.SYSTEM, entity="account", after=after)
    return count


_FILE_KINDS: dict[str, Any] = {"cents": "cents", "date": "date", "moment": "datetime", "number": "int"}
"""Kinds of fields as files know them; words and the rest are text."""
