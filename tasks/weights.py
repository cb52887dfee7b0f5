"""The doorway for weighing a large book by a new Weighting Table."""

from __future__ import annotations

from app.clock import now, today
from app.services.collections import weighting
from app.transaction import transaction
from tasks.registry import task
from tasks.work import Result, Work


@task()
def reweigh(work: Work) -> Result:
    """Weigh all accounts, piece by piece; each piece is a transaction of its own, so nobody waits long for a lock."""
    with transaction() as session:
        ranges = weighting.ranges(session)
    changed = 0
    for place, (first, last) in enumerate(ranges):
        work.progress(planned=len(ranges), done=place, step="Weighing accounts")
        with transaction() as session:
            changed += weighting.weigh(session, first=first, last=last, today=today(), now=now())
    work.progress(planned=len(ranges), done=len(ranges))
    return Result({"sentence": f"{changed:,} accounts have another weight.", "count": changed}, url="/admin/collections/")
