"""The menu: every page of the product with its group, address, icon and the role it needs.

A page appears as soon as a view is registered under its address, so the menu is complete from the first day and never
leads to a page that is not there. Who may open what is decided by the views; the menu only leaves out what a person
could not open anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the menu. `words` are further words by which the search finds it."""

    label: str
    url: str
    icon: str
    minimum: Role = Role.COLLECTOR
    words: str = ""
    entry: MenuEntry | None = None
    """The tick of a collection user's menu access without which it is left out."""


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together; `key` is what a browser remembers the group by."""

    key: str
    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A page as one person sees it now. `count` is None where no count is shown."""

    label: str
    url: str
    icon: str
    words: str = ""
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A group as one person sees it now; `current` when the open page is in it."""

    key: str
    title: str
    items: tuple[Item, ...] = field(default_factory=tuple)

    @property
    def current(self) -> bool:
        """Whether the page that is open stands in this group."""
        return any(item.current for item in self.items)


SUPERVISOR, MANAGER, ADMIN = Role.SUPERVISOR, Role.MANAGER, Role.ADMIN

MENU: tuple[Group, ...] = (
    Group(
        "collections",
        "Collections",
        (
            Page("Dashboard", "/admin/", "speedometer2", words="home start today"),
            Page(
                "Collections Dashboard",
                "/admin/collections/",
                "list-ol",
                words="worklist priority queue buckets aging",
                entry=MenuEntry.WORKLIST,
            ),
            Page("Work account", "/admin/collections/work", "headset", words="next account call loop", entry=MenuEntry.WORKLIST),
            Page("Follow-Ups", "/admin/follow-ups/", "calendar-check", words="callbacks reminders"),
            Page("Messages", "/admin/messages/", "chat-left-text", words="texts sms e-mails outbox failed"),
            Page("Defaults Overview", "/admin/defaults/", "exclamation-octagon"),
            Page("Recoveries", "/admin/recoveries/", "arrow-counterclockwise", entry=MenuEntry.RECOVERY_REQUEST),
            Page("Returns", "/admin/returns/", "box-seam"),
            Page("Arrangements", "/admin/arrangements/", "calendar-range", SUPERVISOR, "extension deferral plan approve"),
            Page("Disputes", "/admin/disputes/", "shield-exclamation", words="chargeback"),
            Page("Account Signals", "/admin/signals/", "activity", words="risk behavior"),
            Page("Collection Reassignment", "/admin/reassignment/", "people", SUPERVISOR, "assign collector book"),
            Page("Workload", "/admin/workload/", "bar-chart-steps", SUPERVISOR, "coverage unassigned"),
            Page("Team Performance", "/admin/team/", "trophy", MANAGER),
        ),
    ),
    Group(
        "money",
        "Accounts and money",
        (
            Page("Accounts", "/admin/accounts/", "phone", words="customers leases devices", entry=MenuEntry.ACCOUNT_SELECTION),
            Page("Payments Log", "/admin/payments-log/", "receipt", words="payments"),
            Page("Cash & Manual Payments", "/admin/cash-payments/", "cash-coin", words="zelle cash app venmo check"),
            Page("Reconciliation", "/admin/reconciliation/", "intersect", SUPERVISOR, "remittances bank match"),
            Page("New Lease", "/admin/new-lease/", "file-earmark-plus", words="open account contract customer"),
            Page("Quick Lease", "/admin/quick-lease/", "lightning-charge", words="open account new"),
            Page("Pending Review", "/admin/pending-review/", "hourglass-split", words="imei cost missing"),
        ),
    ),
    Group(
        "reports",
        "Reports",
        (
            Page("Reports", "/admin/reports/", "bar-chart-line", MANAGER, "status frequency aging bank"),
            Page("Predictive Analytics", "/admin/analytics/", "graph-up", MANAGER, "cohorts roll rates"),
            Page("Projected Collections", "/admin/projected/", "calendar3-range", MANAGER, "forecast"),
            Page("Delinquency", "/admin/delinquency/", "clipboard2-pulse", MANAGER, "accountability float potential performance"),
            Page("Payments and Cash", "/admin/cash-report/", "cash", MANAGER, "received drawer by method by person"),
            Page("AutoPay Report", "/admin/autopay-report/", "credit-card", MANAGER, "success declines enrolled"),
            Page("Waivers and Reversals", "/admin/corrections/", "eraser", MANAGER, "audit credits refunds chargebacks"),
            Page("Free Money", "/admin/free-money/", "gift", MANAGER, "extensions deferrals value of days moved"),
            Page("Account Summary", "/admin/contract-reports/account-summary", "file-earmark-text", MANAGER),
            Page("New Contracts", "/admin/contract-reports/new-contracts", "file-earmark-check", MANAGER),
            Page("Transactions", "/admin/contract-reports/transactions", "file-earmark-ruled", MANAGER),
            Page("Transactions - Declined", "/admin/contract-reports/declined", "file-earmark-x", MANAGER),
            Page("Transactions - Pending", "/admin/contract-reports/pending", "file-earmark-minus", MANAGER),
        ),
    ),
    Group(
        "integrations",
        "AutoPay and integrations",
        (
            Page("AutoPay Management", "/admin/autopay/", "arrow-repeat", MANAGER, "card runs batch retry"),
            Page("Card Sync", "/admin/card-sync/", "credit-card-2-front", SUPERVISOR, "square"),
            Page("API Logs", "/admin/api-logs/", "terminal", MANAGER, "calls errors"),
            Page("MDM Checker", "/admin/mdm/", "phone-flip", words="hexnode enrollment lock"),
            Page("Import", "/admin/import/", "upload", SUPERVISOR, "portfolio workbook csv upload"),
            Page("Jobs", "/admin/jobs/", "cpu", ADMIN, "queues workers schedule"),
        ),
    ),
    Group(
        "settings",
        "Settings",
        (
            # Everyone may assign an IMEI by phone number there; the rest of the page is for admins and checked by it.
            Page("Settings", "/admin/settings/", "gear", words="imei test lease webhooks delete contract"),
            Page("Staff", "/admin/staff/", "person-badge", ADMIN, "pin roles people"),
            Page("Collection User Profiles", "/admin/collection-users/", "person-lines-fill", ADMIN, "U1131"),
            Page("Weighting Table", "/admin/weights/", "grid-3x3", ADMIN, "U1141 priority"),
            Page("Collection Statuses", "/admin/collection-statuses/", "flag", ADMIN, "U1151"),
            Page("Collection Settings", "/admin/collection-settings/", "sliders", ADMIN, "U1121 U1122"),
            Page("Payment settings", "/admin/settings/payments/", "cash-stack", ADMIN, "limits waive refund settlement cut-off"),
            Page("Webhooks", "/admin/settings/webhooks/", "broadcast", ADMIN, "square notifications events replay"),
            Page("Arrangement limits", "/admin/settings/arrangement-limits/", "sliders2", ADMIN, "extension charge-off"),
            Page("Reinstatement policies", "/admin/settings/reinstatement-policies/", "bootstrap-reboot", ADMIN, "lapsed"),
            Page("Lock clauses", "/admin/settings/lock-clauses/", "lock", ADMIN, "device hexnode mdm notice agreement"),
            Page("Fee policies", "/admin/settings/fee-policies/", "stopwatch", ADMIN, "late fee grace returned payment"),
            Page("Payoff policies", "/admin/settings/payoff-policies/", "tag", ADMIN, "early purchase epo same as cash"),
            Page("Signal points", "/admin/settings/signal-points/", "speedometer", ADMIN, "risk score weights bands"),
            Page("Contact rules", "/admin/settings/contact-rules/", "telephone-x", ADMIN, "reg f call hours frequency states"),
            Page("Message templates", "/admin/settings/message-templates/", "chat-square-text", SUPERVISOR, "text e-mail sms"),
            Page("Note templates", "/admin/settings/note-templates/", "journal-text", SUPERVISOR, "short texts"),
            Page("Portfolios", "/admin/org/portfolios/", "folder2", ADMIN),
            Page("Companies", "/admin/org/companies/", "building", ADMIN),
            Page("Regions", "/admin/org/regions/", "map", ADMIN),
            Page("Offices", "/admin/org/offices/", "geo-alt", ADMIN),
            Page("Dealers", "/admin/org/dealers/", "shop", ADMIN, "stores"),
            Page("Records", "/admin/records/", "table", words="customers phones devices installments ledger fees notes promises"),
            Page("Audit", "/admin/audit/", "journal-check", ADMIN, "who changed what log"),
        ),
    ),
)


def is_registered(url: str, url_map: Map) -> bool:
    """Whether some view answers GET at this address."""
    try:
        url_map.bind("localhost").match(url, method="GET")
    except RequestRedirect:
        # The view stands at the same address with a slash more; following the menu still reaches it.
        return True
    except HTTPException:
        return False
    return True


@lru_cache(maxsize=16)
def registered_urls(url_map: Map) -> frozenset[str]:
    """Addresses of the menu that some view answers. Views are registered before the first request, so it is asked once."""
    return frozenset(page.url for group in MENU for page in group.pages if is_registered(page.url, url_map))


def current_page(path: str, pages: Iterable[Page]) -> Page | None:
    """The page that an address belongs to: the longest one that the address starts with.

    The dashboard is only itself, otherwise it would be the current page everywhere.
    """
    inside = [page for page in pages if path == page.url or (page.url != "/admin/" and path.startswith(_folder(page.url)))]
    return max(inside, key=lambda page: len(page.url), default=None)


def _folder(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def sections(
    role: Role,
    url_map: Map,
    path: str,
    counts: Mapping[str, int] | None = None,
    *,
    may_use: Callable[[MenuEntry | None], bool] = lambda entry: True,
) -> tuple[Section, ...]:
    """The menu for one person: only what exists and what the role may open; groups without a page are left out.

    `path` is the address of the open page; `counts` maps a page's address to the number shown behind its label;
    `may_use` says which entries the person's menu access opens.
    """
    known = counts or {}
    registered = registered_urls(url_map)
    now = current_page(path, (page for group in MENU for page in group.pages))
    built = (
        Section(
            group.key,
            group.title,
            tuple(
                Item(page.label, page.url, page.icon, page.words, known.get(page.url), page is now)
                for page in group.pages
                if role.includes(page.minimum) and page.url in registered and may_use(page.entry)
            ),
        )
        for group in MENU
    )
    return tuple(section for section in built if section.items)
