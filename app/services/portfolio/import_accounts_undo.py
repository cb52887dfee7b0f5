"""Taking the accounts of an import out again, as long as nobody has worked with what it brought.

Afterwards every table is as it was before the import, but for the history of imports, the audit trail and the sums of days
that have ended since. What the program did by itself meanwhile (snapshots, changes of bucket, a default at the end of a
day, an assignment by rule) goes with the accounts; what a person did, and any money, stands in the way.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import ImportBatch
from app.services.reporting.progress import Progress
from app.services.staff.audit import Actor

ACCOUNTS_PER_CHUNK = 2_000
ACCOUNTS_NAMED = 3

_STAGE = text(
    """
    create temporary table undoing on commit drop as
    select id as account_id, device_id, customer_id, account_number, row_number() over (order by id) as position
    from account where import_batch_id = :batch
    """
)

_TOUCHED = text(
    """
    with touch as (
        select account_id, 'payment' as what from payment join undoing using (account_id)
            where kind <> 'opening' or import_batch_id is distinct from :batch
        union all select account_id, 'adjustment' from adjustment join undoing using (account_id)
            where import_batch_id is distinct from :batch
        union all select account_id, 'invoice' from invoice join undoing using (account_id)
            where import_batch_id is distinct from :batch
        union all select account_id, 'fee' from fee join undoing using (account_id)
            where created_by_id is not null or paid_cents > 0 or waived_cents > 0
        union all select account_id, 'quote' from quote join undoing using (account_id)
        union all select account_id, 'word on calling' from contact_override join undoing using (account_id)
        union all select account_id, 'change of the contract' from contract_terms join undoing using (account_id)
        union all select account_id, 'note' from note join undoing using (account_id)
        union all select account_id, 'follow-up' from follow_up join undoing using (account_id)
        union all select account_id, 'promise' from promise join undoing using (account_id)
        union all select account_id, 'return' from device_return join undoing using (account_id)
        union all select account_id, 'recovery' from recovery join undoing using (account_id)
        union all select account_id, 'lock of the device' from device_lock join undoing using (account_id)
        union all select account_id, 'notice of a lock' from lock_notice join undoing using (account_id)
        union all select account_id, 'dispute' from dispute join undoing using (account_id)
        union all select account_id, 'arrangement' from arrangement join undoing using (account_id)
        union all select account_id, 'assignment' from assignment join undoing using (account_id)
            where is_manual or by_id is not null
        union all select account_id, 'status change' from status_change join undoing using (account_id)
            where from_status is not null and by_id is not null
        union all select account_id, 'activity' from activity join undoing using (account_id)
            where kind <> 'import' and staff_id is not null
        union all select u.account_id, 'change of the device' from device d join undoing u on u.device_id = d.id
            where d.version > 1
        union all select u.account_id, 'change of the customer' from customer c join undoing u on u.customer_id = c.id
            where c.import_batch_id = :batch and c.version > 1
        union all select u.account_id, 'card' from card k join undoing u on u.customer_id = k.customer_id
            join customer c on c.id = k.customer_id where c.import_batch_id = :batch
        union all select u.account_id, 'signature' from account_party k join undoing u on u.customer_id = k.customer_id
            join customer c on c.id = k.customer_id where c.import_batch_id = :batch
        union all select u.account_id, 'consent' from consent k join undoing u on u.customer_id = k.customer_id
            join customer c on c.id = k.customer_id where c.import_batch_id = :batch
    )
    select what, count(*) as times from touch group by what
    union all
    select null, count(distinct account_id) from touch
    union all
    (select account_number, null from undoing where account_id in (select account_id from touch) order by account_id limit :named)
    """
)

# The sums of ended days lose what the removed snapshots had added to them.
_SNAPSHOTS = text(
    """
    with removed as (
        delete from account_snapshot s using undoing u where s.account_id = u.account_id
        returning s.business_on, s.days_past_due, s.past_due_cents, s.balance_cents
    ), lost as (
        select r.business_on, b.from_days, count(*) as accounts, sum(r.past_due_cents) as past_due_cents,
            sum(r.balance_cents) as balance_cents
        from removed r join bucket b on b.scheme = 'report'
            and r.days_past_due >= b.from_days and (b.to_days is null or r.days_past_due <= b.to_days)
        group by 1, 2
    )
    update portfolio_day d set accounts = d.accounts - lost.accounts,
        past_due_cents = d.past_due_cents - lost.past_due_cents, balance_cents = d.balance_cents - lost.balance_cents
    from lost where d.business_on = lost.business_on and d.portfolio_id = :portfolio and d.from_days = lost.from_days
    """
)

_HANGING = (
    "invoice",
    "account_behavior",
    "account_signal",
    "device_check",
    "message",
    "contact_attempt",
    "fee",
    "account_closing",
    "collection_status_change",
    "account_collection_status",
    "reassignment_hold",
    "bucket_change",
    "threshold_crossing",
    "worked_today",
    "work_claim",
    "activity",
    "status_change",
    "adjustment",
    "payment",
    "assignment",
)

_INSTALLMENTS = text(
    """
    delete from installment where account_id in (select account_id from undoing where position between :first and :last)
    """
)

_OWNERS = (
    "delete from account a using undoing u where a.id = u.account_id",
    "delete from device d using undoing u where d.id = u.device_id",
    # A customer who has got another account since stays, as a customer like any other.
    """
    update customer c set import_batch_id = null
    where c.import_batch_id = :batch and exists (select from account a where a.customer_id = c.id)
    """,
    "delete from customer_phone p using customer c where c.id = p.customer_id and c.import_batch_id = :batch",
    "delete from customer where import_batch_id = :batch",
)


def remove(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Remove all accounts that a batch brought.

    Raises RuleViolation, naming which accounts and how much, when somebody has worked with them; then nothing changes.
    """
    session.execute(text("drop table if exists pg_temp.undoing"))
    session.execute(_STAGE, {"batch": batch.id})
    session.execute(text("analyze undoing"))
    accounts = session.scalar(text("select count(*) from undoing")) or 0
    progress(planned=accounts, done=0, step="Looking for what has happened since")
    # Nobody posts on these accounts between the look and the removal.
    session.execute(text("select from account a join undoing u on u.account_id = a.id order by a.id for update of a"))
    refuse_touched(session, batch.id)
    session.execute(text("select set_config('leasedesk.removal', 'on', true)"))
    progress(step="Removing history and payments")
    session.execute(_SNAPSHOTS, {"portfolio": batch.portfolio_id})
    for table in _HANGING:
        session.execute(text(f"delete from {table} t using undoing u where t.account_id = u.account_id"))  # Names from above.
    for first in range(1, accounts + 1, ACCOUNTS_PER_CHUNK):
        progress(done=first - 1, step="Removing schedules")
        session.execute(_INSTALLMENTS, {"first": first, "last": first + ACCOUNTS_PER_CHUNK - 1})
    progress(done=accounts, step="Removing accounts and customers")
    for statement in _OWNERS:
        session.execute(text(statement), {"batch": batch.id} if ":batch" in statement else {})
    session.execute(text("select set_config('leasedesk.removal', 'off', true)"))
    return {"accounts": accounts}


