"""The five tables of the Reports page: by status, profit, performance by frequency and by bank type, aging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from app.domain.reporting.portfolio import PAST_DUE, Heap, grouped, performance, share, total
from app.domain.servicing.buckets import BucketRange
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.queries.collections.buckets import buckets
from app.queries.reporting import portfolio
from app.queries.scope import Viewer
from app.queries.servicing.first_payments import BANK_TYPES
from app.reports.sheet import Line, Sheet
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

STANDINGS: tuple[tuple[str, str], ...] = (
    (AccountStatus.ACTIVE.value, AccountStatus.ACTIVE.label),
    (PAST_DUE, "Past due"),
    *(
        (status.value, status.label)
        for status in (
            AccountStatus.DEFAULT, AccountStatus.RECOVERY, AccountStatus.RETURNED, AccountStatus.PAID_OFF,
            AccountStatus.CHARGED_OFF, AccountStatus.CLOSED, AccountStatus.CANCELLED, AccountStatus.VOID,
            AccountStatus.PENDING_REVIEW,
        )
    ),
)  # fmt: skip
BANKS = dict(BANK_TYPES)


_OPEN = "&status=active&status=past_due&status=default&status=recovery"
PERFORMANCE_HINTS = {
    "total": "All accounts",
    "active": "Status Active, late ones included",
    "past_due": "Active accounts with something past due",
    "past_due_rate": "Past due of active",
    "defaulted": "Status Default",
    "default_rate": "Defaulted of total",
    "paid_off": "Status Paid off",
    "first_due": "Accounts whose first due date has come",
    "first_made": "Of these, first installments that are fully paid",
    "first_rate": "1st Made of 1st Due",
}
_PERFORMANCE = (
    ExportColumn("total", "Total", "int"),
    ExportColumn("active", "Active", "int"),
    ExportColumn("past_due", "Past Due", "int"),
    ExportColumn("past_due_rate", "Past Due %", "percent"),
    ExportColumn("defaulted", "Defaulted", "int"),
    ExportColumn("default_rate", "Default %", "percent"),
    ExportColumn("paid_off", "Paid Off", "int"),
    ExportColumn("first_due", "1st Due", "int"),
    ExportColumn("first_made", "1st Made", "int"),
    ExportColumn("first_rate", "1st Pmt %", "percent"),
)


def by_status(heaps: Sequence[Heap]) -> Sheet:
    """Status, Count, %, Outstanding."""
    whole, groups = total(heaps), grouped(heaps, lambda heap: heap.standing)

    def values(of: Sequence[Heap]) -> tuple[Any, ...]:
        sums = total(of)
        return sums.accounts, share(sums.accounts, whole.accounts), sums.owed_cents

    return Sheet(
        "status",
        "By status",
        "every account by its status",
        (
            ExportColumn("status", "Status"),
            ExportColumn("count", "Count", "int"),
            ExportColumn("share", "%", "percent"),
            ExportColumn("outstanding_cents", "Outstanding", "cents"),
        ),
        {
            "count": "Accounts; a late active one counts as past due only",
            "share": "Of all accounts",
            "outstanding_cents": "Unpaid installments and fees of accounts that are still owed; nothing of what was returned or "
            "written off",
        },
        tuple(Line((key, label), (label, *values(groups[key])), f"status={key}") for key, label in STANDINGS if key in groups),
        ("Total", *values(heaps)),
    )


def by_profit(heaps: Sequence[Heap]) -> Sheet:
    """Frequency, Count, Avg Payment, Avg Down, Avg Profit."""

    def values(of: Sequence[Heap]) -> tuple[Any, ...]:
        sums = total(of)
        return sums.accounts, sums.average_payment_cents, sums.average_down_cents, sums.average_profit_cents

    return Sheet(
        "profit",
        "Profit by frequency",
        "total paid + open balance − device cost",
        (
            ExportColumn("frequency", "Frequency"),
            ExportColumn("count", "Count", "int"),
            ExportColumn("average_payment_cents", "Avg Payment", "cents"),
            ExportColumn("average_down_cents", "Avg Down", "cents"),
            ExportColumn("average_profit_cents", "Avg Profit", "cents"),
        ),
        {
            "count": "All accounts",
            "average_payment_cents": "Mean payment of one period",
            "average_down_cents": "Mean down payment",
            "average_profit_cents": "Contract profit: total paid + open balance − device cost, where the cost is known",
        },
        _by_frequency(heaps, values),
        ("All", *values(heaps)),
    )


def by_frequency(heaps: Sequence[Heap]) -> Sheet:
    """How each rhythm performs."""
    return Sheet(
        "performance",
        "Performance by frequency",
        "1st Due counts first installments due by that day, 1st Made those fully paid",
        (ExportColumn("frequency", "Frequency"), *_PERFORMANCE),
        PERFORMANCE_HINTS,
        _by_frequency(heaps, _performance),
        ("All", *_performance(heaps)),
    )


def by_bank(heaps: Sequence[Heap]) -> Sheet:
    """The same by the kind of the card on file."""
    groups = grouped(heaps, lambda heap: (heap.bank, heap.frequency))
    lines = tuple(
        Line(
            (bank, frequency.value),
            (label, frequency.label, *_performance(groups[bank, frequency])),
            f"bank={bank}&frequency={frequency.value}",
        )
        for bank, label in BANK_TYPES
        for frequency in Frequency
        if (bank, frequency) in groups
    )
    return Sheet(
        "bank",
        "By bank type",
        "kind of the customer's card on file",
        (ExportColumn("bank", "Bank Type"), ExportColumn("frequency", "Frequency"), *_PERFORMANCE),
        PERFORMANCE_HINTS | {"bank": "Debit, credit or prepaid, known from a card's first charge on"},
        lines,
        ("All", "", *_performance(heaps)),
    )


def by_bucket(heaps: Sequence[Heap], bands: Sequence[BucketRange]) -> Sheet:
    """Bucket, Count, Amount."""
    aged = [heap for heap in heaps if heap.bucket is not None]
    groups = grouped(aged, lambda heap: heap.bucket)

    def values(of: Sequence[Heap]) -> tuple[Any, ...]:
        sums = total(of)
        return sums.accounts, sums.past_due_cents

    return Sheet(
        "aging",
        "Aging",
        "open accounts by days past due",
        (
            ExportColumn("bucket", "Bucket"),
            ExportColumn("count", "Count", "int"),
            ExportColumn("amount_cents", "Amount", "cents"),
        ),
        {
            "bucket": "Days since the oldest unpaid due date",
            "count": "Accounts that are active, in default or in recovery",
            "amount_cents": "What is past due on them",
        },
        tuple(
            Line((str(place), band.label), (band.label, *values(groups.get(place, []))), f"bucket={quote(band.label)}{_OPEN}")
            for place, band in enumerate(bands)
        ),
        ("Total", *values(aged)),
    )


def sheets(heaps: Sequence[Heap], bands: Sequence[BucketRange]) -> list[Sheet]:
    """All five in the order of the page."""
    return [by_status(heaps), by_profit(heaps), by_frequency(heaps), by_bank(heaps), by_bucket(heaps, bands)]


def make(session: Session, viewer: Viewer, asked: Asked) -> list[Table]:
    """The five tables as files have them."""
    heaps = portfolio.heaps(session, viewer, today=asked.today, as_of=asked.as_of, criteria=asked.criteria("start"))
    return [sheet.table() for sheet in sheets(heaps, buckets(session, "report"))]


def _by_frequency(heaps: Sequence[Heap], values: Callable[[Sequence[Heap]], tuple[Any, ...]]) -> tuple[Line, ...]:
    groups = grouped(heaps, lambda heap: heap.frequency)
    return tuple(
        Line((frequency.value, frequency.label), (frequency.label, *values(groups[frequency])), f"frequency={frequency.value}")
        for frequency in Frequency
        if frequency in groups
    )


def _performance(heaps: Sequence[Heap]) -> tuple[Any, ...]:
    row = performance(heaps)
    return (
        row.total, row.active, row.past_due, row.past_due_rate, row.defaulted, row.default_rate, row.paid_off, row.first_due,
        row.first_made, row.first_rate,
    )  # fmt: skip
