"""Which role opens which page: the agreement about the screens, written down apart from the program."""

from __future__ import annotations

from app.domain.staff.roles import Role

_C, _S, _M, _A = Role.COLLECTOR, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN

PAGES = {
    "/admin/": _C,
    "/admin/collections/": _C,
    "/admin/collections/work": _C,
    "/admin/follow-ups/": _C,
    "/admin/defaults/": _C,
    "/admin/recoveries/": _C,
    "/admin/returns/": _C,
    "/admin/disputes/": _C,
    "/admin/signals/": _C,
    "/admin/reassignment/": _S,
    "/admin/workload/": _S,
    "/admin/team/": _M,
    "/admin/accounts/": _C,
    "/admin/payments-log/": _C,
    "/admin/cash-payments/": _C,
    "/admin/reconciliation/": _S,
    "/admin/new-lease/": _C,
    "/admin/quick-lease/": _C,
    "/admin/pending-review/": _C,
    "/admin/reports/": _M,
    "/admin/analytics/": _M,
    "/admin/projected/": _M,
    "/admin/contract-reports/account-summary": _M,
    "/admin/contract-reports/new-contracts": _M,
    "/admin/contract-reports/transactions": _M,
    "/admin/contract-reports/declined": _M,
    "/admin/contract-reports/pending": _M,
    "/admin/autopay/": _M,
    "/admin/card-sync/": _S,
    "/admin/api-logs/": _M,
    "/admin/mdm/": _C,
    "/admin/import/": _S,
    "/admin/jobs/": _A,
    "/admin/settings/": _C,
    "/admin/staff/": _A,
    "/admin/collection-users/": _A,
    "/admin/weights/": _A,
    "/admin/collection-statuses/": _A,
    "/admin/collection-settings/": _A,
    "/admin/org/portfolios/": _A,
    "/admin/org/companies/": _A,
    "/admin/org/regions/": _A,
    "/admin/org/offices/": _A,
    "/admin/org/dealers/": _A,
    "/admin/audit/": _A,
}
"""Address → the least role that opens it. Settings is open to all for one thing and asks for an admin for the rest."""

DANGEROUS = frozenset(
    {
        "account_money.adjust",
        "account_money.credit",
        "account_money.refund",
        "account_status.change",
        "account_status.confirm",
        "arrangement.approve",
        "arrangement.make",
        "arrangement.reverse",
        "arrangement.settle",
        "account_contact.override",
        "collection_users.delete",
        "import_batch.apply",
        "import_batch.undo",
        "settings.delete_contract",
        "settings.wipe_test_leases",
        "staff.deactivate",
        "staff.edit",
        "staff.end_session",
        "staff.new",
        "staff.reactivate",
        "staff.set_pin",
        "staff.unlock",
    }
)
"""Endpoints that ask for the PIN again. What may never be taken out of this list by accident stands here by name."""
