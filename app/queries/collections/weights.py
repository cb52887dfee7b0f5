"""The Weighting Table in use, as SQL over many accounts and as the breakdown of a few.

The pure rule is `app.domain.collections.weights`; a test holds both against each other on random accounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.domain.collections.statuses import NEW
from app.domain.collections.weights import DEFAULT, KINDS, MOST, Table, Weighed, breakdown, days_of_thirty
from app.domain.collections.worklist import CENTS_PER_POINT, FOLLOW_UP_FIRST, Breakdown
from app.domain.reporting.jobs import StepName
from app.domain.servicing.status import OPEN_STATUSES
from app.models import (
    Account,
    AccountCollectionStatus,
    CollectionSettings,
    CollectionStatus,
    Customer,
    Installment,
    WeightingTable,
)
from app.queries.collections.past_due import IS_REAL
from app.queries.scope import Viewer, condition

_OPEN = ", ".join(f"'{status}'" for status in sorted(OPEN_STATUSES))
_IS_LISTED = f"figures.status in ({_OPEN}) and (figures.past_due_cents > 0 or figures.has_follow_up_due)"


AVERAGE_DAYS_LATE: ColumnElement[int | None] = (
    select(cast(func.floor(func.avg(func.greatest(0, Installment.paid_on - Installment.due_on))), Integer))
    .where(Installment.account_id == Account.id, Installment.paid_on.is_not(None))
    .correlate(Account)
    .scalar_subquery()
)
"""By how many days an account's installments were paid late on average."""

CODE: ColumnElement[str] = func.coalesce(
    select(CollectionStatus.code)
    .join(AccountCollectionStatus, AccountCollectionStatus.status_id == CollectionStatus.id)
    .where(AccountCollectionStatus.account_id == Account.id)
    .correlate(Account)
    .scalar_subquery(),
    NEW,
)
"""The collection status that an account is in."""


@dataclass(frozen=True, slots=True)
class InUse:
    """What accounts are weighed by now."""

    table: Table = DEFAULT
    status_points: dict[str, int] = field(default_factory=dict)
    """Code → points; codes without any are left out."""
    has_thirty_day_months: bool = False


def in_use(session: Session) -> InUse:
    """The stored table, or a point a dollar and a point a day where weights are switched off."""
    settings = session.execute(
        select(CollectionSettings.steps_off, CollectionSettings.has_thirty_day_months, WeightingTable.weights).join(
            WeightingTable, WeightingTable.id == CollectionSettings.id
        )
    ).one_or_none()
    if settings is None or StepName.WEIGHTS.value in settings.steps_off:
        return InUse()
    points = select(CollectionStatus.code, CollectionStatus.weight).where(CollectionStatus.weight > 0)
    given = dict(session.execute(points).all())
    return InUse(Table.from_json(settings.weights), given, settings.has_thirty_day_months)


def weight_sql(used: InUse, *, on: str) -> str:
    """The weight of an account as an SQL expression; null for what stands in no worklist.

    `on` is the name of the bound business date. The expression reads a row source called `figures` with the columns id,
    status, past_due_cents, days_past_due, balance_cents, next_due_on and has_follow_up_due. It holds whole numbers only.
    """
    parts = " + ".join(part for part in _parts(used, f"cast(:{on} as date)") if part) or "0"
    return f"""
    case when {_IS_LISTED}
        then case when figures.has_follow_up_due then {FOLLOW_UP_FIRST} else 0 end + least({MOST}, {parts})
    end"""


def points_sql(used: InUse, *, on: str) -> str:
    """What each kind of weight gives an account, as an array in the order of `app.domain.collections.weights.reasons`.

    Reads the same row source as `weight_sql`; null for what stands in no worklist. What the table does not use costs nothing.
    """
    parts = (f"least({MOST}, {part})::int" if part else "0" for part in _parts(used, f"cast(:{on} as date)"))
    return f"case when {_IS_LISTED} then array[{', '.join(parts)}] end"


WEIGHT_OF_POINTS = f"""
    case when scored.points is not null
        then case when scored.has_follow_up_due then {FOLLOW_UP_FIRST} else 0 end
            + least({MOST}, {" + ".join(f"scored.points[{place}]" for place in range(1, KINDS + 1))})
    end"""
