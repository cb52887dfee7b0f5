"""Open invoices of a billing system: charges on the accounts of their customers.

Each customer has one account, each invoice is one of its lines, so that invoices age, stand in the worklist, and find their
payments like any other charge. A later file speaks of the same invoices by their numbers: where less is open there than
here, the billing system has collected the difference; where more is open there, it does not know yet what was paid here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.models import Account, ImportBatch
from app.services.payments import replaying
from app.services.portfolio import import_accounts_undo
from app.services.portfolio.import_landing import Landing
from app.services.reporting.progress import Progress
from app.services.servicing import standing
from app.services.staff.audit import Actor

ACCOUNTS_PER_CHUNK = 2_000
NAMED = 3

# Which account each row is for: that of its invoice, else the one with the customer's number, else the one with the name.
_FOUND = """
    select r.row_number, r.outcome, f.*, i.account_id as known_id,
        row_number() over (partition by upper(f.invoice_number) order by r.row_number) as nth,
        i.amount_cents as known_cents,
        i.amount_cents - i.paid_cents as known_open_cents, v.number as known_number,
        coalesce(known.id, by_number.id, by_name.id) as account_id,
        coalesce(known.account_number, by_number.account_number, by_name.account_number) as account_number,
        coalesce(known.contract_type, by_number.contract_type, by_name.contract_type) as contract_type,
        coalesce(known.status, by_number.status, by_name.status) as status
    from import_row r
    cross join lateral jsonb_to_record(r.fields) as f(invoice_number text, customer_number text, first_name text,
        last_name text, invoiced_on date, due_on date, amount_cents bigint, open_cents bigint, phone text, email text)
    left join invoice v on v.portfolio_id = :portfolio and upper(v.number) = upper(f.invoice_number)
    left join installment i on i.account_id = v.account_id and i.number = v.installment_number
    left join account known on known.id = v.account_id
    left join account by_number on by_number.portfolio_id = :portfolio and by_number.account_number = f.customer_number
    left join lateral (
        select a.id, a.account_number, a.contract_type, a.status from customer c join account a on a.customer_id = c.id
        where f.customer_number is null and c.portfolio_id = :portfolio and lower(c.last_name) = lower(coalesce(f.last_name, ''))
            and lower(c.first_name) = lower(coalesce(f.first_name, '')) and a.contract_type = 'invoices'
        order by a.id limit 1
    ) by_name on true
    where r.batch_id = :batch and r.outcome in ('imported', 'updated', 'skipped:not_open')
