"""Late fees that one account's ledger lacks: put off by part payments to this day, or held back by a dispute that was rejected.

What the end of day assesses on many accounts at once stands in `collections.day.fees`; here replay decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.ledger import AutoFee
from app.domain.servicing.disputes import DisputeState
from app.models import Account, Dispute, Fee
from app.queries.payments import late_fees
from app.queries.payments.fee_policies import kept, policy_of, read
from app.queries.payments.ledger import ledger_of
from app.services.payments import replaying

DAY = dt.timedelta(days=1)


def assess(session: Session, account: Account, *, on: dt.date, now: dt.datetime) -> int:
    """The late fees of one account at the end of a day, where part payments put them off; returns how many are new.

    Which day a line's fee has depends on what was paid of it by then, so each line that is due by then is tried and replay
    says which of them have this day. A fee that was put off to this day is assessed by that alone.
    """
    given, policy = ledger_of(session, account.id), policy_of(session, account)
    first_on = late_fees.charges_after(session, account) + DAY
    if policy is None or on < first_on:
        return 0
    tried = late_fees.missing(given, policy, first_on=first_on, last_on=on)
    tried = late_fees.without_disputed(session, account.id, given, tried)
    ahead = replace(given, late_fees=(*given.late_fees, *tried))
    after = replaying.worked_out(session, account, ahead, policy, from_on=on, today=on, fees_until=on)
    days = {fee.number for fee in after.late_fees if fee.cents and fee.assessed_on == on}
    found = [fee for fee in tried if fee.number in days]
    stood = {fee.number: fee.cents for fee in given.late_fees}
    if not found and not any(not stood[number] for number in days & stood.keys()):
        return 0
    replaying.replay(session, account, from_on=on, today=on, now=now, found=found, fees_until=on)
    return len(found)


def charge_held_back(session: Session, account: Account, disputes: Sequence[Dispute], *, on: dt.date, now: dt.datetime) -> int:
    """Charge the late fees that rejected disputes held back, each on the day on which its policy has it.

    What another dispute of the account keeps out, undecided or upheld, stays out. Returns how many fees are new or higher.
    """
    given, policy = ledger_of(session, account.id), policy_of(session, account)
    for each in disputes:
        each.late_fees_on = on
    if policy is None:
        return 0
    after_on, was_aged = late_fees.charges_after(session, account), late_fees.was_aged(session, account)
    others = session.scalars(
        select(Dispute).where(
            Dispute.account_id == account.id, Dispute.state.not_in((DisputeState.REJECTED, DisputeState.WITHDRAWN))
        )
    ).all()
    first_on = max(after_on + DAY, min(each.opened_on for each in disputes))
    last_on = max(each.resolved_on or on for each in disputes) - DAY
    possible = late_fees.missing(given, policy, first_on=first_on, last_on=last_on)
    new = [_leaving(fee, others) for fee in possible if was_aged(fee.assessed_on) and any(_held(each, fee) for each in disputes)]
    lower = [fee for fee in given.late_fees if fee.rule.disputed_cents and any(_held(each, fee) for each in disputes)]
    for fee in lower:
        row = session.get_one(Fee, fee.key)
        row.rule = kept(_leaving(replace(fee, rule=read(row.rule or {})), others).rule)
    if not new and not lower:
        return 0
    session.flush()
    from_on = min(fee.assessed_on for fee in (*new, *lower))
    before = _standing(session, account.id)
    replaying.replay(session, account, from_on=from_on, today=on, now=now, found=new, fees_until=on)
    return len(_standing(session, account.id) - before)


def _standing(session: Session, account_id: int) -> set[tuple[int, int]]:
    """The fees that stand, as (id, cents)."""
    rows = session.execute(
        select(Fee.id, Fee.amount_cents).where(Fee.account_id == account_id, Fee.taken_back_cents < Fee.amount_cents)
    )
    return {(fee_id, cents) for fee_id, cents in rows}


def _held(dispute: Dispute, fee: AutoFee) -> bool:
    """Whether a dispute, rejected since, kept a fee back on its day."""
    is_about_it = dispute.installment_number in (None, fee.number)
    return is_about_it and dispute.opened_on <= fee.assessed_on < (dispute.resolved_on or dt.date.max)


def _leaving(fee: AutoFee, others: Sequence[Dispute]) -> AutoFee:
    """The fee without what the other disputes keep out of it."""
    cents = sum(
        each.amount_cents
        for each in others
        if each.installment_number in (None, fee.number)
        and each.opened_on <= fee.assessed_on
        and (each.state is DisputeState.UPHELD or each.resolved_on is None)
    )
    return replace(fee, rule=replace(fee.rule, disputed_cents=cents))
