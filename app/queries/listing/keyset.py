"""Paging by key: a page begins where another ended, so page 20,000 costs what page 1 costs.

A place is the sort keys and the id of a row, packed into an opaque token. Rows with nothing to be ordered by form a segment
of their own, read by a second statement when the first runs dry; so each statement stays a plain walk along one index.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, literal, or_, tuple_
from sqlalchemy.orm import Session

from app.models.base import WordType
from app.queries.listing.fields import Empty, Sort

LARGEST = 2**63 - 1
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Place:
    """Where a page starts: behind a row, before a row, or at the very end."""

    after: str | None = None
    before: str | None = None
    is_last: bool = False

    @property
    def is_backwards(self) -> bool:
        """Whether the page is read from its end."""
        return self.is_last or self.before is not None


@dataclass(frozen=True)
class Page:
    """Some rows in their order, with the tokens of its neighbours (None where there is none)."""

    rows: list[Row[Any]]
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class _Segment:
    condition: ColumnElement[bool] | None
    keys: tuple[Any, ...]


def _segments(sort: Sort, is_descending: bool) -> list[_Segment]:
    """The parts of the list in the order in which they are shown."""
    key = sort.keys[0]
    if sort.empty is Empty.NULL:
        return [_Segment(key.is_not(None), sort.keys), _Segment(key.is_(None), ())]
    if sort.empty is Empty.ZERO:
        parts = [_Segment(key > 0, sort.keys), _Segment(key == 0, ())]
        return parts if is_descending else parts[::-1]
    return [_Segment(None, sort.keys)]


def fetch(
    session: Session,
    build: Callable[[Sequence[Any]], Select[Any]],
    widen: Callable[[Subquery], Select[Any]],
    identity: Any,
    sort: Sort,
    *,
    is_descending: bool,
    place: Place,
    size: int,
    parameters: Mapping[str, Any],
) -> Page:
    """One page; a token that cannot be read means the first page.

    `build(keys)` selects what finds the rows, without order. `widen(found)` adds what they show: the tables that are only
    looked at are joined to the fifty rows of the page, never to all that were sorted to find them.
    """
    segments = _segments(sort, is_descending)
    start = _unpack(place.after or place.before, segments, identity)
    is_backwards = place.is_last or (place.before is not None and start is not None)
    order = list(enumerate(segments))
    if is_backwards:
        order.reverse()
    if start is not None:
        order = [item for item in order if (item[0] >= start[0] and not is_backwards) or (item[0] <= start[0] and is_backwards)]
    falls = [sort.falls(place, is_descending != is_backwards) for place in range(len(sort.keys) + 1)]
    found: list[tuple[int, Row[Any]]] = []
    for number, segment in order:
        keys = (*segment.keys, identity)
        statement = build([key.label(f"key_{n}") for n, key in enumerate(keys)])
        if segment.condition is not None:
            statement = statement.where(segment.condition)
        if start is not None and number == start[0]:
            statement = statement.where(_beyond(keys, start[1], falls))
        ways = falls if segment.keys else falls[-1:]
        inner = _ordered(statement, keys, ways).limit(size + 1 - len(found)).subquery("page_rows")
        shown = [inner.c[f"key_{n}"] for n in range(len(keys))]
        rows = session.execute(_ordered(widen(inner).add_columns(*shown), shown, ways), dict(parameters)).all()
        found += [(number, row) for row in rows]
        if len(found) > size:
            break
    has_more = len(found) > size
    found = found[:size]
    if is_backwards:
        found.reverse()
    if not found:
        return Page([], None, None)
    tokens = [_pack(number, row, len(segments[number].keys) + 1) for number, row in (found[0], found[-1])]
    has_previous = has_more if is_backwards else start is not None
    has_next = (start is not None or False) if is_backwards else has_more
    rows_only = [row for _, row in found]
    return Page(rows_only, tokens[0] if has_previous else None, tokens[1] if has_next else None)


def _ordered(statement: Select[Any], keys: Sequence[Any], falls: Sequence[bool]) -> Select[Any]:
    return statement.order_by(*(key.desc() if way else key.asc() for key, way in zip(keys, falls, strict=True)))


def _beyond(keys: Sequence[Any], values: Sequence[Any], falls: Sequence[bool]) -> ColumnElement[bool]:
    """Behind a row. `falls` says for each key whether it descends; with the id alone, its own is the last one."""
    here = [literal(value, type_=key.type) for key, value in zip(keys, values, strict=True)]
    ways = falls[-len(keys) :]
    if len(keys) == 1:
        return keys[0] < here[0] if ways[0] else keys[0] > here[0]  # type: ignore[no-any-return]
    if len(set(ways)) == 1:
        return tuple_(*keys) < tuple_(*here) if ways[0] else tuple_(*keys) > tuple_(*here)
    # Rows cannot be compared as one when their keys run in different ways; the first key still bounds the index.
    beyond = [
        and_(*(keys[n] == here[n] for n in range(place)), keys[place] < here[place] if way else keys[place] > here[place])
        for place, way in enumerate(ways)
    ]
    return and_(keys[0] <= here[0] if ways[0] else keys[0] >= here[0], or_(*beyond))


def _pack(segment: int, row: Row[Any], width: int) -> str:
    values = [segment, *(_plain(row._mapping[f"key_{n}"]) for n in range(width))]
    packed = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _unpack(token: str | None, segments: Sequence[_Segment], identity: Any) -> tuple[int, list[Any]] | None:
    """The segment and the values of a token; None for no token, and for one that somebody made up."""
    if not token or len(token) > 4000:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        number, *rest = values
        segment = segments[number] if type(number) is int and number >= 0 else None
        keys = (*segment.keys, identity) if segment else ()
        if len(rest) != len(keys) or not keys:
            return None
        return number, [_typed(key, value) for key, value in zip(keys, rest, strict=True)]
    except (ValueError, TypeError, IndexError, LookupError, binascii.Error, UnicodeDecodeError, ArithmeticError):
        return None


def _typed(key: Any, value: Any) -> Any:
    """The value in the type of its column. Raises ValueError when it does not fit."""
    if isinstance(key.type, WordType):
        return key.type.words(value)
    wanted = key.type.python_type
    if wanted is dt.datetime:
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("naive")
        return moment
    if wanted is dt.date:
        return dt.date.fromisoformat(value)
    if wanted is Decimal:
        return Decimal(value)
    if type(value) is not wanted or (wanted is int and abs(value) > LARGEST) or (wanted is str and "\0" in value):
        raise ValueError("another type")
    return value
