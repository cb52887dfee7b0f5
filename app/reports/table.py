"""A table of a report: columns and rows of plain values, ready for a page or a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.errors import RuleViolation
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.workbooks.writing import ExportColumn


@dataclass(frozen=True, slots=True)
class Asked:
    """For which days a report is asked; what is None was left out."""

    today: dt.date
    as_of: dt.date | None = None
    from_on: dt.date | None = None
    to_on: dt.date | None = None

    def demand(self, options: Sequence[str]) -> None:
        """Refuse days that a report does not understand, and a span that ends before it begins."""
        for option in self.told():
            if option not in options:
                raise RuleViolation(f"This report knows no --{option.replace('_', '-')}.", field=option)
        if self.from_on is not None and self.to_on is not None and self.to_on < self.from_on:
            raise RuleViolation("The last day is before the first one.", field="to")
        if self.as_of is not None and self.as_of > self.today:
            raise RuleViolation(f"{self.as_of.isoformat()} is still to come; ask for today or earlier.", field="as_of")

    def span(self, usual_days: int) -> Span:
        """The days asked for; so many up to today, or up to or from the one end that was named."""
        reach = dt.timedelta(days=usual_days - 1)
        to_on = self.to_on or (max(self.today, self.from_on) if self.from_on else self.today)
        return Span(self.from_on or to_on - reach, to_on)

    def criteria(self, dates: str) -> Criteria:
        """The span as a list's filter of this name has it."""
        named = ((f"{dates}_from", self.from_on), (f"{dates}_to", self.to_on))
        return Criteria({name: (on.isoformat(),) for name, on in named if on is not None})

    def told(self) -> dict[str, str]:
        """The days that were named, for the audit trail."""
        named = {"as_of": self.as_of, "from": self.from_on, "to": self.to_on}
        return {key: on.isoformat() for key, on in named.items() if on is not None}


@dataclass(slots=True)
class Table:
    """One table; its rows may be a stream and are read once."""

    title: str
    columns: Sequence[ExportColumn]
    rows: Iterable[Sequence[Any]]
    written: int = field(default=0, init=False)

    def counted(self) -> Iterator[Sequence[Any]]:
        """The rows, counting them."""
        for row in self.rows:
            self.written += 1
            yield row

    def told(self) -> dict[str, Any]:
        """As plain data: a row is an object by the columns' keys, money in cents."""
        keys = [column.key for column in self.columns]
        return {
            "title": self.title,
            "columns": [{"key": column.key, "label": column.label} for column in self.columns],
            "rows": [dict(zip(keys, map(_plain, row), strict=True)) for row in self.rows],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
