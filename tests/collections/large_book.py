"""A large random book made by a few statements, and read back as the plain values that the rules look at."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, TODAY

NAMES = ["Abbott", "zeta", "4 Corners", "0Zed", "'Neill", "Ébert", " Moon", "ß", "-", "9Lives", "_x", "Quinn", "Vance", ""]
CODES = ["00", "01", "30", "80", "81", "82", "83", "84", "85"]

_SEED = (
    "select setseed(0.20261120)",
    """
    insert into customer (id, portfolio_id, first_name, last_name, created_at, monthly_income_cents)
    select :base + n, (cast(:books as bigint[]))[1 + n % 2], 'Jordan',
        (cast(:names as text[]))[1 + floor(random() * :name_count)::int], :now,
        (array[null, 0, 180000, 260000])[1 + floor(random() * 4)::int]
    from generate_series(1, :count) n
    """,
    """
    insert into customer_phone (customer_id, e164, kind, is_primary, is_bad)
    select :base + n, '+1614555' || lpad((n % 10000)::text, 4, '0'), 'mobile', true, random() < 0.2
    from generate_series(1, :count) n where random() < 0.9
    """,
    """
    insert into consent (customer_id, channel, is_granted, at, source)
    select :base + n, 'autopay', random() < 0.7, :now - interval '9 days', 'test' from generate_series(1, :count) n
    where random() < 0.6
    """,
    """
    insert into account (id, portfolio_id, customer_id, account_number, frequency, start_on, first_due_on, payment_cents,
        total_cents, status, opened_at)
    select :base + n, (cast(:books as bigint[]))[1 + n % 2],
        :base + n - case when n > 2 and random() < 0.1 then 2 else 0 end, 'L' || n,
        (array['weekly', 'biweekly', 'semimonthly', 'monthly'])[1 + floor(random() * 4)::int],
        :today - floor(random() * 900)::int, :today, 5000, 50000,
        (array['active', 'active', 'default', 'recovery', 'pending_review'])[1 + floor(random() * 5)::int], :now
    from generate_series(1, :count) n
    """,
    # Eight lines a week or so apart, the first of them anywhere in the last hundred days; what is paid comes late or early.
    """
    insert into installment (account_id, number, due_on, amount_cents, paid_cents, paid_on)
    select id, k, due_on, amount_cents, case when fate < reach * 0.9 then amount_cents
            when fate < reach then amount_cents / 3 else 0 end,
        case when fate < reach * 0.85 then least(cast(:today as date), due_on + floor(random() * 26)::int - 6) end
    from (
        select id, k, (:today - 100 + shift + k * step)::date as due_on, 1000 + floor(random() * 9000)::int as amount_cents,
            random() as fate, reach
        from (
            select :base + n as id, floor(random() * 90)::int as shift, 5 + floor(random() * 9)::int as step,
                (array[0.2, 0.6, 1.0, 1.2])[1 + floor(random() * 4)::int] as reach
            from generate_series(1, :count) n
        ) a cross join lateral generate_series(1, 8) k
    ) x
    """,
    """
    insert into account_collection_status (account_id, status_id, since_at)
    select a.id, s.id, :now - interval '30 days'
    from (select :base + n as id, (cast(:codes as text[]))[1 + floor(random() * 9)::int] as code, random() as fate
        from generate_series(1, :count) n) a
    join collection_status s on s.code = a.code where fate < 0.6
    """,
    """
    insert into bucket_change (account_id, business_on, from_days, to_days, from_bucket, to_bucket, reason)
    select :base + n, :today - (array[0, 40])[1 + floor(random() * 2)::int], 0, 1, 'Current', '1-30', 'end of day'
    from generate_series(1, :count) n where random() < 0.5
    """,
    """
    insert into promise (account_id, amount_cents, due_on, made_at, status, resolved_on)
    select :base + n, 100, :today - 9, :now - interval '20 days', 'broken', :today - floor(random() * 2)::int * 100
    from generate_series(1, :count) n where random() < 0.2
    """,
    """
    with original as (
        insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on)
        select :base + n, 'payment', (array['check', 'cash'])[1 + floor(random() * 2)::int], 'reversed', 6000, :now,
            :today, :now, :today
        from generate_series(1, :count) n where random() < 0.1 returning id, account_id
    )
    insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on,
        reverses_id)
    select account_id, 'reversal', 'check', 'complete', 6000, :now, :today, :now, :today, id from original
    """,
    # Cards that end this month, soon, or in a year; every tenth is somebody else's as well.
    """
    insert into card (customer_id, square_card_id, brand, last_four, expires_month, expires_year, fingerprint, is_enabled,
        is_primary, issuer_alert, issuer_alert_at, created_at)
    select :base + n, 'c' || :base + n, 'VISA', '1111', (array[10, 11, 12, 6])[1 + floor(fate * 4)::int],
        case when fate < 0.75 then 2026 else 2027 end,
        case when other < 0.1 then 'shared' || (:base + n) / 40 else 'own' || :base + n end, enabled < 0.8, true,
        case when alert < 0.05 then 'ISSUER_ALERT_CARD_CLOSED' end, case when alert < 0.05 then :now end, :now
    from (select n, random() as fate, random() as other, random() as enabled, random() as alert
        from generate_series(1, :count) n) x
    where fate < 0.9
    """,
    # What was charged in vain: today nothing of it is so old that a night more takes it out of the account.
    """
    insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on,
        decline_code)
    select :base + n, 'payment', 'card', 'decline', 5000, :now, on_day, :now, on_day,
        (array['PAN_FAILURE', 'INSUFFICIENT_FUNDS', 'INVALID_ACCOUNT', 'GENERIC_DECLINE'])[1 + floor(random() * 4)::int]
    from (
        select n, cast(:today as date) - (array[3, 12, 25, 40, 80, 100])[1 + floor(random() * 6)::int] as on_day
        from generate_series(1, :count) n cross join generate_series(1, 3) k where random() < 0.2
    ) x
    """,
    # What came in: some pay on Fridays, some on any day; some pay less than an installment.
    """
    insert into payment (account_id, kind, method, state, amount_cents, received_at, effective_on, posted_at, posted_on)
    select :base + n, 'payment', 'cash', 'complete', case when random() < small then 2000 else 5000 end, :now, on_day, :now,
        on_day
    from (
        select n, small, cast(:today as date) - k * 7 - floor(random() * days)::int as on_day
        from (
            select n, floor(random() * 9)::int as number, (array[0, 7])[1 + floor(random() * 2)::int] as days, random() as small
            from generate_series(1, :count) n
        ) payer cross join lateral generate_series(1, number) k
    ) x
    """,
    """
    insert into device_check (account_id, verdict, checked_at)
    select :base + n,
        (array['enrolled', 'silent', 'not_found', 'not_enrolled', 'wrong_model'])[1 + floor(random() * 5)::int], :now
    from generate_series(1, :count) n where random() < 0.5
    """,
    """
    insert into activity (account_id, kind, at, summary)
    select :base + n, 'call', :now - floor(random() * 14)::int * interval '1 day', 'Call'
    from generate_series(1, :count) n where random() < 0.5
    """,
)
_TABLES = (
    "account, installment, customer, customer_phone, consent, account_collection_status, bucket_change, promise, payment, card, "
    "device_check"
)


@dataclass
class Facts:
    """What is known of one account beside its own row."""

    lines: list[Row[Any]] = field(default_factory=list)
    is_returned: bool = False
    broken_on: list[dt.date] = field(default_factory=list)
    became_late: bool = False
    was_late: bool = False
    called_on: list[dt.date] = field(default_factory=list)
    has_autopay: bool = False
    phones: list[bool] = field(default_factory=list)
    """For each number whether it is bad."""
    customer_id: int = 0
    income_cents: int | None = None
    declines: list[Row[Any]] = field(default_factory=list)
    payments: list[Row[Any]] = field(default_factory=list)
    """What came in, the last one first."""
    cards: list[Row[Any]] = field(default_factory=list)
    """Those that are enabled."""
    has_shared_card: bool = False
    verdict: str | None = None
    """Of its device."""


@dataclass
class LargeBook:
    """The accounts by id, and what is known of each."""

    first: int
    last: int
    facts: dict[int, Facts]

    @property
    def span(self) -> dict[str, Any]:
        """For the steps of an end of day."""
        return {"first": self.first, "last": self.last}


def seeded(session: Session, count: int, *, base: int) -> None:
    """So many random accounts in two portfolios, as of the tests' day; their ids begin after `base`."""
    books = [factories.portfolio(session).id for _ in range(2)]
    values = {"base": base, "count": count, "books": books, "today": TODAY, "now": NOW, "codes": CODES}
    for statement in _SEED:
        session.execute(text(statement), values | {"names": NAMES, "name_count": len(NAMES)})
    session.execute(text(f"analyze {_TABLES}"))


