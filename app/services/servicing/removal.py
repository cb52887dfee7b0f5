"""Permanent deletion: everything of some accounts goes, with its people and devices; the audit trail says that it went.

Which tables that means is read from the tables themselves: whatever has an `account_id`, and whatever refers to a customer,
a device or another row that goes. So a new table is covered from its first day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.domain.errors import RuleViolation
from app.models import Account, AccountParty, Base, Customer, Device, DeviceLock, DisputeEvidence, ManagedDevice
from app.services.staff import audit
from app.services.staff.audit import Actor

STAYS = frozenset({"audit_event"})
"""Tables with an account_id whose rows outlive the account."""

LONGEST_REASON = 400


@dataclass(frozen=True)
class Going:
    """What a deletion takes: the roots, and how many rows of each table."""

    account_ids: tuple[int, ...]
    customer_ids: tuple[int, ...]
    device_ids: tuple[int, ...]
    rows: tuple[tuple[str, int], ...]
    """(table, rows), those without any left out; an account first, then what hangs on it."""
    files: tuple[str, ...] = ()
    """SHA-256 of uploaded evidence that nothing else refers to afterwards."""

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(count for _, count in self.rows)

    @property
    def seal(self) -> str:
        """A short word for exactly this content: a deletion is refused when it has changed since it was shown."""
        return "-".join(f"{table}.{count}" for table, count in self.rows)


def going(session: Session, account_ids: Sequence[int]) -> Going:
    """What deleting these accounts would take, counted table by table. Writes nothing."""
    accounts = tuple(sorted(account_ids))
    customers = _people(session, accounts)
    devices = _devices(session, accounts)
    conditions = _conditions(accounts, customers, devices)
    counted = ((table.name, _count(session, table, condition)) for table, condition in conditions.items())
    rows = tuple((name, count) for name, count in sorted(counted, key=_account_first) if count)
    return Going(accounts, customers, devices, rows, _files(session, accounts))


def remove(
    session: Session, account_ids: Sequence[int], *, seal: str, reason: str, action: str, now: dt.datetime, actor: Actor
) -> Going:
    """Delete all data of these accounts, for good. `seal` is that of the content which was shown and agreed to.

    Customers, co-applicants and devices go with them unless another account has them. The trail keeps what went by table and
    number, and why; no name and no phone. Uploaded files are the caller's to unlink, after the commit (`Going.files`).
    Raises RuleViolation when no reason is given or the content has changed since it was shown.
    """
    reason = reason.strip()
    if not reason:
        raise RuleViolation("Say why it is deleted.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise RuleViolation(f"A reason holds {LONGEST_REASON} characters.", field="reason")
    locked = select(Account.id).where(Account.id.in_(account_ids)).order_by(Account.id).with_for_update()
    names = _names(session, session.scalars(locked).all())
    found = going(session, list(names))
    if not names or found.seal != seal:
        raise RuleViolation("Something has changed since this was shown; look at it again before you delete it.")
    session.execute(text("select set_config('leasedesk.removal', 'on', true)"))
    _take_out_of_sums(session, found.account_ids)
    conditions = _conditions(found.account_ids, found.customer_ids, found.device_ids)
    try:
        for table in _children_first(conditions):
            session.execute(delete(table).where(conditions[table]))
    except IntegrityError as error:
        raise RuleViolation("Something else still refers to this account, so nothing was deleted.") from error
    session.execute(text("select set_config('leasedesk.removal', 'off', true)"))
    session.expire_all()
    for account_id, (number, identity) in names.items():
        audit.record(
            session,
            action,
            now=now,
            actor=actor,
            entity="account",
            entity_id=account_id,
            account_id=account_id,
            before={"account_number": number, "uuid": identity},
            after={"rows": dict(found.rows), "accounts": len(names), "files": len(found.files)},
            reason=reason,
        )
    return found


def _names(session: Session, account_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Account → number and UUID."""
    query = select(Account.id, Account.account_number, Account.uuid).where(Account.id.in_(account_ids)).order_by(Account.id)
    return {row.id: (row.account_number, str(row.uuid)) for row in session.execute(query)}


def _people(session: Session, accounts: tuple[int, ...]) -> tuple[int, ...]:
    """Customers and second persons of these accounts that no other account has."""
    named = or_(
        exists().where(Account.customer_id == Customer.id, Account.id.in_(accounts)),
        exists().where(AccountParty.customer_id == Customer.id, AccountParty.account_id.in_(accounts)),
    )
    wanted = or_(
        exists().where(Account.customer_id == Customer.id, Account.id.not_in(accounts)),
        exists().where(AccountParty.customer_id == Customer.id, AccountParty.account_id.not_in(accounts)),
    )
    return tuple(session.scalars(select(Customer.id).where(named, ~wanted).order_by(Customer.id)))


def _devices(session: Session, accounts: tuple[int, ...]) -> tuple[int, ...]:
    """Devices of these accounts that no other account has, or had and gave back."""
    returned = Base.metadata.tables["device_return"]
    query = select(Device.id).where(
        exists().where(Account.device_id == Device.id, Account.id.in_(accounts)),
        ~exists().where(Account.device_id == Device.id, Account.id.not_in(accounts)),
        ~exists().where(returned.c.device_id == Device.id, returned.c.account_id.not_in(accounts)),
    )
    return tuple(session.scalars(query.order_by(Device.id)))


