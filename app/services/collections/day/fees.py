"""Late fees, and interest at a month's end.

A fee is assessed at the end of the day after grace on what is unpaid of an installment, once, by the contract's policy. Lines
whose day it is are selected by the due dates that the policies' grace leads to this day; what each costs is said by the rule
itself (`app.domain.servicing.fees`), so there is nothing to keep in step with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.payments.partial import PartialPayments
from app.domain.servicing.charges import FeeKind
from app.domain.servicing.disputes import DisputeState
from app.domain.servicing.fees import LateFee, assessed_on, chosen, due_dates_assessed_on, late_fee
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.interest import assessments
from app.domain.servicing.months import month_end
from app.domain.servicing.status import AGED_STATUSES
from app.models import Account, Dispute, Fee, FeePolicy, InterestCharge
from app.queries.payments import fee_policies
from app.queries.payments.late_fees import LATE_FEES_AFTER
from app.queries.servicing.disputes import DISPUTED_PARTS_SQL
from app.services.collections.day import aging
from app.services.payments import assessing, replaying
from app.services.servicing import standing

KEEP = PartialPayments.KEEP
_STATUSES = ", ".join(f"'{status}'" for status in sorted(AGED_STATUSES))

# Accounts with a line whose day it is and that was not covered by then; locked, so that nobody pays between look and fee.
_LOCK = text(
    f"""
    select a.id from account a join portfolio p on p.id = a.portfolio_id
    where a.status in ({_STATUSES}) and a.contract_type <> 'invoices'
        and :on > (a.opened_at at time zone p.time_zone)::date
        and a.id in (
            select i.account_id from installment i
            where i.account_id between :first and :last and i.due_on = any(:dates) and i.paid_cents < i.amount_cents
            union
            select l.account_id from allocation l
            where l.effective_on > :on and l.account_id between :first and :last
        )
    order by a.id for update of a
    """
)
# Each line with what was unpaid of it, and in dispute, at the end of the day.
_LINES = text(
    f"""
    select i.account_id, i.number, i.due_on, a.start_on, a.frequency, a.portfolio_id, p.tolerance_cents,
        coalesce(t.state, c.state) as state,
        least(i.amount_cents - i.paid_cents + later.of_line_cents, case when a.contract_type = 'installment'
            then m.principal_open_cents + m.interest_open_cents + later.of_all_cents end) as unpaid_cents,
        coalesce(disputed.cents, 0) as disputed_cents,
        later.of_all_cents > 0 as has_later,
        i.due_on = a.next_due_on as is_next
    from installment i
    join account a on a.id = i.account_id
    join portfolio p on p.id = a.portfolio_id
    join customer c on c.id = a.customer_id
    left join contract_terms t on t.account_id = a.id
    left join contract_finance m on m.account_id = a.id
    cross join lateral (
        select coalesce(sum(l.amount_cents), 0) as of_all_cents,
            coalesce(sum(l.amount_cents) filter (where l.installment_number = i.number), 0) as of_line_cents
        from allocation l where l.account_id = i.account_id and l.effective_on > :on
    ) later
    left join ({DISPUTED_PARTS_SQL}) disputed on disputed.account_id = i.account_id
        and disputed.installment_number = i.number
    where i.account_id = any(:ids) and i.due_on = any(:dates)
        and not exists (select from fee f where f.account_id = i.account_id and f.kind = 'late'
            and f.installment_number = i.number)
    order by i.account_id, i.number
    """
)
# Accounts whose late fees replay has to date: something counts from a later day, or a fee was put off to this day.
_TO_DATE = text(
    f"""
    select a.id from account a
    where a.status in ({_STATUSES}) and a.contract_type = 'lease' and a.id in (
        select l.account_id from allocation l
        join bought_days b on b.account_id = l.account_id
        where l.effective_on > :on and l.account_id between :first and :last
        union
        select f.account_id from fee f
        where f.account_id between :first and :last and f.assessed_on = :on and f.taken_back_cents = f.amount_cents
            and f.rule is not null
    )
    order by a.id for update of a
    """
)
_CHARGED_BEFORE = text(
    """
    select account_id, sum(amount_cents - taken_back_cents) from fee
    where account_id = any(:ids) and kind = 'late' and rule is not null group by account_id
    """
)
# A line with a late fee was past due before it, so days do not change; the weight follows in the step of the worklist.
_ADD = text(
    """
    update account a set balance_cents = a.balance_cents + x.cents, fees_cents = a.fees_cents + x.cents,
        past_due_cents = a.past_due_cents + x.cents, next_due_cents = a.next_due_cents + x.next_cents
    from (
        select id, sum(cents) as cents, sum(next_cents) as next_cents
        from unnest(cast(:ids as bigint[]), cast(:cents as bigint[]), cast(:next_cents as bigint[])) f(id, cents, next_cents)
        group by id
    ) x
    where a.id = x.id
    """
)
_TO_ACCRUE = text(
    """
    select f.account_id, f.accrued_on, f.principal_open_cents, f.interest_rate, least(:on, coalesce(f.stops_on, :on)) as until
    from contract_finance f join account a on a.id = f.account_id
    where f.account_id between :first and :last and f.accrued_on < :on and f.principal_open_cents > 0
        and a.contract_type <> 'lease'
    order by f.account_id for update of a
    """
)
_ACCRUED = text(
    """
    update contract_finance f set accrued_on = :on, interest_open_cents = f.interest_open_cents + x.cents,
        interest_assessed_cents = f.interest_assessed_cents + x.cents
    from unnest(cast(:ids as bigint[]), cast(:cents as bigint[])) x(id, cents)
    where f.account_id = x.id
    """
)


@dataclass(frozen=True, slots=True)
class _Assessed:
    """A late fee and the line that earned it."""

    line: Row[Any]
    policy: FeePolicy
    fee: LateFee


def assess(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Assess the late fees whose day it is, and interest when the day ends a month; returns how many there were.

    A second run changes nothing: a line has one late fee, and interest of a day is assessed once.
    """
    charged = _late_fees(session, first, last, on, now) + _held_back(session, first, last, on, now)
    return charged + _interest(session, first, last, on)


