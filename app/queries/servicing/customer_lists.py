"""Customers and what belongs to them: phones, consents, devices."""

from __future__ import annotations

import re

from app.domain.collections.contact import ConsentChannel, PhoneKind
from app.models import Consent, Customer, CustomerPhone, Device, Portfolio
from app.queries.listing import Choice, Dates, Field, Flag, Join, Listing, Money, One, Sort, Text
from app.queries.servicing.hanging import BY_CUSTOMER, By, through_customers

STATES = re.findall(
    "..", "ALAKAZARCACOCTDEDCFLGAHIIDILINIAKSKYLAMEMDMAMIMNMSMOMTNENVNHNJNMNYNCNDOHOKORPAPRRISCSDTNTXUTVTVAWAWVWIWY"
)
"""Two letters each, in the order of their names."""

CUSTOMERS = Listing(
    Customer,
    joins=(
        Join("portfolio", Portfolio, Customer.portfolio_id == Portfolio.id),
        Join(
            "phone",
            CustomerPhone,
            (CustomerPhone.customer_id == Customer.id) & CustomerPhone.is_primary,
            is_outer=True,
        ),
    ),
    fields=(
        Field("first_name", Customer.first_name),
        Field("last_name", Customer.last_name),
        Field("phone_e164", CustomerPhone.e164, "phone"),
        Field("email", Customer.email),
        Field("address", Customer.address),
        Field("city", Customer.city),
        Field("state", Customer.state),
        Field("zip_code", Customer.zip_code),
        Field("monthly_income_cents", Customer.monthly_income_cents),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("created_at", Customer.created_at),
    ),
    sorts={
        "name": Sort((Customer.last_name, Customer.first_name)),
        "newest": Sort((Customer.id,)),
    },
    filters=(
        One("portfolio", "Portfolio", Customer.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        Text("last_name", "Last name", Customer.last_name, lowered=True),
        Text("first_name", "First name", Customer.first_name, lowered=True),
        Choice(
            "state",
            "State",
            Customer.state,
            words=[(code, code) for code in STATES],
        ),
    ),
    order="name",
    search=through_customers(Customer, Customer.id),
)

PHONES = Listing(
    CustomerPhone,
    joins=(Join("customer", Customer, CustomerPhone.customer_id == Customer.id),),
    fields=(
        Field("e164", CustomerPhone.e164, sort=True),
        Field("kind", CustomerPhone.kind),
        Field("is_primary", CustomerPhone.is_primary),
        Field("is_bad", CustomerPhone.is_bad),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((CustomerPhone.id,))},
    filters=(
        Choice("kind", "Kind", CustomerPhone.kind, words=PhoneKind),
        Flag("bad", "Bad number", CustomerPhone.is_bad),
        Flag("primary", "Primary", CustomerPhone.is_primary),
        Text("number", "Number", CustomerPhone.e164),
    ),
    order="-newest",
    search=through_customers(CustomerPhone, CustomerPhone.customer_id),
)

CONSENTS = Listing(
    Consent,
    joins=(
        Join("customer", Customer, Consent.customer_id == Customer.id),
        Join("by", By, Consent.recorded_by_id == By.id, is_outer=True),
    ),
    fields=(
        Field("at", Consent.at),
        Field("channel", Consent.channel),
        Field("is_granted", Consent.is_granted),
        Field("source", Consent.source),
        Field("by", By.name, "by"),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((Consent.id,))},
    filters=(
        Choice("channel", "Channel", Consent.channel, words=ConsentChannel),
        Flag("granted", "Granted", Consent.is_granted),
        Dates("at", "Date", Consent.at),
    ),
    order="-newest",
    search=through_customers(Consent, Consent.customer_id),
)

DEVICES = Listing(
    Device,
    joins=(Join("portfolio", Portfolio, Device.portfolio_id == Portfolio.id),),
    fields=(
        Field("model", Device.model, sort=True),
        Field("imei", Device.imei, sort=True),
        Field("serial", Device.serial, sort=True),
        Field("cost_cents", Device.cost_cents, total=True),
        Field("portfolio", Portfolio.name, "portfolio"),
    ),
    sorts={"newest": Sort((Device.id,))},
    filters=(
        One("portfolio", "Portfolio", Device.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        Text("model", "Model", Device.model),
        Text("imei", "IMEI", Device.imei),
        Text("serial", "Serial", Device.serial),
        Money("cost", "Cost", Device.cost_cents),
    ),
    order="-newest",
)
