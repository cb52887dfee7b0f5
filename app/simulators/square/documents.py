"""Payments, cards, customers and the rest, kept as the JSON that Square would show."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.simulators.square.store import Store

Document = dict[str, Any]

# Square's lists of these are eventually consistent, so their earlier states are kept.
WITH_REVISIONS = frozenset({"payment", "refund"})


class Place(NamedTuple):
    """Where a page ended: the value it was sorted by and the tie-breaking sequence."""

    at: str
    sequence: int


@dataclass(frozen=True)
class Question:
    """Which documents of a kind to list. Column names come from the code, never from a request."""

    kind: str
    equal: Mapping[str, Any] = field(default_factory=dict)
    among: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    at_least: Mapping[str, str] = field(default_factory=dict)
    below: Mapping[str, str] = field(default_factory=dict)
    containing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort_by: str = "created_at"
    is_descending: bool = False


class Documents:
    """All documents of all kinds. `hidden` is what only the simulator knows of one (a card's behaviour, a payment's key)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert(
        self, kind: str, body: Document, *, recorded_at: str, hidden: Document | None = None, id: str | None = None
    ) -> None:
        """Keep a new document under its `id`, or under the one given when Square's word for it is another."""
        self._store.run(
            "insert into document (kind, id, body, hidden) values (?, ?, ?, ?)",
            (kind, id or body["id"], json.dumps(body), json.dumps(hidden or {})),
        )
        self._remember(kind, body, recorded_at)

    def update(self, kind: str, body: Document, *, recorded_at: str) -> None:
        """Replace what is shown of a document."""
        self._store.run("update document set body = ? where kind = ? and id = ?", (json.dumps(body), kind, body["id"]))
        self._remember(kind, body, recorded_at)

    def hide(self, kind: str, id: str, hidden: Document) -> None:
        """Replace what only the simulator knows of a document."""
        self._store.run("update document set hidden = ? where kind = ? and id = ?", (json.dumps(hidden), kind, id))

    def delete(self, kind: str, id: str) -> None:
        """Forget a document."""
        self._store.run("delete from document where kind = ? and id = ?", (kind, id))

    def find(self, kind: str, id: str) -> Document | None:
        """A document as it is now."""
        row = self._store.row("select body from document where kind = ? and id = ?", (kind, id))
        return None if row is None else _loaded(row["body"])

    def hidden(self, kind: str, id: str) -> Document:
        """What only the simulator knows of a document; empty for an unknown one."""
        row = self._store.row("select hidden from document where kind = ? and id = ?", (kind, id))
        return {} if row is None else _loaded(row["hidden"])

    def all(self, question: Question) -> list[Document]:
        """Every document that fits."""
        return [_loaded(row["body"]) for row in self._select(question, None, None)]

    def count(self, question: Question) -> int:
        """How many documents fit."""
        return len(self._select(question, None, None))

    def page(
        self, question: Question, *, after: Place | None, limit: int, as_of: str | None = None
    ) -> tuple[list[Document], Place | None]:
        """At most `limit` documents behind `after`, and where the next page begins (None: this is the last).

        With `as_of`, each is shown as it was then and those that did not exist are left out, so a page may be short.
        """
        rows = self._select(question, after, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        place = Place(rows[-1][question.sort_by], rows[-1]["sequence"]) if more else None
        documents = [_loaded(row["body"]) if as_of is None else self._as_of(question.kind, row, as_of) for row in rows]
        return [document for document in documents if document is not None], place

    def _as_of(self, kind: str, row: sqlite3.Row, as_of: str) -> Document | None:
        earlier = self._store.row(
            "select body from revision where kind = ? and id = ? and recorded_at <= ? order by sequence desc limit 1",
            (kind, row["id"], as_of),
        )
        return None if earlier is None else _loaded(earlier["body"])

    def _select(self, question: Question, after: Place | None, limit: int | None) -> list[sqlite3.Row]:
        terms: list[str] = ["kind = ?"]
        values: list[Any] = [question.kind]
        for column, value in question.equal.items():
            terms.append(f"{column} = ?")
            values.append(value)
        for column, several in question.among.items():
            terms.append(f"{column} in ({', '.join('?' * len(several))})")
            values.extend(several)
        for column, value in question.at_least.items():
            terms.append(f"{column} >= ?")
            values.append(value)
        for column, value in question.below.items():
            terms.append(f"{column} < ?")
            values.append(value)
        for column, words in question.containing.items():
            terms.extend(f"{column} like ?" for _ in words)
            values.extend(f"%{word}%" for word in words)
        if after is not None:
            terms.append(f"({question.sort_by}, sequence) {'<' if question.is_descending else '>'} (?, ?)")
            values.extend(after)
        way = "desc" if question.is_descending else "asc"
        sql = (
            f"select sequence, id, body, created_at, updated_at from document where {' and '.join(terms)} "
            f"order by {question.sort_by} {way}, sequence {way}"
        )
        if limit is not None:
            sql += f" limit {limit:d}"
        return self._store.rows(sql, values)

    def _remember(self, kind: str, body: Document, recorded_at: str) -> None:
        if kind in WITH_REVISIONS:
            self._store.run(
                "insert into revision (kind, id, recorded_at, body) values (?, ?, ?, ?)",
                (kind, body["id"], recorded_at, json.dumps(body)),
            )


def _loaded(text: str) -> Document:
    document: Document = json.loads(text)
    return document
