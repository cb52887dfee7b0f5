"""The state of the database's tables: bringing them to the newest migration, and asking where they are.

Migrations run through Alembic with the configuration that `flask db` uses, so both ways give the same tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from flask import Flask

MIGRATION_LOCK = 0x4C44_0001
"""Number of the advisory lock that lets one process at a time migrate."""


def upgrade(app: Flask) -> None:
    """Bring the database to the newest migration. Safe to call from several processes at once; the others wait."""
    from alembic import command
    from sqlalchemy import text

    from app.extensions import db

    with app.app_context():
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
            guard.execute(text("select pg_advisory_lock(:number)"), {"number": MIGRATION_LOCK})
            try:
                if not is_current(app):
                    command.upgrade(_configuration(), "head")
            finally:
                guard.execute(text("select pg_advisory_unlock(:number)"), {"number": MIGRATION_LOCK})
        # Connections from before know nothing of new column types; the next ones will.
        db.engine.dispose()


def is_current(app: Flask) -> bool:
    """Whether the database is at the newest migration."""
    with app.app_context():
        return revision() == newest()


def revision() -> str | None:
    """The migration that the database is at; None when it is empty. Needs an application context."""
    from alembic.migration import MigrationContext

    from app.extensions import db

    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The newest migration that the program knows. Needs an application context."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_configuration()).get_current_head()


def differences(app: Flask) -> list[str]:
    """What the models say and the tables do not, one line each; empty when they agree (`flask db check`)."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from app.extensions import db

    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [repr(found) for found in compare_metadata(context, db.metadata)]


def _configuration() -> Config:
    from app.extensions import migrate

    configuration: Config = migrate.get_config()
    return configuration
