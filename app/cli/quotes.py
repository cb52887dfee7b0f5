"""`leasedesk quote …` and `leasedesk what-if …`: what it costs to be done, and what a payment would do."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from app.cli.one_account import account_by_number
from app.cli.product import answer, product_command

if TYPE_CHECKING:
    from app.services.payments.what_if import Outcome


@click.group()
def quote() -> None:
    """Work out what an account costs on a day."""


def _quote_command(name: str, word: str, about: str) -> None:
    """Add the command of one kind of quote."""

    @quote.command(name, help=about)
    @click.argument("number")
    @click.option("--on", "on_text", metavar="DATE", help="The day, such as 2026-11-21; today when left out.")
    @click.option("--keep", is_flag=True, help="Keep it as a quote that was given to the customer.")
    @product_command
    def work_out(number: str, on_text: str | None, keep: bool) -> None:
        _work_out(word, number, on_text, keep=keep)


_quote_command("payoff", "payoff", "What pays an account off on a day, itemised.")
_quote_command("early-purchase", "early_purchase", "What the device costs on a day by the formula of its state, itemised.")


def _work_out(word: str, number: str, on_text: str | None, *, keep: bool) -> None:
    from app.clock import now, today
    from app.domain.money import as_text
    from app.domain.servicing.quotes import QuoteKind
    from app.queries.servicing import payoff
    from app.queries.servicing.account_told import figure_of
    from app.services.servicing import quotes
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction

    kind, quote_id = QuoteKind(word), None
    with transaction() as session:
        account = account_by_number(session, number)
        on = _day(on_text) if on_text else today()
        worked = payoff.figure(session, account, kind=kind, on=on, today=today())
        if keep:
            quote_id = quotes.give(session, account.id, kind=kind, on=on, today=today(), now=now(), actor=SYSTEM).id
        told = {"account_number": account.account_number} | figure_of(worked) | {"quote_id": quote_id}
    lines = [f"  {item.label:<26} {as_text(item.cents):>12}  {item.why}" for item in worked.price.items]
    total = f"{kind.label} of {told['account_number']} on {on:%b %-d, %Y}: {as_text(worked.price.total_cents)}"
    answer(told, total, *lines, f"Good through {worked.good_through_on:%b %-d, %Y}.")


@click.command("what-if")
@click.argument("number")
@click.option("--pay", "amount", required=True, metavar="AMOUNT", help="How much would be paid, such as 54.00.")
@click.option("--on", "on_text", metavar="DATE", help="On which day, past or to come; today when left out.")
@product_command
def what_if(number: str, amount: str, on_text: str | None) -> None:
    """Show what a payment would cover, and how the account would stand. Nothing is saved."""
    from app.clock import today
    from app.domain.errors import RuleViolation
    from app.domain.money import cents_from_text
    from app.extensions import db
    from app.services.payments import what_if as trying

    try:
        cents = cents_from_text(amount)
    except RuleViolation as problem:
        raise click.UsageError(problem.message) from problem
    on = _day(on_text) if on_text else today()
    account = account_by_number(db.session(), number)
    outcome = trying.what_if(db.session(), account.id, amount_cents=cents, on=on, today=today())
    _tell(account.account_number, outcome)


def _tell(number: str, outcome: Outcome) -> None:
    from app.domain.money import as_text

    after, text = outcome.after, _text
    answer(
        {
            "account_number": number,
            "amount_cents": outcome.amount_cents,
            "on": outcome.on.isoformat(),
            "as_of_on": outcome.as_of_on.isoformat(),
            "covers": [
                {"what": each.what, "due_on": text(each.due_on), "cents": each.cents, "left_cents": each.left_cents}
                for each in outcome.covers
            ],
            "unapplied_cents": outcome.unapplied_cents,
            "cures": outcome.cures,
            "days_past_due_before": outcome.before.days_past_due,
            "days_past_due_after": after.days_past_due,
            "past_due_after_cents": after.past_due_cents,
            "next_due_on": text(after.next_due_on),
            "next_due_cents": after.next_due_cents,
            "balance_after_cents": after.balance_cents,
            "payoff_before_cents": outcome.payoff_before_cents,
            "payoff_after_cents": outcome.payoff_after_cents,
            "fees_reversed_cents": outcome.fees_reversed_cents,
            "coming_fees_cents": outcome.coming_fees_cents,
            "part_paid": [each.in_words for each in outcome.part_paid],
            "fees": [
                {
                    "installment_number": fee.installment_number,
                    "before_cents": fee.before_cents,
                    "after_cents": fee.after_cents,
                }
                for fee in outcome.fees
            ],
        },
        f"{as_text(outcome.amount_cents)} on {outcome.on:%b %-d, %Y} would cover:",
        *(f"  {each.what:<20} {as_text(each.cents):>12}, {as_text(each.left_cents)} left open" for each in outcome.covers),
        f"Days past due {outcome.before.days_past_due} → {after.days_past_due}; payoff {as_text(outcome.payoff_after_cents)}; "
        f"late fees taken back {as_text(outcome.fees_reversed_cents)}. Nothing was saved.",
    )


def _text(on: dt.date | None) -> str | None:
    return on.isoformat() if on else None


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise click.UsageError(f"“{text}” is no date; write it as 2026-11-21.") from problem
