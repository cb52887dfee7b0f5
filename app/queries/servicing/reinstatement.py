"""Which reinstatement policy a contract follows, until when it may be reinstated and what that takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.servicing.delinquency import DueLine, age
from app.domain.servicing.reinstatement import Grants, reinstate_until
from app.domain.servicing.status import AccountStatus
from app.models import Account, Portfolio, ReinstatementPolicy, Staff
from app.queries.listing import Field, Flag, Join, Listing, One, Text
from app.queries.servicing.arrangements import open_lines
from app.queries.servicing.contracts import state_of

REINSTATABLE = frozenset({AccountStatus.DEFAULT, AccountStatus.RECOVERY, AccountStatus.RETURNED})
"""Lapsed, but not over."""

REINSTATEMENT_POLICIES = Listing(
    ReinstatementPolicy,
    joins=(
        Join("portfolio", Portfolio, ReinstatementPolicy.portfolio_id == Portfolio.id, is_outer=True),
        Join("verifier", Staff, ReinstatementPolicy.verified_by_id == Staff.id, is_outer=True),
    ),
    fields=(
        Field("state", ReinstatementPolicy.state, sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("contract_from_on", ReinstatementPolicy.contract_from_on, sort=True),
        Field("days_weekly", ReinstatementPolicy.days_weekly),
        Field("days_longer", ReinstatementPolicy.days_longer),
        Field("periods", ReinstatementPolicy.periods),
        Field("days_if_returned", ReinstatementPolicy.days_if_returned),
        Field("fee_cents", ReinstatementPolicy.fee_cents),
        Field("citation", ReinstatementPolicy.citation),
        Field("verified_on", ReinstatementPolicy.verified_on),
        Field("verified_by", Staff.name, "verifier"),
        Field("is_active", ReinstatementPolicy.is_active),
    ),
    filters=(
        Text("state", "State", ReinstatementPolicy.state),
        One("portfolio", "Portfolio", ReinstatementPolicy.portfolio_id, model=Portfolio, order_by=Portfolio.name, none="All"),
        Flag("active", "Active", ReinstatementPolicy.is_active),
        Flag("verified", "Verified", ReinstatementPolicy.verified_on.is_not(None)),
    ),
    order="state",
)


@dataclass(frozen=True, slots=True)
class Window:
    """How an account may be reinstated: until when, and what has to be paid."""

    policy: ReinstatementPolicy | None
    """None: the state grants nothing that we know of; a supervisor may still agree to it."""
    missed_on: dt.date
    until: dt.date | None
    past_due_cents: int
    """Installments past due and all open fees."""
    fee_cents: int

    @property
    def needed_cents(self) -> int:
        """What is past due, and the fee."""
        return self.past_due_cents + self.fee_cents

    def is_open(self, today: dt.date) -> bool:
        """Whether the customer has the right to it today."""
        return self.until is not None and today <= self.until


def policy_of(session: Session, account: Account) -> ReinstatementPolicy | None:
    """The newest active row not after the contract's date; one for its portfolio wins, then one for its state."""
    state = state_of(session, account)
    row = ReinstatementPolicy
    return session.scalar(
        select(row)
        .where(
            row.is_active,
            row.contract_from_on <= account.start_on,
            or_(row.state == state, row.state.is_(None)),
            or_(row.portfolio_id == account.portfolio_id, row.portfolio_id.is_(None)),
        )
        .order_by(row.portfolio_id.is_(None), row.state.is_(None), row.contract_from_on.desc())
        .limit(1)
    )


def window(session: Session, account: Account, *, today: dt.date) -> Window | None:
    """How a lapsed account may be reinstated today; None for one that has not lapsed or has nothing past due."""
    if account.status not in REINSTATABLE:
        return None
    tolerance = session.scalar(select(Portfolio.tolerance_cents).where(Portfolio.id == account.portfolio_id)) or 0
    lines = open_lines(session, account.id)
    owed = [DueLine(line.due_on, line.unpaid_cents, line.fees_cents) for line in lines]
    stands = age(owed, today, tolerance_cents=tolerance)
    if stands.oldest_due_on is None:
        return None
    policy = policy_of(session, account)
    until = None
    if policy is not None:
        grants = Grants(policy.days_weekly, policy.days_longer, policy.periods, policy.days_if_returned)
        is_returned = account.status is AccountStatus.RETURNED
        until = reinstate_until(grants, account.frequency, stands.oldest_due_on, is_returned=is_returned)
    # Fees are covered first, also those that hang on no installment.
    past_due_cents = sum(line.unpaid_cents for line in lines if line.due_on < today) + account.fees_cents
    return Window(policy, stands.oldest_due_on, until, past_due_cents, policy.fee_cents if policy else 0)
