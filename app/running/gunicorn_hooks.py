"""What the web server does around its fork. The application is loaded once, before, and shared by the web processes."""

from typing import Any


def post_fork(server: Any, worker: Any) -> None:
    """Forget connections from before the fork: two processes on one connection read each other's answers."""
    from app.extensions import db

    with server.app.wsgi().app_context():
        db.engine.dispose(close=False)