"""

_DECIDE = text(
    f"""
    with found as ({_FOUND}),
    decided as (
        select row_number, account_id, outcome as was, known_open_cents - open_cents as covered_cents,
            case
                when nth > 1 then 'skipped:duplicate'
                when known_id is not null and customer_number is not null and account_number <> customer_number
                    then 'rejected:account_number'
                when known_id is not null and amount_cents <> known_cents then 'rejected:amount'
                when known_id is not null and open_cents >= known_open_cents then 'skipped:duplicate'
                when known_id is not null and status = any(:ended) then 'rejected:account_number'
                when known_id is not null then 'updated'
                when open_cents = 0 then 'skipped:not_open'
                when account_id is not null and (contract_type <> 'invoices' or status = any(:ended))
                    then 'rejected:account_number'
                else 'imported'
            end as outcome,
            case
                when nth > 1 then 'Invoice ' || invoice_number || ' stands in another row, the first wins'
                when known_id is not null and customer_number is not null and account_number <> customer_number
                    then 'Invoice ' || known_number || ' stands on account ' || account_number || ' already'
                when known_id is not null and amount_cents <> known_cents
                    then 'Invoice ' || known_number || ' is ' || to_char(known_cents / 100.0, 'FM$999,999,990.00')
                        || ' here; enter the difference as a charge or a credit on the account'
                when known_id is not null and open_cents >= known_open_cents
                    then 'Invoice ' || known_number || ' is here with ' || to_char(known_open_cents / 100.0, 'FM$999,999,990.00')
                        || ' open'
                when status = any(:ended) then 'Account ' || account_number || ' is closed and takes no charges or payments'
                when account_id is not null and contract_type <> 'invoices'
                    then 'Account ' || account_number || ' is a contract of another kind; give the customer another number'
            end as message
        from found
    )
    update import_row r set outcome = d.outcome, account_id = d.account_id,
        fields = case when d.outcome = 'updated' then r.fields || jsonb_build_object('covered_cents', d.covered_cents)
            else r.fields - cast('covered_cents' as text) end,
        problems = case when d.message is null or d.outcome in ('imported', 'updated') then r.problems else jsonb_build_array(
            jsonb_build_object('column', cast(case when d.outcome = 'rejected:amount' then :amount_column
                else :number_column end as text), 'severity', 'error', 'message', d.message)) end
    from decided d
    where r.batch_id = :batch and r.row_number = d.row_number
    """
)

_ENDED = ["void", "cancelled", "closed"]
"""Statuses that take no payment and no charge."""

_STAGE = (
    "drop table if exists pg_temp.invoicing, pg_temp.invoiced",
    """
    create temporary table invoicing on commit drop as
    select r.row_number, r.outcome, r.account_id, f.invoice_number, f.first_name, f.last_name, f.invoiced_on, f.due_on,
        f.amount_cents, f.open_cents, f.phone, f.email, f.covered_cents,
        coalesce('number ' || f.customer_number, 'name ' || lower(concat_ws(' ', f.first_name, f.last_name))) as customer_key,
        f.customer_number
    from import_row r
    cross join lateral jsonb_to_record(r.fields) as f(invoice_number text, customer_number text, first_name text,
        last_name text, invoiced_on date, due_on date, amount_cents bigint, open_cents bigint, phone text, email text,
        covered_cents bigint)
    where r.batch_id = :batch and r.outcome in ('imported', 'updated')
    """,
    # A customer without an account gets one, under the customer's number or that of their first invoice.
    """
    create temporary table invoiced on commit drop as
    select coalesce(account_id, nextval('account_id_seq')) as account_id, account_id is null as is_new, customer_key,
        nextval('customer_id_seq') as customer_id, number, first_name, last_name, phone, email, start_on, first_due_on,
        payment_cents
    from (
        select account_id, customer_key, coalesce(min(customer_number), min(invoice_number)) as number,
            (array_agg(first_name order by row_number))[1] as first_name,
            (array_agg(last_name order by row_number))[1] as last_name,
            (array_agg(phone order by row_number) filter (where phone is not null))[1] as phone,
            (array_agg(email order by row_number) filter (where email is not null))[1] as email,
            min(invoiced_on) as start_on, min(due_on) as first_due_on,
            (array_agg(amount_cents order by due_on, row_number))[1] as payment_cents
        from invoicing group by account_id, customer_key
    ) one
    """,
    """
    update invoicing i set account_id = d.account_id from invoiced d
    where d.is_new and i.account_id is null and i.customer_key = d.customer_key
    """,
    "analyze invoicing",
    "analyze invoiced",
    # Nobody posts on an account while lines come to it.
    "select from account where id in (select account_id from invoiced where not is_new) order by id for update",
)

_WRITE = (
    """
    insert into customer (id, portfolio_id, first_name, last_name, email, created_at, import_batch_id)
    select customer_id, :portfolio, coalesce(first_name, ''), coalesce(last_name, ''), email, :now, :batch
    from invoiced where is_new
    """,
    """
    insert into customer_phone (customer_id, e164, is_primary)
    select customer_id, phone, true from invoiced where is_new and phone is not null
    """,
    """
    insert into account (id, portfolio_id, customer_id, account_number, contract_type, frequency, start_on, first_due_on,
        payment_cents, total_cents, status, opened_at, import_batch_id)
    select account_id, :portfolio, customer_id, number, 'invoices', 'monthly', start_on, first_due_on, payment_cents, 0,
        'active', :now, :batch
    from invoiced where is_new
    """,
    """
    create temporary table invoice_line on commit drop as
    select i.row_number, i.account_id, i.invoice_number, i.invoiced_on, i.due_on, i.amount_cents,
        i.amount_cents - i.open_cents as collected_cents,
        coalesce((select max(number) from installment l where l.account_id = i.account_id), 0)
            + row_number() over (partition by i.account_id order by i.due_on, i.row_number) as number
    from invoicing i where i.outcome = 'imported'
    """,
    """
    insert into installment (account_id, number, due_on, amount_cents, paid_cents, opening_cents)
    select account_id, number, due_on, amount_cents, collected_cents, collected_cents from invoice_line
    """,
    """
    insert into invoice (account_id, installment_number, portfolio_id, number, invoiced_on, import_batch_id)
    select account_id, number, :portfolio, invoice_number, invoiced_on, :batch from invoice_line
    """,
    """
    update account a set total_cents = a.total_cents + l.cents
    from (select account_id, sum(amount_cents) as cents from invoice_line group by 1) l where a.id = l.account_id
    """,
    """
    update installment l set opening_cents = l.opening_cents + i.covered_cents, paid_cents = l.paid_cents + i.covered_cents,
        paid_on = case when l.paid_cents + i.covered_cents = l.amount_cents then cast(:today as date) end
    from invoicing i join invoice v on v.portfolio_id = :portfolio and upper(v.number) = upper(i.invoice_number)
    where i.outcome = 'updated' and l.account_id = v.account_id and l.number = v.installment_number
    """,
    # What the billing system has collected is one payment of each account and file.
    """
    insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on, note,
        taken_by_id, import_batch_id)
    select account_id, 'opening', 'prior_system', 'complete', sum(cents), :now, :today, :now, :today,
        'Collected by the billing system', cast(:staff as bigint), :batch
    from (
        select account_id, collected_cents as cents from invoice_line
        union all select account_id, covered_cents from invoicing where outcome = 'updated'
    ) collected group by account_id having sum(cents) > 0
    """,
    """
    insert into status_change (account_id, from_status, to_status, at, business_on, reason, by_id)
    select account_id, null, 'active', :now, :today, left('Imported from ' || cast(:file as text), 200), cast(:staff as bigint)
    from invoiced where is_new
    """,
    """
    insert into activity (account_id, kind, at, summary, staff_id)
    select account_id, 'import', :now, left(
            case when count(*) filter (where outcome = 'imported') > 0
                then count(*) filter (where outcome = 'imported') || ' invoices came in' else '' end
            || case when count(distinct outcome) = 2 then ', ' else '' end
            || case when count(*) filter (where outcome = 'updated') > 0
                then count(*) filter (where outcome = 'updated') || ' updated' else '' end
            || ' from ' || cast(:file as text), 300), cast(:staff as bigint)
    from invoicing group by account_id
    """,
    """
    update import_row r set account_id = i.account_id from invoicing i where r.batch_id = :batch and r.row_number = i.row_number
    """,
    "drop table invoice_line",
)

_PAID_HERE = text(
    """
    select a.id from account a join invoiced d on d.account_id = a.id and not d.is_new
    where exists (select from payment p where p.account_id = a.id and p.kind <> 'opening')
        or exists (select from adjustment j where j.account_id = a.id)
    order by a.id
    """
)


def decide(session: Session, batch: ImportBatch, *, today: dt.date) -> int:
    """Find the invoices that are here already, and the accounts of the others; returns how many rows were looked at."""
    columns = batch.mapping.get("columns", {})
    session.execute(
        _DECIDE,
        {
            "batch": batch.id,
            "portfolio": batch.portfolio_id,
            "ended": _ENDED,
            "number_column": columns.get("invoice_number"),
            "amount_column": columns.get("amount_cents"),
        },
    )
    return batch.rows


def write(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Write new invoices as lines, and note on known ones what the billing system has collected."""
    values = {
        "batch": batch.id, "portfolio": batch.portfolio_id, "now": now, "today": today, "staff": actor.staff_id,
        "file": batch.file_name,
    }  # fmt: skip
    progress(step="Finding the accounts of the invoices")
    _each(session, _STAGE, values)
    accounts = list(session.scalars(text("select account_id from invoiced order by account_id")))
    progress(planned=len(accounts), done=0, step="Writing invoices")
    _each(session, _WRITE, values)
    paid_here = session.scalars(_PAID_HERE).all()
    _restate(session, accounts, paid_here, progress=progress, today=today, now=now, actor=actor)
    return {"accounts": len(accounts)}


