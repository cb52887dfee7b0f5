"""Audit: who changed what, from where, and whether anybody touched the record since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import GridPage, expose
from admin_views.gate import actor, visible
from admin_views.grid import Column
from app.clock import now
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, AuditEvent
from app.queries.staff.audit import AUDIT, last_verification
from app.services.reporting import jobs
from app.transaction import transaction
from tasks import doorbell

SHOWN_CHANGES = 3
NOBODY = "LeaseDesk"
Changes = list[tuple[str, Any, Any]]


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Changes:
    """What changed: (name, before, after), in the order of the names; None where there was nothing.

    >>> changes({"role": "collector"}, {"role": "manager", "name": "Ann"})
    [('name', None, 'Ann'), ('role', 'collector', 'manager')]
    """
    old, new = before or {}, after or {}
    return [(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]


def said(value: Any) -> str:
    """One value of an event as text.

    >>> said(True), said(["A", "B"]), said({"x": 1}), said(None)
    ('yes', 'A, B', '{"x": 1}', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, (str, int)) for one in value):
        return ", ".join(str(one) for one in value) or "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def one_line(row: Any) -> str:
    """All changes as plain text, for files."""
    return "; ".join(
        f"{key}: {said(old)} → {said(new)}" if old is not None else f"{key}: {said(new)}"
        for key, old, new in changes(row.before, row.after)
    )


def change_cell(row: Any) -> str:
    """The first few changes, with what was before struck out."""
    found = changes(row.before, row.after)
    parts = []
    for key, old, new in found[:SHOWN_CHANGES]:
        was = f'<s class="void">{escape(said(old))}</s> ' if old is not None else ""
        parts.append(f'<span class="muted">{escape(key.replace("_", " "))}</span> {was}{escape(said(new))}')
    more = len(found) - SHOWN_CHANGES
    return " · ".join(parts) + (f' <span class="muted xs">and {more} more</span>' if more > 0 else "") or formats.DASH


def who(row: Any) -> str:
    """The person; without one the program itself, or somebody at the door when there is an address."""
    return str(row.person or ("Not signed in" if row.ip else NOBODY))


def when(row: Any) -> str:
    """The moment, leading to the whole event."""
    return f'<a href="{escape(address(row))}">{formats.moment(row.at)}</a>'


def address(row: Any) -> str:
    """The page of one event."""
    return url_for("audit.one", event_id=row.id)


def thing(row: Any) -> str:
    """What was changed: the kind of thing and its number."""
    if row.entity is None:
        return formats.DASH
    number = f' <span class="muted xs">{row.entity_id}</span>' if row.entity_id is not None else ""
    return f"{formats.text(row.entity.replace('_', ' ').capitalize())}{number}"


def account(row: Any) -> str:
    """The account it belongs to, as far as it still exists."""
    if row.account_number is None:
        return formats.DASH
    return f'<a href="/admin/accounts/{row.account_id}">{formats.text(row.account_number)}</a>'


COLUMNS = (
    Column("at", "When", cell=when),
    Column("person", "Person", needs=("person", "ip"), cell=lambda row: formats.text(who(row)), plain=who, card="detail"),
    Column("action", "Action", cell=lambda row: formats.text(row.action[:1].upper() + row.action[1:]), card="state"),
    Column("entity", "What", needs=("entity", "entity_id"), cell=thing),
    Column("account", "Account #", needs=("account_id", "account_number"), cell=account, plain=lambda row: row.account_number),
    Column("change", "Change", needs=("before", "after"), cell=change_cell, plain=one_line, wide=True),
    Column("reason", "Reason"),
    Column("approver", "Approved by", shown=False),
    Column("ip", "From", mono=True),
    Column("request_id", "Reference", shown=False, mono=True, hint="The number that error pages and the log name"),
)


class AuditPage(GridPage):
    """The trail, newest first."""

    title = "Audit"
    context = "Written once, never changed: each event carries a hash of itself and of the one before it."
    url = "/admin/audit"
    endpoint = "audit"
    minimum_role = Role.ADMIN
    listing = AUDIT
    columns = COLUMNS
    noun = "events"
    template = "staff/audit.html"
    empty = ("Nothing was changed yet", "Every change that somebody makes stands here.")

    def context_values(self, session: Session) -> dict[str, Any]:
        """When the chain was followed last, and what came of it."""
        return {"verified": last_verification(session)}

    @expose("/<int:event_id>")
    def one(self, event_id: int) -> ResponseReturnValue:
        """One event with everything before and after."""
        event = visible(db.session(), AuditEvent, event_id)
        owner = db.session().get(Account, event.account_id) if event.account_id else None
        return render_template(
            "staff/event.html", event=event, changes=changes(event.before, event.after), said=said, account=owner
        )

    @expose("/verify", methods=("POST",))
    def verify(self) -> ResponseReturnValue:
        """Follow the whole chain, as a job."""
        with transaction() as session:
            job = jobs.plan(
                session, "verify_audit", "Verify the audit trail", unique_key="verify_audit", now=now(), actor=actor()
            )
        doorbell.ring(job)
        flash("Verify the audit trail", f"job:/admin/jobs/{job.id}.json")
        return redirect(url_for("audit.index_view"), 303)
