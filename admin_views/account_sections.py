"""The Account page's sections as its template lists them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from admin_views.account_cards import card_section
from admin_views.account_money import payment_actions
from admin_views.case_section import case_section
from admin_views.contract_section import contract_section
from admin_views.device_section import device_section
from admin_views.gate import person
from app.clock import zone
from app.domain.money import as_text
from app.domain.payments.kinds import MANUAL_METHODS, PaymentKind, PaymentState
from app.domain.payments.partial import PartPaid
from app.domain.servicing.arrangements import ArrangementKind
from app.domain.servicing.changes import ENDED_STATUSES
from app.domain.servicing.quotes import QuoteKind
from app.models import Account, Arrangement, AuditEvent, Payment, PaymentSplit, Promise
from app.queries.payments.fee_policies import partial_of, policy_of
from app.queries.payments.fees import fees_of
from app.queries.payments.statements import MOVED_MONEY
from app.queries.servicing import account_page, arrangements, closings, reinstatement
from app.queries.servicing.payoff import Worked
from app.queries.servicing.reinstatement import REINSTATABLE
from app.services.payments.settling import CANCELLED
from app.services.servicing import closing

PAID_LINES_SHOWN = 2
OPEN_LINES_SHOWN = 6
NEWEST = 25
"""Rows of a long history that the page shows by itself."""


def header_figures(
    account: Account, quoted: Mapping[QuoteKind, Worked | str], *, today: dt.date, delinquent: int = 0
) -> list[dict[str, Any]]:
    """The band under the name: what is late, what is owed, what it costs to be done, what comes next."""
    late = account.days_past_due
    figures: list[dict[str, Any]] = [
        {
            "label": "Past due",
            "value": as_text(account.past_due_cents) if account.past_due_cents else "—",
            "detail": f"+ {as_text(account.fees_cents)} fees" if account.fees_cents else "no fees open",
            "tone": "bad" if account.past_due_cents else "",
            "url": "#schedule",
        },
        {
            "label": "Days past due",
            "value": str(late),
            "detail": _since(account, delinquent),
            "url": "#schedule",
        },
        {
            "label": "Balance",
            "value": as_text(account.balance_cents),
            "detail": f"of {as_text(account.total_cents)} contract",
            "url": "#payments",
        },
        _payoff(account, quoted[QuoteKind.PAYOFF]),
        _early_purchase(account, quoted[QuoteKind.EARLY_PURCHASE], today=today),
        {
            "label": "Next due",
            "value": as_text(account.next_due_cents) if account.next_due_on else "—",
            "detail": _when(account.next_due_on, today),
            "url": "#schedule",
        },
    ]
    return figures


def _payoff(account: Account, worked: Worked | str) -> dict[str, Any]:
    cents = 0 if isinstance(worked, str) else worked.price.total_cents
    detail = f"less {as_text(account.credit_cents)} credit" if account.credit_cents > 0 else "all that is open"
    return {"label": "Payoff today", "value": as_text(cents), "detail": detail, "url": f"/admin/accounts/{account.id}/quote"}


def _early_purchase(account: Account, worked: Worked | str, *, today: dt.date) -> dict[str, Any]:
    """The price of the device today, with the days that are left of same-as-cash, or what it saves."""
    figure = {"label": "Early purchase", "value": "—", "url": f"/admin/accounts/{account.id}/quote"}
    if isinstance(worked, str):
        return figure | {"detail": "no cash price" if account.cash_price_cents is None else "not offered"}
    if worked.payoff_cents == 0:
        return figure | {"detail": "nothing is owed"}
    until, detail = worked.same_as_cash_until, "no discount"
    if until is not None and until >= today:
        days = (until - today).days
        left = "today is the last day" if days == 0 else f"{days} day{'' if days == 1 else 's'} left"
        detail = f"same as cash to {until:%b %-d}, {left}"
    elif worked.saved_cents:
        detail = f"{as_text(worked.saved_cents)} less"
    return figure | {"value": as_text(worked.price.total_cents), "detail": detail}


def _since(account: Account, delinquent: int) -> str:
    """How many of the days count as delinquent and since when it is late.

    After an extension also how late it is by the contract, which the extension does not change.
    """
    late, by_contract = account.days_past_due, account.contract_days_past_due
    counted = f", {delinquent} delinquent" if delinquent else ""
    if by_contract > late:
        return f"{by_contract} by the contract{counted}"
    return f"since {account.next_due_on:%a %b %-d}{counted}" if late and account.next_due_on else "current"


def _when(on: dt.date | None, today: dt.date) -> str:
    if on is None:
        return "nothing is open"
    return "today" if on == today else f"{on:%a %b %-d, %Y}"


def sections(session: Session, account: Account, *, today: dt.date, whole: Collection[str]) -> dict[str, Any]:
    """Everything below the header, by the names that the template uses; of a long history the newest rows.

    `whole` names the sections that are shown with all their rows.
    """

    def shown(name: str, rows: Sequence[Any]) -> Sequence[Any]:
        return rows if name in whole or len(rows) <= NEWEST + 1 else rows[:NEWEST]

    lines = account_page.schedule(session, account.id)
    payments = account_page.payments(session, account.id)
    handed_back: Counter[int | None] = Counter()
    for each in payments:
        if each.part_of_id is not None:
            handed_back[each.part_of_id] += each.amount_cents
    changes = account_page.changes(session, account.id)
    covered = account_page.covered_by(session, account.id)
    splits = account_page.splits(session, account.id)
    follow_ups = account_page.follow_ups(session, account.id)
    activities = account_page.activities(session, account.id)
    statuses = account_page.status_history(session, account.id)
    stream = account_page.merged(activities, account_page.notes(session, account.id), follow_ups, statuses)
    return {
        "whole": whole,
        "schedule": list(_schedule(lines, today=today, all_lines="schedule" in whole)),
        "part_paid": part_paid(session, account, lines),
        "schedule_count": len(lines),
        "schedule_total_cents": sum(line.amount_cents for line in lines),
        "schedule_open_cents": sum(line.amount_cents - line.paid_cents for line in lines),
        "late_fee_cents": sum(line.late_fee_cents for line in lines),
        "payments": [
            _payment(each, covered.get(each.id, []), splits.get(each.id)) | {"handed_back_cents": handed_back[each.id]}
            for each in shown("payments", payments)
        ],
        "payment_count": len(payments),
        "fees": fees_of(session, account.id),
        "adjustments": account_page.adjustments(session, account.id),
        "arrangements": arrangement_rows(
            account_page.promises(session, account.id), arrangements.of_account(session, account.id)
        ),
        **card_section(session, account),
        "changes": [_change(each) for each in shown("changes", changes)],
        "change_count": len(changes),
        "statuses": statuses,
        **status_notes(session, account, today=today),
        "activities": [(each, each.at.astimezone(zone())) for each in shown("activity", activities)],
        "activity_count": len(activities),
        "follow_ups": [(each, each.due_at.astimezone(zone())) for each in follow_ups],
        "timeline": _by_day(stream, today=today),
        **device_section(session, account),
        **case_section(session, account),
        **contract_section(session, account),
    }


def part_paid(session: Session, account: Account, lines: Sequence[Any]) -> list[str]:
    """What parts of installments bought, in words; nothing where a part payment moves no due date."""
    bought = [line for line in lines if line.bought_days]
    if not bought:
        return []
    way = partial_of(policy_of(session, account), account)
    return [
        PartPaid(
            line.number,
            line.due_on - dt.timedelta(days=line.bought_days),
            line.amount_cents,
            line.amount_cents - line.paid_cents,
            line.bought_days,
            way,
        ).in_words
        for line in bought
    ]


def _schedule(lines: Sequence[Any], *, today: dt.date, all_lines: bool) -> Iterable[dict[str, Any]]:
    """Lines of the schedule; long runs of paid lines at the start and of coming lines at the end fold into one."""
    marked = [_line(line, today=today) for line in lines]
    if all_lines:
        yield from marked
        return
    paid_run = next((n for n, line in enumerate(marked) if line["tone"] != "good"), len(marked))
    first_shown = max(0, paid_run - PAID_LINES_SHOWN)
    first_coming = next((n for n, line in enumerate(marked) if line["tone"] == "open"), len(marked))
    last_shown = min(len(marked), first_coming + OPEN_LINES_SHOWN)
    if first_shown > 1:
        yield _folded(marked[:first_shown], "paid", "good")
    else:
        first_shown = 0
    if len(marked) - last_shown <= 1:
        last_shown = len(marked)
    yield from marked[first_shown:last_shown]
    if last_shown < len(marked):
        yield _folded(marked[last_shown:], "open", "open")


def _line(line: Any, *, today: dt.date) -> dict[str, Any]:
    open_cents = line.amount_cents - line.paid_cents
    if open_cents == 0:
        word, tone = ("Paid" if line.paid_on is None else f"Paid {line.paid_on:%b %-d, %Y}"), "good"
        if line.opening_cents == line.amount_cents:
            word = "Paid before import"
    elif line.due_on < today:
        days = (today - line.due_on).days
        word, tone = f"Past due {days} day{'s' if days > 1 else ''}", "bad"
        if line.paid_cents:
            word, tone = f"Part paid, {as_text(open_cents)} open, {days} d late", "warn"
    elif line.due_on == today:
        word, tone = "Due today", "info"
    else:
        word, tone = (f"Part paid, {as_text(open_cents)} open", "warn") if line.paid_cents else ("Open", "open")
    return {
        "number": str(line.number),
        "due": f"{line.due_on:%a %b %-d, %Y}",
        "was": f"{_was_due(line):%b %-d, %Y}" if line.original_due_on or line.bought_days else None,
        "invoice": line.invoice,
        "amount_cents": line.amount_cents,
        "status": word,
        "tone": tone,
        "late_fee_cents": line.late_fee_cents,
        "row_class": "now" if line.due_on == today else "",
        "due_on": line.due_on,
        "folded": False,
    }


def _was_due(line: Any) -> dt.date:
    """The schedule's own date of a line that an arrangement or a part payment moved."""
    first: dt.date = line.original_due_on or line.due_on - dt.timedelta(days=line.bought_days)
    return first


