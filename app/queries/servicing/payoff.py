"""What an account owes on a day, and what it would cost to own its device then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import RuleViolation
from app.domain.servicing.contract import ContractType
from app.domain.servicing.early_purchase import (
    Formula,
    Price,
    Standing,
    Terms,
    early_purchase,
    financed_payoff,
    good_through,
    payoff,
    same_as_cash_until,
)
from app.domain.servicing.interest import assessments
from app.domain.servicing.quotes import QuoteKind
from app.models import Account, Allocation, ContractFinance, ContractTerms, Installment, PayoffPolicy, Quote

HOUSE_TERMS = Terms(Formula.NONE)
"""Where no policy fits at all: all that is open is asked for."""
HOUSE_GOOD_DAYS = 7


@dataclass(frozen=True, slots=True)
class Parts:
    """What there is to know of an account before it is quoted."""

    standing: Standing
    terms: Terms
    policy_id: int | None
    good_days: int
    next_due_on: dt.date | None

    @property
    def same_as_cash_until(self) -> dt.date | None:
        """The last day of same-as-cash, if the contract has one and its cash price is known."""
        if self.standing.cash_price_cents is None:
            return None
        return same_as_cash_until(self.terms, self.standing.contract_on)


@dataclass(frozen=True, slots=True)
class Worked:
    """A figure worked out and not given to anybody yet."""

    kind: QuoteKind
    as_of_on: dt.date
    good_through_on: dt.date
    price: Price
    payoff_cents: int
    policy_id: int | None
    same_as_cash_until: dt.date | None

    @property
    def saved_cents(self) -> int:
        """How much less it is than paying all that is open."""
        return self.payoff_cents - self.price.total_cents


def payoff_parts(session: Session, account: Account, on: dt.date) -> Parts:
    """What is late, to come and paid on an account as of a day, and the policy of its contract."""
    open_cents = Installment.amount_cents - Installment.paid_cents
    taken_off = (
        select(func.coalesce(func.sum(Allocation.amount_cents), 0))
        .where(
            Allocation.account_id == account.id,
            Allocation.adjustment_id.is_not(None),
            Allocation.installment_number.is_not(None),
        )
        .scalar_subquery()
    )
    line = session.execute(
        select(
            func.coalesce(func.sum(Installment.amount_cents), 0).label("total"),
            func.coalesce(func.sum(Installment.paid_cents), 0).label("paid"),
            func.coalesce(func.sum(open_cents).filter(Installment.due_on < on), 0).label("late"),
            func.coalesce(func.sum(open_cents).filter(Installment.due_on >= on), 0).label("to_come"),
            func.count().filter(open_cents == 0).label("made"),
            func.min(Installment.due_on).filter(open_cents > 0, Installment.due_on >= on).label("next_due_on"),
            taken_off.label("taken_off"),
        ).where(Installment.account_id == account.id)
    ).one()
    contract_on, policy = _policy_of(session, account)
    return Parts(
        standing=Standing(
            contract_on=contract_on,
            total_cents=int(line.total),
            paid_cents=int(line.paid) - int(line.taken_off),
            past_due_cents=int(line.late),
            not_due_cents=int(line.to_come),
            fees_cents=account.fees_cents,
            credit_cents=max(0, account.credit_cents),
            payments_made=line.made,
            cash_price_cents=account.cash_price_cents,
        ),
        terms=HOUSE_TERMS if policy is None else terms_of(policy),
        policy_id=None if policy is None else policy.id,
        good_days=HOUSE_GOOD_DAYS if policy is None else policy.good_days,
        next_due_on=line.next_due_on,
    )


def worked_out(parts: Parts, *, kind: QuoteKind, on: dt.date) -> Worked:
    """The itemised figure of a day. Raises RuleViolation when it cannot be known."""
    whole = payoff(parts.standing)
    is_early = kind is QuoteKind.EARLY_PURCHASE
    price = early_purchase(parts.standing, parts.terms, on=on) if is_early else whole
    return Worked(
        kind=kind,
        as_of_on=on,
        good_through_on=good_through(
            on,
            days=parts.good_days,
            is_early_purchase=is_early and price.formula is not None,
            until=parts.same_as_cash_until,
            next_due_on=parts.next_due_on,
        ),
        price=price,
        payoff_cents=whole.total_cents,
        policy_id=parts.policy_id if is_early else None,
        same_as_cash_until=parts.same_as_cash_until,
    )


def figure(session: Session, account: Account, *, kind: QuoteKind, on: dt.date, today: dt.date) -> Worked:
    """What a quote for a day would say. Writes nothing.

    Raises RuleViolation for a day that has passed, or one so far ahead that nobody can know.
    """
    if on < today:
        raise RuleViolation("A quote is for today or a day to come.", field="on")
    if on > today + dt.timedelta(days=FARTHEST_DAYS):
        raise RuleViolation(f"A quote looks at most {FARTHEST_DAYS} days ahead.", field="on")
    finance = _finance(session, account)
    if finance is None:
        return worked_out(payoff_parts(session, account, on), kind=kind, on=on)
    return _of_financed(account, finance, kind=kind, on=on)


def both(session: Session, account: Account, on: dt.date) -> dict[QuoteKind, Worked | str]:
    """Both figures of a day; in the place of one that cannot be known, the sentence that says why."""
    finance = _finance(session, account)
    parts = payoff_parts(session, account, on) if finance is None else None
    found: dict[QuoteKind, Worked | str] = {}
    for kind in QuoteKind:
        try:
            if parts is not None:
                found[kind] = worked_out(parts, kind=kind, on=on)
            elif finance is not None:
                found[kind] = _of_financed(account, finance, kind=kind, on=on)
        except RuleViolation as problem:
            found[kind] = problem.message
    return found


def _finance(session: Session, account: Account) -> ContractFinance | None:
    return None if account.contract_type is ContractType.LEASE else session.get(ContractFinance, account.id)


def _of_financed(account: Account, finance: ContractFinance, *, kind: QuoteKind, on: dt.date) -> Worked:
    if kind is QuoteKind.EARLY_PURCHASE:
        raise RuleViolation("Only a lease has an early purchase price; ask for the payoff.", field="kind")
    price = _financed(account, finance, on)
    return Worked(kind, on, on, price, price.total_cents, None, None)


def _financed(account: Account, finance: ContractFinance, on: dt.date) -> Price:
    """Principal, interest and fees on a day; it grows by the day, so a quote of it holds for its day alone."""
    until = min(on, finance.stops_on or on)
    coming = assessments(finance.principal_open_cents, finance.interest_rate, finance.accrued_on, until)
    days = sum(each.days for each in coming)
    return financed_payoff(
        finance.principal_open_cents,
        finance.interest_open_cents,
        sum(each.cents for each in coming),
        account.fees_cents,
        max(0, account.credit_cents),
        why_accruing=f"{days} day{'' if days == 1 else 's'} at {finance.interest_rate.normalize():f} % a year",
    )


FARTHEST_DAYS = 92


def terms_of(policy: PayoffPolicy) -> Terms:
    """A policy's row as the rules want it."""
    return Terms(
        formula=policy.formula,
        percent=policy.percent,
        cash_months=policy.cash_months,
        cash_days=policy.cash_days,
        needs_payments=policy.needs_payments,
        balloon_cents=policy.balloon_cents,
    )