def _conditions(
    accounts: tuple[int, ...], customers: tuple[int, ...], devices: tuple[int, ...]
) -> dict[Table, ColumnElement[bool]]:
    """Table → which of its rows go, parents before what refers to them.

    A table with an account_id goes by that alone. Any other goes with a row that it refers to.
    """
    roots = {"account": accounts, "customer": customers, "device": devices}
    found: dict[Table, ColumnElement[bool]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in STAYS:
            continue
        if table.name in roots:
            found[table] = table.c.id.in_(roots[table.name])
        elif table.name == "square_customer":  # What we remember of them at Square; no key says whose it is.
            theirs = select(Customer.square_customer_id).where(Customer.id.in_(customers))
            found[table] = table.c.square_id.in_(theirs)
        elif table.name == "managed_device":  # What we remember of their device at Hexnode.
            found[table] = _mirror_of(devices, accounts)
        elif "account_id" in table.c:
            found[table] = table.c.account_id.in_(accounts)
        else:
            keys = [key for key in table.foreign_keys if key.column.table in found]
            if keys:
                found[table] = or_(*(key.parent.in_(select(key.column).where(found[key.column.table])) for key in keys))
    return found


def _mirror_of(devices: tuple[int, ...], accounts: tuple[int, ...]) -> ColumnElement[bool]:
    """What is remembered of these devices at Hexnode, unless it is another account's as well. No key says whose it is."""
    other = aliased(Device)
    theirs = or_(Device.imei == ManagedDevice.imei, func.upper(Device.serial) == ManagedDevice.serial)
    others = or_(other.imei == ManagedDevice.imei, func.upper(other.serial) == ManagedDevice.serial)
    return and_(
        exists().where(Device.id.in_(devices), theirs),
        ~exists().where(other.id.not_in(devices), others),
        ~exists().where(DeviceLock.managed_device_id == ManagedDevice.id, DeviceLock.account_id.not_in(accounts)),
    )


def _children_first(tables: Iterable[Table]) -> list[Table]:
    """The order in which rows go: what refers to others first, the account and then its people and device last.

    Installments and snapshots refer to their account without a foreign key, so the order of the keys alone is not enough.
    """
    last = ("account", "customer", "device")
    order = list(tables)[::-1]
    order.sort(key=lambda table: last.index(table.name) if table.name in last else -1)  # Stable: the rest stays as it is.
    return order


def _count(session: Session, table: Table, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _account_first(counted: tuple[str, int]) -> tuple[int, str]:
    order = ("account", "customer", "customer_phone", "device", "contract_terms", "installment", "payment")
    name = counted[0]
    return (order.index(name) if name in order else len(order), name)


def _files(session: Session, accounts: tuple[int, ...]) -> tuple[str, ...]:
    """Evidence of these accounts that no other account's dispute refers to."""
    other = select(DisputeEvidence.sha256).where(DisputeEvidence.account_id.not_in(accounts))
    query = select(DisputeEvidence.sha256).where(DisputeEvidence.account_id.in_(accounts), DisputeEvidence.sha256.not_in(other))
    return tuple(session.scalars(query.distinct().order_by(DisputeEvidence.sha256)))


def _take_out_of_sums(session: Session, accounts: tuple[int, ...]) -> None:
    """The sums of ended days lose what the snapshots had added to them. Test leases never were in them."""
    session.execute(
        text(
            """
            with lost as (
                select a.portfolio_id, s.business_on, b.from_days, count(*) as accounts,
                    sum(s.past_due_cents) as past_due_cents, sum(s.balance_cents) as balance_cents
                from account_snapshot s join account a on a.id = s.account_id
                join bucket b on b.scheme = 'report'
                    and s.days_past_due >= b.from_days and (b.to_days is null or s.days_past_due <= b.to_days)
                where s.account_id = any(:accounts) and not a.is_test
                group by 1, 2, 3
            )
            update portfolio_day d set accounts = d.accounts - lost.accounts,
                past_due_cents = d.past_due_cents - lost.past_due_cents, balance_cents = d.balance_cents - lost.balance_cents
            from lost where d.portfolio_id = lost.portfolio_id and d.business_on = lost.business_on
                and d.from_days = lost.from_days
            """
        ),
        {"accounts": list(accounts)},
    )
    session.execute(
        text(
            """
            with lost as (
                select batch_id, count(*) as eligible, count(*) filter (where state = 'succeeded') as succeeded,
                    count(*) filter (where state in ('declined', 'rejected')) as failed,
                    count(*) filter (where state in ('pending', 'unknown', 'needs_review')) as unknown,
                    count(*) filter (where state = 'skipped') as skipped,
                    coalesce(sum(amount_cents) filter (where state = 'succeeded'), 0) as cents
                from charge where account_id = any(:accounts) and batch_id is not null group by 1
            )
            update autopay_batch b set eligible = b.eligible - lost.eligible, succeeded = b.succeeded - lost.succeeded,
                failed = b.failed - lost.failed, unknown = b.unknown - lost.unknown, skipped = b.skipped - lost.skipped,
                charged_cents = b.charged_cents - lost.cents
            from lost where b.id = lost.batch_id
            """
        ),
        {"accounts": list(accounts)},
    )