def _folded(lines: Sequence[dict[str, Any]], word: str, tone: str) -> dict[str, Any]:
    first, last = lines[0], lines[-1]
    return {
        "number": f"{first['number']}–{last['number']}",
        "due": f"{first['due_on']:%b %-d, %Y} – {last['due_on']:%b %-d, %Y}",
        "was": None,
        "amount_cents": sum(line["amount_cents"] for line in lines),
        "status": f"{len(lines)} {word}",
        "tone": tone,
        "late_fee_cents": sum(line["late_fee_cents"] for line in lines),
        "row_class": "fut",
        "folded": True,
    }


def status_notes(session: Session, account: Account, *, today: dt.date) -> dict[str, Any]:
    """What a lapsed or ended account says above its status history: until when it can be reinstated, what was unpaid."""
    is_ended = account.status in ENDED_STATUSES
    return {
        "window": reinstatement.window(session, account, today=today),
        "charge_off": closings.current(session, account.id) if is_ended or account.status in REINSTATABLE else None,
        "is_ended": is_ended,
        "rescind_until": closing.rescission_until(session, account),
    }


PROMISE_TONES = {"open": "info", "kept": "good", "partly_kept": "warn", "broken": "bad", "cancelled": "mute"}
ARRANGEMENT_TONES = {"requested": "info", "approved": "info", "applied": "good", "reversed": "warn"}


