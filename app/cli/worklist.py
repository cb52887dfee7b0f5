"""`leasedesk worklist`: a collector's accounts in the order in which they work them, and why."""

from __future__ import annotations

from typing import Any

import click

from app.cli.product import answer, product_command

FIELDS = (
    "account_number",
    "first_name",
    "last_name",
    "phone_e164",
    "weight",
    "days_past_due",
    "past_due_cents",
    "balance_cents",
    "next_due_on",
    "start_on",
    "collection_code",
    "average_days_late",
    "last_contact_at",
    "next_follow_up_at",
    "promise_status",
)


@click.command()
@click.option("--collector", "username", required=True, help="Username of whose list it is.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Accounts to list at most.")
@product_command
def worklist(username: str, limit: int) -> None:
    """List the accounts in a collector's book that are to be worked, in the order of their profile, each with its points.

    Next account gives them out in this order, less what is done, held by somebody else or has to wait.
    """
    from sqlalchemy import select

    from app.clock import now, today
    from app.domain.errors import RuleViolation
    from app.extensions import db
    from app.models import Account
    from app.queries.collections import collectors, next_account, weights
    from app.queries.collections.next_account import Loop
    from app.queries.collections.worklist import WORKLIST
    from app.queries.scope import Viewer
    from app.queries.staff.people import by_username

    session = db.session()
    person = by_username(session, username)
    if person is None:
        raise RuleViolation(f"There is no member of staff with the username {username}.")
    viewer, order = Viewer.of(person), collectors.profile_order(session, person.id)
    loop = Loop(viewer=viewer, today=today(), now=now(), own=True, profile_order=order)
    ids = list(session.scalars(select(Account.id).where(loop.book).order_by(*next_account.ranking(loop.order)).limit(limit)))
    found = {row.id: row for row in WORKLIST.rows(session, viewer, today=today(), fields=FIELDS, among=ids)}
    waiting = WORKLIST.count(session, viewer, today=today(), criteria=WORKLIST.criteria([("assigned", str(person.id))]))
    used = weights.in_use(session)
    rows = [_row(place, found[account_id], used) for place, account_id in enumerate(ids, start=1)]
    lines = [
        f"{row['rank']:>4}  {row['account_number']:<14} {row['customer']:<28} {row['days_past_due']:>4} days  {row['why']}"
        for row in rows
    ]
    told = {"collector": person.username, "as_of": today(), "order": order.value, "waiting": waiting.rows, "accounts": rows}
    answer(told, *(lines or [f"Nothing waits for {person.name}."]))


def _row(place: int, row: Any, used: Any) -> dict[str, Any]:
    """One account as the answer has it, with what its points are made of."""
    from app.clock import today
    from app.domain.collections.weights import breakdown
    from app.domain.collections.worklist import FOLLOW_UP_FIRST
    from app.queries.collections import weights

    goes_first = row.weight >= FOLLOW_UP_FIRST
    why = breakdown(used.table, weights.facts_of(row, used=used, on=today()), has_follow_up_due=goes_first)
    return {
        "rank": place,
        "account_number": row.account_number,
        "customer": f"{row.first_name} {row.last_name}".strip(),
        "phone": row.phone_e164,
        "weight": row.weight % FOLLOW_UP_FIRST,
        "days_past_due": row.days_past_due,
        "past_due_cents": row.past_due_cents,
        "balance_cents": row.balance_cents,
        "collection_status": row.collection_code,
        "last_contact_at": row.last_contact_at,
        "next_follow_up_at": row.next_follow_up_at,
        "promise": row.promise_status.value if row.promise_status else None,
        "breakdown": why.as_json(),
        "why": why.as_text(),
    }
