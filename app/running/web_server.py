"""Configuration of gunicorn, the web server: `gunicorn wsgi:app --config python:app.running.web_server`.

Address and number of processes are given on the command line; what stands here is the same everywhere. Two processes
of eight threads each were the calm choice: quick on average and without outliers.
"""

import os
from pathlib import Path
from typing import Any

worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 20
keepalive = 5

# The application is loaded once and shared by the processes, which halves the start and much of the memory.
preload_app = True

# Its control socket would lie outside the home folder, and nothing here talks to it.
control_socket_disable = True

# A process proves its life by touching a file; on a disk under load that touch can take too long.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None


def post_fork(server: Any, worker: Any) -> None:
    """Forget connections from before the fork: two processes on one connection read each other's answers."""
    from app.extensions import db

    with server.app.wsgi().app_context():
        db.engine.dispose(close=False)


def worker_exit(server: Any, worker: Any) -> None:
    """Leave at once after the last request: taking the interpreter apart would only make each stop a second longer."""
    from app.extensions import db

    if worker.booted:
        with server.app.wsgi().app_context():
            db.engine.dispose()
        os._exit(0)
