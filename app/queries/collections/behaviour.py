"""How accounts were paid and what they show, worked out in SQL over a range of accounts.

The rules are in `app.domain.collections.signals`; a test demands the same figures from both on random accounts. The texts
end in two tables, `figures` and `seen`, over the accounts of `chosen`. What hangs on a customer is looked up account by
account (the subqueries with `offset 0`): customers are not in the order of their accounts, and a join would read all of them
for every chunk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.clock import zone
from app.domain.collections.signals import (
    BROKEN_PROMISE_DAYS,
    DECLINE_DAYS,
    DECLINES_NEEDED,
    EARLY_NEEDED,
    EXPIRING_DAYS,
    GRACE_DAYS,
    HARD_CODES,
    ON_TIME_NEEDED,
    OUT_OF_REACH,
    PARTIAL_NEEDED,
    PAYDAY_NEEDED,
    RECENT_PAYMENTS,
    Risk,
    SignalKind,
)
from app.domain.servicing.frequency import DEFAULT_PAYMENTS
from app.domain.servicing.months import month_end
from app.domain.servicing.status import OPEN_STATUSES
from app.models import RiskBand, SignalWeight

HARD_CODE_DAYS = 90
EPOCH = "2000-01-01"
"""The day from which days late of open lines are counted: see `AccountBehavior.late_base`."""


def days_late_sql(figures: str, on: str) -> str:
    """By how many days installments were late on average up to a day, from what is kept; null before anything fell due."""
    days = f"{figures}.late_base + {figures}.open_lines * (cast({on} as date) - date '{EPOCH}')"
    return f"case when {figures}.due_lines > 0 then least(99999, round(({days})::numeric / {figures}.due_lines, 2)) end"


def _cases(values: Mapping[Any, int]) -> str:
    return " ".join(f"when '{key.value}' then {value}" for key, value in values.items())


_FADING = ", ".join(
    f"'{kind.value}'"
    for kind in (SignalKind.BROKEN_PROMISE, SignalKind.DECLINES, SignalKind.HARD_DECLINE, SignalKind.CARD_EXPIRING)
)
_OPEN = ", ".join(f"'{status.value}'" for status in sorted(OPEN_STATUSES))
_LOST = ", ".join(f"'{verdict.value}'" for verdict in sorted(OUT_OF_REACH))
_HARD = ", ".join(f"'{code}'" for code in sorted(HARD_CODES))

ALL = f"chosen as (select * from account a where a.id between :first and :last and a.status in ({_OPEN}))"
"""Every open account of the range."""

CHANGED = f"""
    touched as (
        select account_id from installment where due_on = :on and account_id between :first and :last
        union select account_id from installment
            where due_on = any(:grace_ended) and account_id between :first and :last and paid_cents < amount_cents
        union select account_id from payment where posted_on >= cast(:on as date) - 1 and account_id between :first and :last
        union select account_id from promise where resolved_on = :on and account_id between :first and :last
        union select account_id from worked_today where business_on = :on and account_id between :first and :last
        union select a.id from consent n join account a on a.customer_id = n.customer_id
            where n.at >= cast(:on as date) - 1 and a.id between :first and :last
        union select a.id from card k join account a on a.customer_id = k.customer_id
            where (k.created_at >= cast(:on as date) - 1 or k.issuer_alert_at >= cast(:on as date) - 1)
                and a.id between :first and :last
        union select a.id from card k join account a on a.customer_id = k.customer_id
            where k.expires_year = :expiring_year and k.expires_month = :expiring_month and a.id between :first and :last
        union select c.account_id from device_check c
            left join account_signal s on s.account_id = c.account_id and s.kind = 'device'
            where c.account_id between :first and :last and (c.verdict in ({_LOST})) <> (s.account_id is not null)
        -- What the calendar takes back (a promise that is long ago) is looked at once a week, and all once in four.
        union select account_id from account_signal
            where kind in ({_FADING}) and account_id between :first and :last and account_id % 7 = (:on - date '{EPOCH}') % 7
    ),
    chosen as (
        select a.* from account a
        left join account_behavior b on b.account_id = a.id
        left join touched t on t.account_id = a.id
        where a.id between :first and :last and a.status in ({_OPEN})
            and (b.account_id is null or t.account_id is not null or a.id % 28 = (:on - date '{EPOCH}') % 28)
    )
