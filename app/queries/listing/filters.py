"""Filters: a few parameters of the URL become one condition and a sentence for its chip.

A value that cannot be read finds nothing. It is never skipped: a filter that silently fell away would let a bulk action
reach rows that nobody chose.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from app.domain.words import Word
from app.models import Base
from app.queries.scope import Viewer, scope

Given = Mapping[str, tuple[str, ...]]
Choices = Sequence[tuple[str, str]]

LARGEST = 2**63 - 1
MOST_OPTIONS = 300
"""Related rows that a filter offers by name; beyond that a text filter serves people better."""


@dataclass(frozen=True)
class Asking:
    """Who asks, and on which business date."""

    viewer: Viewer
    today: dt.date


@dataclass(frozen=True)
class Filter:
    """The common part: parameter name, label, column and the join that the column needs."""

    key: str
    label: str
    column: Any
    join: str | None = None

    control = "text"
    """Which control of the filter menu sets it."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the URL that it listens to."""
        return (self.key,)

    def is_set(self, given: Given) -> bool:
        """Whether the URL asks for it."""
        return any(name in given for name in self.parameters)

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """The WHERE condition; only asked when it is set."""
        raise NotImplementedError

    def otherwise(self) -> ColumnElement[bool] | None:
        """The WHERE condition when it is not set."""
        return None

    def said(self, given: Given, options: Choices = ()) -> str:
        """What stands in its chip."""
        return ", ".join(given.get(self.key, ()))

    def choices(self, session: Session, viewer: Viewer) -> Choices:
        """What can be chosen, for filters that offer a choice."""
        return ()


@dataclass(frozen=True)
class Choice(Filter):
    """Any of some words: `status=active&status=default`."""

    words: type[Word] | Choices = ()
    conditions: Mapping[str, ColumnElement[bool]] | None = None
    """A condition per value, where "is equal" is not what the word means."""

    control = "choice"

    def choices(self, session: Session, viewer: Viewer) -> Choices:
        """The words with their labels."""
        return self._offered()

    def _offered(self) -> Choices:
        return self.words.choices() if isinstance(self.words, type) else self.words

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """Equal to any of the values; unknown words find nothing."""
        known = {value for value, _ in self._offered()}
        values = [value for value in given[self.key] if value in known]
        if self.conditions is not None:
            return or_(false(), *(self.conditions[value] for value in values))
        return self.column.in_(values) if values else false()

    def said(self, given: Given, options: Choices = ()) -> str:
        """The labels."""
        labels = dict(self._offered())
        return ", ".join(labels.get(value, f"{value}?") for value in given[self.key])


@dataclass(frozen=True)
class Banded(Choice):
    """Any of some bands of a number that are rows of a table (buckets): the labels are asked when the menu is built."""

    bands: Any = None
    """A mapped class with label, from_days, to_days."""
    which: Any = None
    """Which of its rows."""

    def choices(self, session: Session, viewer: Viewer) -> Choices:
        """The labels from the lowest band up."""
        rows = session.scalars(select(self.bands.label).where(self.which).order_by(self.bands.from_days))
        return [(label, label) for label in rows]

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """Within any of the named bands."""
        inside = self.column.between(self.bands.from_days, func.coalesce(self.bands.to_days, 32_767))
        chosen = self.bands.label.in_(given[self.key])
        return select(1).where(self.which, chosen, inside).correlate_except(self.bands).exists()

    def said(self, given: Given, options: Choices = ()) -> str:
        """The labels as they stand."""
        return ", ".join(given[self.key])


@dataclass(frozen=True)
class One(Filter):
    """Any of some related rows by id: `portfolio=3`. `none` and `me` are understood where they are offered."""

    model: type[Base] | None = None
    order_by: Any = None
    which: Any = None
    """Which related rows are offered."""
    none: str | None = None
    """Label for "none at all"."""
    me: str | None = None
    """Label for the person who asks."""

    control = "choice"

    def choices(self, session: Session, viewer: Viewer) -> Choices:
        """The related rows that the viewer may see."""
        assert self.model is not None
        statement = scope(select(self.model), self.model, viewer).limit(MOST_OPTIONS)
        if self.which is not None:
            statement = statement.where(self.which)
        statement = statement.order_by(*((self.order_by,) if self.order_by is not None else ()))
        first = [("me", self.me)] if self.me else []
        last = [("none", self.none)] if self.none else []
        rows = [(str(row.id), str(row)) for row in session.scalars(statement)]  # type: ignore[attr-defined]
        return [*first, *last, *rows]

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """Related to any of the rows."""
        parts: list[ColumnElement[bool]] = []
        ids = [int(value) for value in given[self.key] if value.isascii() and value.isdigit() and int(value) <= LARGEST]
        if ids:
            parts.append(self.column.in_(ids))
        if self.none and "none" in given[self.key]:
            parts.append(self.column.is_(None))
        if self.me and "me" in given[self.key]:
            parts.append(self.column == asking.viewer.staff_id)
        return or_(false(), *parts)

    def said(self, given: Given, options: Choices = ()) -> str:
        """The names."""
        labels = dict(options)
        return ", ".join(labels.get(value, f"no. {value}") for value in given[self.key])


@dataclass(frozen=True)
class Flag(Filter):
    """Yes or no: `bad=1`."""

    control = "yes_no"

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """True or false."""
        value = given[self.key][-1]
        if value not in ("0", "1"):
            return false()
        return self.column.is_(value == "1")  # type: ignore[no-any-return]

    def said(self, given: Given, options: Choices = ()) -> str:
        """Yes or no."""
        return {"1": "yes", "0": "no"}.get(given[self.key][-1], "?")


@dataclass(frozen=True)
class Aside(Flag):
    """Rows that a list leaves out until somebody asks for them: `test=1` shows them alone."""

    def otherwise(self) -> ColumnElement[bool] | None:
        """All but these."""
        others: ColumnElement[bool] = ~self.column
        return others


@dataclass(frozen=True)
class Text(Filter):
    """Starts with, or is: `reference=ZL` or `reference_is=ZL-8302`. Both use an index; "contains" could not."""

    lowered: bool = False
    """The index is on lower(column): compare without regard to case."""
    is_prefix: bool = True
    """False where no index serves prefixes: only "is" is offered."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Starts with first, then is."""
        return (self.key, f"{self.key}_is") if self.is_prefix else (f"{self.key}_is",)

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """LIKE 'value%' or equality."""
        column = func.lower(self.column) if self.lowered else self.column
        parts: list[ColumnElement[bool]] = []
        for name in self.parameters:
            for value in given.get(name, ()):
                wanted = value.lower() if self.lowered else value
                parts.append(column == wanted if name.endswith("_is") else column.like(prefix_pattern(wanted)))
        return and_(*parts)

    def said(self, given: Given, options: Choices = ()) -> str:
        """The text, with dots behind a beginning."""
        begins = [f"{value}…" for value in given.get(self.key, ())]
        return ", ".join([*begins, *given.get(f"{self.key}_is", ())])


def prefix_pattern(text: str) -> str:
    """A LIKE pattern for "starts with", the text's own wildcards taken literally."""
    return re.sub(r"([\\%_])", r"\\\1", text) + "%"
