"""Jobs that the tests of the worker give to it, by name."""

import os
import time

from sqlalchemy import text

from app.extensions import db


def note(key: str) -> None:
    """Write the own process and its parent into the settings table, through the application's database."""
    statement = text("insert into setting (name, value, changed_at) values (:name, cast(:value as jsonb), now())")
    with db.engine.begin() as connection:
        connection.execute(statement, {"name": key, "value": f"[{os.getpid()}, {os.getppid()}]"})


def note_before_and_after(seconds: float) -> None:
    """Write, take a while, write again."""
    note("before")
    time.sleep(seconds)
    note("after")
