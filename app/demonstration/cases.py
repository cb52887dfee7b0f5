"""Returns, recoveries and disputes in the demonstration: a few begin each day, and those of earlier days go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.demonstration.cast import Member
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.evidence import admit
from app.domain.servicing.recoveries import AttemptKind, AttemptOutcome, RecoveryState
from app.domain.servicing.returns import Grade, ReturnState
from app.domain.servicing.status import AccountStatus
from app.models import Account, DeviceReturn, Dispute, Recovery
from app.services.servicing import disputes, recoveries, returns
from app.services.staff.audit import Actor

BEGUN_A_DAY = 2
"""Of each kind; a small office, and a start that should be quick."""
LATE_DAYS = 30
"""Who is later than this may give the device up."""

REASONS = ("Cannot pay any more, brings it back", "Moves away", "Bought another phone", "Screen broke, does not want it")
CARRIERS = ("UPS", "FedEx", "USPS")
PLACES = ("Home address", "Place of work", "Mother's house", "Store")
CLAIMS = (
    (DisputeReason.PAID, "Paid in cash at the counter on Friday and has the receipt.", b"Receipt 48213\nCash 54.00\nThank you\n"),
    (DisputeReason.AMOUNT, "Says the salesman promised a lower payment.", None),
    (DisputeReason.DEVICE, "The phone would not charge from the second day on.", None),
    (DisputeReason.FEE, "Paid on the due date, the store posted it a day later.", b"Screenshot: paid 9:14 PM on the due date\n"),
)
DEADLINES = (30, 2, 14, 3)
"""Days to decide; two of them are near, so that the alerts have something to say."""


class Cases:
    """The cases of an office, worked day by day."""

    def __init__(self, session: Session, rng: Random, members: Sequence[Member], *, home: Path) -> None:
        self.session, self.rng, self.home = session, rng, home
        self.actors = {member.staff_id: member.actor for member in members}
        self.supervisor = next(member.actor for member in members if member.is_supervisor)
        self.numbers = count()

    def work(self, on: dt.date) -> None:
        """Go on with what there is, then begin something."""
        now = clock.moment(on, dt.time(15, 0))
        self._go_on(on, now)
        self._begin_recoveries(on, now)
        self._begin_returns(on, now)
        self._begin_disputes(on, now)

    def _go_on(self, on: dt.date, now: dt.datetime) -> None:
        for back in self.session.scalars(select(DeviceReturn).order_by(DeviceReturn.id)).all():
            self._step(back, on, now)
        for recovery in self.session.scalars(
            select(Recovery).where(Recovery.state == RecoveryState.OPEN).order_by(Recovery.id)
        ).all():
            self._try(recovery, on, now)
        for dispute in self.session.scalars(select(Dispute).where(Dispute.state == DisputeState.OPEN).order_by(Dispute.id)).all():
            if self.rng.random() < 0.4:
                disputes.review(self.session, dispute.id, now=now, actor=self.supervisor)

    def _step(self, back: DeviceReturn, on: dt.date, now: dt.datetime) -> None:
        by = self._by(back.account)
        if back.state is ReturnState.INITIATED:
            number = f"1Z{self.rng.randrange(10**14):014d}"
            carrier = self.rng.choice(CARRIERS)
            returns.send_label(self.session, back.id, carrier=carrier, tracking=number, today=on, now=now, actor=by)
        elif back.state is ReturnState.LABEL and self.rng.random() < 0.6:
            returns.receive(self.session, back.id, received_on=on, today=on, now=now, actor=by)
        elif back.state is ReturnState.RECEIVED:
            grade = self.rng.choice(list(Grade))
            returns.inspect(self.session, back.id, grade=grade, note=None, today=on, now=now, actor=by)
        elif back.state is ReturnState.INSPECTED and back.grade is not Grade.D:
            returns.restock(self.session, back.id, refurb_cost_cents=1_500, today=on, now=now, actor=by)

    def _try(self, recovery: Recovery, on: dt.date, now: dt.datetime) -> None:
        by = self._by(recovery.account)
        outcome = self.rng.choice([AttemptOutcome.NOBODY, AttemptOutcome.SPOKE, AttemptOutcome.WILL_RETURN, AttemptOutcome.MOVED])
        recoveries.add_attempt(
            self.session,
            recovery.id,
            kind=self.rng.choice([AttemptKind.VISIT, AttemptKind.CALL, AttemptKind.LETTER]),
            outcome=outcome,
            place=self.rng.choice(PLACES),
            note=None,
            next_on=on + dt.timedelta(days=3) if outcome is not AttemptOutcome.WILL_RETURN else None,
            today=on,
            now=now,
            actor=by,
        )
        if outcome is AttemptOutcome.WILL_RETURN and self.rng.random() < 0.5:
            recoveries.end(
                self.session,
                recovery.id,
                state=RecoveryState.RECOVERED,
                outcome="Handed over at the door",
                today=on,
                now=now,
                actor=by,
            )

    def _begin_recoveries(self, on: dt.date, now: dt.datetime) -> None:
        for account in self._accounts(Account.status == AccountStatus.DEFAULT):
            recoveries.start(
                self.session,
                account.id,
                reason=f"{account.days_past_due} days late and no answer",
                agent="Swift Recovery" if self.rng.random() < 0.5 else None,
                assigned_to_id=account.assigned_to_id,
                today=on,
                now=now,
                actor=self._by(account),
            )

    def _begin_returns(self, on: dt.date, now: dt.datetime) -> None:
        late = (Account.status == AccountStatus.ACTIVE, Account.days_past_due > LATE_DAYS)
        for account in self._accounts(*late, ~Account.id.in_(select(DeviceReturn.account_id))):
            reason = self.rng.choice(REASONS)
            returns.start(self.session, account.id, reason=reason, today=on, now=now, actor=self._by(account))

    def _begin_disputes(self, on: dt.date, now: dt.datetime) -> None:
        late = (Account.status == AccountStatus.ACTIVE, Account.past_due_cents > 0)
        for account in self._accounts(*late, ~Account.id.in_(select(Dispute.account_id))):
            number = next(self.numbers)
            reason, statement, content = CLAIMS[number % len(CLAIMS)]
            disputes.open_dispute(
                self.session,
                account.id,
                reason=reason,
                amount_cents=min(account.past_due_cents, account.payment_cents),
                statement=statement,
                deadline_on=on + dt.timedelta(days=DEADLINES[number % len(DEADLINES)]),
                files=[admit(content, "from-customer.txt")] if content else [],
                home=self.home,
                today=on,
                now=now,
                actor=self._by(account),
            )

    def _accounts(self, *conditions: object) -> list[Account]:
        """A few accounts in somebody's book, not always the first ones."""
        query = select(Account).where(Account.assigned_to_id.is_not(None), *conditions)  # type: ignore[arg-type]
        found = list(self.session.scalars(query.order_by(Account.id).limit(40)))
        return self.rng.sample(found, min(BEGUN_A_DAY, len(found)))

    def _by(self, account: Account) -> Actor:
        return self.actors.get(account.assigned_to_id or 0, self.supervisor)
