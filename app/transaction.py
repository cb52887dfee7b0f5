"""The only commit in the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.extensions import db
from app.services.staff import audit


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the session, commit what the block did, or roll all of it back when it raises.

    Opened by screens, tasks and the command line, once per request or task. The line that enqueues a job stands after the
    block, so that a worker never looks for a row that is not committed yet. Audit events are written last: their chain is
    serialised by a lock which should be held for milliseconds, not for the length of the work.
    """
    session: Session = db.session()
    try:
        yield session
        audit.write_pending(session)
        session.commit()
    except BaseException:
        session.rollback()
        audit.forget_pending(session)
        raise
