"""Jobs as a list: what was planned, by whom, how it went."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, cast, func, select

from app.domain.reporting.jobs import JobState
from app.models import Job, Staff
from app.queries.listing import Choice, Dates, Field, Join, Kind, Listing, One
from app.queries.scope import Viewer, scope

_SECONDS = cast(func.extract("epoch", Job.finished_at - Job.started_at), Integer)


def _matching(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """Jobs whose title or kind holds the words."""
    bare = words.strip()
    found = select(Job.id).where(Job.title.icontains(bare, autoescape=True) | Job.kind.istartswith(bare, autoescape=True))
    return scope(found.order_by(Job.id.desc()).limit(limit), Job, viewer)


JOBS = Listing(
    Job,
    fields=(
        Field("created_at", Job.created_at, sort=True),
        Field("title", Job.title, sort=True),
        Field("kind", Job.kind, sort=True),
        Field("queue", Job.queue),
        Field("state", Job.state, sort=True),
        Field("planned", Job.planned, kind=Kind.NUMBER),
        Field("done", Job.done, kind=Kind.NUMBER),
        Field("failed", Job.failed, kind=Kind.NUMBER),
        Field("step", Job.step),
        Field("attempts", Job.attempts, kind=Kind.NUMBER),
        Field("error", Job.error),
        Field("result_url", Job.result_url),
        Field("created_by", Staff.name, "starter"),
        Field("started_at", Job.started_at),
        Field("finished_at", Job.finished_at),
        Field("seconds", _SECONDS, kind=Kind.NUMBER),
    ),
    joins=(Join("starter", Staff, Job.created_by_id == Staff.id, is_outer=True),),
    filters=(
        Choice("state", "State", Job.state, words=JobState),
        Dates("created", "Planned", Job.created_at),
        One("by", "Started by", Job.created_by_id, model=Staff, order_by=Staff.name, none="The program", me="Me"),
    ),
    order="-created_at",
    search=_matching,
)
