"""Handing out: late accounts go to collectors who take them, what no longer fits moves on, what is current is let go.

The rules are those of `app.domain.collections.assigning`: who takes an account is asked in SQL over all candidates at once, who
of them gets it is decided one account after another, because each changes the loads.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from sqlalchemy import BigInteger, Boolean, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.domain.collections.assigning import ALPHABET, DIGIT_LETTERS, AmountBasis, Candidate, Criteria, Move, share_out
from app.domain.collections.statuses import NEW
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account
from app.queries.collections import collectors

_OPEN = ", ".join(f"'{status}'" for status in sorted(OPEN_STATUSES))
_AMOUNTS = {
    AmountBasis.DELINQUENT: "a.past_due_cents",
    AmountBasis.GROSS_OUTSTANDING: "a.balance_cents",
    AmountBasis.NET_OUTSTANDING: "a.balance_cents - a.credit_cents",
    AmountBasis.GROSS_RECEIVABLE: "a.balance_cents - a.fees_cents",
}


def _letter(value: str) -> str:
    """The letter by which a text is handed out, as an SQL expression."""
    first = f"translate(left({value}, 1), '{ALPHABET.lower()}0123456789', '{ALPHABET}{DIGIT_LETTERS}')"
    return f"case when {first} <> '' and strpos('{ALPHABET}', {first}) > 0 then {first} else 'X' end"


_SPACE = r"E' \t\n\r'"
_FITTING = f"""
    select a.id, a.portfolio_id, a.assigned_to_id, array(
        select c.staff_id
        from jsonb_to_recordset(cast(:collectors as jsonb)) as c(staff_id bigint, name_letters text, status_letters text,
            minimum_cents bigint, maximum_cents bigint, portfolio_ids jsonb, company_ids jsonb, region_ids jsonb,
            office_ids jsonb)
        where strpos(c.name_letters, l.name_letter) > 0 and strpos(c.status_letters, l.status_letter) > 0
            and l.cents >= c.minimum_cents and (c.maximum_cents is null or l.cents <= c.maximum_cents)
            and (c.portfolio_ids = '[]' or c.portfolio_ids @> to_jsonb(a.portfolio_id))
            and (c.company_ids = '[]' or coalesce(c.company_ids @> to_jsonb(a.company_id), false))
            and (c.region_ids = '[]' or coalesce(c.region_ids @> to_jsonb(a.region_id), false))
            and (c.office_ids = '[]' or coalesce(c.office_ids @> to_jsonb(a.office_id), false))
        order by c.staff_id
    ) as fitting
    from account a
    join customer on customer.id = a.customer_id
    left join account_collection_status own on own.account_id = a.id
    left join collection_status s on s.id = own.status_id
    cross join lateral (
        select {_letter(f"coalesce(nullif(btrim(customer.last_name, {_SPACE}), ''), btrim(customer.first_name, {_SPACE}))")}
                as name_letter,
            {_letter(f"coalesce(s.code, '{NEW}')")} as status_letter, {{amount}} as cents
    ) l
"""
# Late and in nobody's book; or handed out by an earlier end of day to somebody who does not take accounts like it any more.
_CANDIDATES = f"""
    select id, portfolio_id, assigned_to_id, fitting from (
        {_FITTING}
        left join assignment held on held.account_id = a.id and held.until_at is null
        where a.id between :first and :last and a.past_due_cents > 0 and a.status in ({_OPEN}) and not a.is_test
            and (a.assigned_to_id is null or (:reassigns and held.staff_id = a.assigned_to_id and not held.is_manual
                and not exists (select from reassignment_hold h where h.account_id = a.id)))
    ) asked
    left join unnest(:books, :bosses) as boss(book_id, boss_id) on boss.book_id = asked.portfolio_id
    where (assigned_to_id is null or not assigned_to_id = any(fitting))
        and (cardinality(fitting) > 0 or boss.boss_id <> coalesce(assigned_to_id, 0))
    order by id
