"""What reports, settings and lists keep."""

from __future__ import annotations

from admin_views.grid import Column
from admin_views.records.common import BY, CUSTOMER, Record
from app.domain.staff.roles import Role
from app.models import AccountSnapshot, Bucket, PortfolioDay, SavedView, Setting
from app.queries.collections import record_lists as collections
from app.queries.reporting import record_lists as reporting
from app.queries.staff import record_lists as staff


class Snapshots(Record):
    """Each account, each day."""

    title, url, endpoint, noun = "Daily snapshots", "/admin/records/snapshots", "records_snapshots", "snapshots"
    minimum_role = Role.MANAGER
    says = "How each open account stood at the end of each day"
    model = AccountSnapshot
    listing = reporting.SNAPSHOTS
    columns = (
        CUSTOMER,
        Column("business_on", "Date", sort="place", card="detail", card_label=""),
        Column("days_past_due", "Days past due", dash_zero=True),
        Column("past_due_cents", "Past due", dash_zero=True),
        Column("balance_cents", "Balance", card="figure"),
        Column("status", "Status", card="state"),
    )
    empty = ("There is no snapshot yet", "The first end of day takes one of every open account.")


class PortfolioDays(Record):
    """Aging of each portfolio, each day."""

    title, url, endpoint, noun = "Daily aging", "/admin/records/aging", "records_portfolio_days", "rows"
    minimum_role = Role.MANAGER
    says = "The aging of each portfolio at the end of each day"
    model = PortfolioDay
    listing = reporting.PORTFOLIO_DAYS
    columns = (
        Column("portfolio", "Portfolio"),
        Column("business_on", "Date", sort="place", card="detail", card_label=""),
        Column("from_days", "Days from", hint="Lower end of the bucket"),
        Column("accounts", "Accounts"),
        Column("past_due_cents", "Past due"),
        Column("balance_cents", "Balance", card="figure"),
    )
    empty = ("There is no daily aging yet", "The first end of day writes it.")


class Buckets(Record):
    """Bands of days past due."""

    title, url, endpoint, noun = "Buckets", "/admin/records/buckets", "records_buckets", "buckets"
    minimum_role = Role.SUPERVISOR
    says = "The bands of days past due, of reports and of the worklist"
    model = Bucket
    listing = collections.BUCKETS
    columns = (
        Column("label", "Bucket"),
        Column("scheme", "Scheme", sort="place", card="detail", card_label=""),
        Column("from_days", "From day"),
        Column("to_days", "To day", card="figure"),
    )
    empty = ("There are no buckets", "The database brings its default ones along.")


class SettingRecords(Record):
    """Named values."""

    title, url, endpoint, noun = "Stored settings", "/admin/records/settings", "records_setting", "settings"
    minimum_role = Role.ADMIN
    says = "Every setting that differs from its default, who changed it and when"
    model = Setting
    listing = staff.SETTINGS
    columns = (
        Column("name", "Name"),
        Column("value", "Value", card="figure", wide=True),
        Column("changed_at", "Changed", card="detail"),
        BY,
    )
    empty = ("Every setting has its default", "What is changed on a settings page stands here.")


class SavedViews(Record):
    """Named states of lists."""

    title, url, endpoint, noun = "Saved views", "/admin/records/saved-views", "records_saved_views", "views"
    minimum_role = Role.SUPERVISOR
    says = "Your views of lists, and everybody's shared ones"
    model = SavedView
    listing = staff.SAVED_VIEWS
    columns = (
        Column("name", "Name"),
        Column("page", "Page", sort="place", card="detail", card_label=""),
        Column("is_shared", "Shared", card="state"),
        Column("by", "Owner"),
        Column("created_at", "Saved"),
        Column("query_string", "Filter", mono=True, wide=True),
    )
    empty = ("No view was saved yet", "Filter a list and press Save view.")