"""
"""The open accounts whose figures this day may have changed: a line fell due or passed its grace, or something was done.

That one day more has passed over what is late changes no figure that is kept: see `AccountBehavior.late_base`.
"""

FIGURES = f"""
    lines as (
        select c.id as account_id, i.number, i.due_on, i.paid_on, i.is_paid, case c.frequency {_cases(GRACE_DAYS)} end as grace
        from chosen c cross join lateral (
            select number, due_on, paid_on, paid_cents >= amount_cents as is_paid from installment
            where account_id = c.id and due_on <= :on and not (paid_cents >= amount_cents and paid_on is null) offset 0
        ) i
    ),
    judged as (
        select *, coalesce(paid_on <= due_on + grace, false) as is_on_time, coalesce(paid_on < due_on, false) as is_early,
            is_paid or due_on + grace < :on as is_judged
        from lines
    ),
    missed as (
        select account_id,
            coalesce(max(number) filter (where is_judged and not is_on_time), 0) as last_late,
            coalesce(max(number) filter (where is_judged and not is_early), 0) as last_not_early
        from judged group by account_id
    ),
    paid as (
        select j.account_id,
            count(*) filter (where is_judged) as judged,
            count(*) filter (where is_judged and is_on_time) as on_time,
            count(*) as due_lines, count(*) filter (where paid_on is null) as open_lines,
            sum(case when paid_on is null then date '{EPOCH}' - due_on else greatest(0, paid_on - due_on) end)::integer
                as late_base,
            count(*) filter (where is_judged and number > m.last_late) as on_time_run,
            count(*) filter (where is_judged and number > m.last_not_early) as early_run,
            max(paid_on) as last_paid_on
        from judged j join missed m on m.account_id = j.account_id group by j.account_id
    ),
    incomes as (
        select c.customer_id, round(
            sum(a.payment_cents * case a.frequency {_cases(DEFAULT_PAYMENTS)} end)::numeric / 12 / p.monthly_income_cents, 4
        ) as pti_rate
        from (select distinct customer_id from chosen) c
        cross join lateral (select monthly_income_cents from customer where id = c.customer_id offset 0) p
        cross join lateral (
            select payment_cents, frequency from account where customer_id = c.customer_id and status in ({_OPEN}) offset 0
        ) a
        where p.monthly_income_cents > 0
        group by c.customer_id, p.monthly_income_cents
    ),
    figures as (
        select c.id as account_id, coalesce(p.judged, 0) as judged, coalesce(p.on_time, 0) as on_time,
            round(p.on_time::numeric / nullif(p.judged, 0), 4) as on_time_rate,
            coalesce(p.due_lines, 0) as due_lines, coalesce(p.open_lines, 0) as open_lines, coalesce(p.late_base, 0) as late_base,
            case when incomes.pti_rate > 99999 then 99999 else incomes.pti_rate end as pti_rate,
            coalesce(p.on_time_run, 0) as on_time_run, coalesce(p.early_run, 0) as early_run, p.last_paid_on
        from chosen c left join paid p on p.account_id = c.id left join incomes on incomes.customer_id = c.customer_id
    )
