"""Arrangements and payments in any order: what always holds, and the way back to the schedule as it was signed."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState, Terms
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import default_anchors
from app.models import Account, Arrangement, Installment
from app.queries.payments.invariants import findings
from app.services.payments import posting
from app.services.servicing import arrangements
from tests import factories

START = dt.date(2026, 9, 1)


def lines_of(session: Session, account: Account) -> list[tuple[int, dt.date, dt.date | None, int]]:
    session.expire_all()
    rows = session.scalars(select(Installment).where(Installment.account_id == account.id).order_by(Installment.number))
    return [(line.number, line.due_on, line.original_due_on, line.amount_cents) for line in rows]


def terms_of(dice: random.Random, account: Account) -> tuple[ArrangementKind, Terms]:
    kind = dice.choice(
        [ArrangementKind.EXTENSION, ArrangementKind.DEFERRAL, ArrangementKind.DUE_DATE_CHANGE, ArrangementKind.PAYMENT_PLAN]
    )
    if kind is ArrangementKind.EXTENSION:
        return kind, Terms(days=dice.randint(1, 40))
    if kind is ArrangementKind.DEFERRAL:
        return kind, Terms(count=dice.randint(1, 3))
    if kind is ArrangementKind.DUE_DATE_CHANGE:
        return kind, Terms(due_on=(account.next_due_on or START) + dt.timedelta(days=dice.randint(1, 90)))
    return kind, Terms(parts=dice.randint(2, 6))


@pytest.mark.parametrize("seed", range(16))
def test_whatever_is_arranged_and_paid_the_sums_hold_and_the_way_back_is_exact(session: Session, seed: int) -> None:
    dice = random.Random(seed)
    frequency = dice.choice(list(Frequency))
    first_on = START + dt.timedelta(days=dice.randint(0, 20))
    anchors = default_anchors(frequency, first_on)
    account = factories.account(
        session,
        frequency=frequency,
        first_due_on=first_on,
        payment_cents=5_400,
        total_cents=dice.randint(20_000, 60_000),
        anchor_days=list(anchors) or None,
        start_on=START - dt.timedelta(days=90),
    )
    signed, total = lines_of(session, account), account.total_cents
    on, at = START + dt.timedelta(days=30), dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
    for _ in range(8):
        on, at = on + dt.timedelta(days=dice.randint(0, 9)), at + dt.timedelta(hours=1)
        given: dict[str, Any] = {"today": on, "now": at, "actor": factories.actor()}
        try:
            if dice.random() < 0.5:
                kind, terms = terms_of(dice, account)
                asked = arrangements.request(session, account.id, kind, terms, reason="x", asks_for_exception=True, **given)
                arrangements.approve(session, asked.id, beyond_reason="x", **given)
            else:
                posting.post(
                    session,
                    account.id,
                    method=PaymentMethod.CASH,
                    amount_cents=dice.randint(1, 9_000),
                    effective_on=on - dt.timedelta(days=dice.choice([0, 0, 0, 15])),
                    **given,
                )
        except RuleViolation:
            continue
        assert sum(line[3] for line in lines_of(session, account)) == total
        assert account.contract_days_past_due >= account.days_past_due
        assert [finding.invariant.name for finding in findings(session) if finding.broken] == []
    made = session.scalars(
        select(Arrangement)
        .where(Arrangement.account_id == account.id, Arrangement.state == ArrangementState.APPLIED)
        .order_by(Arrangement.id.desc())
    ).all()
    assert made, "the seed arranges something"
    paid = account.paid_cents
    for each in made:
        arrangements.reverse(session, each.id, reason="x", today=on, now=at, actor=factories.actor())
        assert [finding.invariant.name for finding in findings(session) if finding.broken] == []
    assert lines_of(session, account) == signed
    assert account.contract_days_past_due == account.days_past_due
    assert account.paid_cents == paid, "what was paid stays paid"
    assert (account.anchor_days or []) == list(anchors)