def _policy_of(session: Session, account: Account) -> tuple[dt.date, PayoffPolicy | None]:
    """The contract's date, and the policy that its state, its portfolio and its date choose."""
    terms = session.execute(
        select(ContractTerms.note_on, ContractTerms.state).where(ContractTerms.account_id == account.id)
    ).one_or_none()
    contract_on = account.start_on if terms is None else terms.note_on
    state = terms.state if terms is not None and terms.state else account.customer.state
    policy = session.scalar(
        select(PayoffPolicy)
        .where(
            PayoffPolicy.is_active,
            PayoffPolicy.contract_from_on <= contract_on,
            PayoffPolicy.state.is_(None) | (PayoffPolicy.state == (state or "").upper()),
            PayoffPolicy.portfolio_id.is_(None) | (PayoffPolicy.portfolio_id == account.portfolio_id),
        )
        .order_by(
            PayoffPolicy.portfolio_id.is_(None),
            PayoffPolicy.state.is_(None),
            PayoffPolicy.contract_from_on.desc(),
            PayoffPolicy.id.desc(),
        )
        .limit(1)
    )
    return contract_on, policy


def quotes_of(session: Session, account_id: int) -> Sequence[Quote]:
    """Quotes that were given on an account, newest first."""
    return session.scalars(
        select(Quote)
        .where(Quote.account_id == account_id)
        .options(joinedload(Quote.quoted_by))
        .order_by(Quote.id.desc())
        .limit(20)
    ).all()
