"""Signals and risk: the figures of how accounts were paid, what they show, and the score that comes of it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.queries.collections.behaviour import ALL, CHANGED, FIGURES, SEEN, parameters

# What stays as it is is left out before the insert: that would lock a row before it finds nothing to change.
_WRITE = """
    scores as (
        select f.account_id, greatest(0, coalesce(sum(w.points), 0))::smallint as score
        from figures f left join seen s on s.account_id = f.account_id
        left join signal_weight w on w.kind = s.kind and w.is_active
        group by f.account_id
    ),
    risks as (
        select s.account_id, s.score, coalesce((
            select b.risk from risk_band b where b.from_score <= s.score order by b.from_score desc, b.id desc limit 1
        ), 'low') as risk
        from scores s
    ),
    kept as (
        insert into account_behavior as b (account_id, as_of_on, judged, on_time, on_time_rate, due_lines, open_lines, late_base,
            pti_rate, score, risk)
        select f.account_id, :on, f.judged, f.on_time, f.on_time_rate, f.due_lines, f.open_lines, f.late_base, f.pti_rate,
            r.score, r.risk
        from figures f join risks r on r.account_id = f.account_id
        left join account_behavior o on o.account_id = f.account_id
        where (o.judged, o.on_time, o.on_time_rate, o.due_lines, o.open_lines, o.late_base, o.pti_rate, o.score, o.risk)
            is distinct from (f.judged, f.on_time, f.on_time_rate, f.due_lines, f.open_lines, f.late_base, f.pti_rate, r.score,
            r.risk)
        on conflict (account_id) do update set as_of_on = excluded.as_of_on, judged = excluded.judged,
            on_time = excluded.on_time, on_time_rate = excluded.on_time_rate, due_lines = excluded.due_lines,
            open_lines = excluded.open_lines, late_base = excluded.late_base,
            pti_rate = excluded.pti_rate, score = excluded.score, risk = excluded.risk
        returning b.account_id
    ),
    gone as (
        delete from account_signal g using chosen c
        where g.account_id = c.id and not exists (select from seen s where s.account_id = g.account_id and s.kind = g.kind)
        returning g.account_id
    ),
    shown as (
        insert into account_signal as g (account_id, kind, seen_on, evidence)
        select s.account_id, s.kind, s.seen_on, left(s.evidence, 200)
        from seen s left join account_signal o on o.account_id = s.account_id and o.kind = s.kind
        where (o.seen_on, o.evidence) is distinct from (s.seen_on, left(s.evidence, 200))
        on conflict (account_id, kind) do update set seen_on = excluded.seen_on, evidence = excluded.evidence
        returning g.account_id
    )
    select count(distinct account_id) from (
        select account_id from kept union all select account_id from gone union all select account_id from shown
    ) touched_now
"""
_OF_CHANGED = text(f"with {CHANGED}, {FIGURES}, {SEEN}, {_WRITE}")
_OF_ALL = text(f"with {ALL}, {FIGURES}, {SEEN}, {_WRITE}")

_RESCORE = text(
    """
    with scores as (
        select b.account_id, greatest(0, coalesce(sum(w.points), 0))::smallint as score
        from account_behavior b left join account_signal s on s.account_id = b.account_id
        left join signal_weight w on w.kind = s.kind and w.is_active
        where b.account_id between :first and :last
        group by b.account_id
    ),
    changed as (
        update account_behavior b set score = x.score, risk = x.risk
        from (
            select s.account_id, s.score, coalesce((
                select r.risk from risk_band r where r.from_score <= s.score order by r.from_score desc, r.id desc limit 1
            ), 'low') as risk from scores s
        ) x
        where x.account_id = b.account_id and (b.score, b.risk) is distinct from (x.score, x.risk)
        returning b.account_id
    )
    select count(*) from changed
    """
)


def observe(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Bring figures, signals and scores up to a business date where it may have changed them; returns the accounts changed."""
    changed = int(session.scalar(_OF_CHANGED, parameters(first, last, on)) or 0)
    # Points that were changed in a large book reach the accounts in which nothing happened tonight.
    return changed + rescore(session, first=first, last=last)


def observe_all(session: Session, *, first: int, last: int, on: dt.date) -> int:
    """The same for every open account of the range, whatever changed."""
    return int(session.scalar(_OF_ALL, parameters(first, last, on)) or 0)


def rescore(session: Session, *, first: int, last: int) -> int:
    """Score again what was seen, after the points or the bands changed; returns the accounts whose score is another now."""
    return int(session.scalar(_RESCORE, {"first": first, "last": last}) or 0)
