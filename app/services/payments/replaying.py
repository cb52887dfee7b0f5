"""Replay: what payments cover, and each late fee and interest charge, is derived anew from the ledger.

The rule is `app.domain.payments.replay`; here the account's rows are brought to what it says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.money import as_text
from app.domain.payments.ledger import PUT_OFF, AutoFee, Credit, Ledger, Received
from app.domain.payments.partial import PartialPayments
from app.domain.payments.replay import replay as replayed
from app.domain.servicing.buckets import bucket_of
from app.domain.servicing.charges import ChargeKind, FeeKind
from app.domain.servicing.moves import PERIOD_DAYS
from app.models import (
    Account,
    Activity,
    Allocation,
    BucketChange,
    ContractFinance,
    Fee,
    FeePolicy,
    InterestCharge,
    PaymentSplit,
    Portfolio,
)
from app.queries.collections.buckets import buckets
from app.queries.payments import late_fees
from app.queries.payments.fee_policies import allocation_of, kept, partial_of, policy_of
from app.queries.payments.ledger import ledger_of
from app.services.collections import crossings
from app.services.payments import bought_days
from app.services.reporting import snapshots
from app.services.servicing import standing
from app.services.staff.audit import SYSTEM, Actor

E = TypeVar("E", Received, Credit)


def replay(
    session: Session,
    account: Account,
    *,
    from_on: dt.date,
    today: dt.date,
    now: dt.datetime | None = None,
    actor: Actor = SYSTEM,
    earns_fees: bool = True,
    found: Sequence[AutoFee] = (),
    fees_until: dt.date | None = None,
) -> None:
    """Work out anew all that follows from an account's entries, and bring its rows, standing and snapshots to that.

    `from_on` is the effective date of the entry that made it necessary: snapshots from that day on are posted again.
    `earns_fees=False`: an installment that is open again, because we gave its money back, earns no late fee for that.
    `found`: late fees that are new to the ledger; those that come to nothing are not written.
    Replaying twice changes nothing. The caller holds the account's row lock.
    """
    session.flush()
    at = now or dt.datetime.combine(today, dt.time(12), dt.UTC)
    before = ledger_of(session, account.id)
    policy = policy_of(session, account)
    given = replace(before, late_fees=(*before.late_fees, *found)) if found else before
    since_on = from_on if earns_fees else today
    ledger = worked_out(session, account, given, policy, from_on=since_on, today=today, fees_until=fees_until)
    ledger = _write_fees(session, account, before, ledger, policy, now=at, actor=actor)
    if _write_allocations(session, account.id, ledger):
        _cover_lines(session, account.id)
    if ledger.bought or before.bought or partial_of(policy, account) is not PartialPayments.KEEP:
        bought_days.write(session, account.id, ledger)
    _write_finance(session, account.id, ledger)
    days_before = account.days_past_due
    standing.restate(session, [account.id], today=today)
    session.refresh(account)
    _note_bucket_change(session, account, days_before=days_before, today=today)
    snapshots.repost(session, account.id, from_on=from_on, before=today)


def worked_out(
    session: Session,
    account: Account,
    before: Ledger,
    policy: FeePolicy | None,
    *,
    from_on: dt.date,
    today: dt.date,
    fees_until: dt.date | None = None,
) -> Ledger:
    """The ledger with all that follows from it; writes nothing. `fees_until`: the last day whose late fees are assessed.

    An installment that was covered in time and no longer is, because its payment went back out, earns the late fee that the
    end of that day would have assessed. Such a fee takes money from later installments, so it is looked at again.
    """
    tolerance = session.scalar(select(Portfolio.tolerance_cents).where(Portfolio.id == account.portfolio_id)) or 0
    way = partial_of(policy, account)
    ended_on = max(today - dt.timedelta(days=1), _interest_until(session, account.id, today))
    given = before
    while True:
        ledger = replayed(
            given,
            today=today,
            policy=allocation_of(policy),
            tolerance_cents=tolerance,
            ended_on=min(ended_on, today),
            part_paid=way,
            term_days=PERIOD_DAYS[account.frequency],
            fees_until=fees_until,
        )
        new = _no_longer_in_time(session, account, given, ledger, policy, from_on=from_on, today=today)
        if not new:
            return ledger
        given = replace(given, late_fees=(*given.late_fees, *new))


def _interest_until(session: Session, account_id: int, today: dt.date) -> dt.date:
    """The last day on which interest was assessed: a month's end may have been ended before its day was over."""
    query = select(func.max(InterestCharge.assessed_on)).where(
        InterestCharge.account_id == account_id, InterestCharge.assessed_on <= today
    )
    return session.scalar(query) or dt.date.min


