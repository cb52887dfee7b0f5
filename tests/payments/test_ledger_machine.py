"""One account through any order of entries: nothing is lost, nothing is counted twice, and replaying changes nothing.

Most sequences run over plain values; a smaller number runs over the database with the services that screens use.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.allocation import Charge, Policy, in_order
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.payments.ledger import AutoFee, Credit, Financing, Ledger, Payout, Received
from app.domain.payments.replay import replay
from app.domain.servicing.arrangements import ArrangementKind
from app.domain.servicing.arrangements import Terms as ArrangementTerms
from app.domain.servicing.charges import ChargeKind, FeeKind
from app.domain.servicing.contract import OPENED_HERE, ContractType
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.fees import FeeRule
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, ContractFinance, CreditCharge, Dispute, Fee, Payment
from app.queries.payments.fee_policies import allocation_of, policy_of
from app.queries.payments.invariants import findings
from app.queries.payments.ledger import ledger_of
from app.services.collections.day import aging, fees
from app.services.payments import adjusting, charging, posting, replaying, reversing
from app.services.payments.adjusting import Split
from app.services.servicing import arrangements, closing, disputes
from tests import factories

PURE = int(os.environ.get("LEASEDESK_TEST_SEQUENCES", "2000"))
STORED = max(20, PURE // 50)
START = dt.date(2026, 1, 5)
RULE = FeeRule("House", "Rule 1", percent=Decimal(5), flat_cents=500)


def on(day: int) -> dt.date:
    return START + dt.timedelta(days=day)


STEP = st.one_of(
    st.tuples(st.just("pay"), st.integers(0, 150), st.integers(1, 25_000)),
    st.tuples(st.just("reverse"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("fee"), st.integers(0, 150), st.integers(1, 3_000)),
    st.tuples(st.just("waive"), st.integers(0, 9), st.integers(1, 600)),
    st.tuples(st.just("credit"), st.integers(0, 150), st.integers(1, 9_000)),
    st.tuples(st.just("debit"), st.integers(0, 150), st.integers(1, 3_000)),
    st.tuples(st.just("payout"), st.integers(0, 150), st.integers(1, 5_000)),
    st.tuples(st.just("extend"), st.integers(0, 150), st.integers(1, 30)),
    st.tuples(st.just("dispute"), st.integers(0, 9), st.integers(1, 6_000)),
    st.tuples(st.just("decide"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("close"), st.integers(0, 150), st.just(0)),
    st.tuples(st.just("reopen"), st.just(0), st.just(0)),
)
KINDS = st.sampled_from(OPENED_HERE)
POLICIES = st.sampled_from(Policy)


def a_ledger(kind: ContractType) -> Ledger:
    """Six lines a fortnight apart, each with a late fee seven days after; draws of a credit line come a week before due."""
    revolving = kind is ContractType.CREDIT_LINE
    lines = tuple(
        Charge(ChargeKind.INSTALLMENT, n, on(14 * n), 5_400, on(14 * n - 7) if revolving else None) for n in range(1, 7)
    )
    late = tuple(AutoFee(100 + n, n, on(14 * n), on(14 * n + 8), RULE) for n in range(1, 7))
    financing = None
    if kind is not ContractType.LEASE:
        financing = Financing(Decimal("24.99"), START, 0 if revolving else 30_000, revolving)
    return Ledger(lines, (), late_fees=late, financing=financing)


def changed(ledger: Ledger, step: tuple[str, int, int], number: int) -> Ledger:
    """The ledger with one more entry, or one fewer."""
    word, where, cents = step
    match word:
        case "pay":
            return replace(ledger, payments=(*ledger.payments, Received(number, on(where), cents)))
        case "reverse" if ledger.payments:
            gone = where % len(ledger.payments)
            return replace(ledger, payments=ledger.payments[:gone] + ledger.payments[gone + 1 :])
        case "fee":
            fee = Charge(ChargeKind.FEE, 1_000 + number, on(where), cents, on(where))
            return replace(ledger, charges=(*ledger.charges, fee))
        case "waive":
            chosen = where % len(ledger.late_fees)
            late = list(ledger.late_fees)
            late[chosen] = replace(late[chosen], waived_cents=late[chosen].waived_cents + cents)
            return replace(ledger, late_fees=tuple(late))
        case "credit":
            third = cents // 3
            return replace(ledger, credits=(*ledger.credits, Credit(number, on(where), third, third, cents - 2 * third)))
        case "debit" if ledger.financing is not None:
            principal = 0 if ledger.financing.is_revolving else cents
            debits = (*ledger.financing.debits, (on(where), cents, principal))
            return replace(ledger, financing=replace(ledger.financing, debits=debits))
        case "payout":
            return replace(ledger, payouts=(*ledger.payouts, Payout(on(where), cents)))
        case "extend":
            return extended(ledger, on(where), cents)
        case "dispute" | "decide":
            chosen = where % len(ledger.late_fees)
            late = list(ledger.late_fees)
            late[chosen] = replace(late[chosen], rule=replace(late[chosen].rule, disputed_cents=cents))
            return replace(ledger, late_fees=tuple(late))
        case "close" | "reopen" if ledger.financing is not None:
            stops_on = on(where) if word == "close" else None
            return replace(ledger, financing=replace(ledger.financing, stops_on=stops_on))
    return ledger


def extended(ledger: Ledger, day: dt.date, days: int) -> Ledger:
    """All lines that are still due after a day, later by some days from that day on, their late fees with them."""
    later = dt.timedelta(days=days)
    moves = {
        line.key: (line.due_on + later, (*line.moved, (day, line.due_on)))
        for line in ledger.charges
        if line.kind is ChargeKind.INSTALLMENT and line.due_on > day and not (line.moved and line.moved[-1][0] > day)
    }
    return replace(
        ledger,
        charges=tuple(
            replace(each, due_on=moves[each.key][0], moved=moves[each.key][1])
            if each.kind is ChargeKind.INSTALLMENT and each.key in moves
            else each
            for each in ledger.charges
        ),
        late_fees=tuple(
            replace(fee, due_on=moves[fee.number][0], moved=moves[fee.number][1]) if fee.number in moves else fee
            for fee in ledger.late_fees
        ),
    )


def check(ledger: Ledger, kind: ContractType) -> None:
    """What holds of every ledger after a replay."""
    received = sum(payment.amount_cents for payment in ledger.payments)
    covered = sum(part.cents for payment in ledger.payments for part in payment.parts)
    beyond = sum(payment.beyond_cents for payment in ledger.payments)
    paid_out = sum(payout.cents for payout in ledger.payouts)
    assert covered + beyond + ledger.unapplied_cents + paid_out == received
    for charge in ledger.open_charges:
        assert charge.unpaid_cents >= 0, "no charge is covered twice"
    for payment in ledger.payments:
        assert payment.unapplied_cents >= 0
        assert all(part.cents > 0 for part in payment.parts)
    for credit in ledger.credits:
        of_parts = sum(part.cents for part in credit.parts) + credit.beyond_cents
        assert of_parts <= credit.fees_cents + credit.interest_cents + credit.principal_cents
    fees = sum(charge.unpaid_cents for charge in ledger.open_charges if charge.kind is ChargeKind.FEE)
    lines = sum(charge.unpaid_cents for charge in ledger.open_charges if charge.kind is ChargeKind.INSTALLMENT)
    stand = ledger.standing
    if ledger.financing is None:
        assert ledger.balance_cents == fees + lines
        return
    interest = sum(each.interest_cents for each in ledger.payments) + sum(each.interest_off_cents for each in ledger.credits)
    principal = sum(each.principal_cents for each in ledger.payments) + sum(each.principal_off_cents for each in ledger.credits)
    assert stand.principal_cents >= 0 and stand.interest_cents >= 0
    assert stand.interest_cents == stand.assessed_cents - interest
    assert stand.assessed_cents == sum(each.cents for each in ledger.interest) + sum(
        each for day, each, _ in ledger.financing.debits
    )
    if kind is ContractType.INSTALLMENT:
        raised = sum(each for _, _, each in ledger.financing.debits)
        assert stand.principal_cents == ledger.financing.principal_cents + raised - principal
        assert ledger.balance_cents == stand.principal_cents + stand.interest_cents + fees
    else:
        assert stand.principal_cents == lines
        assert ledger.balance_cents == lines + stand.interest_cents + fees


@settings(max_examples=PURE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=KINDS, policy=POLICIES, steps=st.lists(STEP, min_size=1, max_size=8))
def test_whatever_happens_in_whatever_order_no_cent_is_lost(
    kind: ContractType, policy: Policy, steps: list[tuple[str, int, int]]
) -> None:
    ledger = a_ledger(kind)
    today = on(160)
    for number, step in enumerate(steps, start=1):
        ledger = replay(changed(ledger, step, number), today=today, policy=policy)
        check(ledger, kind)
        assert replay(ledger, today=today, policy=policy) == ledger, "replaying the outcome changes nothing"


@settings(max_examples=300, deadline=None)
@given(kind=KINDS, policy=POLICIES, payments=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9_000)), max_size=6))
def test_entries_of_one_day_give_the_same_balance_in_any_order(
    kind: ContractType, policy: Policy, payments: list[tuple[int, int]]
) -> None:
    def balance(order: list[tuple[int, int]]) -> tuple[int, int]:
        entries = tuple(Received(n, on(day), cents) for n, (day, cents) in enumerate(order))
        after = replay(replace(a_ledger(kind), payments=entries), today=on(160), policy=policy)
        return after.balance_cents, after.unapplied_cents

    assert balance(payments) == balance(payments[::-1])


@settings(max_examples=300, deadline=None)
@given(policy=POLICIES, day=st.integers(0, 100), cents=st.integers(1, 40_000), fees=st.lists(st.integers(0, 90), max_size=4))
def test_replay_covers_charges_in_the_order_that_the_policy_names(policy: Policy, day: int, cents: int, fees: list[int]) -> None:
    charges = (
        *(Charge(ChargeKind.INSTALLMENT, n, on(14 * n), 5_400) for n in range(1, 7)),
        *(Charge(ChargeKind.FEE, 50 + n, on(due), 700, on(due)) for n, due in enumerate(fees)),
    )
    after = replay(Ledger(charges, (Received(1, on(day), cents),)), today=on(day), policy=policy)
    left, wanted = cents, []
    for charge in in_order(charges, today=on(day), policy=policy):
        part = min(left, charge.unpaid_cents)
        left -= part
        if part:
            wanted.append((charge.kind, charge.key, part))
    assert [(part.kind, part.key, part.cents) for part in after.payments[0].parts] == wanted


class Desk:
    """The services, as screens call them, on one account whose business date moves on."""

    def __init__(self, session: Session, kind: ContractType) -> None:
        self.session, self.today = session, on(60)
        self.kind = kind
        self.account = factories.account(
            session,
            lines=[(on(14 * n), 5_400) for n in range(1, 7)],
            today=self.today,
            start_on=START,
            contract_type=kind,
            opened_at=dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC),
        )
        if kind is ContractType.LEASE:
            return
        revolving = kind is ContractType.CREDIT_LINE
        session.add(
            ContractFinance(
                account_id=self.account.id,
                interest_rate=Decimal("24.99"),
                principal_cents=0 if revolving else 30_000,
                credit_line_cents=100_000 if revolving else None,
                accrued_on=START,
            )
        )
        if revolving:
            session.add_all(
                CreditCharge(
                    account_id=self.account.id,
                    installment_number=n,
                    charged_on=START,
                    description="Phone",
                    created_at=self.account.opened_at,
                )
                for n in range(1, 7)
            )
        session.flush()
        self._replay()

    @property
    def who(self) -> dict[str, Any]:
        """Business date, moment and actor."""
        now = dt.datetime.combine(self.today, dt.time(15), dt.UTC)
        return {"today": self.today, "now": now, "actor": factories.actor()}

    def _replay(self) -> None:
        replaying.replay(self.session, self.account, from_on=START, today=self.today)

    def do(self, word: str, where: int, cents: int) -> None:
        """One entry; what a rule refuses is refused for good reason and changes nothing."""
        try:
            with self.session.begin_nested():
                getattr(self, f"_{word}")(where, cents)
        except RuleViolation:
            self.session.expire_all()

    def _pay(self, where: int, cents: int) -> None:
        posting.post(
            self.session,
            self.account.id,
            method=PaymentMethod.CASH,
            amount_cents=cents,
            effective_on=min(on(where), self.today),
            **self.who,
        )

    def _complete(self, where: int) -> int:
        ids = list(
            self.session.scalars(
                select(Payment.id)
                .where(
                    Payment.account_id == self.account.id,
                    Payment.kind == PaymentKind.PAYMENT,
                    Payment.state == PaymentState.COMPLETE,
                )
                .order_by(Payment.id)
            )
        )
        if not ids:
            raise RuleViolation("There is nothing to take back.")
        return ids[where % len(ids)]

    def _reverse(self, where: int, cents: int) -> None:
        given: dict[str, Any] = {"reason": "test"} | self.who
        if where % 2:
            reversing.refund(self.session, self._complete(where), role=Role.ADMIN, **given)
        else:
            reversing.reverse(self.session, self._complete(where), may_be_older=True, **given)

    def _fee(self, where: int, cents: int) -> None:
        charging.add_fee(
            self.session,
            self.account.id,
            kind=FeeKind.OTHER,
            amount_cents=cents,
            reason="test",
            role=Role.ADMIN,
            **self.who,
        )

    def _waive(self, where: int, cents: int) -> None:
        ids = list(self.session.scalars(select(Fee.id).where(Fee.account_id == self.account.id).order_by(Fee.id)))
        if ids:
            charging.waive(self.session, ids[where % len(ids)], reason="test", role=Role.ADMIN, **self.who)

    def _credit(self, where: int, cents: int) -> None:
        owed = adjusting.open_split(self.session, self.account)
        split = Split(min(cents, owed.fees_cents), min(cents, owed.interest_cents), min(cents, owed.principal_cents))
        adjusting.credit(self.session, self.account.id, split, reason="test", role=Role.ADMIN, **self.who)

    def _debit(self, where: int, cents: int) -> None:
        interest = 0 if self.kind is ContractType.LEASE else cents
        split = Split(cents, interest, cents)
        adjusting.debit(self.session, self.account.id, split, reason="test", role=Role.ADMIN, **self.who)

    def _payout(self, where: int, cents: int) -> None:
        self.session.refresh(self.account)
        reversing.refund_credit(
            self.session,
            self.account.id,
            amount_cents=min(cents, self.account.credit_cents),
            method=PaymentMethod.CASH,
            reason="test",
            role=Role.ADMIN,
            **self.who,
        )

    def _end(self, where: int, cents: int) -> None:
        for _ in range(1 + where % 12):
            span: dict[str, Any] = {"first": self.account.id, "last": self.account.id, "on": self.today}
            now = dt.datetime.combine(self.today, dt.time(23), dt.UTC)
            aging.age(self.session, **span, now=now)
            fees.assess(self.session, **span, now=now)
            self.today += dt.timedelta(days=1)
        aging.age(self.session, first=self.account.id, last=self.account.id, on=self.today, now=now)

    def _extend(self, where: int, cents: int) -> None:
        made = arrangements.request(
            self.session,
            self.account.id,
            ArrangementKind.EXTENSION,
            ArrangementTerms(days=1 + cents % 14),
            reason="test",
            asks_for_exception=True,
            **self.who,
        )
        arrangements.approve(self.session, made.id, beyond_reason="test", role=Role.ADMIN, **self.who)

    def _dispute(self, where: int, cents: int) -> None:
        disputes.open_dispute(
            self.session,
            self.account.id,
            reason=DisputeReason.PAID,
            amount_cents=cents,
            installment_number=1 + where % 6 if where % 2 else None,
            statement="They say that they paid.",
            deadline_on=self.today + dt.timedelta(days=30),
            files=[],
            home=Path("/nowhere"),
            **self.who,
        )

    def _decide(self, where: int, cents: int) -> None:
        query = select(Dispute.id).where(Dispute.account_id == self.account.id, Dispute.resolved_on.is_(None))
        dispute_id = self.session.scalar(query.order_by(Dispute.id).limit(1))
        if dispute_id is None:
            raise RuleViolation("Nothing is disputed.")
        disputes.review(self.session, dispute_id, now=self.who["now"], actor=self.who["actor"])
        state = DisputeState.UPHELD if where % 2 else DisputeState.REJECTED
        disputes.resolve(self.session, dispute_id, state=state, resolution="test", **self.who)

    def _close(self, where: int, cents: int) -> None:
        closing.change(self.session, self.account.id, AccountStatus.CLOSED, reason="test", role=Role.ADMIN, **self.who)

    def _reopen(self, where: int, cents: int) -> None:
        closing.change(self.session, self.account.id, AccountStatus.ACTIVE, reason="test", role=Role.ADMIN, **self.who)

    def figures(self) -> dict[str, Any]:
        """What the account's row says, and the rows that are derived."""
        self.session.expire_all()
        account = self.session.get_one(Account, self.account.id)
        names = ("balance_cents", "paid_cents", "fees_cents", "credit_cents", "payments_made", "next_due_on", "next_due_cents")
        more = ("past_due_cents", "days_past_due", "last_paid_on", "status")
        fee_rows = self.session.execute(
            select(Fee.id, Fee.amount_cents, Fee.paid_cents, Fee.waived_cents, Fee.taken_back_cents)
            .where(Fee.account_id == account.id)
            .order_by(Fee.id)
        ).all()
        return {name: getattr(account, name) for name in names + more} | {"fees": [tuple(row) for row in fee_rows]}


