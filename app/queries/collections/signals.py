"""Account Signals: accounts by the risk in them, with what was seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, Select, Text, case, cast, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from app.domain.collections.contact import ConsentChannel
from app.domain.collections.signals import Risk, SignalKind
from app.domain.servicing.status import AccountStatus
from app.models import Account, AccountBehavior, AccountSignal, Card, Consent, Customer, Portfolio, Staff
from app.queries.collections.behaviour import EPOCH
from app.queries.collections.past_due import DAYS_PAST_DUE, is_test_lease, only_test_leases
from app.queries.listing import TODAY, Choice, Empty, Field, Join, Listing, Numbers, One, Sort
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins
from app.queries.servicing.search import accounts_matching

PART, LINE = "\x1f", "\x1e"
"""Between kind, day and evidence of one signal, and between two signals."""

Collector = aliased(Staff, name="collector")

_SIGNALS = (
    select(
        func.string_agg(
            func.concat_ws(PART, cast(AccountSignal.kind, Text), cast(AccountSignal.seen_on, Text), AccountSignal.evidence),
            literal(LINE),
        )
    )
    .where(AccountSignal.account_id == AccountBehavior.account_id)
    .correlate(AccountBehavior)
    .scalar_subquery()
)
_CARD = (
    select(Card.brand + " …" + Card.last_four)
    .where(Card.customer_id == Account.customer_id, Card.is_enabled)
    .order_by(Card.is_primary.desc(), Card.id)
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)
_AUTOPAY = (
    select(Consent.is_granted)
    .where(Consent.customer_id == Account.customer_id, Consent.channel == ConsentChannel.AUTOPAY)
    .order_by(Consent.at.desc(), Consent.id.desc())
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)
HAS_AUTOPAY: ColumnElement[bool] = func.coalesce(_AUTOPAY, False)

_UNTIL = func.greatest(AccountBehavior.as_of_on, TODAY - 1)
_LATE_DAYS = AccountBehavior.late_base + AccountBehavior.open_lines * (_UNTIL - cast(EPOCH, Date))
DAYS_LATE: ColumnElement[Decimal | None] = case(
    (
        AccountBehavior.due_lines > 0,
        func.least(99_999, func.round(cast(_LATE_DAYS, Numeric) / AccountBehavior.due_lines, 2), type_=Numeric(7, 2)),
    ),
    else_=None,
)
"""By how many days installments were late on average, those that are open up to the last business date that is over."""


def _shows(kind: SignalKind) -> ColumnElement[bool]:
    return exists().where(AccountSignal.account_id == AccountBehavior.account_id, AccountSignal.kind == kind)


def _search(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    accounts = accounts_matching(words, viewer, limit)
    found = select(AccountBehavior.account_id).where(AccountBehavior.account_id.in_(accounts), condition(AccountBehavior, viewer))
    return found if limit is None else found.limit(limit)


SIGNALS = Listing(
    AccountBehavior,
    joins=(
        *account_joins(AccountBehavior.account_id),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, after="account", is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("risk", AccountBehavior.risk),
        Field("score", AccountBehavior.score, sort=True, empty=Empty.NEVER),
        Field("signals", _SIGNALS),
        Field("judged", AccountBehavior.judged),
        Field("on_time_rate", AccountBehavior.on_time_rate),
        Field("days_late", DAYS_LATE),
        Field("pti_rate", AccountBehavior.pti_rate),
        Field("income_cents", Customer.monthly_income_cents, "customer"),
        Field("card", _CARD, "account"),
        Field("has_autopay", HAS_AUTOPAY, "account"),
        Field("status", Account.status, "account"),
        Field("days_past_due", DAYS_PAST_DUE, "account"),
        Field("past_due_cents", Account.past_due_cents, "account"),
        Field("balance_cents", Account.balance_cents, "account"),
        Field("assigned_to", Collector.name, "collector"),
        Field("as_of_on", AccountBehavior.as_of_on),
    ),
    sorts={"customer": BY_CUSTOMER, "score": Sort((AccountBehavior.score,))},
    filters=(
        Choice("risk", "Risk", AccountBehavior.risk, words=Risk),
        Choice(
            "signal",
            "Signal",
            None,
            words=SignalKind.choices(),
            conditions={kind.value: _shows(kind) for kind in SignalKind},
        ),
        Numbers("score", "Score", AccountBehavior.score),
        Choice("status", "Status", Account.status, "account", words=AccountStatus),
        One(
            "assigned",
            "Assigned to",
            Account.assigned_to_id,
            "account",
            model=Staff,
            order_by=Staff.name,
            none="Nobody",
            me="Me",
        ),
        One("portfolio", "Portfolio", Account.portfolio_id, "account", model=Portfolio, order_by=Portfolio.name),
        only_test_leases(AccountBehavior.account_id),
    ),
    order="-score",
    search=_search,
)
"""Open accounts, the most worrying first."""


def counts(session: Session, viewer: Viewer) -> dict[Risk, int]:
    """How many accounts stand at each risk."""
    query = select(AccountBehavior.risk, func.count())
    query = query.where(condition(AccountBehavior, viewer), ~is_test_lease(AccountBehavior.account_id))
    query = query.group_by(AccountBehavior.risk)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {risk: found.get(risk, 0) for risk in Risk}
