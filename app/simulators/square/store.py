"""The simulator's memory: one SQLite file that outlives a restart and a kill.

Every request runs inside one transaction, one at a time, so a key can be claimed once however many threads ask for it, and
what was answered has been committed before (WAL; a power cut may lose the last moments, a kill of the process may not).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists document (
    sequence integer primary key autoincrement,
    kind text not null,
    id text not null,
    body text not null,
    hidden text not null default '{}',
    created_at text generated always as (coalesce(json_extract(body, '$.created_at'),
        json_extract(hidden, '$.created_at'))) virtual,
    updated_at text generated always as (json_extract(body, '$.updated_at')) virtual,
    location_id text generated always as (json_extract(body, '$.location_id')) virtual,
    customer_id text generated always as (json_extract(body, '$.customer_id')) virtual,
    reference_id text generated always as (json_extract(body, '$.reference_id')) virtual,
    type text generated always as (json_extract(body, '$.type')) virtual,
    state text generated always as (coalesce(json_extract(body, '$.state'), json_extract(body, '$.status'))) virtual,
    enabled integer generated always as (json_extract(body, '$.enabled')) virtual,
    total integer generated always as (json_extract(body, '$.total_money.amount')) virtual,
    last_4 text generated always as (json_extract(body, '$.card_details.card.last_4')) virtual,
    card_brand text generated always as (json_extract(body, '$.card_details.card.card_brand')) virtual,
    source_type text generated always as (coalesce(json_extract(body, '$.source_type'),
        json_extract(body, '$.destination_type'))) virtual,
    email text generated always as (lower(json_extract(body, '$.email_address'))) virtual,
    phone_digits text generated always as (replace(replace(replace(replace(replace(replace(
        json_extract(body, '$.phone_number'), '+', ''), '-', ''), ' ', ''), '(', ''), ')', ''), '.', '')) virtual,
    idempotency_key text generated always as (json_extract(hidden, '$.idempotency_key')) virtual,
    unique (kind, id)
);
create index if not exists document_by_creation on document (kind, created_at, sequence);
create index if not exists document_by_change on document (kind, updated_at, sequence);
create index if not exists document_by_customer on document (customer_id) where customer_id is not null;
create index if not exists document_by_reference on document (reference_id) where reference_id is not null;
create index if not exists document_by_key on document (idempotency_key) where idempotency_key is not null;
create table if not exists revision (
    sequence integer primary key autoincrement,
    kind text not null,
    id text not null,
    recorded_at text not null,
    body text not null
);
create index if not exists revision_by_document on revision (kind, id, sequence);
create table if not exists idempotency (
    operation text not null,
    key text not null,
    fingerprint text not null,
    status integer not null,
    answer text not null,
    primary key (operation, key)
);
create table if not exists delivery (
    sequence integer primary key autoincrement,
    event_id text not null,
    subscription_id text not null,
    body text not null,
    first_sent_at text,
    attempts integer not null default 0,
    outcome text,
    not_before real not null default 0,
    is_open integer not null default 1
);
create index if not exists delivery_open on delivery (not_before, sequence) where is_open;
create table if not exists fault (
    sequence integer primary key autoincrement,
    plan text not null,
    remaining integer not null,
    to_skip integer not null
);
create table if not exists request (
    sequence integer primary key autoincrement,
    at text not null,
    method text not null,
    path text not null,
    idempotency_key text,
    reference_id text,
    fault text,
    outcome text
);
create index if not exists request_by_key on request (idempotency_key) where idempotency_key is not null;
create table if not exists setting (name text primary key, value text not null);
"""


class StoreBusy(Exception):
    """Another simulator works on the same home."""


class Store:
    """One connection behind one lock. Rows come back as `sqlite3.Row`; open a `transaction()` around everything."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
        path.chmod(0o600)
        self._connection.row_factory = sqlite3.Row
        try:
            # Exclusive: two simulators on one home would each believe that a key is free.
            self._connection.execute("pragma locking_mode = exclusive")
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.executescript(SCHEMA)
        except sqlite3.OperationalError as error:
            self._connection.close()
            if "locked" in str(error):
                raise StoreBusy(f"Another simulator is running on {path}. Stop it first, or name another home.") from error
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that happens inside, or nothing. A transaction inside another is part of the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def run(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        """Execute one statement; answers the number of rows it changed."""
        with self._lock:
            return self._connection.execute(sql, parameters).rowcount

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a question."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of a question, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def setting(self, name: str, default: Any) -> Any:
        """A stored setting, or the default when it was never changed."""
        row = self.row("select value from setting where name = ?", (name,))
        return default if row is None else json.loads(row["value"])

    def keep_setting(self, name: str, value: Any) -> None:
        """Store a setting (any JSON value)."""
        self.run(
            "insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            (name, json.dumps(value)),
        )

    def close(self) -> None:
        """Fold the log into the file and let it go."""
        with self._lock:
            self._connection.close()
