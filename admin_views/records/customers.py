"""People who lease, and what belongs to them."""

from __future__ import annotations

import re

from admin_views.base import EditableView, RecordService
from admin_views.grid import Column, cells
from admin_views.records.common import BY, NAME, Record
from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role
from app.models import Consent, Customer, CustomerPhone, Device
from app.queries.servicing import customer_lists as customers
from app.services.servicing import customers as commands


def without_separators(typed: str | None) -> str | None:
    """An IMEI as it is printed on boxes, 49-015420-323751-8, as its digits."""
    return typed and re.sub(r"[\s-]", "", typed)


class Customers(EditableView):
    """People who lease."""

    title, url, endpoint, noun = "Customers", "/admin/records/customers", "records_customers", "customers"
    minimum_role, change_role = Role.COLLECTOR, Role.SUPERVISOR
    menu_entry = MenuEntry.CUSTOMER_SUMMARY
    says = "Names, addresses, income"
    model = Customer
    listing = customers.CUSTOMERS
    columns = (
        Column("name", "Name", needs=("first_name", "last_name"), cell=NAME.cell, plain=cells.customer_name, sort="name"),
        Column("phone_e164", "Phone", card="figure"),
        Column("email", "E-mail"),
        Column("city", "City", card="detail", card_label=""),
        Column("state", "State", card="state"),
        Column("zip_code", "ZIP", shown=False),
        Column("address", "Address", shown=False),
        Column("monthly_income_cents", "Monthly income"),
        Column("portfolio", "Portfolio"),
        Column("created_at", "Added", sort="newest"),
    )
    form_columns = (
        "first_name", "last_name", "email", "address", "city", "state", "zip_code", "monthly_income_cents",
    )  # fmt: skip
    form_help = {"monthly_income_cents": "Gross. Blank means that it is not known."}
    can_create = can_delete = False
    create_view = delete_view = None  # A customer comes with a lease.
    service = RecordService(lambda *_, **__: None, commands.change_customer, None)
    opens_details = True
    empty = ("There are no customers yet", "They come with imported or new leases.")


class Phones(EditableView):
    """Numbers of customers."""

    title, url, endpoint, noun = "Phones", "/admin/records/phones", "records_phones", "phones"
    minimum_role, change_role = Role.COLLECTOR, Role.SUPERVISOR
    menu_entry = MenuEntry.CUSTOMER_SUMMARY
    says = "Numbers, which is the primary one, which are bad"
    model = CustomerPhone
    listing = customers.PHONES
    columns = (
        Column("e164", "Number"),
        NAME,
        Column("kind", "Kind", card="state"),
        Column("is_primary", "Primary"),
        Column("is_bad", "Bad number"),
    )
    form_columns = ("kind", "is_primary", "is_bad")
    can_create = can_delete = False
    create_view = delete_view = None
    service = RecordService(lambda *_, **__: None, commands.change_phone, None)
    opens_details = True
    empty = ("There are no phone numbers yet", "They come with their customers.")


class Consents(Record):
    """Agreements and refusals."""

    title, url, endpoint, noun = "Consents", "/admin/records/consents", "records_consents", "consents"
    says = "Who may be called, texted, charged; and who may not"
    menu_entry = MenuEntry.CUSTOMER_SUMMARY
    model = Consent
    listing = customers.CONSENTS
    columns = (
        NAME,
        Column("channel", "Channel"),
        Column("is_granted", "Granted", card="state"),
        Column("source", "Source"),
        Column("at", "Date", sort="newest", card="detail", card_label=""),
        BY,
    )
    opens_details = True
    empty = ("No consent was recorded yet", "Agreements and refusals are kept here as they are given.")


class Devices(EditableView):
    """What is leased."""

    title, url, endpoint, noun = "Devices", "/admin/records/devices", "records_devices", "devices"
    minimum_role, change_role = Role.COLLECTOR, Role.SUPERVISOR
    menu_entry = MenuEntry.CUSTOMER_SUMMARY
    says = "Models, IMEI, cost"
    model = Device
    listing = customers.DEVICES
    columns = (
        Column("model", "Device"),
        Column("imei", "IMEI", mono=True, card="detail", card_label=""),
        Column("serial", "Serial", mono=True),
        Column("cost_cents", "Cost", card="figure"),
        Column("portfolio", "Portfolio"),
    )
    form_columns = ("model", "imei", "serial", "cost_cents")
    form_more = {"imei": {"filters": [without_separators]}}
    can_create = can_delete = False
    create_view = delete_view = None
    service = RecordService(lambda *_, **__: None, commands.change_device, None)
    opens_details = True
    empty = ("There are no devices yet", "They come with imported or new leases.")