"""The weight that points make, over a row source called `scored` with the columns points and has_follow_up_due."""


def _parts(used: InUse, on: str) -> Iterable[str | None]:
    """One term for each kind of weight, None for one that gives no points: a house with the grid alone pays for nothing else."""
    table = used.table
    yield f"figures.past_due_cents::bigint / {CENTS_PER_POINT} * {table.per_dollar}" if table.per_dollar else None
    yield f"figures.days_past_due * {table.per_day}" if table.per_day else None
    has_grid = any(points for row in table.grid for points in row)
    age = _thirty(on) if used.has_thirty_day_months else "figures.days_past_due"
    yield _steps(age, [(edge, _balance_steps(table, row)) for row, edge in enumerate(table.ages)]) if has_grid else None
    yield _due_day(table) if table.due_days else None
    yield _average(table) if table.averages else None
    yield _account_age(table, on) if table.account_ages else None
    yield _status(used) if used.status_points else None


def _due_day(table: Table) -> str:
    days = " ".join(f"when {day} then {points}" for day, points in table.due_days)
    return f"(case extract(day from figures.next_due_on) {days} else 0 end)"


def _average(table: Table) -> str:
    average = (
        "(select floor(avg(greatest(0, i.paid_on - i.due_on))) from installment i"
        " where i.account_id = figures.id and i.paid_on is not null)"
    )
    return _steps(average, [(start, str(points)) for start, points in table.averages])


def _account_age(table: Table, on: str) -> str:
    age = f"({on} - (select w.start_on from account w where w.id = figures.id))"
    return _steps(age, [(start, str(points)) for start, points in table.account_ages])


def _status(used: InUse) -> str:
    codes = " ".join(f"when '{code}' then {points}" for code, points in sorted(used.status_points.items()))
    code = (
        "coalesce((select s.code from account_collection_status x join collection_status s on s.id = x.status_id"
        f" where x.account_id = figures.id), '{NEW}')"
    )
    return f"(case {code} {codes} else 0 end)"


def _balance_steps(table: Table, row: int) -> str:
    return _steps("figures.balance_cents", [(edge, str(table.grid[row][column])) for column, edge in enumerate(table.balances)])


def _steps(value: str, steps: Sequence[tuple[int, str]]) -> str:
    """The points of the last step that the value has reached."""
    cases = " ".join(f"when {value} >= {start} then {points}" for start, points in reversed(steps))
    return f"(case {cases} else 0 end)"


def _thirty(on: str) -> str:
    """Days past due in months of 30 days."""
    months = " + ".join(
        (
            f"(extract(year from {on}) - extract(year from figures.next_due_on)) * 12",
            f"extract(month from {on}) - extract(month from figures.next_due_on)",
        )
    )
    days = f"least(extract(day from {on}), 30) - least(extract(day from figures.next_due_on), 30)"
    return f"(case when figures.days_past_due > 0 then greatest(0, coalesce(({months}) * 30 + {days}, 0)) else 0 end)"


def weighed(session: Session, account_ids: Sequence[int], *, used: InUse, on: dt.date) -> dict[int, Weighed]:
    """What the table looks at in each of these accounts."""
    rows = session.execute(
        select(
            Account.id,
            Account.past_due_cents,
            Account.days_past_due,
            Account.balance_cents,
            Account.next_due_on,
            Account.start_on,
            CODE.label("collection_code"),
            AVERAGE_DAYS_LATE.label("average_days_late"),
        ).where(Account.id.in_(account_ids))
    ).all()
    return {row.id: facts_of(row, used=used, on=on) for row in rows}


def facts_of(row: Any, *, used: InUse, on: dt.date) -> Weighed:
    """What the table looks at, from a row of the worklist or of `weighed`."""
    return Weighed(
        past_due_cents=row.past_due_cents,
        days_past_due=row.days_past_due,
        balance_cents=row.balance_cents,
        next_due_on=row.next_due_on,
        average_days_late=row.average_days_late,
        account_age_days=(on - row.start_on).days,
        status_code=row.collection_code,
        status_points=used.status_points.get(row.collection_code, 0),
        age_days=_age_days(used, row.days_past_due, row.next_due_on, on),
    )


