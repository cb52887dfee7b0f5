"""What every row has in common: the registry, the types of columns and the way constraints are named."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, MetaData, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from app.domain.words import Word

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment: stored as timestamptz, always aware, refused when naive.

    A naive timestamp is a bug that shows itself twice a year; so it fails at once.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[dt.datetime]:
        """A decorated type does not say by itself what its values are; lists that page by a moment ask."""
        return dt.datetime

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse a naive moment."""
        if value is not None and value.tzinfo is None:
            raise ValueError("A moment needs a time zone; got a naive datetime.")
        return value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """The moment in UTC, whatever zone the connection has."""
        return None if value is None else value.astimezone(dt.UTC)


class WordType(TypeDecorator[Word]):
    """An enum of the domain, stored as its value: readable in SQL, and a new member needs no migration."""

    impl: String = String  # type: ignore[assignment]  # The class: an instance would keep its own length.
    cache_ok = True

    def __init__(self, words: type[Word], length: int = 24) -> None:
        self.words = words
        super().__init__(length)

    def process_bind_param(self, value: Word | str | None, dialect: Dialect) -> str | None:
        """The value of a word; a value that is no word raises ValueError."""
        return None if value is None else str(self.words(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Word | None:
        """The word."""
        return None if value is None else self.words(value)


class Base(DeclarativeBase):
    """The parent of all rows. Its registry is explicit so that Flask-SQLAlchemy shares it."""

    metadata = MetaData(naming_convention=NAMING)
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            int: BigInteger(),
            str: Text(),
            dt.date: Date(),
            dt.datetime: UtcDateTime(),
            dict[str, Any]: JSONB(),
            list[Any]: JSONB(),
        },
    )
