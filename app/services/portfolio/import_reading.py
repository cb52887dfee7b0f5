"""Reading an uploaded file into the rows of its batch: each as it stood there, as it was understood, and its fate.

Nothing of the portfolio is written here. Rows go into the database by COPY, some thousand at a time, so that a file of any
size needs little memory and its progress can be seen.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app.domain.errors import Problem
from app.models import ImportBatch, ImportRow
from app.services.portfolio import imports
from app.services.portfolio.import_landings import landing_of
from app.services.portfolio.import_tally import Tally, count_again, note
from app.services.reporting.progress import Progress, unheard
from app.workbooks.cells import as_json
from app.workbooks.formats.registry import format_of
from app.workbooks.formats.shape import Format, ParsedRow, fates
from app.workbooks.gate import AdmittedFile
from app.workbooks.reading import Heading, Table, peek, read_in_child
from app.workbooks.sheets import UnreadableFile

ROWS_PER_CHUNK = 4_000

BYTES_PER_CELL = {"xlsx": 46, "xls": 20, "ods": 90, "csv": 10}
"""What a cell of a portfolio report takes when it is unpacked, on the average."""

_COPY = "copy import_row (batch_id, row_number, outcome, raw, fields, problems, account_id) from stdin"
_RESERVE = text("select nextval(pg_get_serial_sequence('account', 'id')) from generate_series(1, :count)")


def read(
    session: Session,
    batch: ImportBatch,
    file: AdmittedFile,
    *,
    mapping: Mapping[str, str] | None = None,
    progress: Progress = unheard,
    today: dt.date,
) -> Tally:
    """Read the file into the batch's rows and take it to its preview.

    `mapping` is {column key: header of the file}, as somebody chose it for this batch; without one it is what was chosen
    for an earlier file with the same headers, else it is guessed by the names. Raises UnreadableFile, with a sentence for
    whoever sent the file, for anything that is not a readable report.
    """
    session.execute(delete(ImportRow).where(ImportRow.batch_id == batch.id))
    form, landing = format_of(batch.format), landing_of(batch.format)
    tally = Tally(form)
    with open_table(session, file, form, mapping, sheet=batch.mapping.get("sheet")) as table:
        batch.headers = list(table.headers)
        batch.mapping = {**batch.mapping, **_told(table.heading)}
        expected = rows_expected(file, len(table.headers))
        rows = fates(table, form)
        while chunk := list(islice(rows, ROWS_PER_CHUNK)):
            _keep(session, batch.id, chunk, tally, reserves=landing.makes_accounts)
            progress(planned=max(expected, tally.rows), done=tally.rows, step="Reading rows")
    progress(planned=tally.rows, done=tally.rows, step=landing.looking)
    imports.finish_reading(session, batch)
    batch.rows = tally.rows
    batch.business_on = today
    batch.error = None
    session.flush()
    if landing.decide(session, batch, today=today):
        tally = count_again(session, batch)
    note(batch, tally)
    return tally


def rows_expected(file: AdmittedFile, columns: int) -> int:
    """About how many rows a file has, for its progress: no reader knows before the end."""
    return file.unpacked_bytes // (BYTES_PER_CELL[file.kind] * max(columns, 1))


def _told(heading: Heading) -> dict[str, Any]:
    """What a batch keeps of the heading that was found: columns, row, sheet, and the sheets to choose from."""
    return {
        "columns": dict(heading.mapping),
        "header_row": heading.row_number,
        "sheet_read": heading.sheet,
        "sheets": list(heading.sheets),
    }


def open_table(
    session: Session, file: AdmittedFile, form: Format, mapping: Mapping[str, str] | None, *, sheet: str | None = None
) -> Table:
    """The file's table with the mapping that holds for it; `sheet` is the one that somebody chose, if they did."""
    if mapping is not None:
        return read_in_child(file, wanted=form.columns, mapping=mapping, sheet=sheet)
    try:
        table = read_in_child(file, wanted=form.columns, sheet=sheet)
    except UnreadableFile:
        # Its headers may be ones that nobody can guess, and somebody has said before what they mean.
        saved = imports.saved_mapping(session, form.kind, peek(file, wanted=form.columns, sheet=sheet).headers)
        if saved is None:
            raise
        return read_in_child(file, wanted=form.columns, mapping=saved, sheet=sheet)
    saved = imports.saved_mapping(session, form.kind, table.headers)
    if saved is None or saved == table.heading.mapping:
        return table
    table.close()
    return read_in_child(file, wanted=form.columns, mapping=saved, sheet=sheet)


def note_unreadable(session: Session, batch: ImportBatch, file: AdmittedFile, *, error: str) -> None:
    """Note why a file could not be read, with the headers that it has, so that its columns can be chosen by hand."""
    try:
        heading = peek(file, wanted=format_of(batch.format).columns, sheet=batch.mapping.get("sheet"))
    except UnreadableFile:
        imports.fall_back(session, batch.id, error=error)
        return
    batch.headers = list(heading.headers)
    batch.mapping = {**batch.mapping, **_told(heading)}
    session.flush()
    imports.fall_back(session, batch.id, error=error)


def _keep(session: Session, batch_id: int, chunk: Sequence[ParsedRow[Any]], tally: Tally, *, reserves: bool) -> None:
    """Copy some rows into the database. With `reserves`, rows that come in get the id that their account will have."""
    coming = sum(row.outcome.is_in for row in chunk) if reserves else 0
    ids = iter(session.scalars(_RESERVE, {"count": coming}).all() if coming else ())
    fields = tally.form.fields
    lines = "".join(_line(batch_id, row, fields(row), next(ids) if reserves and row.outcome.is_in else None) for row in chunk)
    # The driver's own connection inside this very transaction; COPY has no face in SQLAlchemy.
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(lines)
    for row in chunk:
        tally.add(row)


def _line(batch_id: int, row: ParsedRow[Any], said: dict[str, Any], account_id: int | None) -> str:
    """One line of COPY's text format. JSON escapes every control character, so only its backslashes need doubling."""
    raw = _json([cell if type(cell) is str else as_json(cell) for cell in row.cells])
    fields = _json(said)
    problems = _json([problem_of(problem) for problem in row.problems]) if row.problems else "[]"
    number = "\\N" if account_id is None else account_id
    return f"{batch_id}\t{row.row_number}\t{row.outcome.value}\t{raw}\t{fields}\t{problems}\t{number}\n"


def _json(value: Any) -> str:
    written = json.dumps(value)
    if "\\" not in written:
        return written
    if "\\u0000" in written or "\\ud" in written:
        # PostgreSQL keeps neither the character 0 nor half a surrogate pair.
        written = json.dumps(_storable(value))
    return written.replace("\\", "\\\\")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {key: _storable(one) for key, one in value.items()}
    return value


def problem_of(problem: Problem) -> dict[str, Any]:
    """A problem as its row keeps it."""
    return {"column": problem.column, "message": problem.message, "severity": problem.severity.value}
