"""A small portfolio for stories: leases as a dealer would list them, their workbook, and what is owed on a day.

What is owed is added up here line by line with nothing but a calendar, so that a story can hold the product against it.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass

from openpyxl import Workbook

TODAY = dt.date(2027, 3, 19)
"""A Friday, and the business date of no other test."""
YESTERDAY = TODAY - dt.timedelta(days=1)

DAYS = {"Weekly": 7, "Biweekly": 14}


@dataclass(frozen=True)
class Line:
    """An installment that is not paid."""

    number: int
    due_on: dt.date
    cents: int


@dataclass(frozen=True)
class Lease:
    """A lease whose first open installment falls due on `next_on`; `made` installments are paid."""

    contract: str
    first_name: str
    last_name: str
    phone: str
    frequency: str
    next_on: dt.date
    made: int
    payment_cents: int
    balance_cents: int
    extra_paid_cents: int = 0
    imei: str = "356415207490483"
    status: str = "Active"

    @property
    def name(self) -> str:
        """As the screens show it."""
        return f"{self.first_name} {self.last_name}"

    @property
    def start_on(self) -> dt.date:
        """So many periods before the next due date that the paid installments lie between."""
        if self.frequency == "Monthly":
            months = self.next_on.year * 12 + self.next_on.month - 1 - (self.made + 1)
            return dt.date(months // 12, months % 12 + 1, self.next_on.day)
        return self.next_on - dt.timedelta(days=DAYS[self.frequency] * (self.made + 1))

    @property
    def paid_cents(self) -> int:
        """Everything that was collected before the import."""
        return self.made * self.payment_cents + self.extra_paid_cents

    @property
    def open_lines(self) -> list[Line]:
        """What is to come and what is late: full payments, the remainder last."""
        lines: list[Line] = []
        left, due_on = self.balance_cents, self.next_on
        while left > 0:
            lines.append(Line(self.made + 1 + len(lines), due_on, min(left, self.payment_cents)))
            left -= lines[-1].cents
            due_on = self._following(due_on)
        return lines

    def _following(self, due_on: dt.date) -> dt.date:
        if self.frequency == "Monthly":
            return dt.date(due_on.year + due_on.month // 12, due_on.month % 12 + 1, due_on.day)
        return due_on + dt.timedelta(days=DAYS[self.frequency])

    def past_due_cents(self, on: dt.date) -> int:
        """The sum of the open lines that fell due before a day."""
        return sum(line.cents for line in self.open_lines if line.due_on < on)

    def days_past_due(self, on: dt.date) -> int:
        """Days since the oldest open line fell due; 0 when none has."""
        return max(0, (on - self.next_on).days)

    def due_cents(self, on: dt.date) -> int:
        """What falls due on that very day."""
        return sum(line.cents for line in self.open_lines if line.due_on == on)

    @property
    def cells(self) -> dict[str, object]:
        """The lease as a row of the report."""
        return {
            "CONTRACT#": f"{self.contract}-1",
            "CONTRACTBILLINGSTATUS": self.status,
            "CONTRACTORIGINATIONDATE": self.start_on,
            "CUSTOMERFIRSTNAME": self.first_name,
            "CUSTOMERLASTNAME": self.last_name,
            "CUSTOMERPHONE1": self.phone,
            "MERCHDESCRIPTION": f"APPLE IPHONE 13 128GB {self.imei}".strip(),
            "CONTRACTCOST": 212.5,
            "PAYMENTFREQUENCY": self.frequency,
            "NEXTPAYMENTAMOUNT": self.payment_cents / 100,
            "COUNTOFPAYMENTSCOLLECTED": self.made,
            "SUMOFPAYMENTSMADE": f"${self.paid_cents / 100:,.2f}",
            "OUTSTANDINGBALANCERENTAL": self.balance_cents / 100,
        }


def days_ago(days: int) -> dt.date:
    """So many days before the story's business date."""
    return TODAY - dt.timedelta(days=days)


NORA = Lease("8100001", "Nora", "Hale", "(614) 555-0101", "Weekly", days_ago(49), 21, 2_550, 79_050)
OTIS = Lease("8100002", "Otis", "Grant", "614.555.0102", "Weekly", days_ago(7), 31, 4_000, 84_000)
PETRA = Lease("8100003", "Petra", "Lind", "614 555 0103", "Biweekly", days_ago(14), 5, 6_125, 128_625)
ROSA = Lease("8100004", "Rosa", "Vance", "6145550104", "Monthly", dt.date(2027, 2, 19), 3, 10_900, 91_300)
SAM = Lease("8100005", "Sam", "Whitfield", "6145550105", "Weekly", TODAY, 8, 1_999, 51_974)
TESSA = Lease("8100006", "Tessa", "Young", "6145550106", "Biweekly", days_ago(-5), 4, 4_500, 33_333, extra_paid_cents=2_000)
URI = Lease("8100007", "Uri", "Zane", "6145550107", "Monthly", days_ago(-21), 9, 7_300, 21_900)
VERA = Lease("8100008", "Vera", "Abbott", "6145550108", "Weekly", days_ago(71), 12, 3_000, 60_000)
WADE = Lease("8100009", "Wade", "Boone", "6145550109", "Weekly", days_ago(8), 2, 3_300, 66_000, imei="")
GONE = Lease("8100010", "Xena", "Cole", "6145550110", "Weekly", days_ago(7), 9, 2_000, 0, status="Closed")

OPEN = (NORA, OTIS, PETRA, ROSA, SAM, TESSA, URI, VERA)
"""Those that are collected on; Wade waits in Pending Review."""
OWN = (NORA, OTIS, PETRA, SAM)
"""The collector's book."""
FOREIGN = (ROSA, TESSA, VERA)
"""A colleague's; Uri is nobody's."""
LATE = (NORA, OTIS, PETRA, ROSA, VERA)


def workbook(leases: Iterable[Lease]) -> bytes:
    """The report as a dealer sends it: a title, the header on line 4 in an order of its own, faulty rows, a total."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [lease.cells for lease in leases]
    columns = sorted(rows[0], reverse=True)
    repeated = rows[0]
    unpaid = rows[1] | {"CONTRACT#": "8100011", "NEXTPAYMENTAMOUNT": "n/a"}
    for line in (["Portfolio Detailed Report"], ["River City Wireless"], [], [*columns, "STORE#"]):
        sheet.append(line)
    for row in (*rows, repeated, unpaid):
        sheet.append([*(row[column] for column in columns), 17])
    sheet.append(["Total", *[None] * 12])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
