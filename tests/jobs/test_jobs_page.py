"""The Jobs page for admins, and one job's progress for whoever started it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from app.domain.reporting.jobs import JobState
from app.domain.staff.roles import Role
from app.models import Job, Staff
from app.services.reporting import jobs
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.visitor import Visitor, signed_in


@pytest.fixture
def admin(session: Session) -> Staff:
    return factories.staff(session, Role.ADMIN, name="Avery Stone")


@pytest.fixture
def avery(client: FlaskClient, session: Session, admin: Staff) -> Visitor:
    return signed_in(client, session, admin)


def planned(session: Session, person: Staff | None = None, title: str = "Monthly report") -> Job:
    job = jobs.plan(session, "report", title, planned=10, now=NOW, actor=factories.actor(person))
    session.commit()
    return job


def running(session: Session, person: Staff | None = None) -> tuple[Job, jobs.Claim]:
    job = planned(session, person)
    held = jobs.claim(session, job.id, now=NOW)
    assert held is not None
    jobs.progress(session, held, done=4, failed=1, step="Adding up")
    session.commit()
    return job, held


def test_queues_workers_and_schedule_stand_on_the_page(avery: Visitor, session: Session, redis: Redis, admin: Staff) -> None:
    line = Queue("imports", connection=redis, serializer=JSONSerializer)
    line.enqueue("tasks.perform.perform", 1)
    worker = Worker([line], connection=redis, name="worker-of-this-test", serializer=JSONSerializer)
    worker.register_birth()  # type: ignore[no-untyped-call]  # RQ's own.
    try:
        page = avery.get("/admin/jobs/").get_data(as_text=True)
    finally:
        worker.register_death()  # type: ignore[no-untyped-call]
    for said in ("worker-of-th", "payments", "imports", "default", "End of the business dates that have passed", "Not yet"):
        assert said in page
    assert "The queue does not answer" not in page


def test_running_jobs_show_how_far_they_are(avery: Visitor, session: Session) -> None:
    job, _ = running(session)
    page = avery.get("/admin/jobs/").get_data(as_text=True)
    assert f'data-job-url="/admin/jobs/{job.id}.json"' in page
    assert "5 of 10" in page
    told = avery.get(f"/admin/jobs/{job.id}.json").get_json()
    assert {key: told[key] for key in ("id", "title", "state", "planned", "done", "failed", "step", "error", "result_url")} == {
        "id": job.id,
        "title": "Monthly report",
        "state": "running",
        "planned": 10,
        "done": 4,
        "failed": 1,
        "step": "Adding up",
        "error": None,
        "result_url": None,
    }
    assert "seconds_left" in told


def test_a_failed_job_says_why_and_is_tried_again(avery: Visitor, session: Session, redis: Redis) -> None:
    job, held = running(session)
    jobs.fail(session, held, error="No space on the disk.", now=NOW)
    session.commit()
    page = avery.get("/admin/jobs/").get_data(as_text=True)
    assert "No space on the disk." in page
    assert avery.post(f"/admin/jobs/{job.id}/retry").status_code == 302
    session.expire_all()
    assert job.state is JobState.PLANNED
    assert len(Queue("default", connection=redis, serializer=JSONSerializer).jobs) == 1
    assert "is tried again" in avery.get("/admin/jobs/").get_data(as_text=True)


def test_a_dead_queue_is_said_in_words(avery: Visitor, app: Flask, settings: Settings) -> None:
    dead = Settings.model_validate(settings.model_dump() | {"redis_url": "redis://127.0.0.1:1/0"})
    app.config["SETTINGS"] = dead
    try:
        answer = avery.get("/admin/jobs/")
    finally:
        app.config["SETTINGS"] = settings
    assert answer.status_code == 200
    assert "The queue does not answer" in answer.get_data(as_text=True)


def test_who_started_a_job_follows_and_stops_it_and_nobody_else_but_admins(
    client: FlaskClient, session: Session, admin: Staff
) -> None:
    casey, riley = factories.staff(session), factories.staff(session)
    job, _ = running(session, casey)
    stranger = signed_in(client, session, riley)
    assert stranger.get(f"/admin/jobs/{job.id}.json").status_code == 404
    assert stranger.post(f"/admin/jobs/{job.id}/stop").status_code == 404
    assert stranger.get("/admin/jobs/").status_code == 403
    owner = signed_in(client, session, casey)
    assert owner.get(f"/admin/jobs/{job.id}.json").get_json()["state"] == "running"
    assert owner.post(f"/admin/jobs/{job.id}/stop", headers={"Accept": "application/json"}).status_code == 200
    session.expire_all()
    assert job.stop_requested
    assert owner.post(f"/admin/jobs/{job.id}/retry").status_code == 403
    assert signed_in(client, session, admin).get(f"/admin/jobs/{job.id}.json").status_code == 200


def test_a_job_that_has_ended_cannot_be_stopped(avery: Visitor, session: Session) -> None:
    job, held = running(session)
    jobs.finish(session, held, now=NOW)
    session.commit()
    answer = avery.post(f"/admin/jobs/{job.id}/stop", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()) == (409, {"error": "The job has ended already."})
