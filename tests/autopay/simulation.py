"""A night in small: random faults over the production services, a processor without a network, a clock that jumps.

Two accounts owe one installment each. Workers claim and die, answers are lost, requests arrive hours late, two workers send the
same charge, staff press "charge card", webhooks come twice, the janitor looks. Then everything calms down, and the books are
compared: whatever happened, each account was charged once at most, and every payment at the processor is in the ledger once.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind
from app.domain.autopay.charges import ChargeState
from app.domain.autopay.settings import AutopaySettings
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.gateways.cards import CardPayment, ChargeRequest, Outcome, Unknown
from app.models import Account, Card, Charge, Payment
from app.queries.autopay.eligibility import candidates
from app.queries.payments.invariants import findings
from app.services.autopay import batches, claiming, janitor, planning, settling
from app.services.autopay.timeline import Source
from app.services.staff import audit
from app.services.staff.audit import SYSTEM
from tests.autopay.conftest import Clock, enrolled
from tests.autopay.processor import LOCATION, Processor

KEYS_LIVE = dt.timedelta(hours=7)
"""After so long the processor has forgotten a key: sending it again would take the money again."""
LIST_LAGS = dt.timedelta(seconds=8)
STEPS = 14

Send = Callable[[ChargeRequest], Outcome]


@dataclass
class Night:
    """One seeded night. `mutate` may put something of its own before the processor."""

    session: Session
    clock: Clock
    draw: Random
    mutate: Callable[[Night], Send] | None = None
    accounts: list[tuple[Account, Card]] = field(default_factory=list)
    late: list[ChargeRequest] = field(default_factory=list)
    """Requests that are still somewhere in the network."""
    answers: list[tuple[int, int, Outcome]] = field(default_factory=list)
    """Answers that nobody has written down yet: their workers are slow, or dead."""
    taken: list[CardPayment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.processor = Processor(now=lambda: self.clock.now)
        self.accounts = [enrolled(self.session) for _ in range(2)]
        self.sender = self.mutate(self) if self.mutate else self.send

    def play(self) -> list[str]:
        """The whole night; what is wrong afterwards."""
        actions = [
            self.batch,
            self.batch,
            self.staff,
            self.look,
            self.look,
            self.wait,
            self.wait,
            self.arrive,
            self.webhook,
            self.settle_late,
        ]
        for _ in range(STEPS):
            self.draw.choice(actions)()
        self.calm_down()
        return self.verdict()

    # What happens.

    def batch(self) -> None:
        """A worker plans if need be, claims, and may die at any point."""
        on = self.clock.today
        batch, _ = batches.open_batch(
            self.session, BatchKind.DAILY, on=on, location_id=LOCATION, now=self.clock.now, actor=SYSTEM
        )
        for request in claiming.claim_some(self.session, batch.id, most=2, today=on, now=self.clock.now) or ():
            self.fly(request)

    def staff(self) -> None:
        """Somebody presses "charge card" where the program shows that something is due."""
        account, card = self.draw.choice(self.accounts)
        if not self.is_due(account):
            return
        try:
            with self.session.begin_nested():
                charge = planning.plan(
                    self.session,
                    account.id,
                    card_id=card.id,
                    amount_cents=5_400,
                    location_id=LOCATION,
                    today=self.clock.today,
                    now=self.clock.now,
                    actor=SYSTEM,
                    identity=UUID(int=self.draw.getrandbits(128)),
                )
        except RuleViolation:
            return
        request = claiming.claim(self.session, charge.id, today=self.clock.today, now=self.clock.now)
        if request is not None:
            self.fly(request)

    def look(self) -> None:
        """The janitor."""
        janitor.expire(self.session, now=self.clock.now)
        due = janitor.due(self.session, now=self.clock.now)
        if due is None:
            return
        shown = [payment for payment in self.processor.by_key.values() if payment.created_at <= self.clock.now - LIST_LAGS]
        found = janitor.by_reference([*shown, *(each for each in self.taken if each not in shown)])
        for charge_id in due.charge_ids:
            request = janitor.look(self.session, charge_id, found, today=self.clock.today, now=self.clock.now)
            if request is not None:
                self.fly(request)

    def fly(self, request: ChargeRequest) -> None:
        """A claimed request: the worker may die before or after sending, or be slow to write the answer down."""
        if self.draw.random() < 0.15:
            return  # Dead before it sent anything.
        outcome = self.sender(request)
        chance = self.draw.random()
        if chance < 0.15:
            return  # Dead with the answer in its hands.
        if chance < 0.3:
            self.answers.append((request.charge_id or 0, request.send, outcome))
        else:
            self.settle(request.charge_id or 0, request.send, outcome)

    def send(self, request: ChargeRequest) -> Outcome:
        """The network: the request may arrive, arrive late or never; its answer may come or not."""
        chance = self.draw.random()
        if chance < 0.2:
            self.late.append(request)
            return Unknown("time-out")
        outcome = self.reach(request)
        return Unknown("time-out") if chance < 0.4 else outcome

    def reach(self, request: ChargeRequest) -> Outcome:
        """The processor gets a request. A key that it has forgotten is a new one to it."""
        key = request.fields["idempotency_key"]
        known = self.processor.by_key.get(key)
        if known is not None and self.clock.now - known.created_at > KEYS_LIVE:
            self.taken.append(known)
            del self.processor.by_key[key]
        self.processor.cards = (
            {} if self.draw.random() < 0.8 else {card.square_card_id: "GENERIC_DECLINE" for _, card in self.accounts}
        )
        return self.processor.arrive(request)

    def arrive(self) -> None:
        """A request of long ago reaches the processor."""
        if self.late:
            self.reach(self.late.pop(self.draw.randrange(len(self.late))))

    def settle_late(self) -> None:
        """A worker that was thought dead writes its answer down, perhaps twice."""
        if self.answers:
            answer = self.draw.choice(self.answers)
            for _ in range(self.draw.choice((1, 2))):
                self.settle(*answer)

    def settle(self, charge_id: int, send: int, outcome: Outcome) -> None:
        """An answer is written down."""
        settling.settle(self.session, charge_id, outcome, today=self.clock.today, now=self.clock.now, send=send)

    def webhook(self) -> None:
        """The processor tells of a payment, perhaps twice."""
        payments = [*self.processor.by_key.values(), *self.taken]
        if payments:
            payment = self.draw.choice(payments)
            for _ in range(self.draw.choice((1, 2))):
                self.tell(payment, Source.WEBHOOK)

    def tell(self, payment: CardPayment, source: Source) -> None:
        """Somebody learns of a payment."""
        charge_id = self.session.scalar(select(Charge.id).where(Charge.key == payment.reference_id))
        if charge_id is not None:
            settling.resolve(self.session, charge_id, payment, today=self.clock.today, now=self.clock.now, source=source)

    def wait(self) -> None:
        """Time passes."""
        self.clock.forward(seconds=self.draw.choice((5, 30, 70, 200, 400, 1_000, 4_000, 12_000)))

    def calm_down(self) -> None:
        """No more faults: what is under way arrives, the janitor looks for a day, and the books are compared."""
        while self.late:
            self.reach(self.late.pop())
        self.sender = self.reach
        for _ in range(9):
            self.clock.forward(hours=3.1)
            self.look()
        for payment in [*self.processor.by_key.values(), *self.taken]:
            if payment.status == "COMPLETED":
                self.tell(payment, Source.RECONCILIATION)

    # What is wrong.

    def is_due(self, account: Account) -> bool:
        """Whether the program shows that an installment is due and would let somebody charge it."""
        statement, values = candidates(BatchKind.DAILY, AutopaySettings(), on=self.clock.today, account_ids=[account.id])
        row = self.session.execute(statement, values).one()
        return bool(row.amount_cents > 0 and row.reason != "nothing_due")

    def verdict(self) -> list[str]:
        """Each violation in words."""
        self.session.flush()
        completed = [each for each in (*self.processor.by_key.values(), *self.taken) if each.status == "COMPLETED"]
        ours = [account.id for account, _ in self.accounts]
        keys = self.session.scalars(select(Charge.key).where(Charge.account_id.in_(ours))).all()
        cards = {card.square_card_id: account.id for account, card in self.accounts}
        by_account = Counter(cards[each.card_id or ""] for each in completed)
        wrong = [f"account {account_id} was charged {count} times" for account_id, count in by_account.items() if count > 1]
        booked = Counter(
            self.session.scalars(
                select(Payment.square_payment_id).where(
                    Payment.account_id.in_(cards.values()),
                    Payment.method == PaymentMethod.CARD,
                    Payment.state == PaymentState.COMPLETE,
                )
            )
        )
        wrong += [f"payment {identity} is booked {count} times" for identity, count in booked.items() if count > 1]
        reviewed = set(
            self.session.scalars(select(Charge.key).where(Charge.state == ChargeState.NEEDS_REVIEW, Charge.key.in_(keys)))
        )
        for payment in completed:
            if payment.id not in booked and payment.reference_id not in reviewed:
                wrong.append(f"payment {payment.id} is lost")
        wrong += [f"payment {identity} was never made" for identity in booked if identity not in {each.id for each in completed}]
        cards_only = ("a success is one payment", "one open charge", "frozen requests", "batches add up")
        wrong += [each.invariant.name for each in findings(self.session) if each.broken and each.invariant.name in cards_only]
        return wrong


def night(session: Session, clock: Clock, seed: int, mutate: Callable[[Night], Send] | None = None) -> list[str]:
    """Play one night and take everything back; what was wrong."""
    begun = clock.now
    savepoint = session.begin_nested()
    try:
        return Night(session, clock, Random(seed), mutate).play()
    finally:
        savepoint.rollback()
        session.expire_all()
        audit.forget_pending(session)
        clock.now = begun
        clock.forward()


def another_key(request: ChargeRequest, key: str) -> ChargeRequest:
    """The same charge under another key, which is what must never be."""
    fields = request.fields | {"idempotency_key": key}
    return replace(request, body=json.dumps(fields, sort_keys=True))
