"""AutoPay in figures: how charges went by day and by type, why cards are declined, and who pays by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.domain.autopay.charges import FAILED_CHARGES, ChargeKind, ChargeState
from app.domain.autopay.declines import decline_class
from app.domain.reporting.portfolio import share
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.card_charges import Charges, Enrolled, charges, enrolled
from app.queries.scope import Viewer
from app.reports.sheet import Line, Sheet
from app.reports.table import Asked, Table
from app.workbooks.writing import ExportColumn

K = TypeVar("K", dt.date, ChargeKind, str)
USUAL_DAYS = 30
TRIED = frozenset(ChargeState) - {ChargeState.SKIPPED}
UNDECIDED = TRIED - FAILED_CHARGES - {ChargeState.SUCCEEDED}

_TRIES = (
    ExportColumn("charges", "Charges", "int"),
    ExportColumn("succeeded", "Succeeded", "int"),
    ExportColumn("failed", "Declined", "int"),
    ExportColumn("undecided", "Undecided", "int"),
    ExportColumn("success_rate", "Success %", "percent"),
    ExportColumn("asked_cents", "Asked For", "cents"),
    ExportColumn("charged_cents", "Charged", "cents"),
    ExportColumn("declined_cents", "Declined Amount", "cents"),
)
HINTS = {
    "charges": "Tries to charge a card; planned ones that were skipped are not counted",
    "succeeded": "Money came",
    "failed": "Declined by the card's bank, or rejected by the processor",
    "undecided": "Planned, under way, unknown or waiting for a person",
    "success_rate": "Succeeded of those that are decided",
    "asked_cents": "Sum of all tries",
    "charged_cents": "Sum of what succeeded",
    "declined_cents": "Sum of what was declined; a later try may have brought it",
    "code": "The processor's word for why a card was declined",
    "meaning": "What it means for the next try",
    "number": "Charges with this code",
    "share": "Of all declined charges",
    "active": "Accounts with status Active today",
    "enrolled": "Of these, accounts with a consent that is not revoked",
    "enrolled_rate": "Enrolled of Active",
    "enrolled_past_due_rate": "Late ones of the enrolled accounts",
    "other_past_due_rate": "Late ones of the other active accounts",
}
_CODE_COLUMNS = (
    ExportColumn("code", "Decline Code"),
    ExportColumn("meaning", "Meaning"),
    ExportColumn("number", "Charges", "int"),
    ExportColumn("share", "%", "percent"),
    ExportColumn("declined_cents", "Declined Amount", "cents"),
)
_ENROLLED_COLUMNS = (
    ExportColumn("frequency", "Frequency"),
    ExportColumn("active", "Active", "int"),
    ExportColumn("enrolled", "Enrolled", "int"),
    ExportColumn("enrolled_rate", "Enrolled %", "percent"),
    ExportColumn("enrolled_past_due_rate", "Past Due %", "percent"),
    ExportColumn("other_past_due_rate", "Others Past Due %", "percent"),
)
MEANINGS = {
    "funds": "Too little money: tried again on paydays",
    "generic": "Declined without a reason: tried once more after 72 hours",
    "fix_card": "The card has to be updated first",
    "hard_stop": "This card is never charged again",
    "verify": "The customer has to confirm it",
    "configuration": "Our set-up is wrong; not the customer's decline",
}


def sheets(found: Sequence[Charges], who: Sequence[Enrolled], span: Span) -> list[Sheet]:
    """By type, by decline code, by day, and who is enrolled."""
    return [_by_kind(found, span), _by_code(found, span), _enrolled(who), _by_day(found)]


def _values(of: Sequence[Charges]) -> tuple[Any, ...]:
    def total(which: Callable[[Charges], bool]) -> tuple[int, int]:
        chosen = [each for each in of if which(each)]
        return sum(each.number for each in chosen), sum(each.cents for each in chosen)

    number, asked = total(lambda each: True)
    succeeded, charged = total(lambda each: each.state is ChargeState.SUCCEEDED)
    failed, declined = total(lambda each: each.state in FAILED_CHARGES)
    return number, succeeded, failed, number - succeeded - failed, share(succeeded, succeeded + failed), asked, charged, declined


def _grouped(found: Sequence[Charges], key: Callable[[Charges], K]) -> dict[K, list[Charges]]:
    groups: dict[K, list[Charges]] = {}
    for each in found:
        groups.setdefault(key(each), []).append(each)
    return groups


def _by_kind(found: Sequence[Charges], span: Span) -> Sheet:
    groups = _grouped(found, lambda each: each.kind)
    return Sheet(
        "kind",
        "By type",
        f"{span.from_on:%b %-d} to {span.to_on:%b %-d, %Y}",
        (ExportColumn("kind", "Type"), *_TRIES),
        HINTS,
        tuple(
            Line((kind.value,), (kind.label, *_values(groups[kind])), f"kind={kind.value}&{_query(span)}")
            for kind in ChargeKind
            if kind in groups
        ),
        ("All", *_values(found)),
    )


def _by_day(found: Sequence[Charges]) -> Sheet:
    groups = _grouped(found, lambda each: each.on)
    return Sheet(
        "day",
        "By day",
        "business dates with charges, the newest first",
        (ExportColumn("day", "Day", "date"), *_TRIES),
        HINTS,
        tuple(Line((on.isoformat(),), (on, *_values(groups[on])), _query(Span(on, on))) for on in sorted(groups, reverse=True)),
        ("All", *_values(found)),
    )


def _by_code(found: Sequence[Charges], span: Span) -> Sheet:
    failed = [each for each in found if each.state in FAILED_CHARGES]
    groups = _grouped(failed, lambda each: each.code or "")
    whole = sum(each.number for each in failed)

    def values(of: Sequence[Charges]) -> tuple[Any, ...]:
        number = sum(each.number for each in of)
        return number, share(number, whole), sum(each.cents for each in of)

    order = sorted(groups, key=lambda code: (-sum(each.number for each in groups[code]), code))
    return Sheet(
        "declines",
        "Declines",
        "why cards were declined, the most frequent reason first",
        _CODE_COLUMNS,
        HINTS,
        tuple(
            Line(
                (code,),
                (code or "No code", MEANINGS[decline_class(code).value], *values(groups[code])),
                f"code_is={code}&state=declined&state=rejected&{_query(span)}" if code else "",
            )
            for code in order
        ),
        ("All", "", *values(failed)),
    )


def _enrolled(who: Sequence[Enrolled]) -> Sheet:
    def values(*of: Enrolled) -> tuple[Any, ...]:
        active, has = sum(each.active for each in of), sum(each.enrolled for each in of)
        late, has_late = sum(each.past_due for each in of), sum(each.enrolled_past_due for each in of)
        return active, has, share(has, active), share(has_late, has), share(late - has_late, active - has)

    return Sheet(
        "enrolled",
        "Who pays by AutoPay",
        "active accounts today",
        _ENROLLED_COLUMNS,
        HINTS,
        tuple(
            Line((each.frequency.value,), (each.frequency.label, *values(each)), f"frequency={each.frequency.value}")
            for each in who
        ),
        ("All", *values(*who)),
    )


def _query(span: Span) -> str:
    return f"on_from={span.from_on}&on_to={span.to_on}"


def make(session: Session, viewer: Viewer, asked: Asked, criteria: Criteria | None = None) -> list[Table]:
    """The tables as files have them."""
    span = asked.span(USUAL_DAYS)
    found = charges(session, viewer, span, today=asked.today, criteria=criteria)
    who = enrolled(session, viewer, today=asked.today, criteria=criteria)
    return [sheet.table() for sheet in sheets(found, who, span)]
