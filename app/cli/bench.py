"""`leasedesk bench …`: large portfolios, and measurements beside something else (see `bench/`)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from app.cli.product import answer, product_command, tell

if TYPE_CHECKING:
    from app.settings import Settings

sizes_option = click.option(
    "--accounts",
    "sizes",
    type=click.IntRange(1_000, 5_000_000),
    multiple=True,
    help="Size of a portfolio to measure, made on the same server when it is not there yet; may be given several times.",
)


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


@bench.command()
@sizes_option
@product_command
def lists(sizes: tuple[int, ...]) -> None:
    """Measure the Accounts list beside Django admin's changelist (needs requirements-bench.txt)."""
    if find_spec("django") is None:
        raise click.ClickException("Django is not installed here: .venv/bin/uv pip install -r requirements-bench.txt")
    from bench.lists import markdown, measure

    result = measure(_settings(), sizes or (10_000, 1_000_000), tell)
    answer(result, result["machine"], "", markdown(result))


@bench.command()
@sizes_option
@product_command
def day(sizes: tuple[int, ...]) -> None:
    """Measure the end of a business date beside the bare UPDATE that it needs."""
    from bench.day import markdown, measure

    result = measure(_settings(), sizes or (10_000, 100_000, 1_000_000), tell)
    answer(result, result["machine"], "", markdown(result))


@bench.command()
@sizes_option
@product_command
def account(sizes: tuple[int, ...]) -> None:
    """Measure the page and the replay of one long account, in a small and in a large portfolio."""
    from bench.account_page import markdown, measure

    result = measure(_settings(), sizes or (10_000, 1_000_000), tell)
    answer(result, result["machine"], "", markdown(result))


@bench.command()
@click.option(
    "--accounts", type=click.IntRange(1_000, 5_000_000), default=1_000_000, show_default=True, help="Size of the portfolio."
)
@product_command
def locks(accounts: int) -> None:
    """Measure how long a payment waits while a business date ends."""
    from bench.locks import measure

    result = measure(_settings(), accounts, tell)
    said = f"{result['payments']:,} payments while the day ended: median {result['median_ms']:,.0f} ms"
    answer(result, result["machine"], f"{said}, longest {result['longest_ms']:,.0f} ms; alone {result['alone_ms']:,.0f} ms.")


@bench.command()
@click.option(
    "--accounts", type=click.IntRange(1_000, 5_000_000), default=1_000_000, show_default=True, help="Size of the portfolio."
)
@click.option("--most", type=click.IntRange(1, 1_000_000), default=50_000, show_default=True, help="Accounts to share out.")
@product_command
def reassign(accounts: int, most: int) -> None:
    """Measure sharing out delinquent accounts among collectors."""
    from bench.reassigning import measure

    result = measure(_settings(), accounts, most, tell)
    answer(result, result["machine"], f"{result['reassigned']:,} accounts reassigned in {result['ms'] / 1000:.2f} s.")


@bench.command("next")
@click.option(
    "--accounts", type=click.IntRange(1_000, 5_000_000), default=1_000_000, show_default=True, help="Size of the portfolio."
)
@click.option("--collectors", type=click.IntRange(1, 200), default=50, show_default=True, help="How many ask at once.")
@click.option("--asks", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How often each of them asks.")
@click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=5.0,
    show_default=True,
    help="Seconds that each thinks in between, on average.",
)
@click.option(
    "--worked", type=click.IntRange(0, 100_000), default=2_000, show_default=True, help="Accounts handled earlier that day."
)
@product_command
def next_(accounts: int, collectors: int, asks: int, pause: float, worked: int) -> None:
    """Measure asking for the next account, by many collectors at once over HTTP."""
    from bench.next_account import measure

    result = measure(_settings(), accounts, tell, collectors=collectors, asks=asks, pause=pause, worked=worked)
    taken, saved = result["next_ms"], result["outcome_ms"]
    answer(
        result,
        result["machine"],
        f"{result['given']:,} accounts given to {collectors} collectors, {result['twice']} of them twice.",
        f"Next account: p50 {taken['p50']:,.1f} ms, p95 {taken['p95']:,.1f} ms, longest {taken['longest']:,.1f} ms.",
        f"Saving an outcome: p50 {saved['p50']:,.1f} ms, p95 {saved['p95']:,.1f} ms, longest {saved['longest']:,.1f} ms.",
    )


@bench.command()
@click.option(
    "--at-once", "at_once", type=click.IntRange(1, 64), multiple=True, help="Calls at once; may be given several times."
)
@click.option("--charges", type=click.IntRange(8, 50_000), default=400, show_default=True, help="Cards to charge for each.")
@click.option("--latency", "latency_ms", type=click.IntRange(1, 10_000), default=300, show_default=True, help="Of Square, in ms.")
@product_command
def charges(at_once: tuple[int, ...], charges: int, latency_ms: int) -> None:
    """Measure charges per second beside what so many calls at once allow at most."""
    from bench.charging import markdown, measure

    result = measure(_settings(), at_once or (8, 16, 32), charges, latency_ms, tell)
    answer(result, result["machine"], "", markdown(result))


@bench.command("import")
@click.option("--rows", type=click.IntRange(100, 250_000), default=100_000, show_default=True, help="Rows of the workbook.")
@product_command
def import_(rows: int) -> None:
    """Measure the import of a workbook beside merely reading it with the same reader."""
    from bench.importing import markdown, measure

    result = measure(_settings(), rows, tell)
    answer(result, result["machine"], "", markdown(result))


@bench.command()
@product_command
def drop() -> None:
    """Drop the databases that the measurements made."""
    from bench.books import drop as drop_all

    dropped = drop_all(_settings())
    answer({"dropped": dropped}, *(f"Dropped {name}." for name in dropped))


def _settings() -> Settings:
    from flask import current_app

    settings: Settings = current_app.config["SETTINGS"]
    return settings
