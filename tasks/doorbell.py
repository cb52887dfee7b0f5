"""Tells a worker that a job waits. The job stands in the database, so a lost ring costs time and nothing else."""

from __future__ import annotations

from functools import cache
from typing import Any, overload

import structlog
from flask import current_app

from app.models import Job
from app.settings import Settings

log = structlog.get_logger()

PERFORM = "tasks.perform.perform"
SECONDS_TO_CONNECT = 2
HOURS_AT_MOST = 6


@overload
def ring(job: Job) -> bool: ...
@overload
def ring(job: int, queue: str) -> bool: ...


def ring(job: Job | int, queue: str | None = None) -> bool:
    """Enqueue a planned job; call it after the commit. False when Redis does not answer: the sweep finds the row."""
    import redis
    from rq import Queue
    from rq.serializers import JSONSerializer

    job_id, name = (job.id, job.queue) if isinstance(job, Job) else (job, queue or "default")
    try:
        line = Queue(name, connection=connection(), serializer=JSONSerializer)
        line.enqueue(PERFORM, job_id, job_timeout=HOURS_AT_MOST * 3600, result_ttl=0, failure_ttl=86_400)
    except redis.RedisError as error:
        log.warning("doorbell not heard", job=job_id, error=str(error))
        return False
    return True


def connection() -> Any:
    """The process's connection to Redis; it connects on first use and again after a loss."""
    settings: Settings = current_app.config["SETTINGS"]
    return _connection(settings.queue_url)


@cache
def _connection(url: str) -> Any:
    import redis

    return redis.Redis.from_url(
        url, socket_connect_timeout=SECONDS_TO_CONNECT, socket_timeout=SECONDS_TO_CONNECT, health_check_interval=30
    )