def arrangement_rows(promises: Sequence[Promise], made: Sequence[Arrangement]) -> list[dict[str, Any]]:
    """Promises and arrangements in one table, newest first."""
    rows = [
        {
            "on": promise.due_on,
            "at": promise.made_at,
            "type": "Promise" + (f", {promise.method.label.lower()}" if promise.method else ""),
            "amount_cents": promise.amount_cents,
            "days": (promise.due_on - promise.made_at.astimezone(zone()).date()).days,
            "status": promise.status.label,
            "tone": PROMISE_TONES[promise.status.value],
        }
        for promise in promises
    ]
    rows += [
        {
            "on": each.applied_on or each.requested_on,
            "at": each.requested_at,
            "type": each.kind.label,
            "note": each.ended_reason or each.reason,
            "amount_cents": each.terms.get("amount_cents"),
            "days": each.days_moved or None,
            "status": each.state.label,
            "tone": ARRANGEMENT_TONES.get(each.state.value, "mute"),
            "id": each.id,
            "state": each.state.value,
            "is_settlement": each.kind is ArrangementKind.SETTLEMENT,
            "requested_by_id": each.requested_by_id,
        }
        for each in made
    ]
    return sorted(rows, key=lambda row: row["at"], reverse=True)


TYPES = {
    PaymentState.DECLINE: ("Declined", "bad"),
    PaymentState.REVERSED: ("Reversed", "warn"),
    PaymentState.REFUNDED: ("Refunded", "warn"),
    PaymentState.PENDING: ("Pending", "open"),
    PaymentState.PROCESSING: ("Processing", "info"),
    PaymentState.UNKNOWN: ("Unknown", "warn"),
}


def _payment(payment: Payment, covered: Sequence[Any], split: PaymentSplit | None) -> dict[str, Any]:
    word, tone = TYPES.get(payment.state, (payment.kind.label, "good"))
    if payment.decline_code == CANCELLED:
        word, tone = "Cancelled", "mute"
    if payment.state is PaymentState.PENDING and payment.settles_on is not None:
        word, tone = "Post-dated", "open"
    if payment.kind in (PaymentKind.REVERSAL, PaymentKind.REFUND, PaymentKind.CHARGEBACK):
        word, tone = payment.kind.label, "warn"
    is_out = payment.kind not in (PaymentKind.PAYMENT, PaymentKind.OPENING)
    return {
        "id": payment.id,
        "on": payment.effective_on,
        "amount_cents": -payment.amount_cents if is_out else payment.amount_cents,
        "is_void": payment.state in (PaymentState.DECLINE, PaymentState.REVERSED),
        "method": payment.method.label,
        "type": word,
        "tone": tone,
        "reference": payment.square_payment_id or payment.reference or payment.decline_code,
        "interest_cents": 0 if split is None else split.interest_cents,
        "principal_cents": 0 if split is None else split.principal_cents,
        "taken_by": payment.taken_by.name if payment.taken_by else None,
        "note": payment.note,
        "covers": ", ".join(_covers(part) for part in covered),
        "waterfall": _waterfall(payment, covered, split),
        "may_be_reversed": payment.kind is PaymentKind.PAYMENT
        and payment.state is PaymentState.COMPLETE
        and payment.method in MANUAL_METHODS,
        "posted_on": payment.posted_on,
        "actions": payment_actions(payment, person().role),
        "has_receipt": payment.kind is PaymentKind.PAYMENT and payment.state in MOVED_MONEY,
    }


