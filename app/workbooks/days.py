"""What day a cell means: Excel's own dates, and the ways in which people and programs write one."""

from __future__ import annotations

import datetime as dt
import re
import time
from functools import lru_cache

from app.workbooks.cells import BLANKS, spelled
from app.workbooks.sheets import Cell

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""A contract date outside these years is a typing error."""

_TIME = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}.*)?"
_AMERICAN_DAY = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})" + _TIME)
_ISO_DAY = re.compile(r"([0-9]{4})[-/]?([0-9]{1,2})[-/]?([0-9]{1,2})" + _TIME)
_SERIAL_DAY = re.compile(r"[0-9]{5}(?:\.[0-9]*)?")
_WRITTEN_DAYS = ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y")
_DAY_ZERO = dt.date(1899, 12, 30)
"""Excel's day 0, seen from March 1900 on."""


def day(cell: Cell) -> tuple[dt.date | None, str | None]:
    """A date: an Excel date, its bare serial number, mm/dd/yyyy, m/d/yy, ISO or a written month, with or without a time.

    >>> day(dt.datetime(2026, 4, 5, 13, 0))[0], day("7/4/26")[0], day("2026-11-20T08:00:00")[0]
    (datetime.date(2026, 4, 5), datetime.date(2026, 7, 4), datetime.date(2026, 11, 20))
    >>> day("13/45/2025")
    (None, '“13/45/2025” is not a date')
    """
    if type(cell) is dt.date:
        found: dt.date | None = cell
    elif type(cell) is dt.datetime:
        found = cell.date()
    else:
        written = spelled(cell).strip()
        if written in BLANKS:
            return None, None
        found = _day_from_text(written)
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None, f"“{spelled(cell).strip()}” is not a date"
    return found, None


@lru_cache(maxsize=16_384)
def _day_from_text(written: str) -> dt.date | None:
    """The date that a text spells, or None. A year of two digits lies in this century."""
    try:
        if found := _AMERICAN_DAY.fullmatch(written):
            month, day_of_month, year = map(int, found.groups())
            return dt.date(year + 2000 if year < 100 else year, month, day_of_month)
        if _SERIAL_DAY.fullmatch(written):
            return _DAY_ZERO + dt.timedelta(days=int(written[:5]))
        if found := _ISO_DAY.fullmatch(written):
            return dt.date(*map(int, found.groups()))
    except ValueError:
        return None
    for form in _WRITTEN_DAYS:
        try:
            return dt.date(*time.strptime(written, form)[:3])
        except ValueError:
            continue
    return None
