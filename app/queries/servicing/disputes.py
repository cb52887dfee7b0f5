"""Disputes: what they pause, how long they paused it, and which deadlines are near."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Date, Integer, Row, Select, case, cast, func, literal, select
from sqlalchemy import Text as Text_
from sqlalchemy.orm import Session, aliased

from app.domain.servicing.delinquency import Pause
from app.domain.servicing.disputes import DECIDE_WITHIN_DAYS, NEAR_DAYS, PAUSING, DisputeReason, DisputeState, pause_of
from app.models import Account, Customer, Dispute, DisputeEvidence, Setting, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import TODAY, Choice, Dates, Field, Flag, Join, Listing, Money, One, Sort, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins, through_accounts

DAYS_SETTING, NEAR_SETTING = "dispute_days", "dispute_near_days"

IS_PAUSING: ColumnElement[bool] = Dispute.state.in_(sorted(PAUSING))
"""Not decided yet."""

DISPUTED_PARTS_SQL = """
    select line.account_id, line.number as installment_number,
        line.own_cents + greatest(0, least(line.unpaid_cents - line.own_cents, line.whole_cents - line.before_cents)) as cents
    from (
        select i.account_id, i.number, i.amount_cents - i.paid_cents as unpaid_cents, whole.cents as whole_cents,
            least(i.amount_cents - i.paid_cents, coalesce(named.cents, 0)) as own_cents,
            coalesce(sum(i.amount_cents - i.paid_cents - least(i.amount_cents - i.paid_cents, coalesce(named.cents, 0)))
                over (partition by i.account_id order by i.due_on, i.number rows between unbounded preceding and 1 preceding),
                0) as before_cents
        from installment i
        join (
            select account_id, coalesce(sum(amount_cents) filter (where installment_number is null), 0) as cents
            from dispute
            where state in ('open', 'under_review') and opened_on <= :on and account_id = any(:ids) group by account_id
        ) whole on whole.account_id = i.account_id
        left join (
            select account_id, installment_number, sum(amount_cents) as cents
            from dispute
            where state in ('open', 'under_review') and installment_number is not null
                and opened_on <= :on and account_id = any(:ids)
            group by account_id, installment_number
        ) named on named.account_id = i.account_id and named.installment_number = i.number
        where i.paid_cents < i.amount_cents
    ) line
    where line.own_cents > 0 or line.whole_cents > line.before_cents
"""
"""(account_id, installment_number, cents) of what is disputed on unpaid installments of the accounts :ids at the end of :on.

