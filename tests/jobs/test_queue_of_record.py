"""Jobs as rows: planned once, claimed once, ended once; found again when their worker or their doorbell is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.reporting.jobs import JobState
from app.models import AuditEvent, Job
from app.queries.reporting.jobs import progress_of, seconds_left
from app.services.reporting import jobs
from app.services.staff import audit
from app.services.staff.audit import SYSTEM
from tests import factories
from tests.factories import NOW


def planned(session: Session, **given: object) -> Job:
    return jobs.plan(session, "report", "Monthly report", now=NOW, actor=SYSTEM, **given)  # type: ignore[arg-type]


def claimed(session: Session, job: Job) -> jobs.Claim:
    held = jobs.claim(session, job.id, now=NOW)
    assert held is not None
    return held


def age_heartbeat(session: Session, job: Job, seconds: int) -> None:
    """Let a heartbeat be so many seconds old."""
    old = func.clock_timestamp() - dt.timedelta(seconds=seconds)
    session.execute(update(Job).where(Job.id == job.id).values(heartbeat_at=old))
    session.expire(job)


def test_the_same_work_is_queued_once_while_it_is_open(session: Session) -> None:
    first = planned(session, unique_key="month 11")
    assert planned(session, unique_key="month 11").id == first.id
    held = claimed(session, first)
    assert planned(session, unique_key="month 11").id == first.id
    jobs.finish(session, held, now=NOW)
    assert planned(session, unique_key="month 11").id != first.id


def test_only_one_worker_gets_a_job(session: Session) -> None:
    job = planned(session)
    assert jobs.claim(session, job.id, now=NOW) is not None
    assert jobs.claim(session, job.id, now=NOW) is None


def test_a_task_acts_in_the_name_of_whoever_asked_for_it(session: Session) -> None:
    dana = factories.staff(session, name="Dana Whitfield")
    job = jobs.plan(session, "report", "Report", now=NOW, actor=factories.actor(dana))
    held = claimed(session, job)
    assert (held.actor.staff_id, held.actor.name) == (dana.id, "Dana Whitfield")
    assert claimed(session, planned(session)).actor == SYSTEM


def test_progress_is_seen_and_time_left_follows_from_the_pace(session: Session) -> None:
    job = planned(session)
    held = claimed(session, job)
    assert jobs.progress(session, held, planned=200, done=50, step="Halfway to halfway") is True
    session.refresh(job)
    shown = progress_of(job, now=NOW + dt.timedelta(seconds=30))
    assert (shown.planned, shown.done, shown.step, shown.seconds_left, shown.percent) == (200, 50, "Halfway to halfway", 90, 25)
    assert seconds_left(200, 0, 30) is None


def test_a_stop_reaches_a_running_job_at_its_next_step(session: Session) -> None:
    job = planned(session)
    held = claimed(session, job)
    jobs.request_stop(session, job, now=NOW, actor=SYSTEM)
    assert job.state is JobState.RUNNING
    assert jobs.progress(session, held, done=1) is False
    jobs.stopped(session, held, now=NOW)
    session.refresh(job)
    assert job.state is JobState.STOPPED
    with pytest.raises(RuleViolation, match="ended already"):
        jobs.request_stop(session, job, now=NOW, actor=SYSTEM)


def test_a_job_that_waits_is_stopped_at_once(session: Session) -> None:
    job = planned(session)
    jobs.request_stop(session, job, now=NOW, actor=SYSTEM)
    assert job.state is JobState.STOPPED
    assert jobs.claim(session, job.id, now=NOW) is None


def test_a_job_whose_worker_fell_silent_goes_to_another_worker(session: Session) -> None:
    job = planned(session)
    dead = claimed(session, job)
    age_heartbeat(session, job, 59)
    assert jobs.release_abandoned(session, now=NOW) == []
    assert jobs.claim(session, job.id, now=NOW) is None
    age_heartbeat(session, job, 61)
    jobs.release_abandoned(session, now=NOW)
    assert jobs.unheard(session) == [(job.id, "default")]
    alive = claimed(session, job)
    assert alive.attempt == 2
    # The first worker was only slow. Whatever it says now comes too late.
    assert jobs.progress(session, dead, done=7) is None
    assert jobs.beat(session, dead) is False
    assert jobs.finish(session, dead, now=NOW) is False
    assert jobs.finish(session, alive, now=NOW) is True


def test_a_heartbeat_keeps_a_long_step_alive(session: Session) -> None:
    job = planned(session)
    held = claimed(session, job)
    age_heartbeat(session, job, 300)
    assert jobs.beat(session, held) is True
    jobs.release_abandoned(session, now=NOW)
    session.refresh(job)
    assert job.state is JobState.RUNNING


def test_a_job_that_kills_its_worker_three_times_is_left_alone_with_a_sentence(session: Session) -> None:
    job = planned(session, arguments={"batch_id": 5})
    for _ in range(2):
        claimed(session, job)
        age_heartbeat(session, job, 120)
        assert jobs.release_abandoned(session, now=NOW) == []
    claimed(session, job)
    age_heartbeat(session, job, 120)
    (given_up,) = jobs.release_abandoned(session, now=NOW)
    assert given_up.arguments == {"batch_id": 5}
    session.refresh(job)
    assert job.state is JobState.FAILED
    assert job.error is not None and "3 times" in job.error


def test_a_lost_doorbell_is_rung_again_and_not_at_every_look(session: Session) -> None:
    job = planned(session)
    assert jobs.unheard(session) == []
    age_heartbeat(session, job, 31)
    assert jobs.unheard(session) == [(job.id, "default")]
    assert jobs.unheard(session) == []


def test_a_failed_job_can_be_tried_again_from_the_start(session: Session) -> None:
    job = planned(session, unique_key="once")
    jobs.fail(session, claimed(session, job), error="No disk space.", now=NOW)
    session.refresh(job)
    assert (job.state, job.error) == (JobState.FAILED, "No disk space.")
    jobs.retry(session, job, now=NOW, actor=SYSTEM)
    assert claimed(session, job).attempt == 1
    session.refresh(job)
    assert (job.state, job.error, job.done) == (JobState.RUNNING, None, 0)
    with pytest.raises(RuleViolation, match="only a failed or stopped job"):
        jobs.retry(session, job, now=NOW, actor=SYSTEM)
    audit.write_pending(session)
    assert session.scalars(select(AuditEvent.action)).all() == ["job tried again"]


def test_a_failed_job_is_not_tried_again_while_the_same_work_is_open(session: Session) -> None:
    job = planned(session, unique_key="once")
    jobs.fail(session, claimed(session, job), error="No.", now=NOW)
    planned(session, unique_key="once")
    session.refresh(job)
    with pytest.raises(RuleViolation, match="under way already"):
        jobs.retry(session, job, now=NOW, actor=SYSTEM)
