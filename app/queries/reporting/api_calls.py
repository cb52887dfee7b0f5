"""The log of calls to the outside, as a list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from app.models import Account, ApiCall, Customer
from app.queries.listing import Choice, Dates, Field, Flag, Join, Listing, Numbers, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.search import accounts_matching

SERVICES = (("square", "Square"), ("hexnode", "Hexnode"))
FAILED: ColumnElement[bool] = ApiCall.error.is_not(None)


def _matching(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """Calls for accounts that match. What the customer was called there is not in the log."""
    accounts = accounts_matching(words, viewer, limit)
    found = select(ApiCall.id).where(ApiCall.account_id.in_(accounts), condition(ApiCall, viewer))
    return found if limit is None else found.order_by(ApiCall.id.desc()).limit(limit)


API_CALLS = Listing(
    ApiCall,
    joins=(
        Join("account", Account, ApiCall.account_id == Account.id, is_outer=True),
        Join("customer", Customer, Account.customer_id == Customer.id, after="account", is_outer=True),
    ),
    fields=(
        Field("at", ApiCall.at, sort=True),
        Field("service", ApiCall.service),
        Field("endpoint", ApiCall.endpoint, sort=True),
        Field("account_id", Account.id, "account"),
        Field("account_number", Account.account_number, "account"),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
        Field("request", ApiCall.request),
        Field("status", ApiCall.status),
        Field("error", ApiCall.error),
        Field("milliseconds", ApiCall.milliseconds, sort=True),
        Field("charge_id", ApiCall.charge_id),
    ),
    filters=(
        Dates("at", "Time", ApiCall.at),
        Choice("service", "Service", ApiCall.service, words=SERVICES),
        Text("endpoint", "Endpoint", ApiCall.endpoint),
        Flag("failed", "Failed", FAILED),
        Numbers("status", "Status", ApiCall.status),
        Numbers("milliseconds", "Milliseconds", ApiCall.milliseconds),
        Text("account", "Account #", Account.account_number, "account"),
    ),
    order="-at",
    search=_matching,
)
"""Calls to Square and Hexnode, the newest first. Those about no account (lists) have no customer."""
