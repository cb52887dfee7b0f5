"""What all lists of rows which hang on an account have in common: the account's number, the customer's name, the search."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from app.domain.servicing.frequency import Frequency
from app.models import Account, Base, Company, Customer, Dealer, Office, Portfolio, Region, Staff
from app.queries.listing import Choice, Field, Filter, Join, Listing, One, Sort, Text
from app.queries.listing.listing import Search
from app.queries.scope import Viewer, condition
from app.queries.servicing.search import accounts_matching


def account_joins(account_id: Any) -> tuple[Join, ...]:
    """The joins from a row's account id to the account and its customer: "account" and "customer"."""
    on: ColumnElement[bool] = Account.id == account_id
    return (
        Join("account", Account, on),
        Join("customer", Customer, Account.customer_id == Customer.id, after="account"),
    )


ACCOUNT_FIELDS: tuple[Field, ...] = (
    Field("account_id", Account.id, "account"),
    Field("account_number", Account.account_number, "account"),
    Field("first_name", Customer.first_name, "customer"),
    Field("last_name", Customer.last_name, "customer"),
)
"""What a customer column needs, in a list whose joins are `account_joins`."""

ACCOUNT_FILTERS: tuple[Filter, ...] = (
    One("portfolio", "Portfolio", Account.portfolio_id, "account", model=Portfolio, order_by=Portfolio.name),
    One("company", "Company", Account.company_id, "account", model=Company, order_by=Company.name, none="None"),
    One("region", "Region", Account.region_id, "account", model=Region, order_by=Region.name, none="None"),
    One("office", "Office", Account.office_id, "account", model=Office, order_by=Office.name, none="None"),
    One("dealer", "Dealer", Account.dealer_id, "account", model=Dealer, order_by=Dealer.name, none="None"),
    Choice("frequency", "Frequency", Account.frequency, "account", words=Frequency),
)
"""What reports are narrowed to, under the same names as on the Accounts list: so a figure leads to its rows."""

BY_CUSTOMER = Sort((Customer.last_name, Customer.first_name, Customer.id), "customer")
"""By name, along the index of the customer table; `sorts={"customer": BY_CUSTOMER}`."""


def through_accounts(model: type[Base], account_id: Any) -> Search:
    """A search for rows by the account that they hang on: whatever finds an account finds what hangs on it."""
    identity = model.id  # type: ignore[attr-defined]

    def search(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
        accounts = accounts_matching(words, viewer, limit)
        found = select(identity).where(account_id.in_(accounts), condition(model, viewer))
        return found if limit is None else found.limit(limit)

    return search


def through_customers(model: type[Base], customer_id: Any) -> Search:
    """A search for rows by the customer that they belong to, found by any of their accounts."""
    identity = model.id  # type: ignore[attr-defined]

    def search(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
        accounts = accounts_matching(words, viewer, limit)
        customers = select(Account.customer_id).where(Account.id.in_(accounts))
        found = select(identity).where(customer_id.in_(customers), condition(model, viewer))
        return found if limit is None else found.limit(limit)

    return search


By = aliased(Staff, name="by")
"""Who did it."""


def hanging(
    model: type[Base],
    account_id: Any,
    fields: tuple[Field, ...],
    filters: tuple[Filter, ...],
    *,
    order: str,
    by: Any = None,
    joins: tuple[Join, ...] = (),
    identity: Any = None,
    sorts: dict[str, Sort] | None = None,
) -> Listing:
    """A list of rows that hang on an account: its number, its customer, and with `by` the field of that name: who did it."""
    staff: tuple[Join, ...] = () if by is None else (Join("by", By, by == By.id, is_outer=True),)
    name: tuple[Field, ...] = () if by is None else (Field("by", By.name, "by"),)
    return Listing(
        model,
        joins=(*account_joins(account_id), *staff, *joins),
        fields=(*ACCOUNT_FIELDS, *fields, *name),
        sorts={"customer": BY_CUSTOMER} | (sorts or {}),
        filters=(Text("account", "Account #", Account.account_number, "account"), *filters),
        order=order,
        search=through_accounts(model, account_id) if identity is None else None,
        identity=identity,
    )
