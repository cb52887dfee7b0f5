"""`leasedesk report …`: any report as a file or on stdout."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from app.cli.product import STDOUT, answer, product_command

if TYPE_CHECKING:
    from app.reports.table import Table

FORMATS = ("csv", "xlsx", "json")


@click.command()
@click.argument("name")
@click.option("--as-of", "as_of", metavar="DATE", help="How it stood at the end of this day; live when left out.")
@click.option("--from", "from_on", metavar="DATE", help="First day of the report's dates, such as 2026-11-01.")
@click.option("--to", "to_on", metavar="DATE", help="Last day of the report's dates.")
@click.option("--format", "file_format", type=click.Choice(FORMATS), default="csv", show_default=True, help="Kind of file.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="File to write; stdout when missing.")
@product_command
def report(name: str, as_of: str | None, from_on: str | None, to_on: str | None, file_format: str, out: Path | None) -> None:
    """Write the report NAME, or the names of all reports with NAME `list`.

    Money is plain decimals in CSV and Excel and whole cents in JSON; dates are ISO.
    """
    from app import reports
    from app.clock import today
    from app.domain.errors import RuleViolation
    from app.extensions import db
    from app.reports.table import Asked

    if name == "list":
        _tell_names()
        return
    if name not in reports.REPORTS:
        raise click.UsageError(f"There is no report “{name}”. `leasedesk report list` names them all.")
    asked = Asked(today(), _day(as_of), _day(from_on), _day(to_on))
    try:
        tables = reports.REPORTS[name].tables(db.session(), asked)
    except RuleViolation as problem:
        raise click.UsageError(problem.message) from problem
    rows = _deliver(name, tables, file_format, out, asked.today)
    _note(name, asked, file_format, rows)


def _tell_names() -> None:
    from app import reports

    told = [{"name": name, "title": one.title, "options": list(one.options)} for name, one in reports.REPORTS.items()]
    width = max(len(name) for name in reports.REPORTS)
    lines = [f"{one['name']:<{width}}  {one['title']}" for one in told]
    answer({"reports": told}, *lines)


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise click.UsageError(f"“{text}” is no date; write it as 2026-11-21.") from problem


def _deliver(name: str, tables: list[Table], file_format: str, out: Path | None, today: dt.date) -> int:
    """Write the tables to the file, to stdout, or into the answer of `--json`; returns how many rows there were."""
    is_json = STDOUT in click.get_current_context().meta
    if out is None and not is_json:
        if file_format == "xlsx" and sys.stdout.isatty():
            raise click.UsageError("A terminal shows no workbook: name a file with --out.")
        rows = _write(sys.stdout.buffer, tables, file_format)
        sys.stdout.buffer.flush()
        return rows
    if out is None and file_format == "json":
        told = [table.told() for table in tables]
        rows = sum(len(table["rows"]) for table in told)
        answer({"report": name, "tables": told})
        return rows
    target = out or _in_home(name, file_format, today)
    # Written beside the target first: a file of that name is whole, or it is the one from before.
    beside = target.with_name(f".{target.name}.part")
    try:
        with beside.open("wb") as file:
            rows = _write(file, tables, file_format)
        beside.replace(target)
    except OSError as problem:
        raise click.ClickException(f"{target} cannot be written: {problem.strerror}.") from problem
    finally:
        beside.unlink(missing_ok=True)
    told_file = {"report": name, "file": str(target.absolute()), "format": file_format, "rows": rows}
    answer(told_file | {"bytes": target.stat().st_size}, f"{rows:,} rows written to {target}.")
    return rows


def _in_home(name: str, file_format: str, today: dt.date) -> Path:
    from flask import current_app

    folder: Path = current_app.config["SETTINGS"].home / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{name}-{today.isoformat()}.{file_format}"


def _write(target: BinaryIO, tables: list[Table], file_format: str) -> int:
    from app.clock import zone
    from app.workbooks import writing

    if file_format == "json":
        told = [table.told() for table in tables]
        target.write(json.dumps({"tables": told}, default=str, ensure_ascii=False).encode() + b"\n")
        return sum(len(table["rows"]) for table in told)
    if file_format == "xlsx":
        return writing.write_sheets(target, [(table.title, table.columns, table.rows) for table in tables], zone=zone())
    count = 0
    for place, table in enumerate(tables):
        if place:
            target.write(b"\r\n")
        for chunk in writing.write_csv(table.columns, table.counted(), with_bom=False, zone=zone()):
            target.write(chunk)
        count += table.written
    return count


def _note(name: str, asked: Any, file_format: str, rows: int) -> None:
    from app import clock
    from app.services.staff import audit
    from app.transaction import transaction

    after = {"format": file_format, "rows": rows} | asked.told()
    with transaction() as session:
        audit.record(session, f"report {name} exported"[:60], now=clock.now(), actor=audit.SYSTEM, after=after)
