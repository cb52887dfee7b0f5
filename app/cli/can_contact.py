"""`leasedesk can-contact NUMBER`: may this customer be contacted, and if not, why and from when."""

from __future__ import annotations

import datetime as dt

import click

from app.cli.one_account import account_by_number
from app.cli.product import answer, product_command


@click.command("can-contact")
@click.argument("number")
@click.option("--channel", type=click.Choice(["call", "text", "email"]), default="call", show_default=True)
@click.option(
    "--at",
    "at_text",
    metavar="TIME",
    help="A moment such as 2026-11-20T20:59; the business zone unless it names one. Now when left out.",
)
@product_command
def can_contact(number: str, channel: str, at_text: str | None) -> None:
    """Say whether the customer of an account may be contacted at a moment: the reason, the rule, and the next allowed moment."""
    from app.clock import now, zone
    from app.domain.collections.contact_rules import Channel, said
    from app.queries.collections import contactability
    from app.transaction import transaction

    at = _moment(at_text) if at_text else now()
    with transaction() as session:
        account = account_by_number(session, number)
        wanted = Channel(channel)
        verdict = contactability.verdict(session, account.customer_id, wanted, at=at)
        override = None if verdict.is_allowed else contactability.standing_override(session, account.id, wanted, at=at)
        told = {
            "account_number": account.account_number,
            "channel": channel,
            "at": at.astimezone(zone()).isoformat(),
            "allowed": verdict.is_allowed,
            "reason": verdict.reason or None,
            "reasons": [block.reason for block in verdict.blocks],
            "rule": verdict.rule.name if verdict.rule else None,
            "citation": verdict.rule.citation if verdict.rule else None,
            "next_allowed_at": verdict.next_at.astimezone(zone()).isoformat() if verdict.next_at else None,
            "rules": [list(pair) for pair in verdict.checked],
            "override": override.reason if override else None,
        }
    answer(told, f"{told['account_number']}: {said(verdict, zone())}")


def _moment(text: str) -> dt.datetime:
    from app.clock import zone

    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as problem:
        raise click.UsageError(f"“{text}” is no time; write it as 2026-11-20T20:59.") from problem
    return (at if at.tzinfo else at.replace(tzinfo=zone())).astimezone(dt.UTC)