def refuse_touched(session: Session, batch_id: int) -> None:
    """Raise RuleViolation when somebody has worked with an account of the batch since."""
    rows = session.execute(_TOUCHED, {"batch": batch_id, "named": ACCOUNTS_NAMED}).all()
    times = {what: count for what, count in rows if what is not None and count is not None}
    if not times:
        return
    (accounts,) = (count for what, count in rows if what is None)
    numbers = [what for what, count in rows if count is None]
    done = ", ".join(_counted(count, what) for what, count in sorted(times.items(), key=lambda item: -item[1]))
    named = ", ".join(numbers) + (" and others" if accounts > len(numbers) else "")
    has = "has" if accounts == 1 else "have"
    raise RuleViolation(
        f"{_counted(accounts, 'account')} of this import {has} been worked with since: {done} (account {named}). "
        "Only an import that nobody has worked with can be undone."
    )


def _counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> _counted(1, "status change"), _counted(2, "promise"), _counted(2, "activity"), _counted(3, "change of the device")
    ('1 status change', '2 promises', '2 activities', '3 changes of the device')
    """
    if count == 1:
        return f"1 {noun}"
    if noun.startswith("change of"):
        return f"{count:,} {noun.replace('change', 'changes', 1)}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith(("ity", "ery")) else f"{count:,} {noun}s"