def _held_back(session: Session, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """The late fees that disputes held back which are rejected or withdrawn by now."""
    rows = session.scalars(
        select(Dispute)
        .where(
            Dispute.account_id.between(first, last),
            Dispute.state.in_((DisputeState.REJECTED, DisputeState.WITHDRAWN)),
            Dispute.late_fees_on.is_(None),
            Dispute.resolved_on <= on,
        )
        .order_by(Dispute.account_id, Dispute.id)
    ).all()
    charged = 0
    for account_id, disputes in groupby(rows, key=lambda each: each.account_id):
        account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
        charged += assessing.charge_held_back(session, account, list(disputes), on=on, now=now)
        aging.age(session, first=account_id, last=account_id, on=on, now=now)
    return charged


def _late_fees(session: Session, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    after = session.scalar(text("select value #>> '{}' from setting where name = :name"), {"name": LATE_FEES_AFTER})
    if after is not None and on <= dt.date.fromisoformat(after):
        return 0
    policies = fee_policies.active(session)
    dated = (
        _by_replay(session, first, last, on, now) if any(row.partial_payments is not KEEP for row in policies.values()) else {}
    )
    dates = sorted({due for policy in policies.values() for due in _due_dates(policy, on)})
    ids = list(session.scalars(_LOCK, {"first": first, "last": last, "on": on, "dates": dates})) if dates else []
    ids = [account_id for account_id in ids if account_id not in dated]
    if not ids:
        return sum(dated.values())
    lines = session.execute(_LINES, {"ids": ids, "on": on, "dates": dates}).all()
    charged_before = {account_id: int(cents) for account_id, cents in session.execute(_CHARGED_BEFORE, {"ids": ids})}
    assessed = list(_judged(lines, policies, charged_before, on))
    inserted = _insert(session, assessed, on, now)
    kept = [each for each in assessed if (each.line.account_id, each.line.number) in inserted]
    _bring_up(session, kept, on, now)
    return len(kept) + sum(dated.values())


def _by_replay(session: Session, first: int, last: int, on: dt.date, now: dt.datetime) -> dict[int, int]:
    """Account → new late fees, of accounts whose part payments move due dates so that only a replay can date the fees."""
    found: dict[int, int] = {}
    for account_id in session.scalars(_TO_DATE, {"first": first, "last": last, "on": on}).all():
        account = session.get_one(Account, account_id)
        if fee_policies.partial_of(fee_policies.policy_of(session, account), account) is not KEEP:
            found[account_id] = assessing.assess(session, account, on=on, now=now)
            aging.age(session, first=account_id, last=account_id, on=on, now=now)
    return found


def _due_dates(policy: FeePolicy, on: dt.date) -> list[dt.date]:
    return due_dates_assessed_on(on, policy.grace_days, is_business_days=policy.is_grace_business_days)


def _judged(
    lines: Sequence[Row[Any]], policies: dict[int, FeePolicy], charged_before: dict[int, int], on: dt.date
) -> Iterable[_Assessed]:
    """The lines that earn a fee today, each by the policy of its contract."""
    applies = [fee_policies.applies(policy) for policy in policies.values()]
    known: dict[tuple[Any, ...], FeePolicy | None] = {}
    for line in lines:
        key = (line.state, line.start_on, line.frequency, line.portfolio_id)
        if key not in known:
            found = chosen(
                applies,
                state=line.state,
                contract_on=line.start_on,
                frequency=Frequency(line.frequency),
                portfolio_id=line.portfolio_id,
            )
            known[key] = None if found is None else policies[found.key]
        policy = known[key]
        if policy is None or line.unpaid_cents <= line.tolerance_cents:
            continue
        if assessed_on(line.due_on, policy.grace_days, is_business_days=policy.is_grace_business_days) != on:
            continue
        rule = replace(fee_policies.rule_of(policy), disputed_cents=int(line.disputed_cents))
        before = charged_before.get(line.account_id, 0)
        fee = late_fee(rule, int(line.unpaid_cents), charged_before_cents=before)
        if fee.cents:
            charged_before[line.account_id] = before + fee.cents
            yield _Assessed(line, policy, fee)


def _insert(session: Session, assessed: Sequence[_Assessed], on: dt.date, now: dt.datetime) -> set[tuple[int, int]]:
    """Write the fees; returns (account, installment) of those that were not there yet."""
    if not assessed:
        return set()
    rows = [
        {
            "account_id": each.line.account_id,
            "installment_number": each.line.number,
            "kind": FeeKind.LATE,
            "assessed_on": on,
            "amount_cents": each.fee.cents,
            "reason": each.fee.reason[:200],
            "policy_id": each.policy.id,
            "rule": fee_policies.kept(replace(fee_policies.rule_of(each.policy), disputed_cents=int(each.line.disputed_cents))),
            "created_at": now,
        }
        for each in assessed
    ]
    written = session.execute(insert(Fee).on_conflict_do_nothing().returning(Fee.account_id, Fee.installment_number), rows).all()
    return {(account_id, number or 0) for account_id, number in written}


def _bring_up(session: Session, assessed: Sequence[_Assessed], on: dt.date, now: dt.datetime) -> None:
    """Add the fees to what their accounts owe. Money that counts from a later day goes to a fee first, so those replay."""
    plain = [each for each in assessed if not each.line.has_later]
    if plain:
        session.execute(
            _ADD,
            {
                "ids": [each.line.account_id for each in plain],
                "cents": [each.fee.cents for each in plain],
                "next_cents": [each.fee.cents if each.line.is_next else 0 for each in plain],
            },
        )
        session.expire_all()
    for account_id in sorted({each.line.account_id for each in assessed if each.line.has_later}):
        account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
        replaying.replay(session, account, from_on=on, today=on, now=now)
        aging.age(session, first=account_id, last=account_id, on=on, now=now)


def _interest(session: Session, first: int, last: int, on: dt.date) -> int:
    if on != month_end(on):
        return 0
    rows: list[dict[str, object]] = []
    cents: dict[int, int] = {}
    for each in session.execute(_TO_ACCRUE, {"first": first, "last": last, "on": on}).all():
        found = assessments(each.principal_open_cents, each.interest_rate, each.accrued_on, each.until)
        cents[each.account_id] = sum(one.cents for one in found)
        rows += [
            {
                "account_id": each.account_id,
                "assessed_on": one.assessed_on,
                "days": one.days,
                "principal_cents": one.principal_cents,
                "amount_cents": one.cents,
            }
            for one in found
            if one.cents
        ]
    if rows:
        session.execute(insert(InterestCharge), rows)
    if cents:
        session.execute(_ACCRUED, {"on": on, "ids": list(cents), "cents": list(cents.values())})
        standing.restate(session, list(cents), today=on)
    return len(rows)
