"""The menu shows what exists and what a role may open, and knows where one is."""

import pytest
from werkzeug.routing import Map, Rule

from admin_views import navigation
from app.domain.staff.roles import Role

ALL_PAGES = [page for group in navigation.MENU for page in group.pages]


def url_map(*paths: str) -> Map:
    return Map([Rule(path, endpoint=path, methods=["GET"]) for path in paths])


EVERYTHING = url_map(*(page.url for page in ALL_PAGES))


def labels(role: Role, existing: Map = EVERYTHING) -> set[str]:
    return {item.label for section in navigation.sections(role, existing, "/admin/") for item in section.items}


@pytest.mark.parametrize(
    ("role", "hidden", "shown"),
    [
        (
            Role.COLLECTOR,
            {"Collection Reassignment", "Workload", "Reports", "Import", "Staff", "Audit", "Jobs"},
            {"Accounts", "Follow-Ups", "MDM Checker", "Settings"},
        ),
        (
            Role.SUPERVISOR,
            {"Team Performance", "Reports", "AutoPay Management", "Staff"},
            {"Workload", "Reconciliation", "Card Sync", "Import"},
        ),
        (
            Role.MANAGER,
            {"Jobs", "Staff", "Weighting Table", "Audit"},
            {"Team Performance", "Reports", "AutoPay Management", "API Logs"},
        ),
        (Role.ADMIN, set(), {"Jobs", "Staff", "Audit"}),
    ],
)
def test_a_role_sees_its_own_pages_and_no_others(role: Role, hidden: set[str], shown: set[str]) -> None:
    seen = labels(role)

    assert hidden & seen == set()
    assert shown <= seen


def test_each_role_sees_everything_that_the_role_below_sees() -> None:
    assert labels(Role.COLLECTOR) < labels(Role.SUPERVISOR) < labels(Role.MANAGER) < labels(Role.ADMIN)
    assert labels(Role.ADMIN) == {page.label for page in ALL_PAGES}


def test_a_page_appears_only_when_its_view_is_registered() -> None:
    assert labels(Role.ADMIN, url_map("/admin/", "/admin/audit/")) == {"Dashboard", "Audit"}


def test_a_page_of_a_rule_with_a_name_in_it_is_found() -> None:
    existing = url_map("/admin/contract-reports/<any(declined, pending):name>")

    assert labels(Role.MANAGER, existing) == {"Transactions - Declined", "Transactions - Pending"}


def test_a_view_that_takes_posts_only_is_not_a_page() -> None:
    existing = Map([Rule("/admin/import/", endpoint="x", methods=["POST"])])

    assert labels(Role.ADMIN, existing) == set()


def test_groups_without_a_page_are_left_out() -> None:
    sections = navigation.sections(Role.COLLECTOR, url_map("/admin/accounts/"), "/admin/accounts/")

    assert [section.title for section in sections] == ["Accounts and money"]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/admin/", "Dashboard"),
        ("/admin/collections/", "Collections Dashboard"),
        ("/admin/collections/work", "Work account"),
        ("/admin/accounts/4711", "Accounts"),
        ("/admin/org/offices/edit/3", "Offices"),
        ("/admin/contract-reports/declined", "Transactions - Declined"),
    ],
)
def test_the_page_that_is_open_is_the_only_current_one(path: str, label: str) -> None:
    items = [item for section in navigation.sections(Role.ADMIN, EVERYTHING, path) for item in section.items]

    assert [item.label for item in items if item.current] == [label]


def test_an_address_outside_the_menu_has_no_current_page() -> None:
    sections = navigation.sections(Role.ADMIN, EVERYTHING, "/admin/pin/")

    assert not any(section.current for section in sections)


def test_counts_stand_behind_the_pages_they_belong_to() -> None:
    sections = navigation.sections(Role.COLLECTOR, EVERYTHING, "/admin/", {"/admin/follow-ups/": 14, "/admin/disputes/": 0})
    counts = {item.label: item.count for section in sections for item in section.items}

    assert (counts["Follow-Ups"], counts["Disputes"], counts["Accounts"]) == (14, 0, None)
