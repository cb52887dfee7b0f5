"""Collections Dashboard: the ranked worklist, under the live aging, alerts and one's own day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views import worklist_cells as row_cells
from admin_views.account_actions import ACCOUNT_ACTIONS
from admin_views.base import GridPage, expose
from admin_views.gate import needs, viewer
from admin_views.grid import Button, Column, View, cells, customer_column
from admin_views.grid.state import GridState
from admin_views.kept_figures import LARGE_BOOK, Kept
from app.clock import now, today
from app.domain.collections.profiles import MenuEntry
from app.domain.money import as_text
from app.domain.staff.roles import Role
from app.extensions import db
from app.queries.collections import aging, alerts, collectors, next_account, progress, work_page
from app.queries.collections.aging import Aged
from app.queries.collections.next_account import Loop
from app.queries.collections.worklist import WORKLIST
from app.queries.scope import Viewer
from app.queries.servicing import disputes

ALERT_DAYS = 7
NAMES_SHOWN = 2


class CollectionsDashboard(GridPage):
    """Priority queue: whom to work first."""

    title = "Collections Dashboard"
    url = "/admin/collections"
    endpoint = "collections"
    minimum_role = Role.COLLECTOR
    menu_entry = MenuEntry.WORKLIST
    context = "Priority queue, highest risk accounts first"
    template = "collections/page.html"
    listing = WORKLIST
    noun = "accounts"
    columns = (
        customer_column(),
        Column(
            "weight",
            "Weight",
            needs=row_cells.WEIGHT_NEEDS,
            cell=row_cells.weight,
            plain=row_cells.points,
            file_kind="int",
            hint="Points by the Weighting Table; a follow-up that is due goes first",
        ),
        Column("bucket", "Bucket", needs=("bucket", "days_past_due"), cell=row_cells.bucket, card="state"),
        Column("days_past_due", "Days", hint="Days past due"),
        Column("past_due_cents", "Past due", css="strong", card="figure"),
        Column(
            "why",
            "Why here",
            needs=(*row_cells.WHY_NEEDS, *row_cells.TODAY_NEEDS),
            cell=row_cells.why_cell,
            plain=row_cells.why,
            wide=True,
            css="muted why-here",
            card="detail",
            card_label="",
        ),
        Column("last_contact_at", "Last contact", needs=("last_contact_at", "last_disposition"), cell=row_cells.last_contact),
        Column("next_follow_up_at", "Next follow-up", cell=row_cells.follow_up),
        Column(
            "promise",
            "Promise",
            needs=("promise_status", "promise_cents", "promise_on"),
            cell=row_cells.promise,
            plain=row_cells.plain_promise,
        ),
        Column("assigned_to", "Assigned to", cell=row_cells.assigned_to),
        Column(
            "today",
            "Today",
            needs=row_cells.TODAY_NEEDS,
            cell=row_cells.happened_today,
            plain=row_cells.plain_today,
            hint="Handled, promised and paid today: three facts",
            shown=False,
        ),
        Column("phone_e164", "Phone", shown=False),
        Column("balance_cents", "Balance", shown=False),
        Column(
            "status",
            "Status",
            needs=("status", "days_past_due"),
            cell=lambda row: cells.status_mark(row.status, row.days_past_due),
            plain=lambda row: row.status.label,
            shown=False,
        ),
        Column("last_paid_on", "Last paid", shown=False),
        Column("portfolio", "Portfolio", shown=False),
    )
    views = (
        View("Worklist"),
        View("Mine", "assigned=me"),
        View("Not worked today", "worked=0"),
        View("Due for follow-up", "follow_up_due=1"),
        View("Broken promises", "promise=broken"),
        View("No contact 7 days", "contact=older"),
        View("Unassigned", "assigned=none"),
    )
    actions = tuple(replace(action, as_job="") for action in ACCOUNT_ACTIONS)
    buttons = (Button("Start working", "/admin/collections/work", icon="play-fill", kind="primary", key="n"),)
    empty = ("Nothing is past due", "An account stands here from the day after an installment falls due and is not paid.")
    row_url = staticmethod(lambda row: f"/admin/accounts/{row.id}")
    name_field = staticmethod(cells.customer_name)

    def __init__(self) -> None:
        super().__init__()
        self._aging: Kept[list[Aged]] = Kept(lambda aged: sum(one.accounts for one in aged) > LARGE_BOOK)

    def context_values(self, session: Session) -> dict[str, Any]:
        """The band, the alerts and the person's own day."""
        who = viewer()
        since_on = today() - dt.timedelta(days=ALERT_DAYS - 1)
        counts = alerts.counts(session, who, since_on=since_on, today=today())
        own = not who.sees_own_book_only and next_account.has_own_book(session, who)
        loop = Loop(viewer=who, today=today(), now=now(), own=own)
        return {
            "band": _band(self._live(who)),
            "alerts": [
                (
                    days,
                    counts[days],
                    alerts.latest(session, who, threshold=days, since_on=since_on, today=today(), limit=NAMES_SHOWN),
                )
                for days in sorted(counts, reverse=True)
                if counts[days]
            ],
            "disputes_near": disputes.count_near(session, who, today=today()),
            "progress": progress.progress_of(session, loop, None),
            "my_day": work_page.day_of(session, who.staff_id, today=today()),
        }

    def state(self) -> GridState:
        """What the address asks for; where it asks for no order, the one of the person's collection profile."""
        state = super().state()
        order = "" if state.order else collectors.work_order(db.session(), viewer().staff_id)
        return replace(state, order=order) if order else state

    @expose("/live.json")
    @needs(polled=True)
    def live(self) -> ResponseReturnValue:
        """The texts of the band, for a page that stays open."""
        return jsonify({key: text for one in _band(self._live(viewer())) for key, text in one["texts"].items()})

    def _live(self, who: Viewer) -> list[Aged]:
        key = (who.staff_id if who.sees_own_book_only else None, who.portfolio_ids, today())
        return self._aging.get(key, lambda: aging.live(db.session(), who, today=today(), started_since=today()))


def _band(aged: list[Aged]) -> list[dict[str, Any]]:
    """A cell for each report bucket: label, step of the ramp, address of the rows, and its texts by name."""
    accounts = sum(one.accounts for one in aged)
    status = "status=active&status=past_due&status=default&status=recovery"
    return [
        {
            "label": one.bucket.label,
            "step": min(place, 4),
            "url": f"/admin/accounts/?bucket={escape(one.bucket.label)}&{status}".replace("+", "%2B"),
            "texts": {
                f"share{place}": f"{one.accounts / accounts:.1%}" if accounts else "—",
                f"count{place}": f"{one.accounts:,}",
                f"amount{place}": f"{as_text(one.past_due_cents)} past due"
                if one.is_late
                else f"{as_text(one.balance_cents)} to come",
            },
            "keys": [f"share{place}", f"count{place}", f"amount{place}"],
        }
        for place, one in enumerate(aged)
    ]
