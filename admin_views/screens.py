"""Every screen of the product, one line each: a screen is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

SCREENS: list[str | Callable[[], Any]] = [
    "admin_views.dashboard:Dashboard",
    "admin_views.installments_due:InstallmentsDue",
    "admin_views.collections_dashboard:CollectionsDashboard",
    "admin_views.work_account:WorkAccount",
    "admin_views.follow_ups:FollowUps",
    "admin_views.reassignment:ReassignmentPage",
    "admin_views.defaults:Defaults",
    "admin_views.recoveries:Recoveries",
    "admin_views.returns:Returns",
    "admin_views.disputes:Disputes",
    "admin_views.account_cases:AccountCases",
    "admin_views.staff.sign_in:SignInPage",
    "admin_views.staff.sign_in:StepUpPage",
    "admin_views.staff.sign_in:PinPage",
    "admin_views.staff.people:StaffPage",
    "admin_views.staff.audit:AuditPage",
    "admin_views.accounts:Accounts",
    "admin_views.search:Search",
    "admin_views.account:AccountPage",
    "admin_views.contacts:AccountContact",
    "admin_views.contact_rules:ContactRules",
    "admin_views.workload:WorkloadPage",
    "admin_views.team:TeamPage",
    "admin_views.signals:AccountSignals",
    "admin_views.signals:SignalPoints",
    "admin_views.signals:RiskBands",
    "admin_views.account_papers:AccountPapers",
    "admin_views.account_money:AccountMoney",
    "admin_views.account_quotes:AccountQuotes",
    "admin_views.account_collecting:CollectingPage",
    "admin_views.arrangements:ArrangementPage",
    "admin_views.arrangement_lists:Arrangements",
    "admin_views.status_changes:StatusPage",
    "admin_views.reinstatement_policies:ReinstatementPolicies",
    "admin_views.arrangement_limits:ArrangementLimits",
    "admin_views.arrangement_lists:FreeMoney",
    "admin_views.payments:PaymentsLog",
    "admin_views.payments:CashPayments",
    "admin_views.collection_statuses:CollectionStatuses",
    "admin_views.collection_settings:CollectionSettingsPage",
    "admin_views.weights:Weights",
    "admin_views.collection_users:CollectionUsers",
    "admin_views.organization:Portfolios",
    "admin_views.organization:Companies",
    "admin_views.organization:Regions",
    "admin_views.organization:Offices",
    "admin_views.organization:Dealers",
    "admin_views.fee_policies:FeePolicies",
    "admin_views.payoff_policies:PayoffPolicies",
    "admin_views.opening.pages:NewLease",
    "admin_views.opening.pages:QuickLease",
    "admin_views.pending_review:PendingReview",
    "admin_views.settings_page:SettingsPage",
    "admin_views.imports.start:ImportPage",
    "admin_views.imports.batch:BatchPage",
    "admin_views.jobs:JobProgress",
    "admin_views.jobs:JobsPage",
    "admin_views.records.overview:RecordsOverview",
    "admin_views.records.customers:Customers",
    "admin_views.records.customers:Phones",
    "admin_views.records.customers:Consents",
    "admin_views.records.customers:Devices",
    "admin_views.records.money:Ledger",
    "admin_views.records.money:Installments",
    "admin_views.records.money:Allocations",
    "admin_views.records.money:Fees",
    "admin_views.records.money:Adjustments",
    "admin_views.records.money:Cards",
    "admin_views.records.collecting:Activities",
    "admin_views.records.collecting:Notes",
    "admin_views.records.collecting:Promises",
    "admin_views.records.collecting:Assignments",
    "admin_views.records.collecting:StatusChanges",
    "admin_views.records.collecting:BucketChanges",
    "admin_views.records.behind_reports:Snapshots",
    "admin_views.records.behind_reports:PortfolioDays",
    "admin_views.records.behind_reports:Buckets",
    "admin_views.records.behind_reports:SettingRecords",
    "admin_views.records.behind_reports:SavedViews",
]
"""`module:Class`, or something that makes the screen. The one whose endpoint is "admin" stands behind /admin/."""


def make(screen: str | Callable[[], Any]) -> Any:
    """The screen that a line of the list means."""
    if not isinstance(screen, str):
        return screen()
    module, _, name = screen.partition(":")
    return getattr(import_module(module), name)()
