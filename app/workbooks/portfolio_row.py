"""One row of a Portfolio Detailed Report, read."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from app.domain.servicing.frequency import Frequency


class PortfolioRow(NamedTuple):
    """One contract as the report has it. None where a cell is blank or cannot be read."""

    approval_id: str | None
    contract_number: str | None
    """The cell before its suffix was cut off."""
    status: str | None
    start_on: dt.date | None
    first_name: str
    first_name_raw: str
    last_name: str
    phone: str | None
    device_model: str | None
    device_imei: str | None
    device_cost_cents: int | None
    frequency: Frequency | None
    payment_amount_cents: int | None
    payments_made: int | None
    total_paid_cents: int | None
    balance_remaining_cents: int | None
    next_due_on: dt.date | None
    email: str | None
    address: str | None
    city: str | None
    state: str | None
    zip_code: str | None
    dealer: str | None
    store: str | None

    @property
    def mark(self) -> str:
        """What was taken off the first name: `*PAST DUE*`; empty when nothing was."""
        return self.first_name_raw.removesuffix(self.first_name).strip()

    def as_json(self) -> dict[str, Any]:
        """The values as JSON keeps them: dates in ISO, words as their value."""
        fields = self._asdict()
        fields["start_on"] = self.start_on.isoformat() if self.start_on else None
        fields["next_due_on"] = self.next_due_on.isoformat() if self.next_due_on else None
        fields["frequency"] = self.frequency.value if self.frequency else None
        return fields
