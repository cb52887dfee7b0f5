"""Importing a file in a test: the same services as the page's jobs and the command, one after the other."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.portfolio.imports import ImportFormat
from app.models import ImportBatch, Portfolio
from app.services.portfolio import import_apply, import_reading, import_undo, imports
from app.services.staff.audit import SYSTEM, Actor
from app.workbooks.gate import admit
from tests.factories import NOW, TODAY

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
REPORT = SHARED / "Portfolio Detailed Report.xlsx"
EXPECTED = SHARED / "portfolio.expected.json"
with_sample = pytest.mark.skipif(not EXPECTED.exists(), reason="the sample workbook does not lie beside this clone")

GOOD_ROW: Mapping[str, Any] = {
    "CONTRACT#": "7000001-1",
    "CONTRACTBILLINGSTATUS": "Active",
    "CONTRACTORIGINATIONDATE": "2026-06-05",
    "CUSTOMERFIRSTNAME": "Renee",
    "CUSTOMERLASTNAME": "Caldwell",
    "CUSTOMERPHONE1": "(614) 555-0148",
    "MERCHDESCRIPTION": "APPLE IPHONE 12 128GB 356415207490483",
    "CONTRACTCOST": "199.00",
    "PAYMENTFREQUENCY": "Biweekly",
    "NEXTPAYMENTAMOUNT": "54.00",
    "COUNTOFPAYMENTSCOLLECTED": "9",
    "SUMOFPAYMENTSMADE": "486.00",
    "OUTSTANDINGBALANCERENTAL": "918.00",
}
"""A row without a fault: nine payments of $54.00 made, seventeen to come."""


def report(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> bytes:
    """A report as CSV: each row is a good one with something else in some columns."""
    names = [*GOOD_ROW, *columns]
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({**GOOD_ROW, **row})
    return out.getvalue().encode()


def opened(
    session: Session,
    book: Portfolio,
    source: Path | bytes,
    name: str = "report.csv",
    *,
    kind: ImportFormat = ImportFormat.PORTFOLIO,
    may_repeat: bool = False,
    today: dt.date = TODAY,
    mapping: Mapping[str, str] | None = None,
) -> ImportBatch:
    """A batch that has been read and waits in its preview."""
    file = admit(source, name)
    batch = imports.open_batch(
        session, file, portfolio=book, kind=kind, may_repeat=may_repeat, today=today, now=NOW, actor=SYSTEM
    )
    import_reading.read(session, batch, file, mapping=mapping, today=today)
    session.flush()
    return batch


def applied(session: Session, batch: ImportBatch, *, today: dt.date = TODAY, actor: Actor = SYSTEM) -> ImportBatch:
    """The batch, applied."""
    imports.start_apply(session, batch, now=NOW, actor=actor)
    import_apply.apply(session, batch.id, today=today, now=NOW, actor=actor)
    import_apply.analyze(session)  # As the job does: plans for tables that the statistics call empty take minutes.
    session.expire_all()
    return batch


def undone(session: Session, batch: ImportBatch, *, actor: Actor = SYSTEM) -> ImportBatch:
    """The batch, undone."""
    imports.start_undo(session, batch, now=NOW, actor=actor)
    import_undo.undo(session, batch.id, today=TODAY, now=NOW, actor=actor)
    session.expire_all()
    return batch


def contents(session: Session, *, but: Iterable[str] = ("import_batch", "import_row", "audit_event")) -> dict[str, list[str]]:
    """Every row of every table as text, in order: what must be the same before and after."""
    names = session.scalars(text("select tablename::text from pg_tables where schemaname = 'public' order by tablename")).all()
    left_out = {*but, "alembic_version"}
    return {name: sorted(session.scalars(text(f"select t::text from {name} t")).all()) for name in names if name not in left_out}
