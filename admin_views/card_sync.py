"""Card Sync: our customers with who they are at Square and the card that is charged first; scan all of Square."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import GridPage, expose
from admin_views.gate import actor, may_open, needs
from admin_views.grid import Column, View, cells
from app.clock import now
from app.domain.staff.roles import Role
from app.models import Job, SquareCustomer
from app.queries.payments.square import CARD_SYNC
from app.queries.reporting.jobs import OPEN_STATES, progress_of
from app.services.reporting import jobs
from app.transaction import transaction
from tasks.doorbell import ring

KEY = "sync_cards"


def name(row: Any) -> str:
    """The name, which leads to the customer's page here."""
    return f'<a href="/admin/card-sync/{row.id}">{escape(cells.customer_name(row) or "No name")}</a>'


def card(row: Any) -> str:
    """Brand, last four, until when."""
    return f'{escape(row.card)} <span class="muted xs">{row.expires}</span>' if row.card else formats.DASH


def said(row: Any) -> str:
    """How the link and the card stand, in words."""
    if row.square_customer_id is None:
        return f"To decide: {row.matches}" if row.matches else "Not linked"
    if row.card is None:
        return "No card on file"
    if row.has_alert:
        return "Issuer alert"
    return "Card expiring" if row.is_expiring else "Backup expiring" if row.is_any_expiring else "Ready"


TONES = {
    "Ready": "good",
    "Issuer alert": "bad",
    "Card expiring": "warn",
    "Backup expiring": "good",
    "No card on file": "open",
    "Not linked": "open",
}


def status(row: Any) -> str:
    """The same with its mark."""
    word = said(row)
    return f'<span class="st {TONES.get(word, "info")}">{word}</span>'


def action(row: Any) -> str:
    """What is to be done next."""
    verb = "Manage" if row.square_customer_id else "Decide" if row.matches else "Find"
    whose = escape(f"{verb}: {cells.customer_name(row)}")
    return f'<a class="btn btn-quiet btn-sm" href="/admin/card-sync/{row.id}" aria-label="{whose}">{verb}</a>'


_STANDING = ("square_customer_id", "card", "has_alert", "is_expiring", "is_any_expiring", "matches")


class CardSync(GridPage):
    """Find customers in Square by reference ID, name, e-mail or phone; scan all."""

    title = "Card Sync"
    url = "/admin/card-sync"
    endpoint = "card_sync"
    minimum_role = Role.SUPERVISOR
    context = "Who our customers are at Square, and their cards on file"
    listing = CARD_SYNC
    noun = "customers"
    template = "card_sync/page.html"
    columns = (
        Column("customer", "Customer", needs=("first_name", "last_name"), cell=name, plain=cells.customer_name, sort="customer"),
        Column("square_customer_id", "Square ID", mono=True, card="detail", card_label=""),
        Column("card", "Card", needs=("card", "expires"), cell=card, plain=lambda row: row.card, card="figure"),
        Column("status", "Status", needs=_STANDING, cell=status, plain=said, card="state"),
        Column(
            "action",
            "Action",
            needs=("square_customer_id", "matches", "first_name", "last_name"),
            cell=action,
            plain=lambda row: None,
            css="acts",
        ),
        Column("email", "E-mail", shown=False),
        Column("card_type", "Bank type", shown=False),
        Column("prepaid_type", "Prepaid", shown=False),
        Column("portfolio", "Portfolio", shown=False),
    )
    views = (
        View("All"),
        View("To decide", "maybe=1&linked=0"),
        View("Not linked", "linked=0"),
        View("Card expiring", "expiring=1"),
        View("Issuer alert", "alert=1"),
        View("Shared card", "shared=1"),
        View("Linked, no card", "linked=1&card=0"),
    )
    empty = ("There are no customers yet", "They come with an import or a new lease; then scan Square for them.")

    def context_values(self, session: Session) -> dict[str, Any]:
        """The scan that is under way, for everybody who may start one."""
        job = session.scalars(select(Job).where(Job.kind == KEY).order_by(Job.id.desc()).limit(1)).first()
        is_open = job is not None and job.state in OPEN_STATES
        return {
            "scan": progress_of(job, now=now()) if job else None,
            "is_scanning": is_open,
            "was_scanned": job is not None or session.scalar(select(SquareCustomer.id).limit(1)) is not None,
            "may_stop": may_open("jobs.index_view"),
        }

    @expose("/scan", methods=("POST",))
    @needs(Role.SUPERVISOR)
    def scan(self) -> ResponseReturnValue:
        """Ask Square for everything; one scan at a time."""
        with transaction() as session:
            job = jobs.plan(session, KEY, "Scan of Square's customers and cards", unique_key=KEY, now=now(), actor=actor())
            job_id, queue = job.id, job.queue
        ring(job_id, queue)
        flash("Square is scanned", f"job:/admin/jobs/{job_id}.json")
        return redirect(url_for(".index_view"), 303)
