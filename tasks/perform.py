"""Claim a job, do it, note how it ended: the one function that RQ calls.

A job runs at least once and perhaps twice, as RQ may deliver it again and the sweep may give it to a second worker; the
claim lets one of them in, and each task must bear being run again from the start.
"""

from __future__ import annotations

from functools import cache
from uuid import uuid4

import structlog
from flask import Flask, current_app, has_app_context

from app import create_app
from app.clock import now
from app.domain.errors import RuleViolation
from app.services.reporting import jobs
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.passing import is_passing
from tasks.registry import Task, task_of
from tasks.work import ClaimedWork, JobLost, Result, StopRequested

log = structlog.get_logger()

UNKNOWN_KIND = "This version of the program has no task called {kind}."


def perform(job_id: int) -> None:
    """Do one job, unless another worker has it already. Never raises for what the job did: that stands in its row."""
    if has_app_context():
        _perform(current_app._get_current_object(), job_id)  # type: ignore[attr-defined]  # Flask's own proxy.
    else:
        app = _application()
        with app.app_context():
            _perform(app, job_id)


@cache
def _application() -> Flask:
    return create_app()


def _perform(app: Flask, job_id: int) -> None:
    with transaction() as session:
        held = jobs.claim(session, job_id, now=now())
    if held is None:  # Another worker got there first, or somebody stopped it.
        return
    task = task_of(held.kind)
    if task is None:
        _fail(held, None, UNKNOWN_KIND.format(kind=held.kind))
        return
    try:
        with ClaimedWork(app, held) as work:
            result = task.function(work) or Result()
    except JobLost:
        log.warning("job lost to another worker", job=held.job_id)
    except StopRequested:
        _stop(held, task)
    except RuleViolation as refusal:
        _fail(held, task, refusal.message)
    except Exception as error:
        if is_passing(error) and held.attempt < jobs.MAX_ATTEMPTS:
            log.warning("job will be tried again", job=held.job_id, error=str(error))
            _give_back(held, task)
            return
        reference = uuid4().hex[:8]
        log.exception("job failed", job=held.job_id, kind=held.kind, reference=reference)
        _fail(held, task, f"Something went wrong that the program did not expect; the log has it under {reference}.")
    else:
        with transaction() as session:
            jobs.finish(session, held, result=result.values, result_url=result.url, now=now())


def _give_back(held: jobs.Claim, task: Task) -> None:
    with transaction() as session:
        jobs.give_back(session, held)
    ring(held.job_id, task.queue)


def _fail(held: jobs.Claim, task: Task | None, sentence: str) -> None:
    with transaction() as session:
        jobs.fail(session, held, error=sentence, now=now())
    if task and task.given_up:
        task.given_up(held.arguments, sentence)


def _stop(held: jobs.Claim, task: Task) -> None:
    with transaction() as session:
        jobs.stopped(session, held, now=now())
    if task.given_up:
        task.given_up(held.arguments, "Somebody stopped it.")
