"""`leasedesk cards`: customers and their cards on file at Square."""

from __future__ import annotations

import click

from app.cli.product import answer, product_command, tell
from app.cli.registry import Entry, LazyGroup

cards = LazyGroup(
    "cards",
    entries={"sync": Entry("app.cli.cards:sync", "Link customers and bring their cards up to date.")},
    help="Customers and their cards on file at Square.",
)


@click.command()
@click.option("--all", "is_all", is_flag=True, help="Every customer and card at Square.")
@click.option("--customer", "customer_id", type=click.IntRange(min=1), help="One customer of ours, by number.")
@product_command
def sync(is_all: bool, customer_id: int | None) -> None:
    """Link customers with Square by reference ID, e-mail or phone, and bring their cards up to date."""
    from app.domain.errors import RuleViolation
    from app.models import Customer
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction
    from tasks import card_sync

    if is_all == (customer_id is not None):
        raise click.UsageError("Choose either --all or --customer ID.")
    if customer_id is None:
        found = card_sync.sync_all(lambda step, done: tell(f"{step}: {done:,}"), actor=SYSTEM)
        said = f"{found['customers']:,} customers and {found['cards']:,} cards at Square; {found['linked']:,} newly linked."
        answer(found, said)
        return
    with transaction() as session:
        customer = session.get(Customer, customer_id)
        if customer is None:
            raise RuleViolation(f"There is no customer {customer_id}.")
        name = customer.name
    one = card_sync.sync_customer(customer_id, actor=SYSTEM)
    is_linked = one["square_customer_id"] is not None
    answer(one, f"{name}: {one['cards']} cards on file." if is_linked else f"{name}: nobody at Square is certainly them.")
