"""How a row of an import is shown: its fate, what it says, what was done with it or why not."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from admin_views import formats
from admin_views.grid import Column, View
from app.domain.money import as_text
from app.domain.portfolio.imports import RowOutcome
from app.domain.servicing.frequency import Frequency
from app.queries.portfolio.import_rows import Fate

_OTHERS = frozenset({Fate.QUEUED, Fate.NOT_INCOMING, Fate.UPDATED, Fate.NOT_OPEN})
VIEWS = (View("All rows"), *(View(fate.label, f"fate={fate.value}") for fate in Fate if fate not in _OTHERS))


def contract(row: Any) -> str:
    """The contract's number with the row's behind it, as the spreadsheet shows it."""
    number = f'<span class="mono">{escape(row.approval_id)}</span>' if row.approval_id else formats.DASH
    return f'{number} <span class="muted xs">row {row.row_number}</span>'


def fate_of(row: Any) -> tuple[str, str]:
    """Mark and words of what becomes of a row."""
    outcome: RowOutcome = row.outcome
    if outcome is RowOutcome.IMPORTED:
        return ("warn", "Warning") if row.problems else ("good", "Comes in")
    if outcome is RowOutcome.PENDING_REVIEW:
        return "info", "Pending Review"
    if outcome is RowOutcome.UPDATED:
        return "info", "Updates"
    if outcome is RowOutcome.POSTED:
        return "good", "Posts"
    if outcome is RowOutcome.QUEUED:
        return "warn", "Waits"
    return ("open", "Skipped") if outcome.is_skipped else ("bad", "Rejected")


def fate(row: Any) -> str:
    """The fate as a cell."""
    tone, words = fate_of(row)
    return f'<span class="st {tone}">{words}</span>'


def frequency(row: Any) -> str:
    """The rhythm in words, or what stood in the file."""
    known = {word.value: word.label.lower() for word in Frequency}
    return formats.text(known.get(row.frequency, row.frequency))


def remarks(row: Any) -> list[str]:
    """What we did with a row, or why not, in sentences without a period."""
    said = [_said(problem) for problem in row.problems]
    if not row.outcome.is_in:
        return said
    if row.outcome in (RowOutcome.POSTED, RowOutcome.QUEUED):
        return [*said, *row.fields.get("reasons", ())]
    raw, kept = row.fields.get("first_name_raw", ""), row.fields.get("first_name", "")
    if mark := raw.removesuffix(kept).strip():
        said.append(f"“{mark}” taken off the name")
    if row.gap_cents:
        said.append(f"Adjustment of {as_text(row.gap_cents)} added")
    return said


def _said(problem: dict[str, Any]) -> str:
    message = str(problem["message"])
    # A message that begins with what stood in the cell does not say itself which cell that was.
    return f"{message} ({problem['column']})" if message.startswith("“") and problem.get("column") else message


def remark(row: Any) -> str:
    """All of them in one cell; the whole text is its title as well, as the column may be cut."""
    said = "; ".join(remarks(row))
    return f'<span title="{escape(said)}">{escape(said)}</span>' if said else ""


def days(row: Any) -> str:
    """Days past due; red when there are any."""
    if row.days_past_due is None:
        return formats.DASH
    return f'<span class="bad">{row.days_past_due}</span>' if row.days_past_due else "0"


COLUMNS = (
    Column(
        "approval_id",
        "Contract #",
        needs=("approval_id", "row_number"),
        cell=contract,
        plain=lambda row: row.approval_id,
        numeric=False,
    ),
    Column(
        "fate", "Fate", needs=("outcome", "problems"), cell=fate, plain=lambda row: fate_of(row)[1], sort="outcome", card="state"
    ),
    Column("customer", "Customer", card="detail", card_label=""),
    Column("frequency", "Frequency", cell=frequency),
    Column("payment_cents", "Payment"),
    Column("payments_made", "Made"),
    Column("total_paid_cents", "Total paid"),
    Column("balance_cents", "Balance", card="figure", css="strong"),
    Column("due_on", "Next due", weekday=True),
    Column("days_past_due", "DPD", cell=days, hint="Days past due on the business date"),
    Column(
        "remarks",
        "What we did or why not",
        needs=("problems", "fields", "outcome", "gap_cents"),
        cell=remark,
        plain=lambda row: "; ".join(remarks(row)),
        numeric=False,
        wide=True,
        css="card-line",
    ),
    Column("row_number", "Row", shown=False),
    Column("gap_cents", "Gap", dash_zero=True, shown=False, hint="What was paid beyond or short of the paid installments"),
    Column("outcome", "Outcome", shown=False),
    Column("phone", "Phone", shown=False),
    Column("device_model", "Device", shown=False),
    Column("device_imei", "IMEI", shown=False, mono=True),
    Column("device_cost_cents", "Cost", shown=False),
    Column("start_on", "Start date", shown=False),
)
