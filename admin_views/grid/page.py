"""What the template of a list is given: head, rows, tabs, chips, menus, pager."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy.orm import Session

from admin_views.grid.columns import Bound, body
from admin_views.grid.state import SIZES, GridState
from admin_views.grid.views import Tab, View, tabs
from app.domain.staff.roles import Role
from app.queries.listing import Count, Criteria, Listing
from app.queries.listing.keyset import Page
from app.queries.listing.listing import MOST_FOUND
from app.queries.scope import Viewer


@dataclass(frozen=True)
class Button:
    """A button beside a title; shown to those whose role includes `minimum_role`."""

    label: str
    url: str
    icon: str | None = None
    kind: str = "quiet"
    key: str | None = None
    sheet: bool = False
    """Opens in the side sheet."""
    minimum_role: Role = Role.COLLECTOR


@dataclass(frozen=True)
class Shown:
    """One list as one person sees it now; the template reads its attributes."""

    state: GridState
    columns: list[Bound]
    page: Page
    count: Count
    is_cut: bool
    """The search found more than it considers."""
    tabs: list[Tab]
    chips: list[dict[str, str]]
    rows: Markup
    heads: list[dict[str, Any]]
    most: int | None = None
    """Rows beyond this number are not listed: who finds more narrows the filter, or acts on all of them at once."""

    @property
    def is_beyond(self) -> bool:
        """Whether more rows match than are listed."""
        return self.most is not None and (self.count.is_capped or self.count.rows > self.most)

    @property
    def first(self) -> int:
        """Number of the first row shown, when it is known."""
        return max(self.state.first, 1)

    @property
    def pager_text(self) -> str:
        """1–50 of 4,312, or what of it is known."""
        shown = len(self.page.rows)
        if not shown:
            return ""
        total = self.count.text
        if self.state.place.is_last:
            return f"The last {shown:,} of {total}"
        return f"{self.first:,}–{self.first + shown - 1:,} of {total}"

    @property
    def first_url(self) -> str | None:
        """The first page, from any other."""
        return self.state.href() if self.page.previous else None

    @property
    def previous_url(self) -> str | None:
        """The page before."""
        at = max(self.first - self.state.size, 1)
        return self.state.turned(before=self.page.previous, at=str(at)) if self.page.previous else None

    @property
    def next_url(self) -> str | None:
        """The page behind."""
        at = self.first + len(self.page.rows)
        if self.most is not None and at > self.most:
            return None
        return self.state.turned(after=self.page.next, at=str(at)) if self.page.next else None

    @property
    def last_url(self) -> str | None:
        """The end of the list."""
        return self.state.turned(last="1") if self.page.next and not self.is_beyond else None

    @property
    def sizes(self) -> list[dict[str, Any]]:
        """How many rows a page may have."""
        here = self.state.size
        return [{"label": size, "url": self.state.href(size=size), "current": size == here} for size in SIZES]

    @property
    def query(self) -> str:
        """Filters, words, order and columns as a query string: for exports, saved views, totals."""
        return urlencode(self.state.lasting(), safe=",:")

    @property
    def filter_query(self) -> str:
        """Filters and words alone: what a bulk action posts."""
        return self.state.criteria.query_string()

    @property
    def clear_url(self) -> str:
        """The list without any filter, in the same order with the same columns."""
        return replace(self.state, criteria=Criteria(), view="").href()

    @property
    def has_totals(self) -> bool:
        """Whether there is anything to add up."""
        return any(column.has_total for column in self.columns)

    @property
    def is_filtered(self) -> bool:
        """Whether rows were left out."""
        return not self.state.criteria.is_empty

    @property
    def search_note(self) -> str:
        """Said when a search finds more than it considers."""
        return f"More than {MOST_FOUND:,} match; type another letter to see the right ones." if self.is_cut else ""


def show(
    session: Session,
    *,
    listing: Listing,
    bound: Sequence[Bound],
    state: GridState,
    viewer: Viewer,
    today: Any,
    page_key: str,
    views: Sequence[View],
    ticks: bool,
    address: Callable[[Any], str | None] | None,
    name: Callable[[Any], str] | None,
    more_needs: Sequence[str] = (),
    most: int | None = None,
) -> Shown:
    """Run the list for one person: at most five small statements."""
    columns = chosen(bound, state.columns)
    needs = [*more_needs, *(key for column in columns for key in column.needs)]
    found = listing.found(session, viewer, state.criteria)
    is_cut = found is not None and len(found) > MOST_FOUND
    page = listing.page(
        session,
        viewer,
        today=today,
        criteria=state.criteria,
        fields=needs,
        order=state.order or listing.order,
        place=state.place,
        size=state.size,
        found=found,
    )
    if not page.rows or (page.previous is None and page.next is None):
        count = Count(len(page.rows))  # All of it is on this page.
    else:
        count = listing.count(session, viewer, today=today, criteria=state.criteria, found=found)
    if is_cut:
        count = replace(count, is_capped=True, is_estimate=False)
    if page.previous is None and state.first != 1:
        state = replace(state, first=1)
    return Shown(
        state=state,
        columns=columns,
        page=page,
        count=count,
        is_cut=is_cut,
        tabs=tabs(session, page_key, views, listing, viewer, state),
        chips=_chips(session, listing, state, viewer),
        rows=Markup(body(page.rows, columns, ticks=ticks, address=address, name=name)),  # noqa: S704 -- built escaped
        heads=[_head(column, state, listing) for column in columns],
        most=most,
    )


def chosen(bound: Sequence[Bound], keys: Sequence[str]) -> list[Bound]:
    """The columns that the URL names, in its order; the list's own when it names none. The first always stays first."""
    known = {column.key: column for column in bound}
    named = [known[key] for key in keys if key in known]
    if not named:
        return [column for column in bound if column.column.shown]
    head = bound[0]
    return [head, *(column for column in named if column is not head)]


def _head(column: Bound, state: GridState, listing: Listing) -> dict[str, Any]:
    order = state.order or listing.order
    head: dict[str, Any] = {
        "key": column.key,
        "label": column.column.label,
        "numeric": column.is_numeric,
        "hint": column.column.hint,
        "class": column.css.replace("num", "").replace("mono", "").strip(),
        "total": column.has_total,
        "card": column.column.card,
    }
    if column.sort is None:
        return head
    is_sorted = order.removeprefix("-") == column.sort
    is_descending = order.startswith("-")
    # Figures and dates are mostly wanted from the largest down, words from A up.
    first = f"-{column.sort}" if column.is_numeric else column.sort
    other = column.sort if is_descending else f"-{column.sort}"
    target = other if is_sorted else first
    head["sort_url"] = state.href(order=target if target != listing.order else "")
    if is_sorted:
        head["sorted"] = "descending" if is_descending else "ascending"
    return head


def _chips(session: Session, listing: Listing, state: GridState, viewer: Viewer) -> list[dict[str, str]]:
    chips = []
    for each in listing.filters_in(state.criteria):
        rest = replace(state, criteria=state.criteria.without(each.parameters), view="")
        said = each.said(state.criteria.filters, each.choices(session, viewer))
        chips.append({"label": each.label, "value": said, "remove_url": rest.href()})
    return chips
