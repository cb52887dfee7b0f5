"""`leasedesk demo …`: the invented portfolio of a demonstration."""

import click

from app.cli.product import answer, product_command, tell


@click.group()
def demo() -> None:
    """Invented customers and staff, to look around and to try things."""


@demo.command()
@click.option(
    "--years",
    type=click.IntRange(0, 5),
    default=0,
    show_default=True,
    help="Years of history: customers who pay, fall behind, catch up, default, return or buy early.",
)
@product_command
def load(years: int) -> None:
    """Load the demonstration into a database that has no staff yet; `leasedesk up` does it the first time by itself.

    With --years the accounts have a past: two years of 2,000 accounts take about two minutes.
    User names and PINs are written to demo-staff.json in LEASEDESK_HOME. Only in demonstration mode.
    """
    from flask import current_app

    from app import demonstration

    settings = current_app.config["SETTINGS"]
    loaded = demonstration.load(settings, tell, years=years)
    staff = settings.home / "demo-staff.json"
    said = f"Who may sign in: {staff}" if loaded else "There is staff already, so nothing was loaded."
    answer({"loaded": loaded, "staff_file": str(staff) if staff.exists() else None}, said)
