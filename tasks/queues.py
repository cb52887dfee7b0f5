"""What Redis knows: how long the queues are, which workers listen. For the Jobs page; jobs themselves stand in the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.running.programs import QUEUES
from tasks.doorbell import connection


@dataclass(frozen=True)
class QueueState:
    """One queue of rings."""

    name: str
    waiting: int


@dataclass(frozen=True)
class WorkerState:
    """One worker process."""

    name: str
    state: str
    """idle, busy, suspended or started."""
    queues: str
    seen_at: dt.datetime | None
    done: int
    failed: int


def queue_states() -> list[QueueState]:
    """The queues that workers listen to. Raises redis.RedisError when Redis does not answer."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    return [QueueState(name, Queue(name, connection=connection(), serializer=JSONSerializer).count) for name in QUEUES]


def worker_states() -> list[WorkerState]:
    """The workers that have shown themselves lately. Raises redis.RedisError when Redis does not answer."""
    from rq import Worker
    from rq.serializers import JSONSerializer

    found = Worker.all(connection=connection(), serializer=JSONSerializer)
    return sorted(
        (
            WorkerState(
                name=worker.name[:12],
                state=str(worker.get_state()),
                queues=", ".join(worker.queue_names()),
                seen_at=_aware(worker.last_heartbeat),
                done=worker.successful_job_count,
                failed=worker.failed_job_count,
            )
            for worker in found
        ),
        key=lambda worker: worker.name,
    )


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    return at.replace(tzinfo=dt.UTC) if at is not None and at.tzinfo is None else at
