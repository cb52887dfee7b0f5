"""`leasedesk audit …`: is the trail of changes whole?"""

import click

from app.cli.product import answer, product_command


@click.group()
def audit() -> None:
    """Look after the audit trail."""


@audit.command()
@product_command
def verify() -> None:
    """Follow the chain of the audit trail from its first event; names the first broken one and ends with code 1."""
    from app.extensions import db
    from app.queries.staff.audit import count
    from app.services.staff.audit import first_broken

    session = db.session()
    broken = first_broken(session)
    events = count(session)
    sentence = (
        f"The chain of {events:,} events is whole."
        if broken is None
        else f"Event {broken} is the first that was altered, or that misses the one before it."
    )
    answer({"whole": broken is None, "first_broken": broken, "events": events}, sentence)
    if broken is not None:
        raise click.exceptions.Exit(1)
