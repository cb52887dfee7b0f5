"""Free money: what the days that were granted are worth, by month, by who asked and by kind."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.queries.scope import Viewer
from app.queries.servicing.arrangement_lists import given_away
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

COLUMNS = (
    ExportColumn("month", "Month", "date"),
    ExportColumn("by", "Requested by"),
    ExportColumn("kind", "Type"),
    ExportColumn("count", "Count", "int"),
    ExportColumn("days", "Days", "int"),
    ExportColumn("value_cents", "Value", "cents"),
)


def make(session: Session, viewer: Viewer, asked: Asked) -> list[Table]:
    """The sums of what applies; the days asked for are those on which it was applied."""
    groups = given_away(session, viewer, asked.criteria("applied"), today=asked.today, most=None)
    rows = [(each.month, each.by, each.kind.label, each.count, each.days, each.value_cents) for each in groups]
    return [Table("Free Money", COLUMNS, rows)]
