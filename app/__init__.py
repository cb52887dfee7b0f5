"""LeaseDesk without a face: database, queue, clock. The screens stand on it (`admin_views`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "migrations"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application that screens, tasks and commands share. Reads the environment when no settings are given."""
    # Imported here, because every module of `app` passes this file and `leasedesk --help` needs none of it.
    from flask import Flask

    from app import clock
    from app.extensions import db, migrate
    from app.services.staff import pins
    from app.settings import Settings as Loaded

    settings = settings or Loaded.load()
    database_url = settings.sqlalchemy_url
    clock.set_clock(zone=settings.time_zone, pinned_on=settings.today)
    pins.set_pepper(settings.pin_pepper())
    app = Flask("leasedesk", root_path=str(ROOT), static_folder=None, template_folder=None)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key(),
        SQLALCHEMY_DATABASE_URI=database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "pool_size": 8, "max_overflow": 8},
    )
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    return app
