"""Waivers and reversals: what was forgiven or taken back in some days, by kind, person and month, and each with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.domain.reporting.portfolio import average, share
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting import corrections as asking
from app.queries.reporting.corrections import ADJUSTED, LABELS, Corrected, Correction
from app.queries.scope import Viewer
from app.reports.sheet import Line, Sheet
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

USUAL_DAYS = 90
NEWEST = 50
"""Corrections that a page shows one by one; files have them all."""
BY_ITSELF = "By itself"

HINTS = {
    "number": "How often in these days",
    "cents": "Their sum",
    "average_cents": "Amount by Count",
    "share": "Of the amount of all",
    "waived_cents": "Fees that are not owed after all",
    "credited_cents": "Credits: a balance lowered without money",
    "debited_cents": "Debits: a balance raised without money",
    "reversed_cents": "Payments taken back as if they had never come",
    "refunded_cents": "Money handed back",
    "charged_back_cents": "Money that a bank took back",
}
_KIND_COLUMNS = (
    ExportColumn("kind", "Kind"),
    ExportColumn("number", "Count", "int"),
    ExportColumn("cents", "Amount", "cents"),
    ExportColumn("average_cents", "Average", "cents"),
    ExportColumn("share", "%", "percent"),
)
_AMOUNTS = (
    ExportColumn("number", "Count", "int"),
    ExportColumn("waived_cents", "Waived", "cents"),
    ExportColumn("credited_cents", "Credited", "cents"),
    ExportColumn("debited_cents", "Debited", "cents"),
    ExportColumn("reversed_cents", "Reversed", "cents"),
    ExportColumn("refunded_cents", "Refunded", "cents"),
    ExportColumn("charged_back_cents", "Charged Back", "cents"),
)
EACH_COLUMNS = (
    ExportColumn("on", "Date", "date"),
    ExportColumn("kind", "Kind"),
    ExportColumn("account_number", "Account #"),
    ExportColumn("customer", "Customer"),
    ExportColumn("cents", "Amount", "cents"),
    ExportColumn("reason", "Reason"),
    ExportColumn("by", "By"),
)
ADJUSTMENT_WORDS = frozenset(kind.value for kind in ADJUSTED)
"""Kinds that stand in the list of adjustments; the others are entries of the ledger."""


def sheets(found: Sequence[Corrected], span: Span) -> list[Sheet]:
    """By kind, by person, by month."""
    return [_by_kind(found, span), _by_person(found, span), _by_month(found)]


def _by_kind(found: Sequence[Corrected], span: Span) -> Sheet:
    whole = sum(each.cents for each in found)

    def values(of: Iterable[Corrected]) -> tuple[Any, ...]:
        rows = list(of)
        number, cents = sum(each.number for each in rows), sum(each.cents for each in rows)
        return number, cents, average(cents, number), share(cents, whole)

    kinds = [kind for kind in LABELS if any(each.kind == kind for each in found)]
    return Sheet(
        "kind",
        "By kind",
        f"{span.from_on:%b %-d} to {span.to_on:%b %-d, %Y}",
        _KIND_COLUMNS,
        HINTS,
        tuple(
            Line((kind,), (LABELS[kind], *values(each for each in found if each.kind == kind)), _query(kind, span))
            for kind in kinds
        ),
        ("All", *values(found)),
    )


def _amounts(of: Sequence[Corrected]) -> tuple[Any, ...]:
    return sum(each.number for each in of), *(sum(each.cents for each in of if each.kind == kind) for kind in LABELS)


def _by_person(found: Sequence[Corrected], span: Span) -> Sheet:
    people: dict[tuple[int | None, str], list[Corrected]] = {}
    for each in found:
        people.setdefault((each.by_id, each.by or BY_ITSELF), []).append(each)
    known = sorted(people, key=lambda key: (key[0] is None, key[1], key[0] or 0))
    return Sheet(
        "person",
        "By person",
        "who decided or entered it",
        (ExportColumn("person", "Person"), *_AMOUNTS),
        HINTS,
        tuple(Line((str(key[0] or "none"),), (key[1], *_amounts(people[key])), f"by={key[0] or 'none'}") for key in known),
        ("All", *_amounts(found)),
    )


def _by_month(found: Sequence[Corrected]) -> Sheet:
    months: dict[dt.date, list[Corrected]] = {}
    for each in found:
        months.setdefault(each.month_on, []).append(each)
    return Sheet(
        "month",
        "By month",
        "the newest first",
        (ExportColumn("month", "Month", "date"), *_AMOUNTS),
        HINTS,
        tuple(Line((on.isoformat(),), (on, *_amounts(months[on]))) for on in sorted(months, reverse=True)),
        ("All", *_amounts(found)),
    )


def _query(kind: str, span: Span) -> str:
    if kind in ADJUSTMENT_WORDS:
        return f"kind={kind}&effective_from={span.from_on}&effective_to={span.to_on}"
    return f"kind={kind}&state=complete&posted_from={span.from_on}&posted_to={span.to_on}"


def each_row(found: Iterable[Correction]) -> Iterator[tuple[Any, ...]]:
    """Corrections as rows of a file."""
    for one in found:
        yield one.on, LABELS[one.kind], one.account_number, one.customer, one.cents, one.reason, one.by or BY_ITSELF


def make(session: Session, viewer: Viewer, asked: Asked, criteria: Criteria | None = None) -> list[Table]:
    """The tables as files have them, and every correction one by one."""
    span = asked.span(USUAL_DAYS)
    found = asking.corrected(session, viewer, span, today=asked.today, criteria=criteria)
    rows = asking.each(session, viewer, span, today=asked.today, criteria=criteria)
    return [
        *(sheet.table() for sheet in sheets(found, span)),
        Table("Each", EACH_COLUMNS, each_row(rows)),
    ]
