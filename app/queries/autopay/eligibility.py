"""Whom a batch charges, how much, and why not.

One statement for planning, for the dry run, for "who is next" and for the look right before a charge is sent. The amounts
are those of `app.domain.autopay.amounts`; a test runs both over random accounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.domain.autopay.batches import BatchKind
from app.domain.autopay.settings import AutopaySettings

_CANDIDATES = {
    BatchKind.DAILY: "a.status = 'active' and not a.is_test and a.next_due_on <= :on and a.balance_cents > 0",
    BatchKind.PROMISES: "a.status = 'active' and not a.is_test and a.id in "
    "(select account_id from promise where status = 'open' and method = 'card' and due_on <= :on)",
    BatchKind.RETRY: "a.status = 'active' and not a.is_test and a.next_due_on <= :on and a.balance_cents > 0 and a.id in "
    "(select account_id from charge where state = 'declined' and retry_why in ('funds', 'generic') "
    "and business_on between cast(:on as date) - 3 and :on)",
}
"""Which accounts a batch looks at at all; each of them is charged or has a reason why not."""


_SQL = """
with subject as (
    select a.id as account_id, a.customer_id, a.account_number, a.status, a.is_test, a.balance_cents, a.fees_cents,
        a.payment_cents, p.currency, c.square_customer_id, e.id as enrollment_id, e.card_id as chosen_card_id,
        e.fixed_cents, e.hold_until
    from account a
    join portfolio p on p.id = a.portfolio_id
    join customer c on c.id = a.customer_id
    left join autopay_enrollment e on e.account_id = a.id and e.revoked_at is null
    where {which}
),
figured as (
    select s.*, coalesce(due.today_cents, 0) as today_cents, coalesce(due.past_cents, 0) as past_cents,
        due.installment_number, coalesce(disputed.cents, 0) as disputed_cents,
        k.id as card_id, k.square_card_id, coalesce(k.fingerprint, k.square_card_id) as card_identity,
        k.square_version as card_version, k.expires_year, k.expires_month,
        promise.due_on as promise_on, promise.method as promise_method,
        greatest(0, least(promise.amount_cents - coalesce(promise.paid_cents, 0), s.balance_cents)) as promised_cents
    from subject s
    left join lateral (
        select sum(i.amount_cents - i.paid_cents) filter (where i.due_on = :on) as today_cents,
            sum(i.amount_cents - i.paid_cents) filter (where i.due_on < :on) as past_cents,
            max(i.number) as installment_number
        from installment i
        where i.account_id = s.account_id and i.paid_cents < i.amount_cents and i.due_on <= :on
    ) due on true
    left join lateral (
        select sum(d.amount_cents) as cents from dispute d
        where d.account_id = s.account_id and d.state in ('open', 'under_review')
    ) disputed on true
    left join lateral (
        select k.* from card k where k.customer_id = s.customer_id and k.is_enabled
        order by k.id is not distinct from s.chosen_card_id desc, k.is_primary desc, k.id limit 1
    ) k on true
    left join lateral (
        select r.due_on, r.method, r.amount_cents, (
            select sum(m.amount_cents) from payment m
            where m.account_id = r.account_id and m.kind = 'payment' and m.state = 'complete' and m.posted_at >= r.made_at
        ) as paid_cents
        from promise r where r.account_id = s.account_id and r.status = 'open'
    ) promise on true
),
priced as (
    select f.*, case when {is_promise} then promised_cents else greatest(0, least(
            case when fixed_cents is not null and today_cents + past_cents > 0 then greatest(fixed_cents, payment_cents)
                else today_cents + case when :rule = 'due' then 0 else past_cents end
                    + case when :rule = 'past_due_and_fees' then fees_cents else 0 end
            end, balance_cents) - disputed_cents) end as amount_cents
    from figured f
),
judged as (
    select q.*, case
        when status <> 'active' or is_test then 'not_active'
        when enrollment_id is null and not {is_promise} then 'no_consent'
        when hold_until > :on and not {is_promise} then 'hold'
        when card_id is null or square_customer_id is null then 'no_card'
        when (expires_year, expires_month) < (extract(year from cast(:on as date)), extract(month from cast(:on as date)))
            then 'card_expired'
        when exists (
            select from charge h where h.account_id = q.account_id and h.id <> all(:own) and (
                h.state in ('planned', 'sending', 'pending', 'unknown', 'needs_review')
                or h.was_unknown and h.cleared_at is null and h.state in ('declined', 'rejected'))
        ) then 'open_charge'
        when promise_on >= :on and not {is_promise} then 'promise'
        when disputed_cents > 0 and amount_cents = 0 then 'dispute'
        when amount_cents = 0 then 'nothing_due'
        when exists (
            select from charge h where h.card_identity = q.card_identity and h.state = 'declined' and h.retry_why = 'hard_stop'
        ) then 'card_stopped'
        when exists (
            select from charge h where h.card_identity = q.card_identity and h.state = 'declined' and h.retry_why = 'fix_card'
                and h.card_id = q.card_id and h.card_version >= q.card_version
        ) then 'card_to_fix'
        when (
            select count(*) from charge h where h.card_identity = q.card_identity and h.id <> all(:own)
                and h.business_on = :on and h.state not in ('skipped', 'rejected')
        ) > 0 then 'card_today'
        when (
            select count(*) from charge h where h.card_identity = q.card_identity and h.state = 'declined'
                and h.business_on > cast(:on as date) - 30
        ) >= :declines then 'card_declines'
        when (
            select count(*) from charge h where h.account_id = q.account_id and h.id <> all(:own)
                and h.installment_number = q.installment_number and h.state not in ('skipped', 'rejected', 'succeeded')
        ) >= :tries then 'tries_spent'
        when not {is_promise} then (
            select case
                when h.retry_on is null then 'tries_spent'
                when h.retry_on > :on and not {is_retry} then 'retry_waits'
            end
            from (
                select * from charge l where l.account_id = q.account_id and l.state in ('declined', 'succeeded')
                order by l.id desc limit 1
            ) h
            where h.state = 'declined' and h.card_identity = q.card_identity and h.card_version >= q.card_version
                and h.installment_number >= q.installment_number and h.kind <> 'now'
        )
    end as first_reason
    from priced q
)
select account_id, account_number, amount_cents, installment_number, card_id, square_card_id, card_identity, card_version,
    square_customer_id, currency, case
        when first_reason is null and row_number() over (
            partition by card_identity, first_reason is null order by amount_cents desc, account_id
        ) > 1 then 'card_today'
        else first_reason
    end as reason
