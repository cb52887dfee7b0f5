"""Filters by two ends: numbers, amounts, dates."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false

from app import clock
from app.domain.errors import RuleViolation
from app.domain.money import as_text, cents_from_text
from app.models.base import UtcDateTime
from app.queries.listing.filters import LARGEST, Asking, Choices, Filter, Given


@dataclass(frozen=True)
class Range(Filter):
    """From and to, both included: `amount_from=10&amount_to=20`."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Both ends."""
        return (f"{self.key}_from", f"{self.key}_to")

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """Between the ends that are set."""
        parts: list[ColumnElement[bool]] = []
        for name, is_low in zip(self.parameters, (True, False), strict=True):
            for text in given.get(name, ()):
                try:
                    bound = self.read(text, asking.today)
                except (ValueError, OverflowError, RuleViolation):
                    return false()
                parts.append(self.bounded(bound, is_low))
        return and_(*parts)

    def read(self, text: str, today: dt.date) -> Any:
        """The bound that a text means. Raises ValueError or RuleViolation."""
        raise NotImplementedError

    def bounded(self, bound: Any, is_low: bool) -> ColumnElement[bool]:
        """The column on the right side of one bound."""
        return self.column >= bound if is_low else self.column <= bound  # type: ignore[no-any-return]

    def shown(self, text: str) -> str:
        """A bound as people read it."""
        return text

    def said(self, given: Given, options: Choices = ()) -> str:
        """Both ends in words, or the one that is set."""
        low, high = (given.get(name, ("",))[-1] for name in self.parameters)
        if low and high:
            return self.shown(low) if low == high else f"{self.shown(low)} to {self.shown(high)}"
        return f"from {self.shown(low)}" if low else f"to {self.shown(high)}"


@dataclass(frozen=True)
class Numbers(Range):
    """A range of whole numbers."""

    control = "number_range"

    def read(self, text: str, today: dt.date) -> int:
        """A whole number that the database can hold."""
        number = int(text)
        if abs(number) > LARGEST:
            raise ValueError("too large")
        return number


@dataclass(frozen=True)
class Money(Range):
    """A range of amounts: `balance_from=12.50`."""

    control = "money_range"

    def read(self, text: str, today: dt.date) -> int:
        """Dollars as cents."""
        return cents_from_text(text)

    def shown(self, text: str) -> str:
        """The amount as $12.50."""
        try:
            return as_text(cents_from_text(text))
        except RuleViolation:
            return f"{text}?"


@dataclass(frozen=True)
class Dates(Range):
    """A range of business dates, on a date or a moment: `due_from=2026-11-01`, `today`, `-7d`, `+3d`."""

    control = "date_range"

    def read(self, text: str, today: dt.date) -> dt.date:
        """An ISO date, or one relative to the business date."""
        if text == "today":
            return today
        if relative := re.fullmatch(r"([+-]\d{1,4})d", text):
            return today + dt.timedelta(days=int(relative[1]))
        return dt.date.fromisoformat(text)

    def bounded(self, bound: dt.date, is_low: bool) -> ColumnElement[bool]:
        """For a moment the whole business day counts, to its last second."""
        if not isinstance(self.column.type, UtcDateTime):
            return super().bounded(bound, is_low)
        if is_low:
            return self.column >= clock.moment(bound, dt.time.min)  # type: ignore[no-any-return]
        return self.column < clock.moment(bound + dt.timedelta(days=1), dt.time.min)  # type: ignore[no-any-return]

    def shown(self, text: str) -> str:
        """A date as Nov 1, 2026; a relative one in words."""
        if relative := re.fullmatch(r"([+-])(\d{1,4})d", text):
            return f"{relative[2]} days {'ago' if relative[1] == '-' else 'ahead'}"
        try:
            on = dt.date.fromisoformat(text)
        except ValueError:
            return text
        return f"{on:%b} {on.day}, {on.year}"
