"""A list of rows, declared once: fields, joins, filters, orders, search. Scope is applied to every statement it makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, bindparam, func, inspect, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.models import Base
from app.queries.listing import counting, keyset
from app.queries.listing.counting import Count
from app.queries.listing.criteria import Criteria
from app.queries.listing.fields import Field, Join, Sort, table_name
from app.queries.listing.filters import Asking, Filter
from app.queries.listing.keyset import Page, Place
from app.queries.scope import Viewer, condition

Search = Callable[[str, Viewer, int | None], Select[Any]]
"""(words, viewer, limit) → a statement of ids of the list's model, made of indexed look-ups."""

MOST_FOUND = 1_000
"""Rows that a search on a page considers; who finds more than that types another letter."""

EXPORT_CHUNK = 2_000


class Listing:
    """Which rows, in which order. Declared at module level; holds no state of a request."""

    def __init__(
        self,
        model: type[Base],
        *,
        fields: Sequence[Field],
        joins: Sequence[Join] = (),
        sorts: Mapping[str, Sort] | None = None,
        filters: Sequence[Filter] = (),
        order: str,
        search: Search | None = None,
        where: ColumnElement[bool] | None = None,
        identity: Any = None,
    ) -> None:
        self.model = model
        self.joins = {join.name: join for join in joins}
        self._refuse_unknown_joins([*fields, *(sorts or {}).values(), *filters])
        self.fields = {field.key: field for field in fields}
        self.sorts = {field.key: field.order(self.joins) for field in fields if field.sort} | dict(sorts or {})
        self.filters = {each.key: each for each in filters}
        self.order = order
        self.search = search
        self.where = where
        self.identity = identity if identity is not None else self._only_key()
        """What breaks ties and names a row: the primary key unless it has several columns."""
        if order.removeprefix("-") not in self.sorts:
            raise LookupError(f"{model.__name__}: the order {order} is no sort of this list.")

    def _only_key(self) -> Any:
        keys = [self.model.__mapper__.get_property_by_column(key) for key in inspect(self.model).primary_key]
        return getattr(self.model, keys[0].key)

    def _refuse_unknown_joins(self, named: Sequence[Field | Sort | Filter]) -> None:
        """Find a misspelled name when the module is imported, not when somebody clicks."""
        wrong = {one.join for one in named if one.join is not None} - set(self.joins)
        if wrong:
            raise LookupError(f"{self.model.__name__}: no join is called {', '.join(sorted(wrong))}.")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Every name in the URL that a filter listens to."""
        return tuple(name for each in self.filters.values() for name in each.parameters)

    def criteria(self, pairs: Sequence[tuple[str, str]]) -> Criteria:
        """What the pairs of a query string ask of this list."""
        return Criteria.of(pairs, self.parameters)

    def filters_in(self, criteria: Criteria) -> list[Filter]:
        """The filters that are set."""
        return [each for each in self.filters.values() if each.is_set(criteria.filters)]

    def statement(
        self,
        columns: Sequence[Any],
        viewer: Viewer,
        criteria: Criteria,
        today: dt.date,
        *,
        joins: Sequence[str | None] = (),
        found: Sequence[int] | None = None,
    ) -> Select[Any]:
        """A SELECT of these columns over the rows that the viewer may see and the criteria find.

        `found`: ids that the search found already; otherwise the search becomes a subquery.
        """
        given = criteria.filters
        active = self.filters_in(criteria)
        statement = select(*columns).select_from(self.model)
        statement = self._joined(statement, [*joins, *(each.join for each in active)])
        asking = Asking(viewer, today)
        conditions = [condition(self.model, viewer), *(each.condition(given, asking) for each in active)]
        if self.where is not None:
            conditions.append(self.where)
        unasked = (each.otherwise() for each in self.filters.values() if not each.is_set(given))
        conditions += [each for each in unasked if each is not None]
        if found is not None:
            # One array, not a thousand parameters that would have to be compiled each time.
            conditions.append(self.identity == func.any(bindparam("found", list(found), ARRAY(self.identity.type))))
        elif criteria.words and self.search is not None:
            conditions.append(self.identity.in_(self.search(criteria.words, viewer, None)))
        return statement.where(and_(*conditions))

    def _joined(self, statement: Select[Any], wanted: Sequence[str | None]) -> Select[Any]:
        names: set[str] = set()
        for name in wanted:
            while name is not None and name not in names:
                names.add(name)
                name = self.joins[name].after
        for join in self.joins.values():  # In the order of their declaration, so each finds what it hangs on.
            if join.name in names:
                statement = statement.join(join.target, join.on, isouter=join.is_outer)
        return statement

    def _labelled(self, keys: Sequence[str]) -> tuple[list[Any], list[str | None]]:
        fields = [self.fields[key] for key in dict.fromkeys(keys)]
        return [field.expression.label(field.key) for field in fields], [field.join for field in fields]

    def sort(self, order: str) -> tuple[Sort, bool]:
        """The order that "-balance_cents" means, and whether it descends; the default one for a name that is unknown."""
        if order.removeprefix("-") not in self.sorts:
            order = self.order
        return self.sorts[order.removeprefix("-")], order.startswith("-")

    def found(self, session: Session, viewer: Viewer, criteria: Criteria) -> list[int] | None:
        """Ids that the words find, at most MOST_FOUND + 1; None when nothing is searched for."""
        if not criteria.words or self.search is None:
            return None
        return list(session.scalars(self.search(criteria.words, viewer, MOST_FOUND + 1)))[: MOST_FOUND + 1]

    def page(
        self,
        session: Session,
        viewer: Viewer,
        *,
        today: dt.date,
        criteria: Criteria,
        fields: Sequence[str],
        order: str,
        place: Place,
        size: int,
        found: Sequence[int] | None = None,
    ) -> Page:
        """One page of rows with these fields; each row also has `id`."""
        sort, is_descending = self.sort(order)
        columns, joins = self._labelled([key for key in fields if key != "id"])

        primary = inspect(self.model).primary_key

        def build(keys: Sequence[Any]) -> Select[Any]:
            named = [key.label(f"primary_{n}") for n, key in enumerate(primary)]
            return self.statement([*named, *keys], viewer, criteria, today, joins=[sort.join], found=found)

        def widen(rows: Subquery) -> Select[Any]:
            same = and_(*(key == rows.c[f"primary_{n}"] for n, key in enumerate(primary)))
            statement = select(self.identity.label("id"), *columns).select_from(self.model).join(rows, same)
            return self._joined(statement, joins)

        def fetch(at: Place) -> Page:
            return keyset.fetch(
                session,
                build,
                widen,
                self.identity,
                sort,
                is_descending=is_descending,
                place=at,
                size=size,
                parameters={"today": today},
            )

        page = fetch(place)
        # Whatever stood before or behind the place may be gone by now: then the list starts again.
        return page if page.rows or place == Place() else fetch(Place())

    def count(
        self,
        session: Session,
        viewer: Viewer,
        *,
        today: dt.date,
        criteria: Criteria,
        found: Sequence[int] | None = None,
        cap: int = counting.CAP,
    ) -> Count:
        """How many rows, exactly up to the cap; the whole of a large table is estimated from its statistics."""
        leaves_out = any(each.otherwise() is not None for each in self.filters.values())
        if found is not None and not criteria.filters and self.where is None and not leaves_out:
            return Count(min(len(found), MOST_FOUND), is_capped=len(found) > MOST_FOUND)
        statement = self.statement([self.identity], viewer, criteria, today, found=found)
        count = counting.capped(session, statement, {"today": today}, cap)
        if count.is_capped and criteria.is_empty and self.where is None and viewer.sees_everything:
            guess = counting.estimated(session, table_name(self.model))
            return guess if guess.rows > count.rows else count
        return count

    def totals(
        self, session: Session, viewer: Viewer, *, today: dt.date, criteria: Criteria, fields: Sequence[str]
    ) -> dict[str, int]:
        """The sum of each of these fields over everything that the criteria find."""
        chosen = [self.fields[key] for key in fields if self.fields[key].total]
        if not chosen:
            return {}
        sums = [func.coalesce(func.sum(field.expression), 0).label(field.key) for field in chosen]
        statement = self.statement(sums, viewer, criteria, today, joins=[field.join for field in chosen])
        row = session.execute(statement, {"today": today}).one()
        return {field.key: int(row._mapping[field.key]) for field in chosen}

    def ids(self, viewer: Viewer, *, today: dt.date, criteria: Criteria, among: Sequence[int] | None = None) -> Select[Any]:
        """A SELECT of the ids, for commands that change many rows in one statement; `among` keeps only ticked ones."""
        statement = self.statement([self.identity.label("id")], viewer, criteria, today)
        if among is not None:
            statement = statement.where(self.identity.in_(list(among)))
        return statement.params(today=today)

    def rows(
        self,
        session: Session,
        viewer: Viewer,
        *,
        today: dt.date,
        criteria: Criteria | None = None,
        fields: Sequence[str],
        order: str | None = None,
        among: Sequence[int] | None = None,
        only: ColumnElement[bool] | None = None,
    ) -> Iterator[Row[Any]]:
        """All rows, streamed from a cursor of the server in chunks: an export holds a few thousand at a time."""
        sort, is_descending = self.sort(order or self.order)
        columns, joins = self._labelled([key for key in fields if key != "id"])
        columns = [self.identity.label("id"), *columns]
        statement = self.statement(columns, viewer, criteria or Criteria(), today, joins=[*joins, sort.join])
        if among is not None:
            statement = statement.where(self.identity.in_(list(among)))
        if only is not None:
            statement = statement.where(only)
        keys = (*sort.keys, self.identity)
        ordered = [
            key.desc().nulls_last() if sort.falls(place, is_descending) else key.asc().nulls_last()
            for place, key in enumerate(keys)
        ]
        streamed = statement.order_by(*ordered).execution_options(yield_per=EXPORT_CHUNK)
        yield from session.execute(streamed, {"today": today})
