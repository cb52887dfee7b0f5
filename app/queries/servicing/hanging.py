"""Fields and joins that any list of rows which hang on an account has in common: the account's number, the customer's name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from app.models import Account, Customer
from app.queries.listing import Field, Join, Sort


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

BY_CUSTOMER = Sort((Customer.last_name, Customer.first_name, Customer.id), "customer")
"""By name, along the index of the customer table; `sorts={"customer": BY_CUSTOMER}`."""
