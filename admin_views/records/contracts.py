"""Contracts: what was agreed, to look through and to correct."""

from __future__ import annotations

from admin_views.base import EditableView, RecordService
from admin_views.grid import Column
from admin_views.records.common import CUSTOMER
from app.domain.staff.roles import Role
from app.models import ContractTerms
from app.queries.servicing.contract_lists import CONTRACTS
from app.services.servicing import contract_terms


class Contracts(EditableView):
    """What was agreed on each contract."""

    title, url, endpoint, noun = "Contracts", "/admin/records/contracts", "records_contracts", "contracts"
    minimum_role, change_role = Role.COLLECTOR, Role.SUPERVISOR
    says = "Numbers, programs, sellers, rescission dates"
    model = ContractTerms
    listing = CONTRACTS
    columns = (
        CUSTOMER,
        Column("contract_number", "Contract number", mono=True),
        Column("contract_type", "Type", card="state"),
        Column("program", "Program"),
        Column("seller", "Seller"),
        Column("note_on", "Note date", card="detail", card_label=""),
        Column("rescission_on", "May cancel until"),
        Column("pricing_tier", "Pricing tier", shown=False),
        Column("location", "Location", shown=False),
        Column("merchant_ext_id", "Merchant ext ID", shown=False),
        Column("applicant_id", "Applicant ID", shown=False),
        Column("state", "State", shown=False),
        Column("description", "Description", shown=False),
    )
    form_columns = (
        "program", "pricing_tier", "location", "seller", "merchant_ext_id", "applicant_id", "note_on", "rescission_on",
        "state", "description",
    )  # fmt: skip
    details_of = (
        "account_id", "contract_number", "holder_number", "program", "pricing_tier", "location", "seller", "merchant_ext_id",
        "applicant_id", "note_on", "rescission_on", "state", "description",
    )  # fmt: skip
    can_create = can_delete = False
    create_view = delete_view = None  # They come and go with their accounts.
    service = RecordService(lambda *_, **__: None, contract_terms.change, None)
    opens_details = True
    empty = ("There are no contracts yet", "They come with accounts that are opened on New Lease or Quick Lease.")
