"""Payments and cash: what came in some days and what went back, by method, by day and by who took it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.domain.payments.kinds import MANUAL_METHODS, PaymentMethod
from app.domain.reporting.portfolio import average
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.receipts import Receipts, receipts
from app.queries.scope import Viewer
from app.reports.sheet import Line, Sheet
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

USUAL_DAYS = 30

_FLOW = (
    ExportColumn("payments", "Payments", "int"),
    ExportColumn("received_cents", "Received", "cents"),
    ExportColumn("returned", "Given Back", "int"),
    ExportColumn("returned_cents", "Amount Back", "cents"),
    ExportColumn("net_cents", "Net", "cents"),
    ExportColumn("average_cents", "Avg Payment", "cents"),
)
HINTS = {
    "payments": "Payments received in these days, also those that went back later; what a prior system collected is none",
    "received_cents": "Their sum",
    "returned": "Reversals, refunds and chargebacks of these days, whenever the payment came",
    "returned_cents": "Their sum",
    "net_cents": "Received less Amount Back",
    "average_cents": "Received by Payments",
    "cash_cents": "Received in cash: what the drawer must hold before anything was given back",
    "other_cents": "Received by other methods that a person takes: Zelle, Cash App, Venmo, checks, money orders, transfers",
    "card_cents": "Received by card and ACH through the processor",
}
_DAY_COLUMNS = (
    ExportColumn("day", "Day", "date"),
    ExportColumn("payments", "Payments", "int"),
    ExportColumn("cash_cents", "Cash", "cents"),
    ExportColumn("other_cents", "Other by Hand", "cents"),
    ExportColumn("card_cents", "Card and ACH", "cents"),
    ExportColumn("received_cents", "Received", "cents"),
    ExportColumn("returned_cents", "Amount Back", "cents"),
    ExportColumn("net_cents", "Net", "cents"),
)
_PERSON_COLUMNS = (
    ExportColumn("person", "Taken By"),
    ExportColumn("payments", "Payments", "int"),
    ExportColumn("cash_cents", "Cash", "cents"),
    ExportColumn("other_cents", "Other by Hand", "cents"),
    ExportColumn("card_cents", "Card and ACH", "cents"),
    ExportColumn("received_cents", "Received", "cents"),
    ExportColumn("returned", "Given Back", "int"),
    ExportColumn("returned_cents", "Amount Back", "cents"),
    ExportColumn("net_cents", "Net", "cents"),
)


def _cents(entries: Iterable[Receipts], which: Callable[[Receipts], bool]) -> int:
    return sum(each.cents for each in entries if which(each))


def _number(entries: Iterable[Receipts], *, is_out: bool) -> int:
    return sum(each.number for each in entries if each.is_out is is_out)


def _received(entries: Iterable[Receipts]) -> int:
    return _cents(entries, lambda each: not each.is_out)


def _returned(entries: Iterable[Receipts]) -> int:
    return _cents(entries, lambda each: each.is_out)


def _sorts(entries: Sequence[Receipts]) -> tuple[int, int, int]:
    """Received in cash, by other methods that a person takes, through the processor."""
    by_hand = MANUAL_METHODS - {PaymentMethod.CASH}
    return (
        _cents(entries, lambda each: not each.is_out and each.method is PaymentMethod.CASH),
        _cents(entries, lambda each: not each.is_out and each.method in by_hand),
        _cents(entries, lambda each: not each.is_out and each.method not in MANUAL_METHODS),
    )


def sheets(entries: Sequence[Receipts], span: Span) -> list[Sheet]:
    """By method, by day, by person."""
    return [_by_method(entries, span), _by_day(entries, span), _by_person(entries, span)]


def _by_method(entries: Sequence[Receipts], span: Span) -> Sheet:
    def values(of: Sequence[Receipts]) -> tuple[Any, ...]:
        number, received, returned = _number(of, is_out=False), _received(of), _returned(of)
        back = _number(of, is_out=True)
        return number, received, back, returned, received - returned, average(received, number)

    groups = {method: [each for each in entries if each.method is method] for method in PaymentMethod}
    return Sheet(
        "method",
        "By method",
        _days(span),
        (ExportColumn("method", "Method"), *_FLOW),
        HINTS,
        tuple(
            Line((method.value,), (method.label, *values(of)), f"method={method.value}&{_query(span)}")
            for method, of in groups.items()
            if of
        ),
        ("All", *values(entries)),
    )


def _by_day(entries: Sequence[Receipts], span: Span) -> Sheet:
    def values(of: Sequence[Receipts]) -> tuple[Any, ...]:
        received, returned = _received(of), _returned(of)
        return _number(of, is_out=False), *_sorts(of), received, returned, received - returned

    groups: dict[dt.date, list[Receipts]] = {}
    for each in entries:
        groups.setdefault(each.on, []).append(each)
    return Sheet(
        "day",
        "By day",
        "days on which money moved, the newest first",
        _DAY_COLUMNS,
        HINTS,
        tuple(Line((on.isoformat(),), (on, *values(groups[on])), _query(Span(on, on))) for on in sorted(groups, reverse=True)),
        ("All", *values(entries)),
    )


def _by_person(entries: Sequence[Receipts], span: Span) -> Sheet:
    def values(of: Sequence[Receipts]) -> tuple[Any, ...]:
        received, returned = _received(of), _returned(of)
        return _number(of, is_out=False), *_sorts(of), received, _number(of, is_out=True), returned, received - returned

    groups: dict[tuple[int | None, str], list[Receipts]] = {}
    for each in entries:
        groups.setdefault((each.taken_by_id, each.taken_by or "Nobody (by itself)"), []).append(each)
    known = sorted(groups, key=lambda key: (key[0] is None, key[1], key[0] or 0))
    return Sheet(
        "person",
        "By person",
        "who entered it; card charges and settlements that ran by themselves belong to nobody",
        _PERSON_COLUMNS,
        HINTS,
        tuple(
            Line((str(key[0]),), (key[1], *values(groups[key])), f"taken_by={key[0] or 'none'}&{_query(span)}") for key in known
        ),
        ("All", *values(entries)),
    )


def _days(span: Span) -> str:
    return f"{span.from_on:%b %-d} to {span.to_on:%b %-d, %Y}"


def _query(span: Span) -> str:
    return f"received_from={span.from_on}&received_to={span.to_on}"


def make(session: Session, viewer: Viewer, asked: Asked, criteria: Criteria | None = None) -> list[Table]:
    """The tables as files have them."""
    span = asked.span(USUAL_DAYS)
    return [sheet.table() for sheet in sheets(receipts(session, viewer, span, today=asked.today, criteria=criteria), span)]
