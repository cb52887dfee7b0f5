"""A whole import beside merely reading the workbook with the same reader, and beside writing the rows that it must write."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app.clock import now, today
from app.extensions import db
from app.models import Portfolio
from app.services.portfolio import import_apply, import_reading, imports
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from app.workbooks.gate import admit
from app.workbooks.samples import write_sample
from bench import books, machine, tables
from bench.timing import timed

WRITTEN = ("customer", "customer_phone", "device", "account", "installment", "payment", "status_change", "activity")
"""Tables that any import of a portfolio fills; the rows of the batch itself come on top."""


def merely_read(path: Path) -> int:
    """Read all rows with python-calamine and forget them; returns how many there were."""
    from python_calamine import CalamineWorkbook

    return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


def whole(path: Path, on: dt.date) -> dict[str, float]:
    """Import into the database of this application context: read, preview, apply, commit; returns the seconds of each part."""
    seconds: dict[str, float] = {}
    with transaction() as session:
        book = session.scalars(select(Portfolio).order_by(Portfolio.id).limit(1)).one()

        def read() -> None:
            file = admit(path, path.name)
            seconds["batch"] = imports.open_batch(session, file, portfolio=book, today=on, now=now(), actor=SYSTEM).id
            batch = imports.locked(session, int(seconds["batch"]), imports.BatchState.READING)
            import_reading.read(session, batch, file, today=on)
            imports.start_apply(session, batch, now=now(), actor=SYSTEM)

        def write() -> None:
            import_apply.apply(session, int(seconds["batch"]), today=on, now=now(), actor=SYSTEM)

        told = {"read and preview": timed(read) / 1000, "apply": timed(write) / 1000}
    return told


def merely_write() -> int:
    """Copy the rows that the import wrote into tables of the same shape with the same indexes, then forget them."""
    written = 0
    with db.engine.connect() as connection:
        for table in WRITTEN:
            connection.execute(text(f"create temporary table bare_{table} (like {table} including all) on commit drop"))
            written += connection.execute(text(f"insert into bare_{table} select * from {table}")).rowcount
        connection.rollback()
    return written
