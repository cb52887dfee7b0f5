"""Pictures of sheets: which columns of a table its figure shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from app.domain.money import as_text
from app.reports.sheet import Sheet
from charts import bars

Picture = tuple[str | None, str]
"""The figure beside a table, and what it shows in one sentence."""
MOST_BARS = 12
"""Bars beyond that are left to the table."""


def rates(*keys: str, what: str) -> Callable[[Sheet], Picture]:
    """Standing bars in per cent, a group for each row; the sentence is about the first column."""

    def picture(sheet: Sheet) -> Picture:
        names = _names(sheet)[:MOST_BARS]
        series = {sheet.columns[sheet.place(key)].label: _column(sheet, key)[:MOST_BARS] for key in keys}
        first = _column(sheet, keys[0])[:MOST_BARS]
        texts = ["—" if value is None else f"{value:.1%}" for value in first]
        return bars.standing(names, series).to_json(), bars.most(names, first, texts, what)

    return picture


def counts(key: str, *, what: str) -> Callable[[Sheet], Picture]:
    """Lying bars of a number."""
    return _lying(key, what, lambda value: f"{value:,}", 1)


def dollars(key: str, *, what: str) -> Callable[[Sheet], Picture]:
    """Lying bars of an amount."""
    return _lying(key, what, as_text, 100)


def amounts(*keys: str, what: str, total: str) -> Callable[[Sheet], Picture]:
    """Standing bars in dollars over the days of a table, the oldest on the left; `total` is what the sentence is about."""

    def picture(sheet: Sheet) -> Picture:
        names = _names(sheet)[::-1]
        series = {sheet.columns[sheet.place(key)].label: _column(sheet, key)[::-1] for key in keys}
        sums = _column(sheet, total)[::-1]
        return bars.amounts(names, series).to_json(), bars.most(names, sums, [as_text(cents) for cents in sums], what)

    return picture


def _lying(key: str, what: str, say: Callable[[int], str], unit: int) -> Callable[[Sheet], Picture]:
    def picture(sheet: Sheet) -> Picture:
        names, values = _names(sheet)[:MOST_BARS], _column(sheet, key)[:MOST_BARS]
        texts, label = [say(value) for value in values], sheet.columns[sheet.place(key)].label
        figure = bars.lying(names, [value / unit for value in values], texts, name=label, left=150)
        return figure.to_json(), bars.most(names, values, texts, what)

    return picture


def _names(sheet: Sheet) -> list[str]:
    is_month = sheet.columns[0].key == "month"
    return [
        (f"{value:%b %Y}" if is_month else f"{value:%b} {value.day}") if isinstance(value, dt.date) else str(value)
        for value in (line.values[0] for line in sheet.lines)
    ]


def _column(sheet: Sheet, key: str) -> list[Any]:
    place = sheet.place(key)
    return [line.values[place] for line in sheet.lines]
