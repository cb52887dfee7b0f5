"""`leasedesk staff …`: let somebody in when no admin is there to do it on a screen."""

import click

from app.cli.product import answer, product_command
from app.domain.staff.roles import Role


@click.group()
def staff() -> None:
    """Add staff, give them a new PIN, and see who is there."""


@staff.command("add")
@click.argument("username")
@click.option("--name", required=True, help="First and last name, as screens show it.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What they may do.")
@click.option("--portfolio", "portfolios", multiple=True, help="Code of a portfolio they are restricted to; may be repeated.")
@click.option("--sees-all-accounts", is_flag=True, help="A collector who sees more than their own book.")
@product_command
def add_staff(username: str, name: str, role: str, portfolios: tuple[str, ...], sees_all_accounts: bool) -> None:
    """Add a member of staff and show their PIN, this once; it has to be changed at the first sign-in."""
    from app.clock import now
    from app.queries.portfolio.codes import portfolio_ids
    from app.services.staff import people
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    with transaction() as session:
        added, pin = people.add(
            session,
            username=username,
            name=name,
            role=Role(role),
            portfolio_ids=portfolio_ids(session, portfolios),
            sees_all_accounts=sees_all_accounts,
            now=now(),
            actor=SYSTEM,
        )
        result = {"id": added.id, "username": added.username, "name": added.name, "role": added.role.value, "pin": pin}
    answer(result, f"{result['name']} signs in as {result['username']} with PIN {pin}, and changes it at the first sign-in.")


@staff.command("set-pin")
@click.argument("username")
@product_command
def set_pin(username: str) -> None:
    """Give somebody a new PIN and show it, this once. Ends their sessions and a lock."""
    from app.clock import now
    from app.domain.errors import RuleViolation
    from app.queries.staff.people import by_username
    from app.services.staff import access
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    with transaction() as session:
        found = by_username(session, username)
        if found is None:
            raise RuleViolation(f"There is no member of staff with the username {username}.")
        pin = access.set_pin(session, found.id, now=now(), actor=SYSTEM)
    answer({"username": username, "pin": pin}, f"The new PIN of {username} is {pin}, to be changed at the next sign-in.")


@staff.command("list")
@product_command
def list_staff() -> None:
    """List the staff: username, name, role, status."""
    from app.clock import now
    from app.extensions import db
    from app.queries.staff.people import everybody, status_of

    rows = [
        {"username": one.username, "name": one.name, "role": one.role.value, "status": status_of(one, now=now()).label}
        for one in everybody(db.session())
    ]
    answer({"staff": rows}, *(f"{row['username']:<20} {row['name']:<30} {row['role']:<11} {row['status']}" for row in rows))
