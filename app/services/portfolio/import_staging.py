"""The accounts of an import batch as a temporary table, computed in the database from the rows that were read.

Everything that follows from a row alone is worked out here, once per account: its anchors, how many lines it has, what is
due next, how late it is. What is written later (`import_writing`) only copies from here.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from app.queries.servicing import due_dates

SHORTEST_PERIOD = "case frequency when 'weekly' then 7 when 'biweekly' then 14 when 'semimonthly' then 13 else 28 end"
"""Days between two due dates at the least."""

# The same person is the same first and last name with the same phone number; who has none is nobody else.
_READ = """
    select r.row_number, r.account_id, r.outcome = 'pending_review' as is_pending,
        f.approval_id, f.start_on, f.first_name, f.last_name, f.phone, coalesce(f.device_model, 'Unknown device') as device_model,
        f.device_imei, f.device_cost_cents, f.frequency, f.payment_amount_cents as payment_cents, f.payments_made as made,
        f.total_paid_cents as paid_cents, f.balance_remaining_cents as balance_cents, f.next_due_on as given_due_on,
        f.email, f.address, f.city, f.state, f.zip_code, f.dealer, f.store,
        ((f.balance_remaining_cents + f.payment_amount_cents - 1) / f.payment_amount_cents)::int as open_lines,
        min(r.row_number) over (
            partition by lower(f.first_name), lower(f.last_name), coalesce(f.phone, r.row_number::text)
        ) as person_row
    from import_row r
    cross join lateral jsonb_to_record(r.fields) as f(
        approval_id text, start_on date, first_name text, last_name text, phone text, device_model text, device_imei text,
        device_cost_cents bigint, frequency text, payment_amount_cents bigint, payments_made int, total_paid_cents bigint,
        balance_remaining_cents bigint, next_due_on date, email text, address text, city text, state text, zip_code text,
        dealer text, store text)
    where r.batch_id = :batch and r.outcome in ('imported', 'pending_review')
"""

# Lines that are paid count from the start date. Open ones do too, unless the file gives the next due date: then they count
# from that, and keep the contract's anchor days if the date is one of them.
_RHYTHM = f"""
    select read.*, past.first as past_first, past.second as past_second,
        {due_dates.start_position("frequency", "start_on", "past.first", "past.second")} as past_position,
        coalesce(given_due_on, start_on) as open_from_on, case when given_due_on is null then 0 else made + 1 end as open_shift,
        open.first as open_first, open.second as open_second,
        {due_dates.start_position("frequency", "coalesce(given_due_on, start_on)", "open.first", "open.second")} as open_position
    from read
    cross join lateral (
        select {due_dates.anchor("frequency", "start_on", 1)} as first, {due_dates.anchor("frequency", "start_on", 2)} as second
    ) past
    cross join lateral (
        select given_due_on is null or {due_dates.is_on_anchor("frequency", "given_due_on", "past.first", "past.second")}
            as keeps_rhythm
    ) given
    cross join lateral (
        select case when keeps_rhythm then past.first else {due_dates.anchor("frequency", "given_due_on", 1)} end as first,
            case when keeps_rhythm then past.second else {due_dates.anchor("frequency", "given_due_on", 2)} end as second
    ) open
"""


def open_line_due_on(number: str) -> str:
    """The due date of an open line by its number, as an expression over the temporary table."""
    return due_dates.due_on("frequency", "open_from_on", f"{number} - open_shift", "open_position", "open_first", "open_second")


def past_line_due_on(number: str) -> str:
    """The due date of a line that the prior system marked as paid."""
    return due_dates.due_on("frequency", "start_on", number, "past_position", "past_first", "past_second")


# An installment with no more than the portfolio's tolerance unpaid is not past due and not what is due next.
_STANDING = f"""
    select rhythm.*, last.cents as last_cents, next.due_on as next_due_on,
        case when next.due_on is null then 0 when open_lines > 1 then payment_cents else last.cents end as next_due_cents,
        greatest(0, coalesce(:today - next.due_on, 0)) as days_past_due,
        case when payment_cents > tolerance.cents then least(late.lines, open_lines - 1) * payment_cents else 0 end
            + case when late.lines = open_lines and last.cents > tolerance.cents then last.cents else 0 end as past_due_cents,
        row_number() over (order by row_number) as position
    from rhythm
    cross join (select tolerance_cents as cents from portfolio where id = :portfolio) tolerance
    cross join lateral (select balance_cents - payment_cents * (open_lines - 1) as cents) last
    cross join lateral (
        select case when open_lines > 0 and case when open_lines > 1 then payment_cents else last.cents end > tolerance.cents
            then {open_line_due_on("made + 1")} end as due_on
    ) next
    cross join lateral (
        select count(*) as lines
        from generate_series(made + 1, made + least(open_lines, (:today - next.due_on) / ({SHORTEST_PERIOD}) + 2)) number
        where next.due_on < :today and {open_line_due_on("number")} < :today
    ) late
"""

_STAGE = text(
    f"create temporary table importing on commit drop as with read as ({_READ}), rhythm as ({_RHYTHM}) "
    f"select standing.*, nextval('device_id_seq') as device_id from ({_STANDING}) standing order by row_number"
)

_PEOPLE = text(
    """
    create temporary table importing_person on commit drop as
    select person.row_number, coalesce(known.customer_id, nextval('customer_id_seq')) as customer_id,
        known.customer_id is null as is_new
    from (select row_number from importing where row_number = person_row order by row_number) person
    left join (
        select i.row_number, min(c.id) as customer_id
        from importing i
        join customer_phone p on p.e164 = i.phone and p.is_primary
        join customer c on c.id = p.customer_id and c.portfolio_id = :portfolio and not c.is_test
            and lower(c.first_name) = lower(i.first_name) and lower(c.last_name) = lower(i.last_name)
        where i.row_number = i.person_row
        group by 1
    ) known using (row_number)
    """
)

_REPEATED = text(
    """
    update import_row r
    set outcome = 'skipped:duplicate', account_id = a.id,
        problems = jsonb_build_array(jsonb_build_object(
            'column', cast(:column as text), 'severity', 'error', 'message', 'Contract ' || a.approval_id || ' exists already'))
    from account a
    where r.batch_id = :batch and r.outcome in ('imported', 'pending_review')
        and a.portfolio_id = :portfolio and a.approval_id = r.fields ->> 'approval_id'
    """
)


def mark_repeated(session: Session, batch_id: int, *, portfolio_id: int, column: str | None) -> int:
    """Turn rows whose contract exists in the portfolio by now into duplicates; returns how many."""
    result = session.execute(_REPEATED, {"batch": batch_id, "portfolio": portfolio_id, "column": column})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def stage(session: Session, batch_id: int, *, portfolio_id: int, today: dt.date) -> int:
    """Make the temporary tables `importing` (one row per account) and `importing_person`; returns how many accounts.

    They live until the transaction ends. Ids of accounts were reserved when the file was read; those of devices and of new
    customers are taken from their sequences here.
    """
    session.execute(text("drop table if exists pg_temp.importing, pg_temp.importing_person"))
    made = session.execute(_STAGE, {"batch": batch_id, "portfolio": portfolio_id, "today": today})
    assert isinstance(made, CursorResult)
    session.execute(text("analyze importing (row_number, person_row, phone, position)"))
    session.execute(_PEOPLE, {"portfolio": portfolio_id})
    session.execute(text("analyze importing_person"))
    return int(made.rowcount)
