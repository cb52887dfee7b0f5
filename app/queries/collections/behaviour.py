"""How accounts were paid and what they show, worked out in SQL over a range of accounts.

The rules are in `app.domain.collections.signals`; a test demands the same figures from both on random accounts. The texts
end in two tables, `figures` and `seen`, over the accounts of `chosen`.
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
    PARTIAL_NEEDED,
    PAYDAY_NEEDED,
    RECENT_PAYMENTS,
    Risk,
    SignalKind,
)
from app.domain.servicing.frequency import DEFAULT_PAYMENTS
from app.domain.servicing.status import OPEN_STATUSES
from app.models import RiskBand, SignalWeight

HARD_CODE_DAYS = 90


def _cases(values: Mapping[Any, int]) -> str:
    return " ".join(f"when '{key.value}' then {value}" for key, value in values.items())


_OPEN = ", ".join(f"'{status.value}'" for status in sorted(OPEN_STATUSES))
_HARD = ", ".join(f"'{code}'" for code in sorted(HARD_CODES))

ALL = f"chosen as (select * from account a where a.id between :first and :last and a.status in ({_OPEN}))"
"""Every open account of the range."""

CHANGED = f"""
    touched as (select distinct account_id from installment where due_on = :on and account_id between :first and :last),
    chosen as (
        select a.* from account a
        left join account_behavior b on b.account_id = a.id
        left join touched t on t.account_id = a.id
        where a.id between :first and :last and a.status in ({_OPEN})
            and (b.account_id is null or t.account_id is not null or a.days_past_due > 0 or a.last_paid_on >= :on - 1
                -- What the calendar changes (a card that expires, a promise that is long ago) is looked at once a week.
                or a.id % 7 = (:on - date '2000-01-01') % 7)
    )
"""
"""The open accounts whose figures this day may have changed."""

FIGURES = f"""
    lines as (
        select i.account_id, i.number, i.due_on, i.paid_on, i.paid_cents >= i.amount_cents as is_paid,
            case c.frequency {_cases(GRACE_DAYS)} end as grace
        from installment i join chosen c on c.id = i.account_id
        where i.due_on <= :on and not (i.paid_cents >= i.amount_cents and i.paid_on is null)
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
            least(99999, round(avg(greatest(0, coalesce(paid_on, :on) - due_on)), 2)) as days_late,
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
        join customer p on p.id = c.customer_id and p.monthly_income_cents > 0
        join account a on a.customer_id = c.customer_id and a.status in ({_OPEN})
        group by c.customer_id, p.monthly_income_cents
    ),
    figures as (
        select c.id as account_id, coalesce(p.judged, 0) as judged, coalesce(p.on_time, 0) as on_time,
            round(p.on_time::numeric / nullif(p.judged, 0), 4) as on_time_rate, p.days_late,
            case when incomes.pti_rate > 99999 then 99999 else incomes.pti_rate end as pti_rate,
            coalesce(p.on_time_run, 0) as on_time_run, coalesce(p.early_run, 0) as early_run, p.last_paid_on
        from chosen c left join paid p on p.account_id = c.id left join incomes on incomes.customer_id = c.customer_id
    )
