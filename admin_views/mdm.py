"""MDM Checker: how the devices of accounts stand at Hexnode; check one by its IMEI or serial number, or all of them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import GridPage, expose
from admin_views.device_section import LOCK_TONES, TONES
from admin_views.gate import actor, may_open, viewer
from admin_views.grid import Column, View, cells
from app.clock import now
from app.domain.errors import RuleViolation
from app.domain.servicing.device_locks import LockState
from app.domain.servicing.enrollment import Verdict
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Job
from app.queries.reporting.jobs import OPEN_STATES, progress_of
from app.queries.servicing import device_checks as questions
from app.queries.servicing.device_checks import DEVICE_CHECKS, LONGEST_IDENTITY
from app.services.reporting import jobs
from app.transaction import transaction
from tasks import devices
from tasks.doorbell import ring
from tasks.gateways import has_device_manager


def identity(row: Any) -> str:
    """The IMEI, else the serial number."""
    return str(row.imei or row.serial or "")


def verdict(row: Any) -> str:
    """The verdict with its mark, and the lock where there is one; it leads to what can be done about it."""
    lock = f' <span class="st {LOCK_TONES[row.lock]}">{row.lock.label}</span>' if row.lock else ""
    mark = f'<span class="st {TONES[row.verdict]}">{row.verdict.label}</span>{lock}'
    return f'<a class="plain" href="/admin/accounts/{row.account_id}#device">{mark}</a>'


def said(row: Any) -> str:
    """The same for files."""
    return f"{row.verdict.label}, {row.lock.label.lower()}" if row.lock else str(row.verdict.label)


def device(row: Any) -> str:
    """Our name of the model, and Hexnode's where that is the trouble."""
    theirs = f' <span class="muted xs">there: {escape(row.hexnode_model)}</span>' if row.verdict is Verdict.WRONG_MODEL else ""
    return f"{escape(row.device_model or '')}{theirs}" or formats.DASH


class MdmChecker(GridPage):
    """Enrollment status in Hexnode, mismatches first to hand."""

    title = "MDM Checker"
    url = "/admin/mdm"
    endpoint = "mdm"
    minimum_role = Role.COLLECTOR
    context = "Enrollment of the devices in Hexnode; where a device is, is never asked for"
    listing = DEVICE_CHECKS
    noun = "devices"
    template = "mdm/page.html"
    columns = (
        cells.customer_column(),
        Column(
            "device_model",
            "Device",
            needs=("device_model", "hexnode_model", "verdict"),
            cell=device,
            plain=lambda row: row.device_model,
            wide=True,
        ),
        Column(
            "imei",
            "IMEI / Serial",
            needs=("imei", "serial"),
            cell=lambda row: str(escape(identity(row))) or formats.DASH,
            plain=identity,
            mono=True,
            card="detail",
            card_label="",
        ),
        Column(
            "account_status",
            "Account",
            cell=lambda row: f'<span class="st {cells.TONES[row.account_status]}">{row.account_status.label}</span>',
            plain=lambda row: row.account_status.label,
        ),
        Column("verdict", "Verdict", needs=("verdict", "lock", "account_id"), cell=verdict, plain=said, card="state"),
        Column("last_reported_at", "Last reported"),
        Column("checked_at", "Checked", shown=False),
        Column("enrollment", "Enrollment", shown=False),
        Column("hexnode_id", "Hexnode ID", shown=False, mono=True),
        Column("hexnode_model", "Model in Hexnode", shown=False),
        Column("is_compliant", "Compliant", shown=False),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
        Column("portfolio", "Portfolio", shown=False),
        Column("assigned_to", "Assigned to", shown=False),
    )
    views = (
        View("All"),
        View("Mismatches", "mismatch=1"),
        View("Paid off, still enrolled", f"verdict={Verdict.PAID_OFF}"),
        View("Active, not enrolled", f"verdict={Verdict.NOT_ENROLLED}&verdict={Verdict.NOT_FOUND}"),
        View("Silent", f"verdict={Verdict.SILENT}"),
        View("Locked", "locked=1"),
        View("To be unlocked", f"lock={LockState.TO_UNLOCK}"),
    )
    empty = ("No device was checked yet", "Check all devices: each account's device stands here with what Hexnode says of it.")

    def context_values(self, session: Session) -> dict[str, Any]:
        """The check that is under way, for everybody who may start one, and when the devices were seen last."""
        job = session.scalars(select(Job).where(Job.kind == devices.KEY).order_by(Job.id.desc()).limit(1)).first()
        return {
            "check": progress_of(job, now=now()) if job else None,
            "is_checking": job is not None and job.state in OPEN_STATES,
            "may_stop": may_open("jobs.index_view"),
            "mirrored_at": questions.last_mirrored_at(session),
            "is_set_up": has_device_manager(),
            "longest": LONGEST_IDENTITY,
        }

    @expose("/check-all", methods=("POST",))
    def check_all(self) -> ResponseReturnValue:
        """Ask Hexnode for everything and judge the device of every account; one at a time."""
        with transaction() as session:
            job = jobs.plan(session, devices.KEY, "Check of all devices", unique_key=devices.KEY, now=now(), actor=actor())
            job_id, queue = job.id, job.queue
        ring(job_id, queue)
        flash("All devices are checked", f"job:/admin/jobs/{job_id}.json")
        return redirect(url_for(".index_view"), 303)

    @expose("/check", methods=("POST",))
    def check(self) -> ResponseReturnValue:
        """Check the device with one IMEI or serial number."""
        typed = " ".join(request.form.get("identity", "").split())[:LONGEST_IDENTITY]
        if not typed:
            flash("Enter an IMEI or a serial number.", "error")
            return redirect(url_for(".index_view"), 303)
        accounts = questions.account_with(db.session(), typed, viewer())
        if not accounts:
            flash(_on_no_account(typed), "warning")
            return redirect(url_for(".index_view"), 303)
        account_id, number = accounts[0].id, accounts[0].account_number
        db.session.rollback()  # What was read must not hold a transaction open while Hexnode is asked.
        try:
            found = devices.check_account(account_id, actor=actor())
        except RuleViolation as problem:
            flash(problem.message, "error")
        else:
            flash(f"{number}: {found.label}." if found else f"{number} is over; its device is not looked for.", "success")
        return redirect(url_for(".index_view", q=typed), 303)


def _on_no_account(typed: str) -> str:
    """What is known of a number that is on none of the viewer's accounts."""
    there = questions.managed_with(db.session(), typed, viewer())
    if there is None:
        return f"No account that you may see has a device with {typed}. Look for a slip in the number."
    state = "enrolled" if there.is_enrolled else f"there as “{there.status or 'unknown'}”"
    return f"In Hexnode {typed} is {state} ({there.model or 'no model'}), but no account here has it."
