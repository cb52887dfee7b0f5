"""`leasedesk reconcile queue`: what came in and waits for its account."""

from __future__ import annotations

from typing import Any

import click

from app.cli.product import answer, product_command


@click.command()
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many are listed.")
@product_command
def queue(limit: int) -> None:
    """List the payments that wait, the oldest first, each with the best suggestion and why."""
    from sqlalchemy import func, select

    from app.clock import today
    from app.domain.money import as_text, dollars
    from app.domain.payments.remittances import RemittanceState
    from app.extensions import db
    from app.models import Remittance
    from app.services.payments.remittances import suggestions

    session = db.session()
    waits = Remittance.state == RemittanceState.QUEUED
    count, cents = session.execute(select(func.count(), func.coalesce(func.sum(Remittance.amount_cents), 0)).where(waits)).one()
    rows = session.scalars(select(Remittance).where(waits).order_by(Remittance.paid_on, Remittance.id).limit(limit)).all()
    best = suggestions(session, rows)
    listed: list[dict[str, Any]] = [
        {
            "id": row.id,
            "date": row.paid_on,
            "days": (today() - row.paid_on).days,
            "amount": str(dollars(row.amount_cents)),
            "sender": row.sender,
            "memo": row.memo,
            "method": row.method,
            "reference": row.reference,
            "suggestions": [
                {"account": one.candidate.account_number, "score": one.score, "reasons": list(one.reasons)}
                for one in best.get(row.id, ())[:3]
            ],
        }
        for row in rows
    ]
    told = {"waiting": count, "amount_total": str(dollars(int(cents))), "rows": listed}
    lines = [f"{count:,} payments wait, {as_text(int(cents))} in all."]
    for row in listed:
        first = row["suggestions"][0] if row["suggestions"] else None
        said = f"{first['account']} ({first['score']}: {', '.join(first['reasons'])})" if first else "no account fits"
        lines.append(f"  {row['date']} {row['amount']:>10} {row['sender'] or 'no sender':<30} {said}")
    answer(told, *lines)