def _waterfall(payment: Payment, covered: Sequence[Any], split: PaymentSplit | None) -> list[dict[str, Any]]:
    """Why a payment went where it went: what it covered, in order, and what was left of it after each step.

    What a financed contract counts besides its scheduled payments (interest of a credit line, principal paid ahead) comes
    last, for it is paid from what these leave.
    """
    left, steps = payment.amount_cents, []
    for part in covered:
        what = f"Installment {part.installment_number}" if part.installment_number else part.fee_kind.label
        left -= part.amount_cents
        steps.append({"what": what, "due_on": part.due_on, "cents": part.amount_cents, "left_cents": left})
    if split is not None and split.beyond_cents:
        left -= split.beyond_cents
        steps.append(
            {
                "what": "Interest and principal beyond the schedule",
                "due_on": None,
                "cents": split.beyond_cents,
                "left_cents": left,
            }
        )
    return steps


def _covers(part: Any) -> str:
    what = f"#{part.installment_number}" if part.installment_number else (part.fee_kind.label if part.fee_kind else "fee")
    return f"{what} {as_text(part.amount_cents)}"


def _change(event: AuditEvent) -> dict[str, Any]:
    """An audit event as a line: what it was called and how the figures moved."""
    before, after = event.before or {}, event.after or {}
    moved = [
        f"{_name(key)} {_value(key, before[key])} → {_value(key, value)}"
        if key in before
        else f"{_name(key)} {_value(key, value)}"
        for key, value in after.items()
        if before.get(key) != value
    ]
    if event.reason:
        moved.append(f"“{event.reason}”")
    return {
        "at": event.at.astimezone(zone()),
        "type": event.action.capitalize(),
        "change": ", ".join(moved) or "—",
        "by": event.actor.name if event.actor else "LeaseDesk",
    }


def _name(key: str) -> str:
    return key.removesuffix("_cents").removesuffix("_on").removesuffix("_at").replace("_", " ")


def _value(key: str, value: Any) -> str:
    """A value of the audit trail as people write it; moments are kept there as ISO text in UTC."""
    if value is None:
        return "—"
    if key.endswith("_cents"):
        return as_text(int(value))
    try:
        if key.endswith("_at"):
            return f"{dt.datetime.fromisoformat(str(value)).astimezone(zone()):%a %b %-d, %Y %-I:%M %p}"
        if key.endswith("_on"):
            return f"{dt.date.fromisoformat(str(value)):%a %b %-d, %Y}"
    except ValueError:  # Whatever stands there is better than nothing.
        return str(value)
    return str(value)


def _by_day(entries: Sequence[account_page.Entry], *, today: dt.date) -> list[tuple[str, list[dict[str, Any]]]]:
    """The timeline under headings: today, this week, then by month."""

    def heading(entry: account_page.Entry) -> str:
        on = entry.at.astimezone(zone()).date()
        if on == today:
            return "Today"
        if (today - on).days < 7:
            return "Last seven days"
        return f"{on:%B %Y}"

    groups = []
    for title, group in groupby(entries, key=heading):
        shown = [
            {
                "icon": entry.icon,
                "tone": entry.tone,
                "title": entry.title,
                "kind": GROUPS.get(entry.kind, "changes"),
                "details": [*entry.details, *([entry.by] if entry.by else [])],
                "when": _time(entry.at.astimezone(zone()), title),
            }
            for entry in group
        ]
        groups.append((title, shown))
    return groups


def _time(at: dt.datetime, heading: str) -> str:
    clock = f"{at:%-I:%M %p}"
    if heading == "Today":
        return clock
    return f"{at:%a} {clock}" if heading == "Last seven days" else f"{at:%b %-d}"


GROUPS = {
    "payment": "money",
    "promise": "money",
    "arrangement": "changes",
    "call": "contact",
    "text": "contact",
    "email": "contact",
    "letter": "contact",
    "visit": "contact",
    "follow_up": "contact",
    "note": "notes",
}
