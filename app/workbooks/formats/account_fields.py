"""What is kept of a row that makes an account."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.domain.servicing.schedule import kth_period_after
from app.workbooks.formats.shape import ParsedRow
from app.workbooks.portfolio_row import PortfolioRow

_ISO = dt.date.isoformat


def account_fields(row: ParsedRow[PortfolioRow]) -> dict[str, Any]:
    """What a row says, without what it leaves open; for a row that comes in also what follows from it.

    `due_on` is the next due date (the file's own wins over the one that follows from start and payments made), `gap_cents`
    what the prior system collected beyond or short of its paid installments: the opening adjustment.
    """
    values = row.values
    fields = {name: value for name, value in zip(values._fields, values, strict=True) if value is not None}
    # These stand in the row's cells as well; the name is kept as it was written only where something was taken off it.
    fields.pop("contract_number", None)
    fields.pop("status", None)
    if values.first_name_raw == values.first_name:
        del fields["first_name_raw"]
    if values.start_on is not None:
        fields["start_on"] = _ISO(values.start_on)
    if values.next_due_on is not None:
        fields["next_due_on"] = _ISO(values.next_due_on)
    if row.outcome.is_in:
        assert values.start_on and values.frequency and values.payment_amount_cents
        made, paid_cents = values.payments_made or 0, values.total_paid_cents or 0
        fields["gap_cents"] = paid_cents - made * values.payment_amount_cents
        if values.balance_remaining_cents:
            due_on = values.next_due_on or kth_period_after(values.start_on, values.frequency, made + 1)
            fields["due_on"] = _ISO(due_on)
    return fields
