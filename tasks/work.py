"""What a running task holds: its arguments, who asked for it, and the way to say how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Any, Protocol, Self

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.services.reporting import jobs
from app.services.staff.audit import Actor
from app.transaction import transaction

log = structlog.get_logger()

SECONDS_BETWEEN_BEATS = 10.0


class StopRequested(Exception):
    """Somebody asked the job to stop; raised out of `progress`, so that the task's transaction rolls back."""


class JobLost(Exception):
    """The job was given to another worker, because this one seemed dead: it must not write anything more."""


@dataclass(frozen=True)
class Result:
    """What a job leaves behind: values for its page and where the outcome can be seen."""

    values: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None


class Work(Protocol):
    """What a task is given."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the job was planned with."""

    @property
    def actor(self) -> Actor:
        """Who asked for it."""

    def progress(
        self,
        *,
        planned: int | None = None,
        done: int | None = None,
        failed: int | None = None,
        step: str | None = None,
    ) -> None:
        """Note how far it is, at once and apart from the task's own transaction. Raises StopRequested or JobLost."""


class ClaimedWork:
    """The work of one claimed job. Inside its `with` block a thread keeps the heartbeat going."""

    def __init__(self, app: Flask, held: jobs.Claim) -> None:
        self._app = app
        self._held = held
        self._over = Event()
        self._heart = Thread(target=self._beat, name=f"heartbeat of job {held.job_id}", daemon=True)

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the job was planned with."""
        return self._held.arguments

    @property
    def actor(self) -> Actor:
        """Who asked for it."""
        return self._held.actor

    def progress(
        self,
        *,
        planned: int | None = None,
        done: int | None = None,
        failed: int | None = None,
        step: str | None = None,
    ) -> None:
        """Note how far the job is on a connection of its own, so that it is seen before the task commits."""
        # A new application context has a session of its own, beside the one that the task has open.
        with self._app.app_context(), transaction() as session:
            goes_on = jobs.progress(session, self._held, planned=planned, done=done, failed=failed, step=step)
        if goes_on is None:
            raise JobLost
        if not goes_on:
            raise StopRequested

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._heart.join()

    def _beat(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_BEATS):
            try:
                with self._app.app_context(), transaction() as session:
                    jobs.beat(session, self._held)
            except SQLAlchemyError:  # The database restarts; the next beat may get through.
                log.warning("heartbeat failed", job=self._held.job_id)
