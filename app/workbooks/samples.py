"""A believable Portfolio Detailed Report, made up: for demonstrations, tests and benches.

It has the columns, the mess and the mix of fates of a real export: marks before names, amounts and dates as text, numbers
that should be text, missing IMEIs, faulty rows, duplicates at the end, a total at the foot. Every row comes with the fate
and the values that a right import gives it; they come from the generator's own plan and not from the parser.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import BinaryIO, NamedTuple

from app.domain.portfolio.imports import RowOutcome
from app.domain.servicing.frequency import Frequency
from app.workbooks import sample_words as words
from app.workbooks.raw_writing import RawSheet
from app.workbooks.sample_contracts import Expected, planned, valid_imei
from app.workbooks.sheets import Cell

HEADERS = (
    "CONTRACT#", "CONTRACTBILLINGSTATUS", "CONTRACTORIGINATIONDATE", "CUSTOMERFIRSTNAME", "CUSTOMERLASTNAME",
    "CUSTOMERPHONE1", "MERCHDESCRIPTION", "CONTRACTCOST", "PAYMENTFREQUENCY", "NEXTPAYMENTAMOUNT",
    "COUNTOFPAYMENTSCOLLECTED", "SUMOFPAYMENTSMADE", "OUTSTANDINGBALANCERENTAL", "DEALERNAME", "STORENUMBER",
    "CUSTOMERSTATE",
)  # fmt: skip

DUPLICATE_SHARE = 0.008
SPELLINGS = {
    Frequency.WEEKLY: ("Weekly", "weekly ", "WEEKLY"),
    Frequency.BIWEEKLY: ("Bi-Weekly", "Biweekly", "BIWEEKLY"),
    Frequency.SEMIMONTHLY: ("Semi-Monthly", "SEMIMONTHLY"),
    Frequency.MONTHLY: ("Monthly", "MONTHLY"),
}

_FAULTS = (
    ("approval_id", 8), ("start_on", 6), ("frequency", 11), ("payment_amount_cents", 8),
    ("device_imei", 27), ("device_cost_cents", 20), ("", 920),
)  # fmt: skip
"""What is wrong with an active row, in thousandths; nothing with most."""

_REJECTIONS = {
    "approval_id": RowOutcome.REJECTED_CONTRACT_NUMBER,
    "start_on": RowOutcome.REJECTED_START_DATE,
    "frequency": RowOutcome.REJECTED_FREQUENCY,
    "payment_amount_cents": RowOutcome.REJECTED_PAYMENT_AMOUNT,
}


class SampleRow(NamedTuple):
    """Cells in the order of `HEADERS`, and what they should become."""

    cells: list[Cell]
    expected: Expected


def write_sample(target: Path | BinaryIO, count: int = 2520, *, business_on: dt.date, seed: int = 2026) -> list[Expected]:
    """Write a report of so many rows as .xlsx and return what is expected of each, in the order of the file.

    Same arguments, same rows. About 78 % come in, 4 % of them to Pending Review, and 17 % of those are past due on
    `business_on`. The header is in row 1; below the last row stand a blank row and a total.
    """
    expected = []
    total_cents = 0
    with RawSheet(target, "Detail") as sheet:
        sheet.header(HEADERS, widths=[16] * len(HEADERS))
        for row in sample_rows(count, business_on=business_on, seed=seed):
            sheet.append(row.cells)
            expected.append(row.expected)
            total_cents += row.expected.balance_remaining_cents
        sheet.append([])
        sheet.append(["Grand Total", *[""] * 11, total_cents / 100])
    return expected


def sample_rows(count: int, *, business_on: dt.date, seed: int = 2026) -> Iterator[SampleRow]:
    """The rows of a report; the last ones repeat contracts that came in above."""
    rng = Random(seed)  # noqa: S311  # Made-up data must be the same every time, not secret.
    duplicates = round(count * DUPLICATE_SHARE)
    numbers = rng.sample(range(10 ** max(6, len(str(count))), 10 ** max(7, len(str(count)) + 1)), count - duplicates)
    repeatable: list[SampleRow] = []
    for position, number in enumerate(numbers):
        row = _row(rng, number, business_on, store=100 + position % 12)
        if row.expected.outcome is RowOutcome.IMPORTED and len(repeatable) < 4 * duplicates:
            repeatable.append(row)
        yield row
    for row in rng.sample(repeatable, duplicates):
        again = row.expected._replace(outcome=RowOutcome.SKIPPED_DUPLICATE)
        yield SampleRow([f"{row.expected.approval_id}-2", *row.cells[1:]], again)


def _row(rng: Random, number: int, business_on: dt.date, *, store: int) -> SampleRow:
    """One contract and how the export spells it."""
    plan = planned(rng, number, business_on)
    area = rng.choice(tuple(words.AREAS))
    line = f"{rng.randrange(10_000):04d}"
    is_dead = rng.random() < 0.146
    fault = rng.choices([name for name, _ in _FAULTS], [weight for _, weight in _FAULTS])[0]
    outcome = _outcome(is_dead, fault)
    expected = plan._replace(
        outcome=outcome,
        fault=fault,
        phone=f"+1{area}555{line}",
        device_imei=None if fault == "device_imei" else valid_imei(rng),
        device_cost_cents=None if fault == "device_cost_cents" else rng.randrange(10_000, 70_000),
    )
    mark = rng.choice(words.MARKS) if rng.random() < 0.125 else ""
    cost = expected.device_cost_cents
    cells: list[Cell] = [
        _contract_cell(rng, number),
        rng.choice(words.DEAD_STATUSES) if is_dead else "Active",
        plan.start_on if rng.random() < 0.94 else plan.start_on.strftime("%m/%d/%Y"),
        mark + plan.first_name,
        plan.last_name,
        _phone_cell(rng, area, line),
        " ".join(part for part in (plan.device_model, expected.device_imei) if part),
        "" if cost is None else cost / 100,
        rng.choice(SPELLINGS[plan.frequency]),
        plan.payment_amount_cents / 100,
        float(plan.payments_made),
        plan.total_paid_cents / 100,
        plan.balance_remaining_cents / 100 if rng.random() < 0.95 else f"${plan.balance_remaining_cents / 100:,.2f}",
        words.DEALERS[store % 3],
        float(store),
        words.AREAS[area],
    ]
    _spoil(rng, cells, fault)
    return SampleRow(cells, expected)


def _outcome(is_dead: bool, fault: str) -> RowOutcome:
    """The fate of a row that repeats no other."""
    if is_dead:
        return RowOutcome.SKIPPED_NOT_ACTIVE
    if fault in _REJECTIONS:
        return _REJECTIONS[fault]
    return RowOutcome.PENDING_REVIEW if fault else RowOutcome.IMPORTED


def _spoil(rng: Random, cells: list[Cell], fault: str) -> None:
    """Put into the cell what the fault says."""
    if fault == "approval_id":
        cells[0] = ""
    elif fault == "start_on":
        cells[2] = rng.choice(("", "TBD", "13/45/2025"))
    elif fault == "frequency":
        cells[8] = rng.choice(("", "???", "Quarterly?"))
    elif fault == "payment_amount_cents":
        cells[9] = rng.choice((0.0, -12.5, "n/a"))


def _contract_cell(rng: Random, number: int) -> Cell:
    """A contract number: with its suffix mostly, as a number of Excel's at times."""
    draw = rng.random()
    return float(number) if draw < 0.034 else f"{number}-{2 if draw < 0.08 else 1}"


def _phone_cell(rng: Random, area: str, line: str) -> Cell:
    """A phone number as somebody typed it."""
    digits = f"{area}555{line}"
    return rng.choice((float(digits), digits, f"1{digits}", f"({area}) 555-{line}", f"{area}-555-{line}"))
