"""The mirror of Hexnode's devices, and how the devices of accounts stand by it.

The rule is `app.domain.servicing.enrollment`; here it runs over a chunk of accounts in one statement. Whether two names may
mean one model is asked of the rule itself, once for each pair of names that occurs.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, CursorResult, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.servicing.enrollment import Verdict, is_enrolled, is_same_model, silent_before
from app.domain.servicing.status import OPEN_STATUSES
from app.gateways.devices import EnrolledDevice
from app.models import Account, ManagedDevice
from app.services.staff import audit
from app.services.staff.audit import Actor

CHUNK = 5_000
"""Accounts by id that are judged in one statement."""


def keep(session: Session, devices: Iterable[EnrolledDevice], *, now: dt.datetime) -> int:
    """Bring the mirror up to date; returns how many devices were told of."""
    rows = [
        {
            "hexnode_id": told.id,
            "name": told.name[:200],
            "model": told.model[:160],
            "serial": told.serial[:60] if told.serial else None,
            "imei": told.imei,
            "udid": told.udid[:80] if told.udid else None,
            "status": told.status[:40],
            "is_enrolled": is_enrolled(told.status),
            "enrolled_at": told.enrolled_at,
            "last_reported_at": told.last_reported_at,
            "is_compliant": told.is_compliant,
            "is_gone": False,
            "seen_at": now,
        }
        for told in {told.id: told for told in devices}.values()
    ]
    if not rows:
        return 0
    new = insert(ManagedDevice)
    names = [name for name in rows[0] if name != "hexnode_id"]
    # One statement with many parameters, not one with a thousand: that would have to be compiled anew for each page.
    session.connection().execute(
        new.on_conflict_do_update(index_elements=[ManagedDevice.hexnode_id], set_={name: new.excluded[name] for name in names}),
        rows,
    )
    session.expire_all()
    return len(rows)


def note_gone(session: Session, *, seen: Iterable[int]) -> int:
    """Whatever a whole list did not tell of (numbers at Hexnode) is not there any more; returns how many left."""
    there = bindparam("seen", list(seen), ARRAY(BigInteger))
    gone = session.execute(
        update(ManagedDevice)
        .where(~ManagedDevice.is_gone, ManagedDevice.hexnode_id != func.all(there))
        .values(is_gone=True)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(gone, CursorResult)
    session.expire_all()
    return gone.rowcount


def analyze(session: Session) -> None:
    """Let the planner know how many devices there are now, before they are joined with all accounts."""
    session.execute(text("analyze managed_device"))


def forget(session: Session, hexnode_id: int) -> None:
    """One device is not at Hexnode any more."""
    session.execute(update(ManagedDevice).where(ManagedDevice.hexnode_id == hexnode_id).values(is_gone=True))


def ranges(session: Session) -> list[tuple[int, int]]:
    """Chunks of accounts, first and last id."""
    least, most = session.execute(select(func.min(Account.id), func.max(Account.id))).one()
    return [(first, first + CHUNK - 1) for first in range(least, most + 1, CHUNK)] if least is not None else []


_FOUND = """
    mine as materialized (
        select a.id as account_id, a.status = any(:open) as is_open, a.is_test, d.model, d.imei, upper(d.serial) as serial
        from account a left join device d on d.id = a.device_id
        where a.id between :first and :last and (a.status = any(:open) or a.status = 'paid_off') and (not a.is_test or :is_one)
    ),
    by_imei as (
        select distinct on (imei) imei, id, model, is_enrolled, last_reported_at from managed_device
        where not is_gone and imei in (select imei from mine)
        order by imei, is_enrolled desc, last_reported_at desc nulls last, id desc
    ),
    by_serial as (
        select distinct on (serial) serial, id, model, is_enrolled, last_reported_at from managed_device
        where not is_gone and serial in (select serial from mine)
        order by serial, is_enrolled desc, last_reported_at desc nulls last, id desc
    ),
    holders as (
        select d.imei, count(*) as accounts from device d join account a on a.device_id = d.id
        where d.imei in (select imei from mine) and a.status = any(:open) and not a.is_test
        group by d.imei
    ),
    found as (
        select account_id, is_open, mine.model, coalesce(i.id, s.id) as managed_id, coalesce(i.model, s.model) as theirs,
            coalesce(i.is_enrolled, s.is_enrolled, false) as is_enrolled,
            case when i.id is null then s.last_reported_at else i.last_reported_at end as reported_at,
            coalesce(h.accounts, 0) > case when is_open and not is_test then 1 else 0 end as is_shared
        from mine
        left join by_imei i on i.imei = mine.imei
        left join by_serial s on s.serial = mine.serial and i.id is null
        left join holders h on h.imei = mine.imei
    )
"""
"""Accounts of a range with their device at Hexnode: by IMEI, else by serial number; of several the one that is enrolled and was
heard of last. Written as joins of whole sets, so that it is quick before the tables have statistics, too."""

_NAMES = text(f"with {_FOUND} select distinct model, theirs from found where is_open and managed_id is not null")

_JUDGE = text(
    f"""
    with {_FOUND},
    judged as (
        select account_id, managed_id, case
            when not is_open and is_enrolled and not is_shared then 'paid_off'
            when not is_open then 'released'
            when is_shared then 'two_accounts'
            when managed_id is null then 'not_found'
            when not is_enrolled then 'not_enrolled'
            when (model, theirs) in (select * from unnest(cast(:ours as text[]), cast(:theirs as text[]))) then 'wrong_model'
            when reported_at is null or reported_at < :silent_before then 'silent'
            else 'enrolled' end as verdict
        from found
    ),
    left_behind as (
        delete from device_check c using account a
        where c.account_id = a.id and a.id between :first and :last and not (a.status = any(:open) or a.status = 'paid_off')
    ),
    written as (
        insert into device_check (account_id, managed_device_id, verdict, checked_at)
        select account_id, managed_id, verdict, :now from judged
        where verdict <> 'released' or :is_one
            or exists (select from device_check c where c.account_id = judged.account_id)
        on conflict (account_id) do update set managed_device_id = excluded.managed_device_id, verdict = excluded.verdict,
            checked_at = excluded.checked_at
        returning verdict
    )
    select verdict, count(*) from written group by verdict
    """
)


def judge(session: Session, *, first: int, last: int, now: dt.datetime, is_one: bool = False) -> Counter[Verdict]:
    """Write down how the devices of accounts in a range of ids stand; returns how many stand how.

    Of paid-off accounts only those are kept whose device is still enrolled, or was when it was checked before; `is_one`: what
    was asked for by itself is kept whatever it is, a test lease too.
    """
    values = {"first": first, "last": last, "open": [status.value for status in OPEN_STATUSES], "is_one": is_one}
    named = session.execute(_NAMES, values).all()
    wrong = [(ours, theirs) for ours, theirs in named if not is_same_model(ours, theirs)]
    values |= {
        "ours": [ours for ours, _ in wrong],
        "theirs": [theirs for _, theirs in wrong],
        "silent_before": silent_before(now),
        "now": now,
    }
    counts = Counter({Verdict(word): number for word, number in session.execute(_JUDGE, values).all()})
    session.expire_all()
    return counts


def note_run(session: Session, counts: Counter[Verdict], *, devices: int, now: dt.datetime, actor: Actor) -> None:
    """Say in the audit trail that all devices were checked, and what was found."""
    found = {verdict.value: counts[verdict] for verdict in Verdict}
    audit.record(session, "devices checked", now=now, actor=actor, entity="device_check", after={"at_hexnode": devices, **found})
