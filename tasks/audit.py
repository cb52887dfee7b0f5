"""Follow the chain of the audit trail."""

from __future__ import annotations

from app.extensions import db
from app.queries.staff.audit import count
from app.services.staff.audit import first_broken
from tasks.registry import task
from tasks.work import Result, Work


@task()
def verify_audit(work: Work) -> Result:
    """Recompute every hash from the first event on; the job's result says whether the chain is whole."""
    session = db.session()
    events = count(session)
    work.progress(planned=events, step="Following the chain")
    broken = first_broken(session, seen=lambda done: work.progress(done=done))
    return Result({"whole": broken is None, "first_broken": broken, "events": events}, url="/admin/audit/")