def _no_longer_in_time(
    session: Session,
    account: Account,
    given: Ledger,
    after: Ledger,
    policy: FeePolicy | None,
    *,
    from_on: dt.date,
    today: dt.date,
) -> list[AutoFee]:
    """Late fees that are due because an installment, covered at the end of its last day of grace before, is not now."""
    if policy is None or from_on >= today:
        return []
    earliest = max(from_on, late_fees.charges_after(session, account) + dt.timedelta(days=1))
    possible = late_fees.missing(given, policy, first_on=earliest, last_on=today - dt.timedelta(days=1))
    possible = [fee for fee in possible if not fee.moved and after.unpaid_on(fee.number, fee.assessed_on) > 0]
    if not possible:
        return []
    # Where a part buys days, a part of it may have put the fee off.
    is_kept, amounts = partial_of(policy, account) is PartialPayments.KEEP, _amounts(given)
    covered, was_aged = _covered_before(session, account.id), late_fees.was_aged(session, account)
    found = [
        fee
        for fee in possible
        if was_aged(fee.assessed_on)
        and sum(cents for day, cents in covered.get(fee.number, ()) if day <= fee.assessed_on)
        >= (amounts[fee.number] if is_kept else 1)
    ]
    return late_fees.without_disputed(session, account.id, after, found)


def _amounts(given: Ledger) -> dict[int, int]:
    return {line.key: line.unpaid_cents for line in given.charges if line.kind is ChargeKind.INSTALLMENT}


def _covered_before(session: Session, account_id: int) -> dict[int, list[tuple[dt.date, int]]]:
    """Installment number → (day, cents) of what covered it until now; the allocations of a reversed payment still stand."""
    rows = session.execute(
        select(Allocation.installment_number, Allocation.effective_on, Allocation.amount_cents).where(
            Allocation.account_id == account_id, Allocation.installment_number.is_not(None)
        )
    )
    found: dict[int, list[tuple[dt.date, int]]] = {}
    for number, on, cents in rows:
        found.setdefault(number or 0, []).append((on, cents))
    return found


def _write_fees(
    session: Session,
    account: Account,
    before: Ledger,
    ledger: Ledger,
    policy: FeePolicy | None,
    *,
    now: dt.datetime,
    actor: Actor,
) -> Ledger:
    """Bring the fees to what the ledger says; returns the ledger with the ids of fees that are new."""
    covered: dict[int, int] = {}
    for entry in ledger.entries:
        for part in entry.parts:
            if part.kind is ChargeKind.FEE:
                covered[part.key] = covered.get(part.key, 0) + part.cents
    rows = {row.id: row for row in session.scalars(select(Fee).where(Fee.account_id == account.id))}
    cents_before = {fee.key: fee.cents for fee in before.late_fees}
    new_ids: dict[int, int] = {}
    stands: list[AutoFee] = []
    for fee in ledger.late_fees:
        if fee.key < 0 and fee.cents == 0:
            continue
        if fee.key < 0:
            row = _new_fee(session, account, fee, policy, now=now)
            new_ids[fee.key] = row.id
            rows[row.id] = row
            covered[row.id] = covered.pop(fee.key, 0)
        row = rows[new_ids.get(fee.key, fee.key)]
        _restate_fee(row, fee)
        said = _what_became(fee, cents_before.get(fee.key, 0))
        if said:
            session.add(Activity(account_id=account.id, kind=ActivityKind.PAYMENT, at=now, summary=said, staff_id=actor.staff_id))
        stands.append(replace(fee, key=row.id))
    for row in rows.values():
        if row.paid_cents != covered.get(row.id, 0):
            row.paid_cents = covered.get(row.id, 0)
    session.flush()
    return replace(
        ledger,
        late_fees=tuple(stands),
        payments=tuple(_renamed(each, new_ids) for each in ledger.payments),
        credits=tuple(_renamed(each, new_ids) for each in ledger.credits),
    )


