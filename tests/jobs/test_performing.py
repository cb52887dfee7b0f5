"""What a worker does with a job, and what the sweep finds: real tasks, a real queue, no worker process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.models import Job, Note
from app.services.collections.work import add_note
from app.services.reporting import jobs
from app.services.staff.audit import SYSTEM
from app.settings import Settings
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.perform import perform
from tasks.registry import known_tasks, task
from tasks.sweep import sweep
from tasks.work import Result, Work
from tests import factories
from tests.factories import NOW

sentences: list[str] = []


def listen(arguments: Mapping[str, Any], sentence: str) -> None:
    sentences.append(f"{arguments['wish']}: {sentence}")


@task("default", given_up=listen)
def a_wish(work: Work) -> Result | None:
    """Write a note and then do as wished."""
    work.progress(planned=2, done=1, step="Writing")
    with transaction() as session:
        account_id = work.arguments.get("account_id")
        if account_id:
            add_note(session, account_id, body="from a job", now=NOW, actor=work.actor)
        work.progress(done=2)
        match work.arguments["wish"]:
            case "refuse":
                raise RuleViolation("The file is gone.")
            case "break":
                raise ZeroDivisionError
    return Result({"answer": 42}, "/admin/accounts/")


@pytest.fixture(autouse=True)
def _forget() -> None:
    sentences.clear()


def planned(session: Session, wish: str, **more: Any) -> Job:
    return jobs.plan(session, "a_wish", "A wish", arguments={"wish": wish, **more}, now=NOW, actor=SYSTEM)


def waiting(redis: Redis, queue: str = "default") -> list[tuple[str | None, tuple[Any, ...]]]:
    """What stands in a queue: (function, arguments)."""
    line = Queue(queue, connection=redis, serializer=JSONSerializer)
    return [(job.func_name, tuple(job.args)) for job in line.jobs]


def test_a_job_runs_once_and_leaves_its_result(session: Session) -> None:
    account = factories.account(session)
    job = planned(session, "grant", account_id=account.id)
    perform(job.id)
    perform(job.id)  # Delivered twice.
    session.expire_all()
    assert (job.state, job.result, job.result_url) == (JobState.DONE, {"answer": 42}, "/admin/accounts/")
    assert (job.planned, job.done, job.attempts) == (2, 2, 1)
    assert session.scalar(select(func.count()).select_from(Note)) == 1
    assert sentences == []


def test_a_refusal_stands_in_the_job_as_its_sentence_and_nothing_is_written(session: Session) -> None:
    account = factories.account(session)
    job = planned(session, "refuse", account_id=account.id)
    perform(job.id)
    session.expire_all()
    assert (job.state, job.error) == (JobState.FAILED, "The file is gone.")
    assert session.scalar(select(func.count()).select_from(Note)) == 0
    assert sentences == ["refuse: The file is gone."]


def test_a_defect_is_a_sentence_with_a_reference_and_no_traceback(session: Session) -> None:
    job = planned(session, "break")
    perform(job.id)
    session.expire_all()
    assert job.state is JobState.FAILED
    assert job.error is not None and "the log has it under" in job.error
    assert "ZeroDivision" not in job.error


def test_a_stop_rolls_back_what_the_task_has_open(session: Session) -> None:
    account = factories.account(session)
    job = planned(session, "grant", account_id=account.id)
    job.stop_requested = True
    session.flush()
    perform(job.id)
    session.expire_all()
    assert job.state is JobState.STOPPED
    assert session.scalar(select(func.count()).select_from(Note)) == 0
    assert sentences == ["grant: Somebody stopped it."]


def test_a_kind_that_nobody_knows_fails_with_a_sentence(session: Session) -> None:
    job = jobs.plan(session, "from_the_future", "Later", now=NOW, actor=SYSTEM)
    perform(job.id)
    session.expire_all()
    assert (job.state, job.error) == (JobState.FAILED, "This version of the program has no task called from_the_future.")


def test_ringing_puts_an_id_and_nothing_else_into_the_queue(session: Session, redis: Redis) -> None:
    job = planned(session, "grant")
    assert ring(job) is True
    assert waiting(redis) == [("tasks.perform.perform", (job.id,))]


def test_a_dead_redis_is_no_error_and_the_sweep_rings_later(
    session: Session, redis: Redis, headless_app: Flask, settings: Settings
) -> None:
    job = planned(session, "grant")
    dead = Settings.model_validate(settings.model_dump() | {"redis_url": "redis://127.0.0.1:1/0"})
    headless_app.config["SETTINGS"] = dead
    try:
        assert ring(job) is False
    finally:
        headless_app.config["SETTINGS"] = settings
    assert sweep() == 0, "it was rung for a moment ago"
    session.execute(update(Job).values(heartbeat_at=None))
    assert sweep() == 1
    assert waiting(redis) == [("tasks.perform.perform", (job.id,))]


def test_the_sweep_tidies_up_after_a_job_that_killed_its_workers(session: Session, redis: Redis) -> None:
    job = planned(session, "grant")
    claim = jobs.claim(session, job.id, now=NOW)
    assert claim is not None
    session.execute(update(Job).values(attempts=3, heartbeat_at=NOW.replace(year=2000)))
    sweep()
    session.expire_all()
    assert job.state is JobState.FAILED
    assert sentences == [f"grant: {jobs.GAVE_UP}"]


def test_every_task_waits_on_a_queue_that_workers_listen_to() -> None:
    from app.running.programs import QUEUES

    assert {one.queue for one in known_tasks().values()} <= set(QUEUES)
    assert {"import_read", "import_apply", "import_undo"} <= set(known_tasks())
