"""Which fee policy a contract follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.allocation import Policy
from app.domain.payments.partial import PartialPayments
from app.domain.servicing.contract import ContractType
from app.domain.servicing.fees import Applies, Combiner, FeeRule, chosen
from app.models import Account, FeePolicy
from app.queries.servicing.contracts import state_of


def applies(policy: FeePolicy) -> Applies:
    """To whom a row applies, as the rule that chooses wants it."""
    return Applies(policy.id, policy.contract_from_on, policy.frequency_class, policy.state, policy.portfolio_id)


def rule_of(policy: FeePolicy) -> FeeRule:
    """The figures of a row."""
    return FeeRule(
        name=policy.name,
        citation=policy.citation,
        percent=policy.percent,
        flat_cents=policy.flat_cents,
        combiner=policy.combiner,
        floor_cents=policy.floor_cents,
        cap_cents=policy.cap_cents,
        cap_total_cents=policy.cap_total_cents,
        grace_days=policy.grace_days,
        is_grace_business_days=policy.is_grace_business_days,
    )


def kept(rule: FeeRule) -> dict[str, Any]:
    """A rule as a fee keeps it."""
    return asdict(rule) | {"percent": None if rule.percent is None else str(rule.percent)}


def read(rule: Mapping[str, Any]) -> FeeRule:
    """A rule as a fee kept it."""
    percent = rule.get("percent")
    return FeeRule(
        **dict(rule) | {"percent": None if percent is None else Decimal(percent), "combiner": Combiner(rule["combiner"])}
    )


def active(session: Session) -> dict[int, FeePolicy]:
    """All rows that are in use, by id; a few dozen."""
    return {row.id: row for row in session.scalars(select(FeePolicy).where(FeePolicy.is_active).order_by(FeePolicy.id))}


def policy_of(session: Session, account: Account) -> FeePolicy | None:
    """The row that a contract follows: by its state, its date, its rhythm and its portfolio; None when none fits.

    Invoices follow no law of leases: they earn no late fees by themselves.
    """
    if account.contract_type is ContractType.INVOICES:
        return None
    state = state_of(session, account)
    rows = active(session)
    found = chosen(
        map(applies, rows.values()),
        state=state,
        contract_on=account.start_on,
        frequency=account.frequency,
        portfolio_id=account.portfolio_id,
    )
    return None if found is None else rows[found.key]


def partial_of(policy: FeePolicy | None, account: Account) -> PartialPayments:
    """What a part payment does to the due date. Only rent is paid for days: a financed contract keeps its due dates."""
    if policy is None or account.contract_type is not ContractType.LEASE:
        return PartialPayments.KEEP
    return policy.partial_payments


def allocation_of(policy: FeePolicy | None) -> Policy:
    """The order in which payments cover what is owed; fees first where no policy fits."""
    return Policy.FEES_FIRST if policy is None else policy.allocation
