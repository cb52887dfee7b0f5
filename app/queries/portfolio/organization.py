"""The lists of portfolios, companies, regions, offices and dealers."""

from __future__ import annotations

from app.models import Company, Dealer, Office, Portfolio, Region
from app.queries.listing import Field, Flag, Join, Listing, One, Text

PORTFOLIOS = Listing(
    Portfolio,
    fields=(
        Field("code", Portfolio.code, sort=True),
        Field("name", Portfolio.name, sort=True),
        Field("currency", Portfolio.currency),
        Field("time_zone", Portfolio.time_zone),
        Field("tolerance_cents", Portfolio.tolerance_cents),
        Field("is_active", Portfolio.is_active),
    ),
    filters=(Text("code", "Code", Portfolio.code), Flag("active", "Active", Portfolio.is_active)),
    order="name",
)

COMPANIES = Listing(
    Company,
    joins=(Join("portfolio", Portfolio, Company.portfolio_id == Portfolio.id),),
    fields=(
        Field("code", Company.code, sort=True),
        Field("name", Company.name, sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("is_active", Company.is_active),
    ),
    filters=(
        One("portfolio", "Portfolio", Company.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        Text("code", "Code", Company.code),
        Flag("active", "Active", Company.is_active),
    ),
    order="name",
)

REGIONS = Listing(
    Region,
    joins=(
        Join("portfolio", Portfolio, Region.portfolio_id == Portfolio.id),
        Join("company", Company, Region.company_id == Company.id),
    ),
    fields=(
        Field("code", Region.code, sort=True),
        Field("name", Region.name, sort=True),
        Field("company", Company.name, "company", sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("is_active", Region.is_active),
    ),
    filters=(
        One("portfolio", "Portfolio", Region.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        One("company", "Company", Region.company_id, model=Company, order_by=Company.name),
        Text("code", "Code", Region.code),
        Flag("active", "Active", Region.is_active),
    ),
    order="name",
)

OFFICES = Listing(
    Office,
    joins=(
        Join("portfolio", Portfolio, Office.portfolio_id == Portfolio.id),
        Join("region", Region, Office.region_id == Region.id),
    ),
    fields=(
        Field("code", Office.code, sort=True),
        Field("name", Office.name, sort=True),
        Field("phone", Office.phone),
        Field("region", Region.name, "region", sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("is_active", Office.is_active),
    ),
    filters=(
        One("portfolio", "Portfolio", Office.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        One("region", "Region", Office.region_id, model=Region, order_by=Region.name),
        Text("code", "Code", Office.code),
        Flag("active", "Active", Office.is_active),
    ),
    order="name",
)

DEALERS = Listing(
    Dealer,
    joins=(
        Join("portfolio", Portfolio, Dealer.portfolio_id == Portfolio.id),
        Join("office", Office, Dealer.office_id == Office.id, is_outer=True),
    ),
    fields=(
        Field("code", Dealer.code, sort=True),
        Field("name", Dealer.name, sort=True),
        Field("contact", Dealer.contact),
        Field("phone", Dealer.phone),
        Field("office", Office.name, "office", sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("is_active", Dealer.is_active),
    ),
    filters=(
        One("portfolio", "Portfolio", Dealer.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        One("office", "Office", Dealer.office_id, model=Office, order_by=Office.name, none="None"),
        Text("code", "Code", Dealer.code),
        Text("name", "Name", Dealer.name),
        Flag("active", "Active", Dealer.is_active),
    ),
    order="name",
)
