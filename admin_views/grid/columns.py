"""Columns of a list: which fields they need and how a cell is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape
from sqlalchemy import Row

from admin_views import formats
from app.queries.listing import Kind, Listing
from app.workbooks.writing import Kind as FileKind

Cell = Callable[[Any], str]
"""A row → safe HTML."""


@dataclass(frozen=True)
class Column:
    """One column. With a key of a field alone everything else follows from the field."""

    key: str
    label: str
    needs: tuple[str, ...] = ()
    """Fields that `cell` and `plain` read; the field of the same name when empty."""
    cell: Cell | None = None
    plain: Callable[[Any], Any] | None = None
    """The value for files, from a row; the field's own when missing."""
    sort: str | None = None
    """The order behind the head; the field's own when it has one."""
    shown: bool = True
    """False: waits in the column menu."""
    hint: str = ""
    dash_zero: bool = False
    weekday: bool = False
    """A date with its weekday."""
    mono: bool = False
    wide: bool = False
    """Takes the slack and may be cut."""
    numeric: bool | None = None
    card: str = ""
    """Place in the two lines of a phone: figure, detail or state; the row's head is always there."""
    card_label: str | None = None
    css: str = ""
    file_kind: FileKind | None = None
    """What `plain` gives; text when it does not say."""


@dataclass(frozen=True)
class Bound:
    """A column that found its fields in a listing, ready to write cells."""

    column: Column
    needs: tuple[str, ...]
    write: Cell
    value: Callable[[Any], Any]
    sort: str | None
    is_numeric: bool
    has_total: bool
    file_kind: FileKind
    css: str = ""

    @property
    def key(self) -> str:
        """The column's name in the URL."""
        return self.column.key


def bind(column: Column, listing: Listing) -> Bound:
    """Work out once what a column needs. Raises LookupError for a field that the listing does not have."""
    needs = column.needs or (column.key,)
    unknown = [key for key in needs if key != "id" and key not in listing.fields]
    if unknown:
        raise LookupError(f"Column {column.key} needs {', '.join(unknown)}, which the listing does not have.")
    own = listing.fields.get(column.key)
    kind = own.holds if own else Kind.TEXT
    sort = column.sort or (column.key if column.key in listing.sorts else None)
    if sort and sort not in listing.sorts:
        raise LookupError(f"Column {column.key} sorts by {sort}, which the listing does not have.")
    is_numeric = kind.is_numeric if column.numeric is None else column.numeric
    css = " ".join(
        name
        for name in (
            "num" if is_numeric else "",
            "ell" if column.wide else "",
            "mono" if column.mono else "",
            f"card-{column.card}" if column.card else "",
            column.css,
        )
        if name
    )
    write = column.cell or _writer(column, needs[0], kind)
    value = column.plain or _reader(needs[0], listing)
    read = listing.fields.get(needs[0])
    own_kind: FileKind = formats.FILE_KINDS[read.holds] if read and column.plain is None else "text"
    file_kind = column.file_kind or own_kind
    return Bound(column, needs, write, value, sort, is_numeric, bool(own and own.total), file_kind, css)


def _writer(column: Column, key: str, kind: Kind) -> Cell:
    write = formats.HTML[kind]
    if column.dash_zero and kind is Kind.CENTS:
        write = formats.cents_or_dash
    elif column.dash_zero:
        return lambda row: formats.number(value) if (value := getattr(row, key)) else formats.DASH
    elif column.weekday and kind is Kind.DATE:
        write = formats.day
    return lambda row: write(getattr(row, key))


def _reader(key: str, listing: Listing) -> Callable[[Any], Any]:
    kind = listing.fields[key].holds if key in listing.fields else Kind.NUMBER
    return lambda row: formats.for_file(kind, getattr(row, key))


def body(
    rows: Sequence[Row[Any]],
    columns: Sequence[Bound],
    *,
    ticks: bool,
    address: Callable[[Any], str | None] | None,
    name: Callable[[Any], str] | None,
) -> str:
    """All table rows as HTML in one pass. The first column is the row's head."""
    if not columns:
        return ""
    head, *rest = columns
    head_open = f'<th scope="row" class="{head.css}">' if head.css else '<th scope="row">'
    opened = [(_opening(column), column.write) for column in rest]
    parts: list[str] = []
    for row in rows:
        url = address(row) if address else None
        at = f' data-url="{escape(url)}"' if url else ""
        parts.append(f'<tr data-id="{escape(row.id)}"{at}>')
        if ticks:
            said = escape(name(row)) if name else f"row {row.id}"
            parts.append(
                '<td class="tick"><label><input type="checkbox" class="form-check-input" data-tick '
                f'value="{row.id}" aria-label="Select {said}"></label></td>'
            )
        written = head.write(row)
        if url and not written.startswith("<a "):
            written = f'<a href="{escape(url)}">{written}</a>'
        parts.append(f"{head_open}{written}</th>")
        parts.extend(f"{start}{write(row)}</td>" for start, write in opened)
        parts.append("</tr>")
    return "".join(parts)


def _opening(bound: Bound) -> str:
    label = ""
    if bound.column.card == "detail":
        shown = bound.column.label if bound.column.card_label is None else bound.column.card_label
        label = f' data-label="{escape(shown)}"'
    return f'<td class="{bound.css}"{label}>' if bound.css else f"<td{label}>"
