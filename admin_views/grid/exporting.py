"""Exports: what the filter finds, streamed, guarded, audited; a large one asks for the PIN again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flask import Response, abort, request, send_file, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin_views.gate import actor, person, viewer
from admin_views.grid.columns import Bound, bind
from admin_views.grid.page import chosen
from admin_views.grid.state import GridState
from admin_views.staff import step_up
from app import clock
from app.clock import now, today
from app.extensions import db
from app.services.staff import audit
from app.transaction import transaction
from app.workbooks import writing

if TYPE_CHECKING:
    from admin_views.grid.screen import GridScreen

LARGE = 1_000
"""Rows above which an export asks for the PIN again."""
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answer(screen: GridScreen, file_format: str) -> ResponseReturnValue:
    """The file, or the question for the PIN."""
    state = screen.state()
    among = ticked()
    listing = screen.listing
    if among is None:
        rows = listing.count(db.session(), viewer(), today=today(), criteria=state.criteria, cap=LARGE).rows
        is_large = rows >= LARGE
    else:
        is_large = len(among) > LARGE
    if is_large and (asked := step_up.ask(person())) is not None:
        return asked
    columns = _columns(screen, state)
    with transaction() as session:
        _note(session, screen, state, among, file_format, columns)
    name = f"{_slug(screen.title)}-{today().isoformat()}.{file_format}"
    heads = [writing.ExportColumn(column.key, column.column.label, column.file_kind) for column in columns]
    cells = _cells(screen, state, columns, among)
    if file_format == "csv":
        chunks = stream_with_context(writing.write_csv(heads, cells, zone=clock.zone()))
        return Response(chunks, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the response reads it and closes it.
    writing.write_xlsx(file, heads, cells, sheet=screen.title, zone=clock.zone())
    file.seek(0)
    return send_file(file, XLSX_TYPE, as_attachment=True, download_name=name, max_age=0)


def _slug(title: str) -> str:
    """A title as part of a file name.

    >>> _slug("Cash & Manual Payments")
    'cash-manual-payments'
    """
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))


def ticked() -> list[int] | None:
    """The ids of an export of ticked rows (`ids=1.2.3`); None for everything that matches."""
    given = request.args.get("ids")
    if given is None:
        return None
    parts = given.split(".")
    if len(parts) > 500 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        abort(400)
    return [int(part) for part in parts]


def _columns(screen: GridScreen, state: GridState) -> list[Bound]:
    if request.args.get("fields") == "all" and screen.exports_all_fields:
        return [bind(column, screen.listing) for column in screen.exports_all_fields]
    return chosen(screen.bound, state.columns)


def _cells(screen: GridScreen, state: GridState, columns: Sequence[Bound], among: list[int] | None) -> Iterator[list[Any]]:
    fields = [key for column in columns for key in column.needs]
    readers = [column.value for column in columns]
    order = state.order or screen.listing.order
    rows = screen.listing.rows(
        db.session(), viewer(), today=today(), criteria=state.criteria, fields=fields, order=order, among=among
    )
    for row in rows:
        yield [read(row) for read in readers]


def _note(
    session: Session,
    screen: GridScreen,
    state: GridState,
    among: list[int] | None,
    file_format: str,
    columns: Sequence[Bound],
) -> None:
    count = len(among) if among is not None else None
    audit.record(
        session,
        f"{screen.title} exported"[:60],
        now=now(),
        actor=actor(),
        entity=screen.listing.model.__table__.name,  # type: ignore[attr-defined]  # A table, or a UNION with a name.
        after={
            "format": file_format,
            "filter": state.criteria.query_string(),
            "columns": [column.key for column in columns],
            "ticked": count,
        },
    )
