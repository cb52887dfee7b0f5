"""Account Signals: behavioral patterns, each with its evidence, and the risk that comes of them; the points behind it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import EditableView, ReadOnlyView, RecordService
from admin_views.gate import viewer
from admin_views.grid import Column, View, cells, customer_column
from admin_views.organization import STATE
from app.domain.collections.signals import BAD, Risk, SignalKind
from app.domain.servicing.status import standing
from app.domain.staff.roles import Role
from app.models import AccountBehavior, RiskBand, SignalWeight
from app.queries.collections import behaviour, signals
from app.queries.collections.signals import LINE, PART, SIGNALS
from app.queries.listing import Field, Listing
from app.services.collections import risk as risks

RISK_TONES = {Risk.LOW: "good", Risk.MEDIUM: "warn", Risk.HIGH: "bad"}


def risk(row: Any) -> str:
    """The word with its mark, and the score."""
    return f'<span class="st {RISK_TONES[row.risk]}">{row.risk.label}</span> <span class="muted xs">{row.score}</span>'


def _seen(row: Any) -> list[tuple[SignalKind, dt.date, str]]:
    """What was seen in an account: the bad first, newest first."""
    lines = [line.split(PART, 2) for line in (row.signals or "").split(LINE) if line]
    seen = [(SignalKind(kind), dt.date.fromisoformat(on), evidence) for kind, on, evidence in lines]
    return sorted(seen, key=lambda one: (one[0] not in BAD, -one[1].toordinal(), one[0]))


def shown_signals(row: Any) -> str:
    """A tag for each signal, its evidence and day in the title."""
    tags = [
        f'<span class="tag {"bad" if kind in BAD else "good"}" title="{escape(evidence)}, {formats.date(on)}">{kind.label}</span>'
        for kind, on, evidence in _seen(row)
    ]
    return " ".join(tags) or formats.DASH


def plain_signals(row: Any) -> str:
    """The same for a file, with the evidence."""
    return "; ".join(f"{kind.label} ({on.isoformat()}: {evidence})" for kind, on, evidence in _seen(row))


def _percent(value: Decimal | None) -> str:
    return formats.DASH if value is None else f"{value:.0%}"


def days_late(row: Any) -> str:
    """To one place, a dash before anything fell due."""
    return formats.DASH if row.days_late is None else f"{row.days_late:.1f}"


def autopay(row: Any) -> str:
    """On, or off."""
    return f'<span class="st {"good" if row.has_autopay else "open"}">{"On" if row.has_autopay else "Off"}</span>'


class AccountSignals(ReadOnlyView):
    """Behavioral patterns of the open accounts."""

    title = "Account Signals"
    url = "/admin/signals"
    endpoint = "signals"
    minimum_role = Role.COLLECTOR
    model = AccountBehavior
    listing = SIGNALS
    noun = "accounts"
    context = "Behavioral patterns, as of the last end of day"
    template = "signals/page.html"
    columns = (
        customer_column(),
        Column("risk", "Risk", needs=("risk", "score"), cell=risk, plain=lambda row: row.risk.label, sort="score", card="state"),
        Column("signals", "Signals", cell=shown_signals, plain=plain_signals, wide=True, card="detail", card_label=""),
        Column(
            "on_time_rate",
            "On-Time",
            cell=lambda row: _percent(row.on_time_rate),
            plain=lambda row: row.on_time_rate,
            file_kind="percent",
            numeric=True,
            hint="Installments paid within grace, of those that fell due",
            card="figure",
        ),
        Column("days_late", "Days Late", cell=days_late, numeric=True, hint="On average; unpaid ones to today"),
        Column(
            "pti_rate",
            "PTI",
            cell=lambda row: _percent(row.pti_rate),
            plain=lambda row: row.pti_rate,
            file_kind="percent",
            numeric=True,
            hint="Monthly payments of all open leases to gross monthly income; a dash: the income is not known",
        ),
        Column("income_cents", "Income", hint="Gross, a month"),
        Column("card", "Card"),
        Column("has_autopay", "AutoPay", cell=autopay, plain=lambda row: "On" if row.has_autopay else "Off"),
        Column(
            "status",
            "Status",
            needs=("status", "days_past_due"),
            cell=lambda row: cells.status_mark(row.status, row.days_past_due),
            plain=lambda row: standing(row.status, row.days_past_due),
        ),
        Column("score", "Score", shown=False),
        Column("judged", "Installments judged", shown=False),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
        Column("balance_cents", "Balance", shown=False),
        Column("assigned_to", "Assigned to", shown=False),
        Column("as_of_on", "Changed on", shown=False),
    )
    views = (
        View("All"),
        View("High risk", "risk=high"),
        View("Mine", "assigned=me"),
        View("First payment default", "signal=first_payment_default"),
        View("Broken promises", "signal=broken_promise"),
        View("Card trouble", "signal=card_expiring&signal=hard_decline&signal=declines"),
    )
    empty = ("No signals yet", "The end of day looks at how every open account was paid; what it sees stands here.")
    row_url = staticmethod(lambda row: f"/admin/accounts/{row.account_id}")
    name_field = staticmethod(cells.customer_name)

    def context_values(self, session: Session) -> dict[str, Any]:
        """How many accounts stand at each risk, and how the score is made."""
        points, bands = behaviour.points(session), behaviour.bands(session)
        counts = signals.counts(session, viewer())
        all_accounts = sum(counts.values())
        return {
            "band": [
                {
                    "label": f"{level.label} risk",
                    "value": f"{counts[level]:,}",
                    "detail": f"{counts[level] / all_accounts:.0%} of open, score from {bands[level]}"
                    if all_accounts
                    else f"score from {bands[level]}",
                    "url": f"?risk={level.value}",
                    "tone": RISK_TONES[level] if counts[level] and level is not Risk.LOW else "",
                }
                for level in reversed(Risk)
            ],
            "points": sorted(points.items(), key=lambda pair: -pair[1]),
        }


POINTS = Listing(
    SignalWeight,
    fields=(
        Field("kind", SignalWeight.kind, sort=True),
        Field("points", SignalWeight.points, sort=True),
        Field("is_active", SignalWeight.is_active),
    ),
    order="-points",
)
BANDS = Listing(
    RiskBand, fields=(Field("risk", RiskBand.risk), Field("from_score", RiskBand.from_score, sort=True)), order="from_score"
)


class SignalPoints(EditableView):
    """The points of each signal."""

    title, url, endpoint, noun = "Signal points", "/admin/settings/signal-points", "signal_points", "signals"
    model = SignalWeight
    listing = POINTS
    minimum_role = Role.ADMIN
    context = "An account's score is the sum of the points of what is seen in it, never below 0. Good signals take points off."
    service = RecordService(risks.create, risks.change_points, None)
    can_create = can_delete = False
    opens_details = True
    columns = (Column("kind", "Signal"), Column("points", "Points", card="figure"), STATE)
    form_columns = ("points", "is_active")
    form_help = {
        "points": "0 to 100 for a bad signal, -100 to 0 for a good one.",
        "is_active": "An inactive signal is still shown and has no points.",
    }
    empty = ("There are no signals", "They come with the tables.")


class RiskBands(EditableView):
    """From which score on a risk is medium or high."""

    title, url, endpoint, noun = "Risk bands", "/admin/settings/risk-bands", "risk_bands", "bands"
    model = RiskBand
    listing = BANDS
    minimum_role = Role.ADMIN
    context = "A risk begins at its score and reaches to where the next one begins."
    service = RecordService(risks.create, risks.change_band, None)
    can_create = can_delete = False
    opens_details = True
    columns = (Column("risk", "Risk"), Column("from_score", "From score", card="figure"))
    form_columns = ("from_score",)
    form_labels = {"from_score": "From score"}
    empty = ("There are no bands", "They come with the tables.")
