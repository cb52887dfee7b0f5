"""A believable portfolio of any size, made by set-based SQL.

Every figure follows from the account's number, so the same size is the same portfolio each time. Indexes and foreign keys are
put aside while the rows go in and made again afterwards, which is what makes forty million installments possible.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.queries.servicing.due_dates import due_on, start_position

TABLES = ("customer", "customer_phone", "device", "account", "installment", "payment", "status_change")

FIRST_NAMES = str.split(
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica "
    "Carlos Maria Luis Ana Miguel Rosa Jose Carmen Darnell Aaliyah Deshawn Tiffany Tyler Ashley Kevin Crystal Jordan "
    "Shanice Keisha Brandon Lori Diana Renee Clemente Israel Norma Pablo Brenda Angela Chase Jacqueline Marcus Nina"
)
LAST_NAMES = str.split(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson "
    "Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young "
    "Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter "
    "Roberts Whitaker Sutton Coleman Brooks Castillo Barnett Alvarez Vance McKinney Ellison Bishop Moody Lawson Patterson"
)
MODELS = str.split(
    "IPHONE 12 128GB|IPHONE 13 128GB|IPHONE 14 128GB|IPHONE SE 2022|SAMSUNG GALAXY A15 5G|SAMSUNG GALAXY S22|"
    "SAMSUNG GALAXY A16 5G|MOTOROLA MOTO G POWER 2025|GOOGLE PIXEL 7A|ONEPLUS NORD N20|TCL 30 XE 5G",
    "|",
)

Told = Callable[[str], None]


def _pick(names: list[str], by: str) -> str:
    return f"(array[{', '.join(repr(name) for name in names)}])[1 + ({by}) % {len(names)}]"


def _chance(salt: str, of: int) -> str:
    """A number from 0 to `of` - 1 that follows from the account's number."""
    return f"((hashint8(n::bigint * 7919 + {sum(map(ord, salt)) * 104729}) & 2147483647) % {of})"


# One row per account: who, what, how often, and how well they pay. `behind` is how many due lines are unpaid.
_PLAN = f"""
    create temp table plan on commit drop as
    with draw as materialized (
        select n, {_chance("frequency", 100)} as f, {_chance("payer", 1000)} as payer, {_chance("start", 1000)} as age,
            {_chance("term", 27)} as longer, {_chance("price", 90)} as price, {_chance("cost", 45000)} as cost
        from generate_series(1, :accounts) n
    ),
    terms as materialized (
        select n, payer, cost,
            case when f < 55 then 'weekly' when f < 80 then 'biweekly' when f < 90 then 'semimonthly' else 'monthly' end
                as frequency,
            case when f < 55 then 36 + longer else 26 + longer end as lines,
            case when f < 55 then 1999 + 53 * price when f < 90 then 3999 + 101 * price else 7999 + 211 * price end
                as payment_cents,
            age
        from draw
    ),
    dated as materialized (
        select *, (:today - (age * lines * (case frequency when 'weekly' then 7 when 'biweekly' then 14
            when 'semimonthly' then 15 else 30 end) / 880)::int)::date as start_on
        from terms
    ),
    positions as materialized (
        select *, {start_position("frequency", "start_on", "1", "15")} as position,
            case when frequency = 'monthly' then extract(day from start_on)::int else 1 end as anchor_1
        from dated
    ),
    counted as materialized (
        select p.*, (select count(*) from generate_series(1, p.lines) k
                     where {due_on("p.frequency", "p.start_on", "k", "p.position", "p.anchor_1", "15")} < :today) as due_lines
        from positions p
    )
    select *,
        greatest(0, due_lines::int - case when payer < 770 then 0 when payer < 870 then 1 when payer < 915 then 2
            when payer < 950 then 4 when payer < 970 then 8 when payer < 985 then 13 else 25 end) as paid_lines
    from counted
"""