"""
_RELEASE = text(
    f"""
    with freed as (
        select a.id, a.assigned_to_id from account a
        join assignment held on held.account_id = a.id and held.until_at is null
        where a.id between :first and :last and held.staff_id = a.assigned_to_id and not held.is_manual
            and (a.past_due_cents = 0 or a.status not in ({_OPEN}))
        order by a.id for update of a
    ),
    ended as (
        update assignment held set until_at = :now from freed where held.account_id = freed.id and held.until_at is null
    ),
    changed as (
        update account a set assigned_to_id = null, version = a.version + 1 from freed where a.id = freed.id
        returning a.id
    ),
    told as (
        insert into activity (account_id, kind, at, summary)
        select freed.id, 'assignment', :now, 'Released: current again (before: ' || staff.name || ')'
        from freed join staff on staff.id = freed.assigned_to_id
    )
    select count(*) from changed
    """
)
_MOVE = text(
    """
    with moved as (
        select a.id, a.assigned_to_id as was_id, m.to_id, m.is_fitting
        from unnest(:accounts, :to, :fitting) as m(account_id, to_id, is_fitting)
        join account a on a.id = m.account_id
        order by a.id for update of a
    ),
    ended as (
        update assignment held set until_at = :now from moved where held.account_id = moved.id and held.until_at is null
        returning 1
    ),
    changed as (
        update account a set assigned_to_id = moved.to_id, version = a.version + 1 from moved where a.id = moved.id
        returning a.id
    ),
    told as (
        insert into activity (account_id, kind, at, summary)
        select moved.id, 'assignment', :now, left('Assigned to ' || staff.name || ' by the end of day'
            || case when moved.is_fitting then '' else ', for nobody takes accounts like it' end
            || coalesce(' (before: ' || was.name || ')', ''), 300)
        from moved join staff on staff.id = moved.to_id left join staff was on was.id = moved.was_id
    )
    select count(*) from changed
    """
).bindparams(bindparam("accounts", type_=ARRAY(BigInteger)), bindparam("to", type_=ARRAY(BigInteger)))
# A row of its own: the index that allows one open assignment per account looks before the rows above are ended.
_BEGIN = text(
    """
    insert into assignment (account_id, staff_id, from_at, is_manual, reason)
    select m.account_id, m.to_id, :now, false, case when m.is_fitting then 'End of day' else 'End of day: nobody fits' end
    from unnest(:accounts, :to, :fitting) as m(account_id, to_id, is_fitting)
    """
).bindparams(bindparam("accounts", type_=ARRAY(BigInteger)), bindparam("to", type_=ARRAY(BigInteger)))


def hand_out(session: Session, *, first: int, last: int, on: dt.date, now: dt.datetime) -> int:
    """Release what is current again and hand out what is late; returns how many accounts changed hands.

    What a person assigned by hand stays. "Perform automatic reassignment" off wins over everything about single lessees.
    """
    released = int(session.scalar(_RELEASE, {"first": first, "last": last, "now": now}) or 0)
    moves = share_out(candidates(session, first=first, last=last), _loads(session))
    _apply(session, moves, now=now)
    return released + len(moves)


def candidates(session: Session, *, first: int, last: int) -> list[Candidate]:
    """The accounts that are to be handed out, each with who takes it; none that there is nobody to give to."""
    settings = collectors.settings(session)
    supervisors = collectors.supervisors(session)
    statement = text(_CANDIDATES.replace("{amount}", _AMOUNTS[settings.amount_basis])).bindparams(
        bindparam("books", type_=ARRAY(BigInteger)), bindparam("bosses", type_=ARRAY(BigInteger))
    )
    given = {
        "first": first,
        "last": last,
        "reassigns": settings.reassigns,
        "collectors": _as_json(collectors.criteria(session)),
        "books": list(supervisors),
        "bosses": list(supervisors.values()),
    }
    return [
        Candidate(row.id, row.assigned_to_id, tuple(row.fitting), supervisors.get(row.portfolio_id))
        for row in session.execute(statement, given)
    ]


def _as_json(criteria: Sequence[Criteria]) -> str:
    """The collectors who work here, as the statement reads them."""
    return json.dumps(
        [
            {
                "staff_id": one.staff_id,
                "name_letters": one.name_letters,
                "status_letters": one.status_letters,
                "minimum_cents": one.minimum_cents,
                "maximum_cents": one.maximum_cents,
                "portfolio_ids": sorted(one.portfolio_ids),
                "company_ids": sorted(one.company_ids),
                "region_ids": sorted(one.region_ids),
                "office_ids": sorted(one.office_ids),
            }
            for one in criteria
            if one.is_active
        ]
    )


def _loads(session: Session) -> dict[int, int]:
    """Collector → accounts in their book."""
    counts = select(Account.assigned_to_id, func.count()).where(Account.assigned_to_id.is_not(None))
    return dict(session.execute(counts.group_by(Account.assigned_to_id)).all())  # type: ignore[arg-type]


def _apply(session: Session, moves: Sequence[Move], *, now: dt.datetime) -> None:
    """Three statements, however many accounts."""
    if not moves:
        return
    given = {
        "accounts": [move.account_id for move in moves],
        "to": [move.to_id for move in moves],
        "fitting": [move.is_fitting for move in moves],
        "now": now,
    }
    fitting = bindparam("fitting", type_=ARRAY(Boolean))
    session.execute(_MOVE.bindparams(fitting), given)
    session.execute(_BEGIN.bindparams(fitting), given)
