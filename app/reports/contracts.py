"""The UAS contract report set as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.domain.words import Word
from app.queries.listing import Kind
from app.queries.reporting.contract_reports import ContractReport
from app.queries.scope import Viewer
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn
from app.workbooks.writing import Kind as FileKind

KINDS: dict[Kind, FileKind] = {Kind.CENTS: "cents", Kind.DATE: "date", Kind.MOMENT: "datetime", Kind.NUMBER: "int"}


def maker(report: ContractReport) -> Callable[[Session, Viewer, Asked], list[Table]]:
    """The function that makes the table of one of the five."""

    def make(session: Session, viewer: Viewer, asked: Asked) -> list[Table]:
        return [Table(report.title, columns(report), _rows(session, viewer, report, asked))]

    return make


def columns(report: ContractReport) -> list[ExportColumn]:
    """The columns with their kinds; the rate has decimals."""
    holds = {key: KINDS.get(field.holds, "text") for key, field in report.listing.fields.items()}
    return [
        ExportColumn(heading.key, heading.label, "number" if heading.key == "interest_rate" else holds[heading.key])
        for heading in report.headings
    ]


def _rows(session: Session, viewer: Viewer, report: ContractReport, asked: Asked) -> Iterator[Sequence[Any]]:
    keys = [heading.key for heading in report.headings]
    rows = report.listing.rows(session, viewer, today=asked.today, criteria=asked.criteria(report.dates), fields=keys)
    for row in rows:
        values = [getattr(row, key) for key in keys]
        yield [value.label if isinstance(value, Word) else value for value in values]
