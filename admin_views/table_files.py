"""A table that a page worked out, as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, send_file
from flask.typing import ResponseReturnValue

from admin_views.gate import actor
from admin_views.grid.exporting import XLSX_TYPE
from app.clock import now, zone
from app.services.staff import audit
from app.transaction import transaction
from app.workbooks import writing


def table_file(
    name: str, file_format: str, columns: Sequence[writing.ExportColumn], cells: Iterable[Sequence[Any]], *, title: str
) -> ResponseReturnValue:
    """The rows as CSV or XLSX; who took them stands in the audit trail."""
    rows = [list(row) for row in cells]
    with transaction() as session:
        audit.record(session, f"{title} exported", now=now(), actor=actor(), after={"format": file_format, "rows": len(rows)})
    if file_format == "csv":
        header = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(writing.write_csv(list(columns), rows, zone=zone()), mimetype="text/csv", headers=header)
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- send_file closes it
    writing.write_xlsx(file, list(columns), rows, sheet=title[:31], zone=zone())
    file.seek(0)
    return send_file(file, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx", max_age=0)
