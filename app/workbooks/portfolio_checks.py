"""What is wrong with a row of a Portfolio Detailed Report, cell by cell, and the fate that follows."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from app.domain.errors import Severity
from app.domain.money import as_text
from app.domain.portfolio.imports import RowOutcome
from app.domain.servicing.schedule import MAX_INSTALLMENTS
from app.workbooks.columns import Column
from app.workbooks.devices import MAX_MODEL, lost_digits
from app.workbooks.names import MAX_NAME
from app.workbooks.portfolio_columns import COLUMNS
from app.workbooks.portfolio_row import PortfolioRow
from app.workbooks.sheets import Row

MAX_CONTRACT_LENGTH = 40

REJECTIONS: Mapping[str, RowOutcome] = {
    "approval_id": RowOutcome.REJECTED_CONTRACT_NUMBER,
    "start_on": RowOutcome.REJECTED_START_DATE,
    "frequency": RowOutcome.REJECTED_FREQUENCY,
    "payment_amount_cents": RowOutcome.REJECTED_PAYMENT_AMOUNT,
    "payments_made": RowOutcome.REJECTED_PAYMENTS_MADE,
    "total_paid_cents": RowOutcome.REJECTED_TOTAL_PAID,
    "balance_remaining_cents": RowOutcome.REJECTED_BALANCE,
}
"""Columns without which a row cannot come in, in the order in which they decide its fate."""

_MISSING = {
    "start_on": "Start date is missing",
    "frequency": "Payment frequency is missing",
    "payment_amount_cents": "Payment amount is missing",
    "payments_made": "Payments made is blank; taken as 0",
    "total_paid_cents": "Total paid is blank; taken as payments made times the payment",
    "balance_remaining_cents": "Outstanding balance is missing",
    "phone": "Phone number is missing",
    "device_cost_cents": "Device cost is missing",
}
_DEVICE = frozenset({"device", "device_imei"})
_HAS_DEFAULT = {"payments_made", "total_paid_cents"}

Wrong = tuple[str, str, Severity]
"""Column key, message, severity."""


def is_flawless(values: PortfolioRow) -> bool:
    """Whether nothing needs a second look. Quick, because nearly every row passes here; the careful way is `judge`.

    Texts that were cut to their greatest length do not pass.
    """
    (
        approval_id, _, _, start_on, first_name, _, last_name, number,
        model, imei, cost, frequency, payment, made, paid, balance,
    ) = values[:16]  # fmt: skip
    return bool(
        approval_id
        and len(approval_id) <= MAX_CONTRACT_LENGTH
        and start_on
        and number
        and imei
        and frequency
        and None not in (cost, payment, made, paid, balance)
        and cost >= 0  # type: ignore[operator]  # The line above has seen that none of them is None.
        and payment > 0  # type: ignore[operator]
        and paid >= 0  # type: ignore[operator]
        and balance >= 0  # type: ignore[operator]
        and made - (-balance // payment) <= MAX_INSTALLMENTS  # type: ignore[operator]
        and 0 < len(first_name) < MAX_NAME
        and len(last_name) < MAX_NAME
        and len(model or "") < MAX_MODEL
    )


def judge(
    values: PortfolioRow, row: Row, positions: Mapping[str, int], columns: Sequence[Column] = COLUMNS
) -> tuple[PortfolioRow, RowOutcome, tuple[Wrong, ...]]:
    """Everything that is wrong with an active row: its values with defaults filled in, its fate, and what is wrong.

    `positions` is {column key: place in the row}; an optional column that the file does not have is not looked at.
    """
    wrong = [*_unreadable(row, positions, columns), *_contradictions(values)]
    errors = {key for key, _, severity in wrong if severity is Severity.ERROR}
    kept = _with_defaults(values, errors)
    rejection = next((outcome for key, outcome in REJECTIONS.items() if key in errors), None)
    if rejection is None and errors & _DEVICE:
        rejection = RowOutcome.REJECTED_IMEI
    is_complete = kept.device_imei is not None and kept.device_cost_cents is not None
    return kept, rejection or (RowOutcome.IMPORTED if is_complete else RowOutcome.PENDING_REVIEW), tuple(wrong)


def _unreadable(row: Row, positions: Mapping[str, int], columns: Sequence[Column]) -> Iterator[Wrong]:
    """Cells that say nothing, or nothing that can be understood."""
    for column in columns:
        if column.key not in positions:
            continue
        value, message = column.parse(row[positions[column.key]])
        severity = Severity.ERROR if column.key in REJECTIONS else Severity.WARNING
        if column.key in _DEVICE and (lost := lost_digits(row[positions[column.key]])):
            yield column.key, lost, Severity.ERROR
        elif message:
            yield column.key, message, severity
        elif value is None and column.key in _MISSING:
            yield column.key, _MISSING[column.key], Severity.WARNING if column.key in _HAS_DEFAULT else severity


def _contradictions(values: PortfolioRow) -> Iterator[Wrong]:
    """Cells that can be read and yet cannot be true."""
    if values.approval_id is None:
        yield "approval_id", "Contract number is missing", Severity.ERROR
    elif len(values.approval_id) > MAX_CONTRACT_LENGTH:
        yield "approval_id", f"Contract number is longer than {MAX_CONTRACT_LENGTH} characters", Severity.ERROR
    if not (values.first_name or values.last_name):
        yield "first_name", "Customer name is missing", Severity.WARNING
    if values.device_imei is None:
        yield "device", "No IMEI in the description", Severity.WARNING
    payment, balance = values.payment_amount_cents, values.balance_remaining_cents
    if payment is not None and payment <= 0:
        yield "payment_amount_cents", f"Payment amount {as_text(payment)} is not above $0.00", Severity.ERROR
    for key, cents in (("total_paid_cents", values.total_paid_cents), ("balance_remaining_cents", balance)):
        if cents is not None and cents < 0:
            yield key, f"{as_text(cents)} is below $0.00", Severity.ERROR
    if (cost := values.device_cost_cents or 0) < 0:
        yield "device_cost_cents", f"Device cost {as_text(cost)} is below $0.00; left empty", Severity.WARNING
    if payment and payment > 0 and balance and balance > 0:
        count = (values.payments_made or 0) - (-balance // payment)
        if count > MAX_INSTALLMENTS:
            message = f"Payments of {as_text(payment)} would make {count:,} installments; {MAX_INSTALLMENTS:,} are the most"
            yield "payment_amount_cents", message, Severity.ERROR


def _with_defaults(values: PortfolioRow, errors: Container[str]) -> PortfolioRow:
    """Blank counts and sums filled in, and a cost that cannot be true left out."""
    if values.payments_made is None and "payments_made" not in errors:
        values = values._replace(payments_made=0)
    if values.total_paid_cents is None and "total_paid_cents" not in errors:
        values = values._replace(total_paid_cents=(values.payments_made or 0) * max(values.payment_amount_cents or 0, 0))
    if values.device_cost_cents is not None and values.device_cost_cents < 0:
        values = values._replace(device_cost_cents=None)
    return values
