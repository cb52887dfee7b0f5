"""A background worker: takes jobs from the queues and does each in a process of its own."""

import signal
import sys

from flask import Flask
from redis import Redis
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from app import create_app
from app.extensions import db
from app.running.keeper import dies_with_parent
from app.settings import Settings
from tasks import logs

# With these a job whose worker was killed is noticed within about a minute; RQ's defaults need up to fourteen.
WORKER_TTL = 30
MAINTENANCE_INTERVAL = 10
JOB_MONITORING_INTERVAL = 5


class LeaseDeskWorker(Worker):
    """A worker whose jobs find the application, a connection of their own, and an end when the worker is killed."""

    def __init__(self, queues: list[str], *, app: Flask, connection: Redis) -> None:
        """Look at the queues in the given order."""
        self.app = app
        # Known before the fork: the child can no longer tell a living parent from a dead one.
        self._end_with_worker = dies_with_parent(signal.SIGKILL)
        super().__init__(
            queues,
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL,
            maintenance_interval=MAINTENANCE_INTERVAL,
            job_monitoring_interval=JOB_MONITORING_INTERVAL,
        )

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Do one job in the forked process.

        A job must not outlive its worker: after `worker_ttl` another worker may be given the same job.
        """
        self._end_with_worker()
        with self.app.app_context():
            # Connections from before the fork belong to the parent; using one would hang both.
            db.engine.dispose(close=False)
            super().main_work_horse(job, queue)


def main(queues: list[str]) -> int:
    """Work until SIGTERM; the job in hand is finished first."""
    logs.begin()
    settings = Settings.load()
    app = create_app(settings)
    with Redis.from_url(settings.queue_url) as connection:
        LeaseDeskWorker(queues, app=app, connection=connection).work()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
