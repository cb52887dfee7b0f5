"""Writes what `import_staging` computed: customers, devices, accounts, schedules, opening entries and their history."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.collections.weights import KINDS
from app.services.portfolio.import_staging import open_line_due_on, past_line_due_on

ACCOUNTS_PER_CHUNK = 4_000
"""Schedules are written for so many accounts at a time, about a second's work, so that progress can be seen."""

# The points of a house without a table of weights; where there is one, the new accounts are weighed right after.
_IS_LISTED = "first.status = 'active' and i.past_due_cents > 0"
_PLAIN_WEIGHT = f"case when {_IS_LISTED} then i.past_due_cents::bigint / 100 + i.days_past_due end"
_PLAIN_POINTS = f"""case when {_IS_LISTED}
            then array[(i.past_due_cents::bigint / 100)::int, i.days_past_due{", 0" * (KINDS - 2)}] end"""

_BEFORE_SCHEDULES = (
    """
    insert into customer (id, portfolio_id, first_name, last_name, email, address, city, state, zip_code, created_at,
        import_batch_id)
    select p.customer_id, :portfolio, i.first_name, i.last_name, i.email, i.address, i.city, i.state, i.zip_code, :now, :batch
    from importing_person p join importing i using (row_number) where p.is_new
    """,
    """
    insert into customer_phone (customer_id, e164, is_primary)
    select p.customer_id, i.phone, true
    from importing_person p join importing i using (row_number) where p.is_new and i.phone is not null
    """,
    """
    insert into device (id, portfolio_id, model, imei, cost_cents)
    select device_id, :portfolio, device_model, device_imei, device_cost_cents from importing
    """,
    # The shop of a contract is one that we know, by its number or else by its name; it says where the account belongs.
    f"""
    insert into account (id, portfolio_id, company_id, region_id, office_id, dealer_id, customer_id, device_id, account_number,
        approval_id, frequency, start_on, first_due_on, anchor_days, payment_cents, total_cents, status, opened_at,
        import_batch_id, balance_cents, paid_cents, payments_made, next_due_on, next_due_cents, past_due_cents, days_past_due,
        contract_days_past_due, worklist_weight, weight_points)
    select i.account_id, :portfolio, region.company_id, region.id, office.id, shop.id, p.customer_id, i.device_id, i.approval_id,
        i.approval_id, i.frequency, i.start_on,
        case when i.made > 0 then {past_line_due_on("1")} else {open_line_due_on("1")} end,
        case when i.open_first is not null then array_remove(array[i.open_first, i.open_second], null)::smallint[] end,
        i.payment_cents, i.made * i.payment_cents + i.balance_cents,
        first.status, :now,
        :batch, i.balance_cents, i.paid_cents, i.made, i.next_due_on, i.next_due_cents, i.past_due_cents, i.days_past_due,
        i.days_past_due,
        {_PLAIN_WEIGHT}, {_PLAIN_POINTS}
    from importing i
    join importing_person p on p.row_number = i.person_row
    cross join lateral (
        select case when i.is_pending then 'pending_review' else 'active' end as status, false as has_follow_up_due
    ) first
    left join lateral (
        select dealer.id, dealer.office_id from dealer
        where dealer.portfolio_id = :portfolio and dealer.is_active
            and (dealer.code = i.store or lower(dealer.name) = lower(i.dealer))
        order by dealer.code = i.store desc nulls last, dealer.id limit 1
    ) shop on true
    left join office on office.id = shop.office_id
    left join region on region.id = office.region_id
    """,
)

_SCHEDULES = text(
    f"""
    insert into installment (account_id, number, due_on, amount_cents, paid_cents, opening_cents)
    select account_id, number,
        case when number <= made then {past_line_due_on("number")} else {open_line_due_on("number")} end,
        case when number = made + open_lines and open_lines > 0 then last_cents else payment_cents end,
        case when number <= made then payment_cents else 0 end,
        case when number <= made then payment_cents else 0 end
    from importing cross join lateral generate_series(1, made + open_lines) number
    where position between :first and :last
    """
)

# What the prior system collected is one payment; what that exceeds (or misses) the lines it marked as paid is one adjustment.
_AFTER_SCHEDULES = (
    """
    insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on, note,
        taken_by_id, import_batch_id)
    select account_id, 'opening', 'prior_system', 'complete', paid_cents, :now, :today, :now, :today,
        'Collected before the import', cast(:staff as bigint), :batch
    from importing where paid_cents > 0
    """,
    """
    insert into adjustment (account_id, kind, amount_cents, effective_on, reason, created_at, created_by_id, import_batch_id)
    select account_id, 'opening', paid_cents - made * payment_cents, :today,
        'Collected before the import, beyond or short of the installments marked as paid', :now, cast(:staff as bigint), :batch
    from importing where paid_cents <> made * payment_cents
    """,
    """
    insert into status_change (account_id, from_status, to_status, at, business_on, reason, by_id)
    select account_id, null, case when is_pending then 'pending_review' else 'active' end, :now, :today,
        cast(:reason as text), cast(:staff as bigint)
    from importing
    """,
    """
    insert into activity (account_id, kind, at, summary, staff_id)
    select account_id, 'import', :now, left('Imported from row ' || row_number || ' of ' || cast(:file as text), 300),
        cast(:staff as bigint)
    from importing
    """,
)


def write_accounts(session: Session, values: dict[str, Any]) -> None:
    """Write customers, phones, devices and accounts with their standing. `values`: portfolio, batch, now."""
    for statement in _BEFORE_SCHEDULES:
        session.execute(text(statement), values)


def write_schedules(session: Session, *, first: int) -> int:
    """Write the installments of the accounts at position `first` and after it; returns the position to go on from."""
    last = first + ACCOUNTS_PER_CHUNK - 1
    session.execute(_SCHEDULES, {"first": first, "last": last})
    return last + 1


def write_openings(session: Session, values: dict[str, Any], *, file_name: str, today: dt.date, staff_id: int | None) -> None:
    """Write opening payments and adjustments, the first status and the first line of the timeline."""
    reason = f"Imported from {file_name}"[:200]
    given = values | {"file": file_name, "reason": reason, "today": today, "staff": staff_id}
    for statement in _AFTER_SCHEDULES:
        session.execute(text(statement), given)
