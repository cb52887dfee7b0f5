"""How many rows a list finds, without ever counting millions of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

CAP = 10_000
"""Counted exactly up to here; beyond, a list says "more than", or what the statistics estimate."""


@dataclass(frozen=True)
class Count:
    """A number of rows, and how far to trust it."""

    rows: int
    is_capped: bool = False
    """There are more than `rows`."""
    is_estimate: bool = False
    """From the statistics of the whole table; good to a few per cent."""

    @property
    def text(self) -> str:
        """As a list says it.

        >>> Count(4312).text, Count(10000, is_capped=True).text, Count(998000, is_estimate=True).text
        ('4,312', 'more than 10,000', 'about 998,000')
        """
        prefix = "more than " if self.is_capped else "about " if self.is_estimate else ""
        return f"{prefix}{self.rows:,}"

    @property
    def short(self) -> str:
        """As a tab says it.

        >>> Count(4312).short, Count(10000, is_capped=True).short, Count(998000, is_estimate=True).short
        ('4,312', '10,000+', '998,000')
        """
        return f"{self.rows:,}{'+' if self.is_capped else ''}"


def capped(session: Session, statement: Select[Any], parameters: Mapping[str, Any], cap: int = CAP) -> Count:
    """Count a statement's rows up to the cap."""
    found = session.scalar(select(func.count()).select_from(statement.limit(cap + 1).subquery()), dict(parameters)) or 0
    return Count(min(found, cap), is_capped=found > cap)


def estimated(session: Session, table: str) -> Count:
    """What the statistics say about a whole table, rounded to three figures."""
    rows = session.scalar(text("select reltuples::bigint from pg_class where oid = to_regclass(:name)"), {"name": table})
    number = max(int(rows or 0), 0)
    digits = max(len(str(number)) - 3, 0)
    return Count(round(number, -digits), is_estimate=True)