"""

SEEN = f"""
    first_lines as (
        select c.id as account_id, i.due_on, i.is_paid, case c.frequency {_cases(GRACE_DAYS)} end as grace
        from chosen c cross join lateral (
            select due_on, paid_cents >= amount_cents as is_paid from installment where account_id = c.id order by number limit 1
        ) i
    ),
    broken as (
        select p.account_id, count(*) as number, max(p.resolved_on) as seen_on
        from promise p join chosen c on c.id = p.account_id
        where p.account_id between :first and :last
            and p.status = 'broken' and p.resolved_on > :on - {BROKEN_PROMISE_DAYS} group by p.account_id
    ),
    declined as (
        select p.account_id, count(*) as number, max(p.effective_on) as seen_on
        from payment p join chosen c on c.id = p.account_id
        where p.account_id between :first and :last
            and p.state = 'decline' and p.kind = 'payment' and p.effective_on > :on - {DECLINE_DAYS} and p.effective_on <= :on
        group by p.account_id having count(*) >= {DECLINES_NEEDED}
    ),
    refused as (
        select distinct on (p.account_id) p.account_id, p.decline_code, p.effective_on as seen_on
        from payment p join chosen c on c.id = p.account_id
        where p.account_id between :first and :last
            and p.state = 'decline' and p.decline_code in ({_HARD})
            and p.effective_on > :on - {HARD_CODE_DAYS} and p.effective_on <= :on
        order by p.account_id, p.effective_on desc, p.id desc
    ),
    cards as (
        select k.*, (make_date(k.expires_year, k.expires_month, 1) + interval '1 month - 1 day')::date as expires_on
        from (select distinct customer_id from chosen) c
        cross join lateral (select * from card where customer_id = c.customer_id and is_enabled offset 0) k
    ),
    expiring as (
        select distinct on (customer_id) customer_id, brand, last_four, expires_on, issuer_alert,
            (issuer_alert_at at time zone :zone)::date as alert_on from cards
        where expires_on < :on + {EXPIRING_DAYS} or issuer_alert is not null order by customer_id, is_primary desc, id
    ),
    shared as (
        select k.customer_id, min(k.brand || ' …' || k.last_four) as name,
            count(distinct o.customer_id) as others, max((k.created_at at time zone :zone)::date) as seen_on
        from cards k join card o on o.fingerprint = k.fingerprint and o.customer_id <> k.customer_id
        group by k.customer_id
    ),
    consents as (
        select c.id as account_id, c.start_on, found.is_granted, found.seen_on
        from chosen c left join lateral (
            select is_granted, (at at time zone :zone)::date as seen_on from consent
            where channel = 'autopay' and customer_id = c.customer_id order by at desc, id desc limit 1
        ) found on true
    ),
    devices as (
        select d.account_id, d.verdict, (d.checked_at at time zone :zone)::date as seen_on,
            (m.last_reported_at at time zone :zone)::date as reported_on
        from device_check d join chosen c on c.id = d.account_id left join managed_device m on m.id = d.managed_device_id
        where d.account_id between :first and :last and d.verdict in ({_LOST})
    ),
    numbers as (
        select c.id as account_id, c.start_on, found.number, found.are_bad
        from chosen c cross join lateral (
            select count(*) as number, bool_and(is_bad) as are_bad from customer_phone where customer_id = c.customer_id
        ) found
    ),
    recent as (
        select p.account_id, p.amount_cents, p.effective_on,
            row_number() over (partition by p.account_id order by p.effective_on desc, p.id desc) as place
        from payment p join chosen c on c.id = p.account_id
        where p.account_id between :first and :last
            and p.state = 'complete' and p.kind = 'payment' and p.effective_on <= :on
    ),
    habits as (
        select r.account_id, count(*) as number, max(r.effective_on) as seen_on,
            count(*) filter (where r.amount_cents < c.payment_cents) as partial,
            count(*) filter (where extract(isodow from r.effective_on) = 5 or extract(day from r.effective_on) in (1, 15)
                or extract(day from r.effective_on + 1) = 1) as on_paydays
        from recent r join chosen c on c.id = r.account_id where r.place <= {RECENT_PAYMENTS} group by r.account_id
    ),
    others as (
        select c.id as account_id, c.start_on, found.account_number, found.number
        from chosen c cross join lateral (
            select min(a.account_number) as account_number, count(*) as number from account a
            where a.customer_id = c.customer_id and a.id <> c.id and a.status in ('active', 'paid_off', 'closed')
                and a.start_on <= c.start_on
        ) found
        where found.number > 0
    ),
    seen as (
        select account_id, 'first_payment_default' as kind, due_on + grace + 1 as seen_on,
            'Nothing came for the first installment, due ' || due_on as evidence
            from first_lines where not is_paid and due_on + grace < :on
        union all select account_id, 'broken_promise', seen_on,
            number || case number when 1 then ' promise' else ' promises' end || ' broken in {BROKEN_PROMISE_DAYS} days'
            from broken
        union all select account_id, 'declines', seen_on, number || ' declines in {DECLINE_DAYS} days' from declined
        union all select account_id, 'hard_decline', seen_on, 'The card was refused for good: ' || decline_code from refused
        union all select c.id, 'card_expiring',
            case when e.issuer_alert is null then e.expires_on else coalesce(e.alert_on, :on) end,
            e.brand || ' …' || e.last_four || case
                when e.issuer_alert is not null then ': its issuer says that it will not work any more'
                when e.expires_on < :on then ' expired ' || e.expires_on else ' expires ' || e.expires_on end
            from expiring e join chosen c on c.customer_id = e.customer_id
        union all select c.id, 'shared_card', s.seen_on,
            s.name || ' is on file for ' || s.others || case s.others when 1 then ' other customer' else ' other customers' end
            from shared s join chosen c on c.customer_id = s.customer_id
        union all select account_id, 'no_autopay', coalesce(seen_on, start_on),
            case when is_granted is null then 'Nobody agreed to AutoPay' else 'They took AutoPay back' end
            from consents where not coalesce(is_granted, false)
        union all select account_id, 'device', coalesce(case when verdict = 'silent' then reported_on end, seen_on),
            case when verdict = 'not_found' then 'Hexnode does not know the device'
                when verdict = 'not_enrolled' then 'The device is not enrolled in Hexnode'
                when reported_on is null then 'The device has never reported'
                else 'The device was last heard of ' || reported_on end
            from devices
        union all select account_id, 'phone_dead', start_on,
            case number when 0 then 'No number is known' else 'No number reaches them: all ' || number || ' bad' end
            from numbers where coalesce(are_bad, true)
        union all select account_id, 'partial_payer', seen_on,
            partial || ' of the last ' || number || ' payments were less than an installment'
            from habits where partial >= {PARTIAL_NEEDED}
        union all select account_id, 'payday_payer', seen_on,
            on_paydays || ' of the last ' || number || ' payments came on a payday'
            from habits where on_paydays >= {PAYDAY_NEEDED}
        union all select account_id, 'on_time_run', last_paid_on, on_time_run || ' installments on time in a row'
            from figures where on_time_run >= {ON_TIME_NEEDED}
        union all select account_id, 'paid_early', last_paid_on, 'The last ' || early_run || ' installments came early'
            from figures where early_run >= {EARLY_NEEDED}
        union all select account_id, 'second_lease', start_on, 'They leased before: ' || account_number ||
            case when number > 1 then ' and ' || (number - 1) || ' more' else '' end
            from others
    )
