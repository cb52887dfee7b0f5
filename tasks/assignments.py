"""Doorways for bulk actions on so many accounts that a request should not wait for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.clock import today
from app.domain.errors import RuleViolation
from app.models import Staff
from app.queries.collections.reassignment import REASSIGNABLE
from app.queries.listing import Criteria, Listing
from app.queries.scope import Viewer
from app.queries.servicing.accounts import ACCOUNTS
from app.services.collections import assignments, bulk_notes, reassignment
from app.transaction import transaction
from tasks.registry import task
from tasks.work import Result, Work


def _chosen(session: Session, work: Work, listing: Listing = ACCOUNTS) -> Select[Any]:
    """The accounts that the person who asked chose, found again with their own scope."""
    asked = session.get(Staff, work.actor.staff_id) if work.actor.staff_id else None
    if asked is None or not asked.is_active:
        raise RuleViolation("Whoever asked for this does not work here any more.")
    criteria = Criteria.from_json(work.arguments["criteria"])
    return listing.ids(Viewer.of(asked), today=today(), criteria=criteria, among=work.arguments["ids"])


@task()
def assign_accounts(work: Work) -> Result:
    """Assign what a filter finds; arguments: criteria, ids or null, values {staff_id, reason}, at."""
    values, at = work.arguments["values"], dt.datetime.fromisoformat(work.arguments["at"])
    work.progress(step="Assigning")
    with transaction() as session:
        chosen = _chosen(session, work)
        staff_id = int(values["staff_id"])
        done = assignments.assign(session, chosen, staff_id, reason=values["reason"], now=at, actor=work.actor)
    work.progress(done=done.count)
    return Result({"sentence": done.sentence, "count": done.count}, url=f"/admin/accounts/?assigned={staff_id}")


@task()
def reassign_accounts(work: Work) -> Result:
    """Share out what a filter finds; arguments: criteria, ids or null, values {staff_ids, reason}, at."""
    values, at = work.arguments["values"], dt.datetime.fromisoformat(work.arguments["at"])
    work.progress(step="Sharing out")
    with transaction() as session:
        chosen = _chosen(session, work, REASSIGNABLE)
        staff_ids = [int(one) for one in values["staff_ids"]]
        done = reassignment.spread(session, chosen, staff_ids, reason=values["reason"], now=at, actor=work.actor)
    work.progress(done=done.count)
    return Result({"sentence": done.sentence, "count": done.count}, url="/admin/reassignment/")


@task()
def release_accounts(work: Work) -> Result:
    """Release what a filter finds; arguments: criteria, ids or null, at."""
    at = dt.datetime.fromisoformat(work.arguments["at"])
    work.progress(step="Releasing")
    with transaction() as session:
        done = assignments.release(session, _chosen(session, work), now=at, actor=work.actor)
    work.progress(done=done.count)
    return Result({"sentence": done.sentence, "count": done.count}, url="/admin/accounts/?assigned=none")


@task()
def note_accounts(work: Work) -> Result:
    """Write one note on what a filter finds; arguments: criteria, ids or null, values {body}, at."""
    values, at = work.arguments["values"], dt.datetime.fromisoformat(work.arguments["at"])
    work.progress(step="Writing notes")
    with transaction() as session:
        done = bulk_notes.add(session, _chosen(session, work), body=values["body"], now=at, actor=work.actor)
    work.progress(done=done.count)
    return Result({"sentence": done.sentence, "count": done.count}, url="/admin/accounts/")
