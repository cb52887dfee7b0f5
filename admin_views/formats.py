"""How a value is written: one place for money, dates, moments, words, phones, on pages and in files.

Pages get safe HTML, built as plain strings because a list writes hundreds of cells. Files get typed values, which
`app.workbooks.writing` spells: cents, dates, moments, words as their labels.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from markupsafe import escape

from app import clock
from app.domain.money import as_text
from app.domain.words import Word
from app.queries.listing import Kind
from app.workbooks.writing import Kind as FileKind

DASH = '<span class="muted">—</span>'
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def text(value: object) -> str:
    """Any text, escaped; a dash for nothing."""
    return str(escape(value)) if value is not None and value != "" else DASH


def cents(value: int | None) -> str:
    """$1,249.42, with a true minus; a dash for nothing."""
    return DASH if value is None else as_text(value)


def cents_or_dash(value: int | None) -> str:
    """The same, and a dash for zero too: where 0.00 is no result."""
    return as_text(value) if value else DASH


def date(on: dt.date | None) -> str:
    """Nov 20, 2026: where the record matters."""
    return f"{MONTHS[on.month - 1]} {on.day}, {on.year}" if on else DASH


def day(on: dt.date | None) -> str:
    """Fri Nov 20, with the year where it is not the business date's: where the weekday decides."""
    if on is None:
        return DASH
    year = "" if on.year == clock.today().year else f", {on.year}"
    return f"{WEEKDAYS[on.weekday()]} {MONTHS[on.month - 1]} {on.day}{year}"


def time(at: dt.datetime) -> str:
    """10:42 AM in the business zone."""
    local = at.astimezone(clock.zone())
    return f"{(local.hour + 11) % 12 + 1}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


def moment(at: dt.datetime | None) -> str:
    """Nov 20, 2026 10:42 AM in the business zone."""
    return f"{date(clock.business_date(at))} {time(at)}" if at else DASH


def word(value: Word | None) -> str:
    """The label of a word."""
    return str(escape(value.label)) if value is not None else DASH


def number(value: int | float | None) -> str:
    """Thousands parted by commas: 1,249."""
    return f"{value:,}" if value is not None else DASH


def flag(value: bool | None) -> str:
    """Yes or No."""
    return DASH if value is None else "Yes" if value else "No"


def phone(e164: str | None) -> str:
    """(614) 555-0148 for a number of this country, as it is for any other."""
    if not e164:
        return DASH
    if e164.startswith("+1") and len(e164) == 12:
        return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"
    return str(escape(e164))


HTML: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: text,
    Kind.PHONE: phone,
    Kind.CENTS: cents,
    Kind.DATE: date,
    Kind.MOMENT: moment,
    Kind.WORD: word,
    Kind.NUMBER: number,
    Kind.FLAG: flag,
}
"""The one formatter of lists and details, by kind."""


FILE: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: str,
    Kind.PHONE: phone,
    Kind.CENTS: int,
    Kind.DATE: lambda value: value,
    Kind.MOMENT: lambda value: value,
    Kind.WORD: lambda value: value.label,
    Kind.NUMBER: lambda value: value,
    Kind.FLAG: flag,
}
"""The same for files: what `app.workbooks.writing` takes for the kind in FILE_KINDS."""

FILE_KINDS: dict[Kind, FileKind] = {
    Kind.TEXT: "text",
    Kind.PHONE: "text",
    Kind.CENTS: "cents",
    Kind.DATE: "date",
    Kind.MOMENT: "datetime",
    Kind.WORD: "text",
    Kind.NUMBER: "int",
    Kind.FLAG: "text",
}


def for_file(kind: Kind, value: Any) -> Any:
    """A value for a file; nothing stays an empty cell."""
    return None if value is None else FILE[kind](value)
