"""Which commands there are. To add one: write its file, add its line."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class Entry:
    """Where a command is, `module:attribute`, and what it does in one line."""

    place: str
    summary: str


COMMANDS = {
    "up": Entry("app.cli.up:up", "Start the whole product and stay until Ctrl+C."),
    "db": Entry("app.cli.db:db", "Bring the tables up to date, or check them."),
    "staff": Entry("app.cli.staff:staff", "Add staff, or give them a new PIN."),
    "audit": Entry("app.cli.audit:audit", "Check that the audit trail is whole."),
    "demo": Entry("app.cli.demo:demo", "Load the demonstration: invented customers and staff."),
    "import": Entry("app.cli.imports:import_", "Bring accounts or payments in from a file, or take an import out again."),
    "export": Entry("app.cli.export:export", "Write accounts to a CSV or Excel file."),
    "account": Entry("app.cli.accounts:account", "Open an account, or see everything about one."),
    "payment": Entry("app.cli.payments:payment", "Take a payment, or take one back."),
    "fee": Entry("app.cli.payments:fee", "Waive a fee."),
    "quote": Entry("app.cli.quotes:quote", "Work out what an account costs to pay off or to buy early."),
    "what-if": Entry("app.cli.quotes:what_if", "Try a payment on an account; nothing is saved."),
    "autopay": Entry("app.cli.autopay:autopay", "Charge cards on file."),
    "cards": Entry("app.cli.cards:cards", "Link customers to Square and bring their cards up to date."),
    "reconcile": Entry("app.cli.autopay:reconcile", "Compare Square's books with the ledger; list the payments that wait."),
    "end-of-day": Entry("app.cli.end_of_day:end_of_day", "End a business date: age, defaults, worklist, snapshots."),
    "worklist": Entry("app.cli.worklist:worklist", "List a collector's accounts in the order of work, and why."),
    "assignments": Entry("app.cli.collecting:assignments", "Show whose book delinquent accounts are in."),
    "reassign": Entry("app.cli.collecting:reassign", "Share delinquent accounts out among collectors."),
    "can-contact": Entry("app.cli.can_contact:can_contact", "Say whether a customer may be contacted, and why not."),
    "signals": Entry("app.cli.signals:signals", "Show the risk in an account, and what speaks for it."),
    "report": Entry("app.cli.report:report", "Write a report to a CSV, Excel or JSON file; `report list` names them."),
    "check-ledger": Entry("app.cli.ledger:check_ledger", "Check that every cent ties out."),
    "bench": Entry("app.cli.bench:bench", "Make large portfolios and measure."),
    "settings": Entry("app.cli.about:settings", "List the settings and what they mean."),
    "version": Entry("app.cli.about:version", "Show the version."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is used and shows the registry's summaries in its help."""

    def __init__(self, *arguments: Any, entries: Mapping[str, Entry], **options: Any) -> None:
        """Take the entries besides click's own arguments."""
        super().__init__(*arguments, **options)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names in the order of the registry."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])
