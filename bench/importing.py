"""A whole import beside merely reading the workbook with the same reader, and beside writing the rows that it must write."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from app.clock import now, today
from app.extensions import db
from app.models import ImportBatch, Portfolio
from app.services.portfolio import import_apply, import_reading, imports
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from app.workbooks.gate import admit
from app.workbooks.samples import write_sample
from bench import books, machine, tables
from bench.timing import Sample, timed

PATIENCE_SECONDS = 240
"""After so long no further run is begun."""

TABLES = (
    *("customer", "customer_phone", "device", "account", "installment", "payment", "adjustment", "status_change", "activity"),
    "import_row",
)
"""What an import fills."""


def merely_read(path: Path) -> int:
    """Read all rows with python-calamine and forget them; returns how many there were."""
    from python_calamine import CalamineWorkbook

    return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


def preview(path: Path, on: dt.date) -> int:
    """Read the file into a batch, each row with its fate, and commit; returns the batch's id."""
    with transaction() as session:
        portfolio = session.scalars(select(Portfolio).order_by(Portfolio.id).limit(1)).one()
        file = admit(path, path.name)
        batch = imports.open_batch(session, file, portfolio=portfolio, today=on, now=now(), actor=SYSTEM)
        import_reading.read(session, batch, file, today=on)
        return batch.id


def apply(batch_id: int, on: dt.date) -> None:
    """Write the accounts of a previewed batch, and commit."""
    with transaction() as session:
        batch = session.get_one(ImportBatch, batch_id)
        imports.start_apply(session, batch, now=now(), actor=SYSTEM)
        import_apply.apply(session, batch_id, today=on, now=now(), actor=SYSTEM)


def merely_write() -> int:
    """Write the rows that the import wrote a second time, into empty tables with the same indexes and checks.

    No key refers to another table there and nothing is computed. Returns how many rows there were.
    """
    written = 0
    with db.engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"create table bare_{table} (like {table} including all)"))
            written += connection.execute(text(f"insert into bare_{table} select * from {table}")).rowcount
    return written


def measure(settings: Settings, rows: int, told: Callable[[str], None], runs: int = 3) -> dict[str, Any]:
    """Measure each run on a database of its own.

    Returns {machine, rows, accounts, installments, written, runs, ms: {read, preview, apply, write}}.
    """
    samples = {name: Sample() for name in ("read", "preview", "apply", "write")}
    counted: dict[str, Any] = {}
    where, on = "", today()
    until = time.monotonic() + PATIENCE_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Portfolio Detailed Report.xlsx"
        write_sample(path, rows, business_on=on)
        for _ in range(runs):
            with books.empty(settings) as app, app.app_context():
                samples["read"].add(timed(lambda: merely_read(path)))
                samples["preview"].add(timed(lambda: counted.update(batch=preview(path, on))))
                samples["apply"].add(timed(lambda: apply(counted["batch"], on)))
                samples["write"].add(timed(lambda: counted.update(written=merely_write())))
                for table in ("account", "installment"):
                    counted[f"{table}s"] = db.session.scalar(text(f"select count(*) from {table}"))
                where = machine.described(db.session())
            told(", ".join(f"{name} {sample.milliseconds[-1] / 1000:.2f} s" for name, sample in samples.items()))
            if time.monotonic() > until:
                break
    ms = {name: round(sample.median, 1) for name, sample in samples.items()}
    del counted["batch"]
    return {"machine": where, "rows": rows, "runs": samples["apply"].runs, "ms": ms} | counted


def markdown(result: Mapping[str, Any]) -> str:
    """The result as a table: each part in seconds and as a multiple of reading."""
    ms = result["ms"]
    parts = {
        "Reading with python-calamine alone": ms["read"],
        "Import: read and preview": ms["preview"],
        f"Import: apply ({result['accounts']:,} accounts, {result['installments']:,} installments)": ms["apply"],
        "Import: all of it": ms["preview"] + ms["apply"],
        f"Writing the same {result['written']:,} rows a second time, nothing else": ms["write"],
    }
    rows = [[name, tables.figure(value / 1000), tables.times(value, ms["read"])] for name, value in parts.items()]
    return tables.table([f"Workbook of {result['rows']:,} rows", "s", "/ reading"], rows)
