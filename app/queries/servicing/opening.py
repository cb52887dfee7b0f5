"""What has to be known to open an account: defaults, people of the same phone, numbers that are taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.servicing.frequency import DEFAULT_PAYMENTS, Frequency
from app.domain.servicing.status import AGED_STATUSES, AccountStatus
from app.models import Account, ContractTerms, Customer, CustomerPhone, Dealer, Device, Portfolio, Setting
from app.queries.scope import Viewer, condition, scope

DEFAULT_PAYMENTS_NAME = "default_payments"
"""Name of the setting: frequency → number of payments."""

MOST_PEOPLE = 5


def default_payments(session: Session) -> Mapping[Frequency, int]:
    """How many payments a blank number means, by frequency; what nobody changed is a year's worth."""
    setting = session.get(Setting, DEFAULT_PAYMENTS_NAME)
    changed = setting.value if setting is not None and isinstance(setting.value, dict) else {}
    return dict(DEFAULT_PAYMENTS) | {Frequency(word): int(count) for word, count in changed.items()}


def people_with_phones(
    session: Session, phones: Sequence[str], viewer: Viewer | None, *, portfolio_id: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Customers of the portfolio whom the viewer may see and who have one of these numbers: id, names, how many accounts.

    Without a viewer (the program itself) all of them.
    """
    if not phones:
        return []
    accounts = select(func.count(Account.id)).where(Account.customer_id == Customer.id).scalar_subquery().label("accounts")
    query = (
        select(Customer.id, Customer.first_name, Customer.last_name, accounts)
        .where(
            Customer.portfolio_id == portfolio_id,
            ~Customer.is_test,
            exists().where(CustomerPhone.customer_id == Customer.id, CustomerPhone.e164.in_(phones)),
        )
        .order_by(Customer.id)
        .limit(MOST_PEOPLE)
    )
    return session.execute(query if viewer is None else query.where(condition(Customer, viewer))).all()


def hidden_contact(
    session: Session, phones: Sequence[str], email: str | None, viewer: Viewer, *, portfolio_id: int
) -> str | None:
    """Which of them, "phone" or "email", a customer of the portfolio has whom the viewer may not see; None for neither."""
    hidden = (Customer.portfolio_id == portfolio_id, ~Customer.is_test, ~condition(Customer, viewer))
    by_phone = exists().where(CustomerPhone.customer_id == Customer.id, CustomerPhone.e164.in_(phones))
    if phones and session.scalar(select(exists().where(by_phone, *hidden))):
        return "phone"
    bare = (email or "").strip().lower()
    if bare and session.scalar(select(exists().where(func.lower(Customer.email) == bare, *hidden))):
        return "email"
    return None


def holder_of(session: Session, customer_id: int) -> tuple[str, int] | None:
    """The number that a customer's contracts share and the sequence of the newest; None before the first contract."""
    sequence = func.max(func.right(ContractTerms.contract_number, 2))
    found = session.execute(
        select(ContractTerms.holder_number, sequence)
        .join(Account, Account.id == ContractTerms.account_id)
        .where(Account.customer_id == customer_id)
        .group_by(ContractTerms.holder_number)
        .order_by(func.min(ContractTerms.account_id))
        .limit(1)
    ).first()
    return (found[0], int(found[1])) if found else None


def is_taken(session: Session, holder: str) -> bool:
    """Whether a holder's number, or an account's, is this one already."""
    taken = or_(
        exists().where(ContractTerms.holder_number == holder),
        exists().where(Account.account_number == holder),
    )
    return bool(session.scalar(select(taken)))


def opened_by(session: Session, key: str) -> Account | None:
    """The account that a form with this key has opened already."""
    return session.scalar(
        select(Account).join(ContractTerms, ContractTerms.account_id == Account.id).where(ContractTerms.opening_key == key)
    )


def payments_of(session: Session, customer_id: int) -> Sequence[tuple[Frequency, int]]:
    """Frequency and payment of each of a customer's running accounts."""
    query = select(Account.frequency, Account.payment_cents).where(
        Account.customer_id == customer_id, Account.status.in_(AGED_STATUSES)
    )
    return [(row.frequency, row.payment_cents) for row in session.execute(query)]


def dealers_of(session: Session, viewer: Viewer) -> Sequence[Dealer]:
    """The shops that write contracts, of portfolios that the viewer works in, by name."""
    query = select(Dealer).where(Dealer.is_active).order_by(Dealer.portfolio_id, Dealer.name)
    return session.scalars(scope(query, Dealer, viewer)).all()


def portfolios_of(session: Session, viewer: Viewer) -> Sequence[Portfolio]:
    """The portfolios into which the viewer may open accounts, the first one first."""
    query = select(Portfolio).where(Portfolio.is_active).order_by(Portfolio.id)
    return session.scalars(scope(query, Portfolio, viewer)).all()


def pending_of_phone(session: Session, e164: str, viewer: Viewer) -> Sequence[Row[*tuple[Any, ...]]]:
    """Accounts in Pending Review whose customer has this number: account, names, device, IMEI, cost, start; oldest first."""
    query: Any = (
        select(
            Account.id,
            Account.account_number,
            Account.start_on,
            Customer.first_name,
            Customer.last_name,
            Device.model,
            Device.imei,
            Device.serial,
            Device.cost_cents,
        )
        .join(Customer, Customer.id == Account.customer_id)
        .outerjoin(Device, Device.id == Account.device_id)
        .where(
            Account.status == AccountStatus.PENDING_REVIEW,
            exists().where(CustomerPhone.customer_id == Customer.id, CustomerPhone.e164 == e164),
        )
        .order_by(Account.start_on, Account.id)
        .limit(20)
    )
    return session.execute(scope(query, Account, viewer)).all()