"""

_FIGURES_OF_ONE = text(f"with {ALL}, {FIGURES} select figures.*, {days_late_sql('figures', ':on')} as days_late from figures")
_SEEN_OF_ONE = text(f"with {ALL}, {FIGURES}, {SEEN} select kind, seen_on, evidence from seen order by kind")


class Seen(NamedTuple):
    """One signal of one account."""

    kind: SignalKind
    seen_on: dt.date
    evidence: str


class Figures(NamedTuple):
    """How one account was paid."""

    judged: int
    on_time: int
    on_time_rate: Decimal | None
    days_late: Decimal | None
    pti_rate: Decimal | None
    on_time_run: int
    early_run: int


def parameters(first: int, last: int, on: dt.date) -> dict[str, Any]:
    """What the statements need."""
    ended = sorted({on - dt.timedelta(days=days + 1) for days in GRACE_DAYS.values()})
    # A card counts as expiring from one certain day on: so many days before the end of its month.
    ends_on = on + dt.timedelta(days=EXPIRING_DAYS - 1)
    year, month = (ends_on.year, ends_on.month) if ends_on == month_end(ends_on) else (None, None)
    return {
        "first": first,
        "last": last,
        "on": on,
        "zone": zone().key,
        "grace_ended": ended,
        "expiring_year": year,
        "expiring_month": month,
    }


def figures_of(session: Session, account_id: int, *, on: dt.date) -> Figures | None:
    """The figures of one account as of a date; None when it is not open."""
    row = session.execute(_FIGURES_OF_ONE, parameters(account_id, account_id, on)).one_or_none()
    return None if row is None else Figures(*(getattr(row, name) for name in Figures._fields))


def seen_of(session: Session, account_id: int, *, on: dt.date) -> list[Seen]:
    """The signals of one account as of a date, fresh."""
    rows = session.execute(_SEEN_OF_ONE, parameters(account_id, account_id, on))
    return [Seen(SignalKind(row.kind), row.seen_on, row.evidence) for row in rows]


def points(session: Session) -> dict[SignalKind, int]:
    """The points of each kind that counts."""
    rows = session.execute(select(SignalWeight.kind, SignalWeight.points).where(SignalWeight.is_active))
    return {row.kind: row.points for row in rows}


def bands(session: Session) -> dict[Risk, int]:
    """From which score on each risk begins."""
    return {row.risk: row.from_score for row in session.execute(select(RiskBand.risk, RiskBand.from_score))}