from judged
"""


def candidates(
    kind: BatchKind,
    settings: AutopaySettings,
    *,
    on: dt.date,
    account_ids: Sequence[int] | None = None,
    own: Sequence[int] = (),
) -> tuple[TextClause, dict[str, Any]]:
    """The statement and its values: a row for each account that a batch looks at.

    Rows: account_id, account_number, amount_cents, installment_number, card_id, square_card_id, card_identity, card_version,
    square_customer_id, currency, reason (null: it is charged). With `account_ids` exactly those accounts are judged, whatever
    has become of them; `own` are charges that do not stand in their own way.
    """
    which = _CANDIDATES[kind] if account_ids is None else "a.id = any(:ids)"
    statement = _SQL.format(
        which=which,
        is_promise="true" if kind is BatchKind.PROMISES else "false",
        is_retry="true" if kind is BatchKind.RETRY else "false",
    )
    values: dict[str, Any] = {
        "on": on,
        "rule": settings.amount_rule.value,
        "declines": settings.declines_per_card,
        "tries": settings.tries_per_installment,
        "own": list(own),
    }
    bound = [bindparam("own", type_=ARRAY(BigInteger))]
    if account_ids is not None:
        values["ids"] = list(account_ids)
        bound.append(bindparam("ids", type_=ARRAY(BigInteger)))
    return text(statement).bindparams(*bound), values
