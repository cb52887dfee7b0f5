"""Sheets on pages: each cell with its kind, and a link where rows stand behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.reports.sheet import Line, Sheet
from app.workbooks.writing import ExportColumn

WIDE = 5
"""A table of more columns has its picture below it."""

Link = Callable[[ExportColumn, Line], str | None]
"""Where the figure of a column and row leads; None where nothing stands behind it."""


def shown(
    sheet: Sheet,
    *,
    link: Link,
    figure: str | None,
    finding: str,
    strong: Set[str] = frozenset(),
    has_total_links: bool = False,
) -> dict[str, Any]:
    """A table as the template writes it."""
    columns = [
        {
            "key": place,
            "label": column.label,
            "kind": column.kind,
            "numeric": column.kind not in ("text", "date"),
            "hint": sheet.hints.get(column.key, ""),
            "strong": column.key in strong,
        }
        for place, column in enumerate(sheet.columns)
    ]
    whole = Line((), sheet.totals)
    return {
        "name": sheet.name,
        "title": sheet.title,
        "note": sheet.note,
        "columns": columns,
        "rows": [{"key": line.key, "values": line.values, "urls": _urls(sheet, line, link)} for line in sheet.lines],
        "totals": sheet.totals,
        "total_urls": _urls(sheet, whole, link) if has_total_links else {},
        "figure": figure,
        "finding": finding,
        "is_wide": len(columns) > WIDE,
    }


def _urls(sheet: Sheet, line: Line, link: Link) -> dict[int, str]:
    found = {place: link(column, line) for place, column in enumerate(sheet.columns) if line.values and line.values[place]}
    return {place: url for place, url in found.items() if url is not None}


def address(path: str, query: str, narrowed: Mapping[str, tuple[str, ...]]) -> str:
    """A list with the filter of a row and what the page is narrowed to; the row's own filter is the narrower one.

    >>> address("/admin/accounts/", "frequency=weekly", {"frequency": ("weekly",), "office": ("3",)})
    '/admin/accounts/?frequency=weekly&office=3'
    """
    own = parse_qsl(query)
    names = {name for name, _ in own}
    rest = [(name, value) for name, values in narrowed.items() if name not in names for value in values]
    return f"{path}?{urlencode([*own, *rest])}"
