"""The rows of one import as a list: what stood there, what was understood, what becomes of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Integer, Select, Text, case, cast, func, or_, select

from app.domain.portfolio.imports import RowOutcome
from app.domain.words import Word
from app.models import ImportRow
from app.queries.listing import TODAY, Choice, Dates, Field, Kind, Listing, Money, Numbers
from app.queries.scope import Viewer, scope


class Fate(Word):
    """What becomes of a row, as its tab says it."""

    COMES_IN = "in", "Comes in"
    WARNING = "warning", "With a warning"
    UPDATED = "updated", "Updates"
    REVIEW = "review", "To Pending Review"
    QUEUED = "queued", "Waits"
    NOT_INCOMING = "not_incoming", "Skipped, not incoming"
    NOT_ACTIVE = "not_active", "Skipped, not active"
    NOT_OPEN = "not_open", "Skipped, nothing open"
    DUPLICATE = "duplicate", "Skipped, duplicate"
    REJECTED = "rejected", "Rejected"


_REJECTED = [outcome for outcome in RowOutcome if outcome.is_rejected]
_HAS_PROBLEMS = func.jsonb_array_length(ImportRow.problems) > 0
_IS_IMPORTED = ImportRow.outcome == RowOutcome.IMPORTED

FATES: dict[str, ColumnElement[bool]] = {
    Fate.COMES_IN.value: (_IS_IMPORTED & ~_HAS_PROBLEMS) | (ImportRow.outcome == RowOutcome.POSTED),
    Fate.WARNING.value: _IS_IMPORTED & _HAS_PROBLEMS,
    Fate.UPDATED.value: ImportRow.outcome == RowOutcome.UPDATED,
    Fate.REVIEW.value: ImportRow.outcome == RowOutcome.PENDING_REVIEW,
    Fate.QUEUED.value: ImportRow.outcome == RowOutcome.QUEUED,
    Fate.NOT_INCOMING.value: ImportRow.outcome == RowOutcome.SKIPPED_NOT_INCOMING,
    Fate.NOT_ACTIVE.value: ImportRow.outcome == RowOutcome.SKIPPED_NOT_ACTIVE,
    Fate.NOT_OPEN.value: ImportRow.outcome == RowOutcome.SKIPPED_NOT_OPEN,
    Fate.DUPLICATE.value: ImportRow.outcome == RowOutcome.SKIPPED_DUPLICATE,
    Fate.REJECTED.value: ImportRow.outcome.in_(_REJECTED),
}
"""Which rows each fate means; every row has exactly one of them."""


def _text(name: str) -> Any:
    return ImportRow.fields[name].astext


def _cents(name: str) -> Any:
    return cast(_text(name), BigInteger)


_NUMBER = _text("approval_id")
_CUSTOMER = func.concat_ws(" ", _text("first_name"), _text("last_name"))
_DUE_ON = cast(_text("due_on"), Date)
_DAYS_PAST_DUE = case((_DUE_ON.is_not(None), func.greatest(0, TODAY - _DUE_ON, type_=Integer)))
_BALANCE = _cents("balance_remaining_cents")

_FIELDS = (
    Field("row_number", ImportRow.row_number, kind=Kind.NUMBER, sort=True),
    Field("outcome", ImportRow.outcome, sort=True),
    Field("approval_id", _NUMBER, kind=Kind.TEXT, sort=True),
    Field("customer", _CUSTOMER, kind=Kind.TEXT, sort=True),
    Field("phone", _text("phone"), kind=Kind.PHONE),
    Field("device_model", _text("device_model"), kind=Kind.TEXT, sort=True),
    Field("device_imei", _text("device_imei"), kind=Kind.TEXT),
    Field("device_cost_cents", _cents("device_cost_cents")),
    Field("start_on", cast(_text("start_on"), Date), sort=True),
    Field("frequency", _text("frequency"), kind=Kind.TEXT, sort=True),
    Field("payment_cents", _cents("payment_amount_cents"), sort=True),
    Field("payments_made", cast(_text("payments_made"), Integer), kind=Kind.NUMBER, sort=True),
    Field("total_paid_cents", _cents("total_paid_cents"), sort=True, total=True),
    Field("balance_cents", _BALANCE, sort=True, total=True),
    Field("gap_cents", _cents("gap_cents"), sort=True, total=True),
    Field("due_on", _DUE_ON, sort=True),
    Field("days_past_due", _DAYS_PAST_DUE, kind=Kind.NUMBER, sort=True),
    Field("problems", ImportRow.problems, kind=Kind.TEXT),
    Field("paid_on", cast(_text("paid_on"), Date), sort=True),
    Field("amount_cents", _cents("amount_cents"), sort=True, total=True),
    Field("sender", _text("sender"), kind=Kind.TEXT, sort=True),
    Field("memo", _text("memo"), kind=Kind.TEXT),
    Field("method", _text("method"), kind=Kind.TEXT),
    Field("reference", _text("reference"), kind=Kind.TEXT, sort=True),
    Field("account_number", _text("account_number"), kind=Kind.TEXT),
    Field("payer", _text("customer"), kind=Kind.TEXT),
    Field("score", cast(_text("score"), Integer), kind=Kind.NUMBER, sort=True),
    Field("contract_number", _text("contract_number"), kind=Kind.TEXT, sort=True),
    Field("dealer", _text("dealer"), kind=Kind.TEXT, sort=True),
    Field("funded_on", cast(_text("funded_on"), Date), sort=True),
    Field("cost_cents", _cents("cost_cents"), total=True),
    Field("adjustment_cents", _cents("adjustment_cents"), total=True),
    Field("net_cents", _cents("net_cents"), sort=True, total=True),
    Field("invoice_number", _text("invoice_number"), kind=Kind.TEXT, sort=True),
    Field("open_cents", _cents("open_cents"), sort=True, total=True),
    Field("covered_cents", _cents("covered_cents"), sort=True, total=True),
    Field("fields", ImportRow.fields, kind=Kind.TEXT),
    Field("account_id", ImportRow.account_id),
)

_FILTERS = (
    Choice("fate", "Fate", ImportRow.outcome, words=Fate, conditions=FATES),
    Choice("outcome", "Outcome", ImportRow.outcome, words=RowOutcome),
    Numbers("days", "Days past due", _DAYS_PAST_DUE),
    Dates("due", "Next due", _DUE_ON),
    Money("balance", "Balance", _BALANCE),
    Money("gap", "Opening adjustment", _cents("gap_cents")),
)


def rows_of(batch_id: int) -> Listing:
    """The rows of one import. A row's id is its number in the file."""

    def matching(words: str, viewer: Viewer, limit: int | None) -> Select[Any]:
        """Rows whose contract number begins with the words, or whose customer, payer, reference or message holds them."""
        bare = words.strip()
        found = (
            select(ImportRow.row_number)
            .where(
                ImportRow.batch_id == batch_id,
                or_(
                    _NUMBER.istartswith(bare, autoescape=True),
                    _CUSTOMER.icontains(bare, autoescape=True),
                    func.concat_ws(
                        " ", _text("sender"), _text("memo"), _text("reference"), _text("contract_number"), _text("invoice_number")
                    ).icontains(bare, autoescape=True),
                    cast(ImportRow.problems, Text).icontains(bare, autoescape=True),
                ),
            )
            .order_by(ImportRow.row_number)
            .limit(limit)
        )
        return scope(found, ImportRow, viewer)

    return Listing(
        ImportRow,
        fields=_FIELDS,
        filters=_FILTERS,
        order="row_number",
        search=matching,
        where=ImportRow.batch_id == batch_id,
        identity=ImportRow.row_number,
    )
