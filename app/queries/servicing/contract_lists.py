"""Contracts with their terms, as a list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from app.domain.servicing.contract import ContractType
from app.models import Account, ContractTerms
from app.queries.listing import Choice, Dates, Field, Listing, Sort, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins
from app.queries.servicing.search import accounts_matching


def _found(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    accounts = accounts_matching(words, viewer, limit)
    found = select(ContractTerms.account_id).where(ContractTerms.account_id.in_(accounts), condition(ContractTerms, viewer))
    return found if limit is None else found.limit(limit)


CONTRACTS = Listing(
    ContractTerms,
    joins=account_joins(ContractTerms.account_id),
    fields=(
        *ACCOUNT_FIELDS,
        Field("contract_number", ContractTerms.contract_number, sort=True),
        Field("contract_type", Account.contract_type, "account"),
        Field("program", ContractTerms.program),
        Field("pricing_tier", ContractTerms.pricing_tier),
        Field("location", ContractTerms.location),
        Field("seller", ContractTerms.seller),
        Field("merchant_ext_id", ContractTerms.merchant_ext_id),
        Field("applicant_id", ContractTerms.applicant_id),
        Field("note_on", ContractTerms.note_on),
        Field("rescission_on", ContractTerms.rescission_on),
        Field("state", ContractTerms.state),
        Field("description", ContractTerms.description),
    ),
    filters=(
        Text("account", "Account #", Account.account_number, "account"),
        Text("contract", "Contract number", ContractTerms.contract_number),
        Choice("type", "Contract type", Account.contract_type, "account", words=ContractType),
        Dates("note", "Note date", ContractTerms.note_on),
        Dates("rescission", "Rescission date", ContractTerms.rescission_on),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((ContractTerms.account_id,))},
    order="-newest",
    search=_found,
    identity=ContractTerms.account_id,
)
