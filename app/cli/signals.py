"""`leasedesk signals NUMBER`: what an account's behaviour says, fresh."""

from __future__ import annotations

import click

from app.cli.one_account import account_by_number
from app.cli.product import answer, product_command


@click.command("signals")
@click.argument("number")
@product_command
def signals(number: str) -> None:
    """Show the risk in an account: its score, each signal with its evidence, day and points, and how it was paid."""
    from app.clock import today
    from app.domain.collections.signals import risk, score
    from app.domain.errors import RuleViolation
    from app.queries.collections import behaviour
    from app.transaction import transaction

    with transaction() as session:
        account = account_by_number(session, number)
        figures = behaviour.figures_of(session, account.id, on=today())
        if figures is None:
            raise RuleViolation(f"{account.account_number} is {account.status.label.lower()}; only open accounts have signals.")
        points = behaviour.points(session)
        seen = behaviour.seen_of(session, account.id, on=today())
        total = score((one.kind for one in seen), points)
        level = risk(total, behaviour.bands(session))
        told = {
            "account_number": account.account_number,
            "as_of": today(),
            "risk": level.value,
            "score": total,
            "signals": [
                {"signal": one.kind.value, "on": one.seen_on, "evidence": one.evidence, "points": points.get(one.kind, 0)}
                for one in seen
            ],
            "on_time": figures.on_time,
            "judged": figures.judged,
            "on_time_rate": figures.on_time_rate,
            "days_late": figures.days_late,
            "payment_to_income": figures.pti_rate,
        }
    lines = [f"{points.get(one.kind, 0):+4d}  {one.kind.label}: {one.evidence} ({one.seen_on})" for one in seen]
    answer(told, f"{told['account_number']}: {level.label.lower()} risk, score {total}.", *lines)
