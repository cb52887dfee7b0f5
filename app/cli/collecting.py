"""`leasedesk assignments` and `leasedesk reassign`: whose book what is in, and sharing it out anew."""

from __future__ import annotations

from typing import Any

import click

from app.cli.product import answer, product_command


@click.command()
@click.option("--unassigned", is_flag=True, help="List the delinquent accounts that are in nobody's book.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=500, show_default=True, help="Accounts to list at most.")
@product_command
def assignments(unassigned: bool, limit: int) -> None:
    """Show how many delinquent accounts each collector has, or which are in nobody's book."""
    from app.domain.money import as_text
    from app.extensions import db
    from app.queries.collections import reassignment

    session = db.session()
    if unassigned:
        rows = [dict(row._mapping) for row in reassignment.unassigned(session, limit=limit)]
        lines = [f"{row['account_number']}  {row['days_past_due']:>4} days  {as_text(row['past_due_cents'])}" for row in rows]
        answer({"unassigned": rows}, *(lines or ["Every delinquent account is in somebody's book."]))
        return
    books = [dict(row._mapping) for row in reassignment.books(session)]
    lines = [
        f"{book['name'] or 'Nobody':<28} {book['accounts']:>7,} accounts  {as_text(book['past_due_cents']):>16} past due"
        for book in books
    ]
    answer({"assignments": books}, *(lines or ["Nothing is past due."]))


@click.command()
@click.option("--to", "to", multiple=True, required=True, help="Username of who gets accounts; several share them evenly.")
@click.option("--from", "from_", help="Only accounts of this username.")
@click.option("--unassigned", is_flag=True, help="Only accounts that are in nobody's book.")
@click.option("--portfolio", help="Only accounts of the portfolio with this code.")
@click.option("--days-from", type=click.IntRange(1), help="At least so many days past due.")
@click.option("--days-to", type=click.IntRange(1), help="At most so many days past due.")
@click.option("--amount-from", help="At least so many dollars past due.")
@click.option("--amount-to", help="At most so many dollars past due.")
@click.option("--account", "accounts", multiple=True, help="Only the account with this number; may be repeated.")
@click.option("--reason", required=True, help="Stands in the history of each account.")
@click.option("--dry-run", is_flag=True, help="Only say who would get what.")
@product_command
def reassign(to: tuple[str, ...], reason: str, dry_run: bool, **selection: Any) -> None:
    """Share delinquent accounts out among collectors: all accounts of a person to one of them, the least loaded first."""
    from app.clock import now, today
    from app.domain.errors import RuleViolation
    from app.domain.staff.roles import Role
    from app.queries.collections import reassignment as questions
    from app.queries.collections.reassignment import REASSIGNABLE
    from app.queries.scope import Viewer
    from app.queries.staff.people import by_username
    from app.services.collections import reassignment
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    with transaction() as session:

        def person(username: str) -> Any:
            found = by_username(session, username)
            if found is None:
                raise RuleViolation(f"There is no member of staff with the username {username}.")
            return found

        criteria = REASSIGNABLE.criteria(_filters(session, person, selection))
        chosen = REASSIGNABLE.ids(Viewer(staff_id=0, role=Role.ADMIN), today=today(), criteria=criteria)
        if selection["accounts"]:
            chosen = questions.numbered(chosen, selection["accounts"])
        staff_ids = [person(username).id for username in to]
        if dry_run:
            planned = reassignment.shares(session, chosen, staff_ids)
            shares = [
                {
                    "username": share.staff.username,
                    "accounts": len(share.account_ids),
                    "past_due_cents": share.past_due_cents,
                }
                for share in planned
            ]
            answer({"dry_run": True, "shares": shares}, *(f"{share.staff.name}: {share.said}" for share in planned))
            return
        done = reassignment.spread(session, chosen, staff_ids, reason=reason, now=now(), actor=SYSTEM)
        result = {"accounts": done.count, "sentence": done.sentence, **(done.undo or {})}
    answer(result, done.sentence)


def _filters(session: Any, person: Any, selection: dict[str, Any]) -> list[tuple[str, str]]:
    """The options as the list's own filters."""
    from app.queries.portfolio.codes import portfolio_ids

    pairs: list[tuple[str, str]] = []
    if selection["portfolio"]:
        pairs += [("portfolio", str(one)) for one in portfolio_ids(session, (selection["portfolio"],))]
    if selection["unassigned"]:
        pairs.append(("assigned", "none"))
    elif selection["from_"]:
        pairs.append(("assigned", str(person(selection["from_"]).id)))
    for option, parameter in (
        ("days_from", "days_from"),
        ("days_to", "days_to"),
        ("amount_from", "past_due_from"),
        ("amount_to", "past_due_to"),
    ):
        if selection[option] is not None:
            pairs.append((parameter, str(selection[option])))
    return pairs
