"""Delinquency as rent-to-own people look at it: accountability, float, potential, performance, first payment defaults.

Where the source documents are silent the words mean what the trade means by them; each column says it in its definition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.domain.reporting.portfolio import share
from app.domain.servicing.frequency import Frequency
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting import delinquency as asking
from app.queries.reporting import due
from app.queries.reporting.delinquency import Group, Rent, RentHeap
from app.queries.reporting.due import Due
from app.queries.scope import Viewer
from app.reports.sheet import Line, Sheet
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

USUAL_DAYS = 7
"""Rent is looked at by the week."""
WEEKS = 12
WEEK = dt.timedelta(days=7)

_COLUMNS = (
    ExportColumn("on_rent", "On Rent", "int"),
    ExportColumn("past_due", "Past Due", "int"),
    ExportColumn("past_due_rate", "Past Due %", "percent"),
    ExportColumn("float_cents", "Float", "cents"),
    ExportColumn("due", "Due", "int"),
    ExportColumn("accounted", "Accounted For", "int"),
    ExportColumn("accountability", "Accountability %", "percent"),
    ExportColumn("potential_cents", "Potential", "cents"),
    ExportColumn("collected_cents", "Collected", "cents"),
    ExportColumn("performance", "Performance %", "percent"),
    ExportColumn("first_due", "1st Due", "int"),
    ExportColumn("first_missed", "1st Missed", "int"),
    ExportColumn("first_rate", "1st Default %", "percent"),
)
HINTS = {
    "on_rent": "Accounts with status Active today, late ones included",
    "past_due": "Of these, accounts with something past due today",
    "past_due_rate": "Past Due of On Rent",
    "float_cents": "What is past due on active accounts today: rent that is out with customers",
    "due": "Accounts that were open when rent of these days fell due",
    "accounted": "Of these, accounts whose rent of these days is paid in full, or that are paid off or returned by now",
    "accountability": "Accounted For of Due",
    "potential_cents": "Rent of these days on accounts that were open then: what would come in if everybody paid",
    "collected_cents": "What of the Potential is covered by now",
    "performance": "Collected of Potential",
    "first_due": "Accounts whose first installment fell due in these days and whose grace is over (3 days weekly, 7 longer)",
    "first_missed": "Of these, first installments that were not fully paid within the grace",
    "first_rate": "1st Missed of 1st Due: first payment defaults",
}
_WEEK_COLUMNS = (
    ExportColumn("week", "Week From", "date"),
    ExportColumn("due", "# Due", "int"),
    ExportColumn("collected", "# Collected", "int"),
    ExportColumn("potential_cents", "Potential", "cents"),
    ExportColumn("collected_cents", "Collected", "cents"),
    ExportColumn("performance", "Performance %", "percent"),
)
_WEEK_HINTS = {
    "week": "First of seven days; the last row ends with the last of the days asked for",
    "due": "Installments that fell due in these seven days on accounts that were open then",
    "collected": "Of these, fully paid ones",
    "potential_cents": HINTS["potential_cents"],
    "collected_cents": HINTS["collected_cents"],
    "performance": HINTS["performance"],
}


@dataclass(frozen=True, slots=True)
class Delinquency:
    """What the report is made of."""

    span: Span
    heaps: list[RentHeap]
    weeks: list[tuple[Span, Due]]


def delinquency(session: Session, viewer: Viewer, span: Span, *, today: dt.date, criteria: Criteria | None = None) -> Delinquency:
    """Work it out for what the viewer sees and the criteria find."""
    first = span.to_on - WEEKS * WEEK + dt.timedelta(days=1)
    where = asking.seen(viewer, criteria, today=today)
    days = due.by_day(session, viewer, from_on=first, to_on=span.to_on, where=where)
    spans = [Span(first + n * WEEK, first + (n + 1) * WEEK - dt.timedelta(days=1)) for n in range(WEEKS)]
    weeks = [(each, due.total(days, [each.from_on + dt.timedelta(days=n) for n in range(7)])) for each in spans]
    return Delinquency(span, asking.heaps(session, viewer, span, criteria=criteria, today=today), weeks)


def values(rent: Rent) -> tuple[Any, ...]:
    """A row's figures in the order of the columns."""
    return (
        rent.on_rent, rent.past_due, share(rent.past_due, rent.on_rent), rent.float_cents, rent.due, rent.accounted,
        share(rent.accounted, rent.due), rent.potential_cents, rent.collected_cents,
        share(rent.collected_cents, rent.potential_cents), rent.first_due, rent.first_missed,
        share(rent.first_missed, rent.first_due),
    )  # fmt: skip


def sheets(found: Delinquency) -> list[Sheet]:
    """By frequency, collector, office and dealer, and how the weeks went."""
    labels = {each.value: each.label for each in Frequency}
    return [
        _by(found, "frequency", "Frequency", lambda heap: Group(heap.frequency, labels[heap.frequency]), order=list(labels)),
        _by(found, "collector", "Collector", lambda heap: heap.collector, parameter="assigned"),
        _by(found, "office", "Office", lambda heap: heap.office),
        _by(found, "dealer", "Dealer", lambda heap: heap.dealer),
        _by_week(found),
    ]


def _by(
    found: Delinquency,
    name: str,
    label: str,
    key: Callable[[RentHeap], Group],
    *,
    parameter: str = "",
    order: Sequence[str] = (),
) -> Sheet:
    groups: dict[Group, Rent] = {}
    for heap in found.heaps:
        groups[key(heap)] = groups.get(key(heap), Rent()) + heap.rent
    place: Mapping[str, int] = {value: n for n, value in enumerate(order)}
    known = sorted(groups, key=lambda each: (each.key == "none", place.get(each.key, 0), each.name, each.key))
    return Sheet(
        name,
        f"By {label.lower()}",
        f"{found.span.from_on:%b %-d} to {found.span.to_on:%b %-d, %Y}; On Rent, Past Due and Float are of today",
        (ExportColumn(name, label), *_COLUMNS),
        HINTS,
        tuple(Line((each.key,), (each.name, *values(groups[each])), f"{parameter or name}={each.key}") for each in known),
        ("All", *values(sum(groups.values(), Rent()))),
    )


def _by_week(found: Delinquency) -> Sheet:
    def figures(of: Due) -> tuple[Any, ...]:
        return of.due, of.collected, of.amount_cents, of.collected_cents, of.rate

    return Sheet(
        "weeks",
        "By week",
        f"{WEEKS} times seven days",
        _WEEK_COLUMNS,
        _WEEK_HINTS,
        tuple(
            Line((span.from_on.isoformat(),), (span.from_on, *figures(of)), f"due_from={span.from_on}&due_to={span.to_on}")
            for span, of in found.weeks
        ),
        ("All", *figures(sum((of for _, of in found.weeks), Due()))),
    )


def make(session: Session, viewer: Viewer, asked: Asked) -> list[Table]:
    """The tables as files have them."""
    found = delinquency(session, viewer, asked.span(USUAL_DAYS), today=asked.today)
    return [sheet.table() for sheet in sheets(found)]