"""

SEEN = f"""
    first_lines as (
        select distinct on (i.account_id) i.account_id, i.due_on, i.paid_cents >= i.amount_cents as is_paid,
            case c.frequency {_cases(GRACE_DAYS)} end as grace
        from installment i join chosen c on c.id = i.account_id order by i.account_id, i.number
    ),
    broken as (
        select p.account_id, count(*) as number, max(p.resolved_on) as seen_on
        from promise p join chosen c on c.id = p.account_id
        where p.status = 'broken' and p.resolved_on > :on - {BROKEN_PROMISE_DAYS} group by p.account_id
    ),
    declined as (
        select p.account_id, count(*) as number, max(p.effective_on) as seen_on
        from payment p join chosen c on c.id = p.account_id
        where p.state = 'decline' and p.kind = 'payment' and p.effective_on > :on - {DECLINE_DAYS} and p.effective_on <= :on
        group by p.account_id having count(*) >= {DECLINES_NEEDED}
    ),
    refused as (
        select distinct on (p.account_id) p.account_id, p.decline_code, p.effective_on as seen_on
        from payment p join chosen c on c.id = p.account_id
        where p.state = 'decline' and p.decline_code in ({_HARD})
            and p.effective_on > :on - {HARD_CODE_DAYS} and p.effective_on <= :on
        order by p.account_id, p.effective_on desc, p.id desc
    ),
    cards as (
        select k.*, (make_date(k.expires_year, k.expires_month, 1) + interval '1 month - 1 day')::date as expires_on
        from card k where k.is_enabled and k.customer_id in (select customer_id from chosen)
    ),
    expiring as (
        select distinct on (customer_id) customer_id, brand, last_four, expires_on from cards
        where expires_on < :on + {EXPIRING_DAYS} order by customer_id, is_primary desc, id
    ),
    shared as (
        select k.customer_id, min(k.brand || ' …' || k.last_four) as name,
            count(distinct o.customer_id) as others, max((k.created_at at time zone :zone)::date) as seen_on
        from cards k join card o on o.fingerprint = k.fingerprint and o.customer_id <> k.customer_id
        group by k.customer_id
    ),
    consents as (
        select distinct on (customer_id) customer_id, is_granted, (at at time zone :zone)::date as seen_on from consent
        where channel = 'autopay' and customer_id in (select customer_id from chosen) order by customer_id, at desc, id desc
    ),
    numbers as (
        select customer_id, count(*) as number, bool_and(is_bad) as are_bad from customer_phone
        where customer_id in (select customer_id from chosen) group by customer_id
    ),
    recent as (
        select p.account_id, p.amount_cents, p.effective_on,
            row_number() over (partition by p.account_id order by p.effective_on desc, p.id desc) as place
        from payment p join chosen c on c.id = p.account_id
        where p.state = 'complete' and p.kind = 'payment' and p.effective_on <= :on
    ),
    habits as (
        select r.account_id, count(*) as number, max(r.effective_on) as seen_on,
            count(*) filter (where r.amount_cents < c.payment_cents) as partial,
            count(*) filter (where extract(isodow from r.effective_on) = 5 or extract(day from r.effective_on) in (1, 15)
                or extract(day from r.effective_on + 1) = 1) as on_paydays
        from recent r join chosen c on c.id = r.account_id where r.place <= {RECENT_PAYMENTS} group by r.account_id
    ),
    others as (
        select c.id as account_id, min(a.account_number) as account_number, count(*) as number
        from chosen c join account a on a.customer_id = c.customer_id and a.id <> c.id
            and a.status in ('active', 'paid_off', 'closed') and a.start_on <= c.start_on
        group by c.id
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
        union all select c.id, 'card_expiring', e.expires_on,
            e.brand || ' …' || e.last_four || case when e.expires_on < :on then ' expired ' else ' expires ' end || e.expires_on
            from expiring e join chosen c on c.customer_id = e.customer_id
        union all select c.id, 'shared_card', s.seen_on,
            s.name || ' is on file for ' || s.others || case s.others when 1 then ' other customer' else ' other customers' end
            from shared s join chosen c on c.customer_id = s.customer_id
        union all select c.id, 'no_autopay', coalesce(n.seen_on, c.start_on),
            case when n.customer_id is null then 'Nobody agreed to AutoPay' else 'They took AutoPay back' end
            from chosen c left join consents n on n.customer_id = c.customer_id where not coalesce(n.is_granted, false)
        union all select c.id, 'phone_dead', c.start_on,
            case when n.number is null then 'No number is known' else 'No number reaches them: all ' || n.number || ' bad' end
            from chosen c left join numbers n on n.customer_id = c.customer_id where coalesce(n.are_bad, true)
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
        union all select o.account_id, 'second_lease', c.start_on, 'They leased before: ' || o.account_number ||
            case when o.number > 1 then ' and ' || (o.number - 1) || ' more' else '' end
            from others o join chosen c on c.id = o.account_id
    )
"""

_FIGURES_OF_ONE = text(f"with {ALL}, {FIGURES} select * from figures")
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
    return {"first": first, "last": last, "on": on, "zone": zone().key}


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
