"""What a list can show and be sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, FromClause, Integer, Numeric, bindparam
from sqlalchemy.orm import InstrumentedAttribute

from app.models import Base
from app.models.base import UtcDateTime, WordType

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]

TODAY: ColumnElement[Any] = bindparam("today", type_=Date())
"""The business date inside an expression; a listing supplies it when it runs."""


class Kind(Enum):
    """What sort of value a field holds: how it is written on a page, in a file and on which side it stands."""

    TEXT = "text"
    PHONE = "phone"
    CENTS = "cents"
    DATE = "date"
    MOMENT = "moment"
    WORD = "word"
    NUMBER = "number"
    FLAG = "flag"

    @property
    def is_numeric(self) -> bool:
        """Whether it stands right, in figures of one width."""
        return self in (Kind.CENTS, Kind.NUMBER)


class Empty(Enum):
    """What an order does with rows that have nothing to be ordered by."""

    NEVER = "never"
    """There is always something."""
    NULL = "null"
    """A missing value stands last in either direction."""
    ZERO = "zero"
    """A column that is never negative and mostly 0: the index holds what is above, the rest is ordered by id."""


@dataclass(frozen=True)
class Join:
    """Another table that fields may come from; joined only when something needs it."""

    name: str
    target: Any
    on: ColumnElement[bool]
    after: str | None = None
    """The join that must stand before it."""
    is_outer: bool = False


@dataclass(frozen=True)
class Sort:
    """An order by one or several columns; the row's id breaks ties, so every row has one place."""

    keys: tuple[Any, ...]
    join: str | None = None
    empty: Empty = Empty.NEVER
    against: frozenset[int] = frozenset()
    """Places of keys that run against the first one: the largest amount first, and equal ones by their number upwards."""

    def falls(self, place: int, is_descending: bool) -> bool:
        """Whether the key at a place descends; the row's id has the place behind the last key."""
        return is_descending != (place in self.against)


@dataclass(frozen=True)
class Field:
    """A named value of a row.

    `kind` follows from the name (`_cents`, `_on`, `_at`) or the type when it is not given. `sort` and `total` say that the
    list may be ordered by it and that its sum means something.
    """

    key: str
    expression: Any
    join: str | None = None
    kind: Kind | None = None
    sort: bool = False
    total: bool = False
    empty: Empty | None = None

    @property
    def holds(self) -> Kind:
        """The kind, given or derived."""
        return self.kind or kind_of(self.key, self.expression)

    def order(self, joins: dict[str, Join]) -> Sort:
        """The order by this field alone."""
        is_missing = self.join is not None and joins[self.join].is_outer
        nullable = bool(getattr(self.expression, "nullable", True)) or is_missing
        return Sort((self.expression,), self.join, self.empty or (Empty.NULL if nullable else Empty.NEVER))


def kind_of(key: str, expression: Any) -> Kind:
    """Read the kind from the name's suffix, which is a rule of the house, or else from the type."""
    for suffix, kind in (("_cents", Kind.CENTS), ("_on", Kind.DATE), ("_at", Kind.MOMENT), ("e164", Kind.PHONE)):
        if key.endswith(suffix):
            return kind
    held = expression.type
    if isinstance(held, WordType):
        return Kind.WORD
    if isinstance(held, Boolean):
        return Kind.FLAG
    if isinstance(held, UtcDateTime):
        return Kind.MOMENT
    if isinstance(held, Date):
        return Kind.DATE
    return Kind.NUMBER if isinstance(held, (Integer, Numeric)) else Kind.TEXT


def table_name(model: type[Base]) -> str:
    """The table behind a model."""
    table: FromClause = model.__table__
    return str(getattr(table, "name", ""))