Part of the end of day's statement about late fees. The rule is `app.domain.servicing.disputes.disputed_parts`; a test
runs both over random accounts.
"""


def disputed_cents(session: Session, account_ids: Iterable[int]) -> dict[int, int]:
    """Account id → cents in dispute and not decided; accounts without any are left out. AutoPay leaves so much alone."""
    rows = session.execute(
        select(Dispute.account_id, func.sum(Dispute.amount_cents))
        .where(IS_PAUSING, Dispute.account_id.in_(list(account_ids)))
        .group_by(Dispute.account_id)
    )
    return {account_id: int(cents) for account_id, cents in rows}


def pauses_of(session: Session, account_id: int, *, today: dt.date) -> list[Pause]:
    """The days under dispute, which do not count as delinquent."""
    rows = session.execute(select(Dispute.opened_on, Dispute.resolved_on).where(Dispute.account_id == account_id))
    return [pause_of(opened_on, resolved_on, today=today) for opened_on, resolved_on in rows]


def days_to_decide(session: Session) -> int:
    """Days from opening to the deadline that a new dispute proposes."""
    return _number(session, DAYS_SETTING, DECIDE_WITHIN_DAYS)


def near_days(session: Session) -> int:
    """A deadline so many days ahead or fewer is an alert."""
    return _number(session, NEAR_SETTING, NEAR_DAYS)


_NEAR_DAYS: ColumnElement[int] = func.coalesce(
    select(case((func.jsonb_typeof(Setting.value) == "number", cast(cast(Setting.value, Text_), Integer))))
    .where(Setting.name == NEAR_SETTING)
    .scalar_subquery(),
    NEAR_DAYS,
)
"""The same inside a statement."""


def _number(session: Session, name: str, otherwise: int) -> int:
    kept = session.scalar(select(Setting.value).where(Setting.name == name))
    return kept if isinstance(kept, int) and not isinstance(kept, bool) and kept >= 0 else otherwise


def near(viewer: Viewer, *, today: dt.date, portfolio_id: int | None = None) -> Select[int]:
    """A SELECT of the ids of undecided disputes whose deadline has passed or is near."""
    query = select(Dispute.id).where(
        IS_PAUSING, Dispute.deadline_on <= literal(today, Date) + _NEAR_DAYS, condition(Dispute, viewer)
    )
    if portfolio_id is not None:
        query = query.join(Account, Account.id == Dispute.account_id).where(Account.portfolio_id == portfolio_id)
    return query


def count_near(session: Session, viewer: Viewer, *, today: dt.date, portfolio_id: int | None = None) -> int:
    """How many disputes have to be decided by now or soon."""
    found = near(viewer, today=today, portfolio_id=portfolio_id)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def latest_near(session: Session, viewer: Viewer, *, today: dt.date, limit: int) -> Sequence[Row[int, str, str, dt.date]]:
    """Who waits for a decision, the earliest deadline first: id, first_name, last_name, deadline_on."""
    found = near(viewer, today=today).subquery()
    return session.execute(
        select(Dispute.id, Customer.first_name, Customer.last_name, Dispute.deadline_on)
        .join(Account, Account.id == Dispute.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .where(Dispute.id.in_(select(found.c.id)))
        .order_by(Dispute.deadline_on, Dispute.id)
        .limit(limit)
    ).all()


def evidence_of(session: Session, dispute_id: int) -> Sequence[DisputeEvidence]:
    """The files of a dispute in the order in which they came, withdrawn ones too."""
    query = select(DisputeEvidence).where(DisputeEvidence.dispute_id == dispute_id)
    return session.scalars(query.order_by(DisputeEvidence.id)).all()


Collector = aliased(Staff, name="collector")

FILES: ColumnElement[int] = (
    select(func.count())
    .select_from(DisputeEvidence)
    .where(DisputeEvidence.dispute_id == Dispute.id, DisputeEvidence.withdrawn_at.is_(None))
    .correlate(Dispute)
    .scalar_subquery()
)

DISPUTES = Listing(
    Dispute,
    joins=(
        *account_joins(Dispute.account_id),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, after="account", is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("reason", Dispute.reason),
        Field("amount_cents", Dispute.amount_cents, total=True),
        Field("opened_on", Dispute.opened_on, sort=True),
        Field("deadline_on", Dispute.deadline_on, sort=True),
        Field("files", FILES),
        Field("statement", Dispute.statement),
        Field("state", Dispute.state),
        Field("resolved_on", Dispute.resolved_on),
        Field("resolution", Dispute.resolution),
        Field("balance_cents", Account.balance_cents, "account"),
        Field("past_due_cents", Account.past_due_cents, "account"),
        Field("assigned_to", Collector.name, "collector"),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((Dispute.id,))},
    filters=(
        Choice("state", "Status", Dispute.state, words=DisputeState),
        Choice("reason", "Reason", Dispute.reason, words=DisputeReason),
        Dates("deadline", "Deadline", Dispute.deadline_on),
        Flag("near", "Near deadline", Dispute.deadline_on <= TODAY + _NEAR_DAYS),
        Dates("opened", "Opened", Dispute.opened_on),
        Money("amount", "Amount", Dispute.amount_cents),
        Text("account", "Account #", Account.account_number, "account"),
        only_test_leases(Dispute.account_id),
        One(
            "assigned",
            "Assigned to",
            Account.assigned_to_id,
            join="account",
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active.is_(True),
            none="Nobody",
            me="Me",
        ),
    ),
    order="deadline_on",
    search=through_accounts(Dispute, Dispute.account_id),
)
"""All disputes that somebody may see, the earliest deadline first."""