def _renamed(entry: E, new_ids: dict[int, int]) -> E:
    """An entry whose parts name new fees by their ids."""
    if not new_ids:
        return entry
    parts = tuple(
        replace(part, key=new_ids.get(part.key, part.key)) if part.kind is ChargeKind.FEE else part for part in entry.parts
    )
    return replace(entry, parts=parts)


def _new_fee(session: Session, account: Account, fee: AutoFee, policy: FeePolicy | None, *, now: dt.datetime) -> Fee:
    row = Fee(
        account_id=account.id,
        installment_number=fee.number,
        kind=FeeKind.LATE,
        assessed_on=fee.assessed_on,
        amount_cents=fee.cents,
        reason=fee.reason[:200],
        policy_id=policy.id if policy else None,
        rule=kept(fee.rule),
        created_at=now,
        paid_cents=0,
        waived_cents=0,
        taken_back_cents=0,
    )
    session.add(row)
    session.flush()
    return row


def _restate_fee(row: Fee, fee: AutoFee) -> None:
    """Amount, waiver and take-back of an automatic fee. One that came to nothing keeps its amount, all taken back."""
    if fee.cents:
        amount, waived, taken_back = fee.cents, min(fee.waived_cents, fee.cents), 0
    else:
        amount, waived, taken_back = row.amount_cents, row.amount_cents, row.amount_cents
    if row.assessed_on != fee.assessed_on:  # Part payments put it off, or did so until they were taken back.
        row.assessed_on = fee.assessed_on
    if (row.amount_cents, row.waived_cents, row.taken_back_cents) != (amount, waived, taken_back):
        row.amount_cents, row.waived_cents, row.taken_back_cents = amount, waived, taken_back
        if fee.cents:
            row.reason = fee.reason[:200]


def _what_became(fee: AutoFee, before_cents: int) -> str | None:
    """The sentence for the timeline when replay changed a late fee."""
    if fee.cents == before_cents:
        return None
    of_it = f"of installment {fee.number}"
    if fee.reason == PUT_OFF:
        return f"Late fee {of_it} taken back, {as_text(before_cents)}: what was paid moves its due date"
    if fee.cents == 0:
        return f"Late fee {of_it} taken back, {as_text(before_cents)}: the money came in time"
    if before_cents == 0:
        return f"Late fee {of_it}, {as_text(fee.cents)}: what had covered it in time is gone"
    return f"Late fee {of_it} is {as_text(fee.cents)} instead of {as_text(before_cents)}"


def _write_allocations(session: Session, account_id: int, ledger: Ledger) -> bool:
    """Bring the allocations to what the ledger says; returns whether anything was different."""
    rows = [*_rows(ledger.payments, account_id), *_rows(ledger.credits, account_id)]
    if rows == _present(session, account_id):
        return False
    session.execute(delete(Allocation).where(Allocation.account_id == account_id))
    if rows:
        session.execute(insert(Allocation), rows)
    return True


def _rows(entries: Iterable[Received | Credit], account_id: int) -> Iterable[dict[str, object]]:
    for entry in entries:
        for part in entry.parts:
            yield {
                "payment_id": entry.sequence if isinstance(entry, Received) else None,
                "adjustment_id": entry.key if isinstance(entry, Credit) else None,
                "account_id": account_id,
                "installment_number": part.key if part.kind is ChargeKind.INSTALLMENT else None,
                "fee_id": part.key if part.kind is ChargeKind.FEE else None,
                "amount_cents": part.cents,
                "effective_on": entry.effective_on,
            }


def _present(session: Session, account_id: int) -> list[dict[str, object]]:
    """The allocations as they stand, in the order in which they were written."""
    columns = (
        Allocation.payment_id,
        Allocation.adjustment_id,
        Allocation.account_id,
        Allocation.installment_number,
        Allocation.fee_id,
        Allocation.amount_cents,
        Allocation.effective_on,
    )
    found = session.execute(select(*columns).where(Allocation.account_id == account_id).order_by(Allocation.id))
    return [dict(row) for row in found.mappings()]


