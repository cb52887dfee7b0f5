"""Databases for measurements: one per size, beside the program's own on the same server, made once and used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import func, make_url, select

from app import create_app, schema
from app.clock import now, today
from app.extensions import db
from app.models import Account
from app.settings import Settings
from app.transaction import transaction
from bench.seed import seed

Told = Callable[[str], None]
Maker = Callable[[Settings], Flask]


def ensured(settings: Settings, accounts: int, told: Told, make: Maker = create_app) -> Flask:
    """The application on the database with so many accounts, which is seeded first when it has none."""
    own = _settings(settings, _name(settings, str(accounts)))
    _create(settings, _name(settings, str(accounts)))
    app = make(own)
    schema.upgrade(app)
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(Account)) or 0
        db.session.rollback()
        if not found:
            told(f"Seeding {accounts:,} accounts")
            with transaction() as session:
                seed(session, accounts=accounts, today=today(), now=now(), told=told)
    return app


@contextmanager
def empty(settings: Settings) -> Iterator[Flask]:
    """The application on a database without accounts, which is dropped at the end."""
    name = _name(settings, "empty")
    _drop(settings, [name])
    _create(settings, name)
    app = create_app(_settings(settings, name))
    schema.upgrade(app)
    try:
        yield app
    finally:
        close(app)
        _drop(settings, [name])


def close(app: Flask) -> None:
    """Let go of the application's connections."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def drop(settings: Settings) -> list[str]:
    """Drop all databases of measurements beside this one; returns their names."""
    start = _name(settings, "")
    with _administration(settings) as connection:
        found = connection.execute("select datname from pg_database where starts_with(datname, %s) order by 1", [start])
        names = [str(name) for (name,) in found.fetchall()]
    _drop(settings, names)
    return names


def _name(settings: Settings, what: str) -> str:
    return f"{make_url(settings.sqlalchemy_url).database}_bench_{what}"


def _settings(settings: Settings, database: str) -> Settings:
    url = make_url(settings.sqlalchemy_url).set(database=database).render_as_string(hide_password=False)
    return Settings.model_validate(settings.model_dump() | {"database_url": url})


def _administration(settings: Settings) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(settings.sqlalchemy_url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)


def _create(settings: Settings, name: str) -> None:
    with _administration(settings) as connection:
        if not connection.execute("select from pg_database where datname = %s", [name]).rowcount:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))


def _drop(settings: Settings, names: list[str]) -> None:
    with _administration(settings) as connection:
        for name in names:
            # Not by force: that would have to end the server's own vacuum, which it does not let us do but ends by itself.
            connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
