"""`leasedesk bench …`: large portfolios, and measurements beside something else (see `bench/`)."""

import click

from app.cli.product import answer, product_command, tell


@click.group()
def bench() -> None:
    """Make large portfolios and measure the product beside something else in the same run."""


@bench.command()
@click.option("--accounts", type=click.IntRange(1, 5_000_000), required=True, help="How many accounts to add.")
@product_command
def seed(accounts: int) -> None:
    """Add a believable portfolio of any size by set-based SQL; for benches, not for production."""
    from app.clock import now, today
    from app.transaction import transaction
    from bench.seed import seed as add

    with transaction() as session:
        seconds = add(session, accounts=accounts, today=today(), now=now(), told=tell)
    lines = [f"{name:<18} {spent:>8.1f} s" for name, spent in seconds.items()]
    answer({"accounts": accounts, "seconds": seconds}, *lines)
