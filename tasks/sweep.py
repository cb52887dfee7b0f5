"""Finds jobs whose worker died or whose doorbell was lost. Called every few seconds by the tick."""

from __future__ import annotations

from app.clock import now
from app.services.reporting import jobs
from app.transaction import transaction
from tasks.doorbell import ring
from tasks.registry import task_of


def sweep() -> int:
    """Give abandoned jobs to another worker and ring for jobs that nobody heard; returns how many were rung for."""
    with transaction() as session:
        given_up = jobs.release_abandoned(session, now=now())
    for job in given_up:
        task = task_of(job.kind)
        if task and task.given_up:
            task.given_up(job.arguments, jobs.GAVE_UP)
    with transaction() as session:
        rings = jobs.unheard(session)
    return sum(ring(job_id, queue) for job_id, queue in rings)