_ROWS: tuple[tuple[str, str], ...] = (
    (
        "customers",
        f"""
        insert into customer (id, portfolio_id, first_name, last_name, email, state, zip_code, created_at)
        select :customer + n, :portfolio + n % 2, {_pick(FIRST_NAMES, _chance("first", 9973))},
            {_pick(LAST_NAMES, _chance("last", 9967))}, 'customer' || n || '@example.net',
            (array['OH', 'CA', 'NY', 'TX', 'FL', 'MN'])[1 + n % 6], lpad((10000 + n % 89999)::text, 5, '0'), :now
        from plan
        """,
    ),
    (
        "phones",
        """
        insert into customer_phone (customer_id, e164, kind, is_primary)
        select :customer + n, '+1' || (array['614', '213', '212', '713', '305', '612'])[1 + n % 6] || '555'
            || lpad((n * 7 % 10000)::text, 4, '0'), 'mobile', true
        from plan
        """,
    ),
    (
        "devices",
        f"""
        insert into device (id, portfolio_id, model, imei, cost_cents)
        select :device + n, :portfolio + n % 2, {_pick(MODELS, _chance("model", 9949))},
            '35' || lpad((n * 97 % 10000000000000)::text, 13, '0'), 9900 + cost
        from plan
        """,
    ),
    (
        "accounts",
        f"""
        insert into account (id, portfolio_id, customer_id, device_id, account_number, approval_id, frequency, start_on,
            first_due_on, anchor_days, payment_cents, total_cents, status, opened_at, default_on, balance_cents, paid_cents,
            payments_made, next_due_on, next_due_cents, past_due_cents, days_past_due,
            worklist_weight, weight_points, last_paid_on)
        select :account + n, :portfolio + n % 2, :customer + n, :device + n, (7000000 + n)::text, (7000000 + n)::text,
            frequency, start_on, first_due_on, case frequency when 'monthly' then array[anchor_1]
                when 'semimonthly' then array[1, 15] end, payment_cents, lines * payment_cents,
            case when paid_lines = lines then 'paid_off' when late >= case frequency when 'weekly' then 60 else 90 end
                then 'default' else 'active' end,
            :now, case when late >= case frequency when 'weekly' then 60 else 90 end then :today - 1 end,
            (lines - paid_lines) * payment_cents, paid_lines * payment_cents, paid_lines, next_due_on,
            case when next_due_on is null then 0 else payment_cents end, greatest(0, due_lines - paid_lines) * payment_cents,
            late, case when late > 0 then greatest(0, due_lines - paid_lines) * payment_cents / 100 + late end,
            case when late > 0
                then array[(greatest(0, due_lines - paid_lines) * payment_cents / 100)::int, late, 0, 0, 0, 0, 0] end,
            case when paid_lines > 0 then :today - 1 - n::int % 20 end
        from (
            select p.*, {due_on("frequency", "start_on", "1", "position", "anchor_1", "15")} as first_due_on,
                next.due as next_due_on, greatest(0, coalesce(:today - next.due, 0)) as late
            from plan p
            cross join lateral (
                select case when paid_lines < lines
                    then {due_on("frequency", "start_on", "paid_lines + 1", "position", "anchor_1", "15")} end as due
            ) next
        ) x
        """,
    ),
    (
        "installments",
        f"""
        insert into installment (account_id, number, due_on, amount_cents, paid_cents, opening_cents)
        select :account + n, k, {due_on("frequency", "start_on", "k", "position", "anchor_1", "15")}, payment_cents,
            case when k <= paid_lines then payment_cents else 0 end, case when k <= paid_lines then payment_cents else 0 end
        from plan cross join lateral generate_series(1, lines) k
        """,
    ),
    (
        "payments",
        """
        insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on)
        select :account + n, 'opening', 'prior_system', 'complete', paid_lines * payment_cents,
            :now - (n % 20) * interval '1 day', :today - 1 - n::int % 20, :now, :today
        from plan where paid_lines > 0
        """,
    ),
)


def seed(session: Session, *, accounts: int, today: dt.date, now: dt.datetime, told: Told) -> dict[str, float]:
    """Add `accounts` accounts in two portfolios; returns the seconds that each part took. The caller commits."""
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    places = _places(session)
    values = {"accounts": accounts, "today": today, "now": now} | places
    with _bare(session, told):
        for name, statement in (("plan", _PLAN), *_ROWS):
            begun = time.perf_counter()
            session.execute(text(statement), values)
            seconds[name] = round(time.perf_counter() - begun, 2)
            told(f"{name}: {seconds[name]:.1f} s")
        begun = time.perf_counter()
    seconds["indexes and keys"] = round(time.perf_counter() - begun, 2)
    for table, key in (("customer", "customer"), ("device", "device"), ("account", "account")):
        session.execute(text(f"select setval(pg_get_serial_sequence('{table}', 'id'), :last)"), {"last": places[key] + accounts})
    begun = time.perf_counter()
    session.execute(text("analyze"))
    seconds["statistics"] = round(time.perf_counter() - begun, 2)
    seconds["all"] = round(time.perf_counter() - started, 2)
    return seconds


def _places(session: Session) -> dict[str, int]:
    """Where the new ids begin, and the first of the two portfolios."""
    session.execute(
        text(
            "insert into portfolio (code, name) select 'BENCH' || n, 'Bench ' || n from generate_series(1, 2) n "
            "where not exists (select from portfolio where code = 'BENCH1')"
        )
    )
    found = session.execute(
        text(
            "select (select coalesce(max(id), 0) from customer) as customer, "
            "(select coalesce(max(id), 0) from device) as device, (select coalesce(max(id), 0) from account) as account, "
            "(select min(id) from portfolio where code like 'BENCH%') as portfolio"
        )
    ).mappings()
    return {name: int(value) for name, value in found.one().items()}


@contextmanager
def _bare(session: Session, told: Told) -> Iterator[None]:
    """Put aside indexes, keys and triggers of the tables that are filled, and make them again at the end."""
    tables = ", ".join(f"'{table}'" for table in TABLES)
    constraints = session.execute(
        text(
            f"""
            select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
            where contype in ('f', 'p', 'u')
                and (conrelid::regclass::text in ({tables}) or confrelid::regclass::text in ({tables}))
            order by contype = 'f' desc, conname
            """
        )
    ).all()
    indexes = session.execute(
        text(
            f"""
            select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename in ({tables})
                and indexname not in (select conname from pg_constraint)
            """
        )
    ).all()
    for table, name, _ in constraints:
        session.execute(text(f"alter table {table} drop constraint {name}"))
    for name, _ in indexes:
        session.execute(text(f"drop index {name}"))
    for table in TABLES:
        session.execute(text(f"alter table {table} disable trigger user"))
    session.execute(text("set local maintenance_work_mem = '1GB'"))
    session.execute(text("set local synchronous_commit = off"))
    yield
    begun = time.perf_counter()
    for table, name, definition in reversed(constraints):
        session.execute(text(f"alter table {table} add constraint {name} {definition}"))
    for _, definition in indexes:
        session.execute(text(definition))
    for table in TABLES:
        session.execute(text(f"alter table {table} enable trigger user"))
    told(f"indexes and keys: {time.perf_counter() - begun:.1f} s")