def _age_days(used: InUse, days_past_due: int, next_due_on: dt.date | None, on: dt.date) -> int | None:
    if not used.has_thirty_day_months:
        return None
    return days_of_thirty(next_due_on, on) if days_past_due > 0 and next_due_on is not None else 0


def breakdowns(session: Session, account_ids: Sequence[int], *, on: dt.date) -> Callable[[int, bool], Breakdown]:
    """Why each of these accounts stands where it stands: called with an account's id and whether a follow-up is due.

    The points are those that were stored with the weight, so they make it up whatever was changed since.
    """
    used = in_use(session)
    facts = weighed(session, account_ids, used=used, on=on)
    stored = dict(session.execute(select(Account.id, Account.weight_points).where(Account.id.in_(account_ids))).all())

    def of(account_id: int, has_follow_up_due: bool) -> Breakdown:
        return breakdown(used.table, facts[account_id], has_follow_up_due=has_follow_up_due, points=stored[account_id])

    return of


@dataclass(frozen=True, slots=True)
class Place:
    """One account of the list as a new table would order it."""

    account_id: int
    account_number: str
    name: str
    before: int
    after: int
    points_before: int
    points_after: int
    goes_first: bool
    """A follow-up is due, so it stands before all weights."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a new table would do to today's list."""

    first: tuple[Place, ...]
    """The accounts that would come first, in their new order."""
    left: tuple[Place, ...]
    """Those that would not be among the first any more."""
    accounts: int
    moved: int


FIRST_SHOWN = 20


def preview(session: Session, used: InUse, *, viewer: Viewer, on: dt.date) -> Preview:
    """How today's list would change if accounts were weighed by `used`. Writes nothing."""
    listed = (
        select(
            Account.id,
            Account.account_number,
            Account.customer_id,
            Account.status,
            Account.past_due_cents,
            Account.days_past_due,
            Account.balance_cents,
            Account.next_due_on,
            Account.worklist_weight.label("old_weight"),
            (Account.worklist_weight >= FOLLOW_UP_FIRST).label("has_follow_up_due"),
        )
        .where(Account.worklist_weight.is_not(None), IS_REAL, condition(Account, viewer))
        .subquery("figures")
    )
    sql = weight_sql(used, on="on").replace(":on", f"'{on.isoformat()}'")
    new_weight: ColumnElement[int] = literal_column(sql, BigInteger)
    weighed = select(listed, new_weight.label("new_weight")).subquery("weighed")
    ties = (weighed.c.past_due_cents.desc(), weighed.c.days_past_due.desc(), weighed.c.account_number.collate("C"), weighed.c.id)
    ranked = select(
        weighed,
        func.row_number().over(order_by=(weighed.c.old_weight.desc(), *ties)).label("before"),
        func.row_number().over(order_by=(weighed.c.new_weight.desc(), *ties)).label("after"),
    ).subquery("ranked")
    counted = select(
        ranked,
        func.count().over().label("accounts"),
        func.count().filter(ranked.c.before != ranked.c.after).over().label("moved"),
    ).subquery("counted")
    rows = session.execute(
        select(counted, Customer.first_name, Customer.last_name)
        .join(Customer, Customer.id == counted.c.customer_id)
        .where(or_(counted.c.before <= FIRST_SHOWN, counted.c.after <= FIRST_SHOWN))
        .order_by(counted.c.after)
    ).all()
    places = [
        Place(
            row.id,
            row.account_number,
            f"{row.first_name} {row.last_name}".strip(),
            row.before,
            row.after,
            int(row.old_weight) % FOLLOW_UP_FIRST,
            int(row.new_weight) % FOLLOW_UP_FIRST,
            row.has_follow_up_due,
        )
        for row in rows
    ]
    return Preview(
        first=tuple(place for place in places if place.after <= FIRST_SHOWN),
        left=tuple(place for place in places if place.after > FIRST_SHOWN),
        accounts=rows[0].accounts if rows else 0,
        moved=rows[0].moved if rows else 0,
    )