_LINES_OF = """
    select v.account_id, v.installment_number as number from invoice v join account a on a.id = v.account_id
    where v.import_batch_id = :batch and a.import_batch_id is distinct from :batch
"""

_LATER = text(
    """
    select a.account_number from account a
    where a.id in (select account_id from import_row where batch_id = :batch and outcome in ('imported', 'updated'))
        and (exists (select from payment p where p.account_id = a.id and p.posted_at >= :since
                and p.import_batch_id is distinct from :batch and (p.kind <> 'opening' or p.import_batch_id > :batch))
            or exists (select from invoice v where v.account_id = a.id and v.import_batch_id > :batch)
            or exists (select from adjustment j where j.account_id = a.id and j.created_at >= :since)
            or exists (select from arrangement r where r.account_id = a.id and r.requested_at >= :since))
    order by a.account_number
    """
)

_TAKE_OUT = (
    f"""
    create temporary table uninvoicing on commit drop as
    select account_id, number from ({_LINES_OF}) l
    """,
    "delete from allocation c using uninvoicing u where c.account_id = u.account_id and c.installment_number = u.number",
    "delete from invoice v using uninvoicing u where v.account_id = u.account_id and v.installment_number = u.number",
    """
    update account a set total_cents = a.total_cents - l.cents
    from (
        select u.account_id, sum(i.amount_cents) as cents from uninvoicing u
        join installment i on i.account_id = u.account_id and i.number = u.number group by 1
    ) l
    where a.id = l.account_id
    """,
    "delete from installment i using uninvoicing u where i.account_id = u.account_id and i.number = u.number",
    """
    update installment l set opening_cents = l.opening_cents - f.covered_cents, paid_cents = l.paid_cents - f.covered_cents,
        paid_on = null
    from import_row r
    cross join lateral jsonb_to_record(r.fields) as f(invoice_number text, covered_cents bigint)
    join invoice v on v.portfolio_id = :portfolio and upper(v.number) = upper(f.invoice_number)
    where r.batch_id = :batch and r.outcome = 'updated' and l.account_id = v.account_id and l.number = v.installment_number
    """,
    """
    delete from payment p using account a
    where a.id = p.account_id and p.import_batch_id = :batch and p.kind = 'opening' and a.import_batch_id is distinct from :batch
    """,
    """
    delete from activity t using account a
    where a.id = t.account_id and t.kind = 'import' and t.at = :since
        and right(t.summary, length(cast(:file as text))) = cast(:file as text) and a.import_batch_id is distinct from :batch
        and a.id in (select account_id from import_row where batch_id = :batch)
    """,
    "drop table uninvoicing",
)