def made(session: Session, count: int) -> LargeBook:
    """The same after the accounts there are, with what is known of each."""
    base: int = session.scalar(text("select greatest(max(a.id), (select max(id) from customer), 0) from account a")) or 0
    seeded(session, count, base=base)
    facts = {account_id: Facts() for account_id in range(base + 1, base + count + 1)}
    _read(session, facts)
    return LargeBook(base + 1, base + count, facts)


def _read(session: Session, facts: dict[int, Facts]) -> None:
    def rows(statement: str) -> Any:
        return session.execute(text(statement))

    for row in rows("select * from installment order by account_id, number"):
        facts[row.account_id].lines.append(row)
    for row in rows("select r.account_id from payment r join payment o on o.id = r.reverses_id where o.method = 'check'"):
        facts[row.account_id].is_returned = True
    for row in rows("select account_id, resolved_on from promise"):
        facts[row.account_id].broken_on.append(row.resolved_on)
    for row in rows("select account_id, business_on from bucket_change"):
        found = facts[row.account_id]
        found.became_late, found.was_late = row.business_on == TODAY, row.business_on < TODAY
    for row in rows("select account_id, at from activity"):
        facts[row.account_id].called_on.append(row.at.astimezone(dt.UTC).date())
    for row in rows("select account_id, verdict from device_check"):
        facts[row.account_id].verdict = row.verdict
    entries = "select * from payment where kind = 'payment' and state in ('complete', 'decline')"
    for row in rows(f"{entries} order by effective_on desc, id desc"):
        found = facts[row.account_id]
        (found.declines if row.state == "decline" else found.payments).append(row)
    consents: dict[int, bool] = {row.customer_id: row.is_granted for row in rows("select customer_id, is_granted from consent")}
    phones: dict[int, list[bool]] = defaultdict(list)
    for row in rows("select customer_id, is_bad from customer_phone"):
        phones[row.customer_id].append(row.is_bad)
    cards: dict[int, list[Row[Any]]] = defaultdict(list)
    holders: dict[str, set[int]] = defaultdict(set)
    for row in rows("select * from card"):
        holders[row.fingerprint].add(row.customer_id)
        if row.is_enabled:
            cards[row.customer_id].append(row)
    for row in rows("select a.id, a.customer_id, c.monthly_income_cents from account a join customer c on c.id = a.customer_id"):
        found, customer_id = facts[row.id], row.customer_id
        found.customer_id, found.income_cents = customer_id, row.monthly_income_cents
        found.has_autopay, found.phones = consents.get(customer_id, False), phones[customer_id]
        found.cards = cards[customer_id]
        found.has_shared_card = any(len(holders[card.fingerprint]) > 1 for card in found.cards)