@settings(
    max_examples=STORED,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    kind=KINDS,
    steps=st.lists(st.one_of(STEP, st.tuples(st.just("end"), st.integers(0, 30), st.just(0))), min_size=1, max_size=6),
)
def test_the_services_keep_every_invariant_whatever_people_do(
    session: Session, kind: ContractType, steps: list[tuple[str, int, int]]
) -> None:
    before = {finding.invariant.name for finding in findings(session) if finding.broken}
    assert before == set()
    desk = Desk(session, kind)
    for step in steps:
        desk.do(*step)
        broken = [(finding.invariant.name, step) for finding in findings(session) if finding.broken]
        assert broken == []
        stored = desk.figures()
        desk._replay()
        assert desk.figures() == stored, f"replaying after {step} changed something"
        ledger = ledger_of(session, desk.account.id)
        policy = allocation_of(policy_of(session, desk.account))
        again = replay(ledger, today=desk.today, policy=policy)
        assert again.balance_cents == stored["balance_cents"]
        assert again.unapplied_cents == stored["credit_cents"]
    assert session.scalar(select(func.count()).select_from(Account)) is not None


@pytest.mark.parametrize("kind", [ContractType.INSTALLMENT, ContractType.CREDIT_LINE])
def test_the_days_on_which_a_contract_was_closed_bear_no_interest(session: Session, kind: ContractType) -> None:
    desk = Desk(session, kind)
    desk.do("close", 0, 0)
    for _ in range(3):
        desk.do("end", 11, 0)
    desk.do("reopen", 0, 0)
    finance = session.get_one(ContractFinance, desk.account.id)
    stored, assessed = desk.figures(), finance.interest_assessed_cents
    desk._replay()
    assert (desk.figures(), finance.interest_assessed_cents) == (stored, assessed)
    if kind is ContractType.INSTALLMENT:
        # 300.00 at 24.99 %: 26 days of January, 28 of February, and 6 of March, on which it was closed.
        assert assessed == sum(round(30_000 * 0.2499 * days / 365) for days in (26, 28, 6))