def remove(
    session: Session, batch: ImportBatch, *, progress: Progress, today: dt.date, now: dt.datetime, actor: Actor
) -> dict[str, int]:
    """Take the invoices of a batch out again, and what it said was collected. Refused when something came after it."""
    given = {"batch": batch.id, "portfolio": batch.portfolio_id, "since": batch.applied_at, "file": batch.file_name}
    older = text(
        """
        select id from account where import_batch_id is distinct from :batch
            and id in (select account_id from import_row where batch_id = :batch and outcome in ('imported', 'updated'))
        order by id for update
        """
    )
    accounts = list(session.scalars(older, given))
    if later := session.scalars(_LATER, given).all():
        named = ", ".join(later[:NAMED]) + (" and others" if len(later) > NAMED else "")
        raise RuleViolation(
            f"{len(later):,} account{'' if len(later) == 1 else 's'} of this import {'has' if len(later) == 1 else 'have'} got "
            f"payments, invoices or changes since ({named}). Take those back first, the newest first."
        )
    session.execute(text("select set_config('leasedesk.removal', 'on', true)"))
    _each(session, _TAKE_OUT, given)
    session.execute(text("select set_config('leasedesk.removal', 'off', true)"))
    paid = session.scalars(
        text("select distinct account_id from payment where account_id = any(:ids) and kind <> 'opening' order by 1"),
        {"ids": accounts},
    ).all()
    _restate(session, accounts, paid, progress=progress, today=today, now=now, actor=actor)
    return import_accounts_undo.remove(session, batch, progress=progress, today=today, now=now, actor=actor)


def _each(session: Session, statements: Sequence[str], values: Mapping[str, object]) -> None:
    for statement in statements:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        session.execute(text(statement), wanted)


def _restate(
    session: Session,
    accounts: Sequence[int],
    with_payments: Sequence[int],
    *,
    progress: Progress,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """Bring accounts to what their lines and payments say; where money was posted here, what it covers is worked out anew."""
    session.expire_all()
    for account_id in with_payments:
        account = session.get_one(Account, account_id)
        replaying.replay(session, account, from_on=today, today=today, now=now, actor=actor)
    for first in range(0, len(accounts), ACCOUNTS_PER_CHUNK):
        progress(done=first, step="Working out what is past due")
        standing.restate(session, accounts[first : first + ACCOUNTS_PER_CHUNK], today=today)
    session.expire_all()


INVOICES = Landing(decide=decide, write=write, remove=remove, looking="Looking for invoices that are here already")
