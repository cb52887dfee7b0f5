"""`leasedesk account …`: open accounts and look at them."""

import click

from app.cli.registry import Entry, LazyGroup

ENTRIES = {
    "show": Entry("app.cli.account_show:show_account", "Show everything about an account, with its ledger."),
    "open": Entry("app.cli.account_open:open_account", "Open an account from a JSON file."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def account() -> None:
    """Open an account, or see everything about one."""
