"""`leasedesk version` and `leasedesk settings`."""

import click

from app.cli.product import answer, json_option


@click.command()
@json_option
def version() -> None:
    """Show the version."""
    from importlib.metadata import version as installed_version

    number = installed_version("leasedesk")
    answer({"version": number}, f"LeaseDesk {number}")


@click.command()
def settings() -> None:
    """List the settings, their defaults and what they mean, as a Markdown table."""
    from app.settings import settings_table

    print(settings_table(), end="")