def _cover_lines(session: Session, account_id: int) -> None:
    """Write onto installments what the allocations cover of them."""
    session.execute(
        text(
            """
            update installment i set paid_cents = i.opening_cents + x.cents,
                paid_on = case when i.opening_cents + x.cents = i.amount_cents then x.last_on end
            from (
                select installment.number, coalesce(sum(allocation.amount_cents), 0) as cents,
                    max(allocation.effective_on) as last_on
                from installment
                left join allocation on allocation.account_id = installment.account_id
                    and allocation.installment_number = installment.number
                where installment.account_id = :account group by installment.number
            ) x
            where i.account_id = :account and i.number = x.number
                and (i.paid_cents, i.paid_on) is distinct from
                    (i.opening_cents + x.cents, case when i.opening_cents + x.cents = i.amount_cents then x.last_on end)
            """
        ),
        {"account": account_id},
    )
    session.expire_all()


def _write_finance(session: Session, account_id: int, ledger: Ledger) -> None:
    """Bring splits, interest and standing of a financed contract to what the ledger says."""
    if ledger.financing is None:
        return
    _replace(session, PaymentSplit, account_id, list(_split_rows(ledger, account_id)))
    interest = [
        {
            "account_id": account_id,
            "assessed_on": each.assessed_on,
            "days": each.days,
            "principal_cents": each.principal_cents,
            "amount_cents": each.cents,
        }
        for each in ledger.interest
    ]
    _replace(session, InterestCharge, account_id, interest)
    finance = session.get_one(ContractFinance, account_id)
    finance.principal_open_cents = ledger.standing.principal_cents
    finance.interest_open_cents = ledger.standing.interest_cents
    finance.interest_assessed_cents = ledger.standing.assessed_cents
    finance.accrued_on = ledger.standing.accrued_on or finance.accrued_on
    session.flush()


def _split_rows(ledger: Ledger, account_id: int) -> Iterable[dict[str, object]]:
    for payment in ledger.payments:
        if payment.interest_cents or payment.principal_cents:
            yield {
                "account_id": account_id,
                "payment_id": payment.sequence,
                "adjustment_id": None,
                "effective_on": payment.effective_on,
                "interest_cents": payment.interest_cents,
                "principal_cents": payment.principal_cents,
                "beyond_cents": payment.beyond_cents,
            }
    for credit in ledger.credits:
        if credit.interest_off_cents or credit.principal_off_cents:
            yield {
                "account_id": account_id,
                "payment_id": None,
                "adjustment_id": credit.key,
                "effective_on": credit.effective_on,
                "interest_cents": credit.interest_off_cents,
                "principal_cents": credit.principal_off_cents,
                "beyond_cents": credit.beyond_cents,
            }


def _replace(
    session: Session,
    model: type[PaymentSplit] | type[InterestCharge],
    account_id: int,
    rows: Sequence[dict[str, object]],
) -> None:
    """Put these rows in the place of the account's, unless they are there already."""
    columns = [column for column in model.__table__.columns if column.key != "id"]
    present = session.execute(select(*columns).where(model.account_id == account_id)).mappings()
    key = lambda row: tuple(str(value) for value in row.values())  # noqa: E731
    order = [column.key for column in columns]
    wanted = [{name: row[name] for name in order} for row in rows]
    if sorted(map(key, wanted)) == sorted(map(key, present)):
        return
    session.execute(delete(model).where(model.account_id == account_id))
    if wanted:
        session.execute(insert(model), wanted)


def _note_bucket_change(session: Session, account: Account, *, days_before: int, today: dt.date) -> None:
    """Keep the thresholds that were crossed, and the day's move between report buckets.

    The move is one row per account and day, from the first bucket to the last.
    """
    scheme = buckets(session, "report")
    crossings.note(session, account.id, days_before=days_before, days_after=account.days_past_due, today=today)
    old, new = bucket_of(days_before, scheme), bucket_of(account.days_past_due, scheme)
    if old.label == new.label:
        return
    change = session.get(BucketChange, (account.id, today))
    if change is None:
        change = BucketChange(
            account_id=account.id, business_on=today, from_days=days_before, from_bucket=old.label, reason="payment"
        )
        session.add(change)
    change.to_days, change.to_bucket = account.days_past_due, new.label
    session.flush()
