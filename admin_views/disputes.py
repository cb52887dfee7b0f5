"""Disputes: what customers do not agree with, the evidence, and the decision before its deadline."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, current_app, flash, g, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from admin_views import case_forms as forms
from admin_views import formats
from admin_views.account_forms import refuse
from admin_views.base import expose
from admin_views.case_page import CaseList, account_link, case_look, known, mark
from admin_views.gate import actor, may_open, needs, visible
from admin_views.grid import Button, Column, View, cells
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.servicing.disputes import PAUSING, RESOLVED, DisputeState
from app.domain.servicing.evidence import MEDIA_TYPES
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Dispute, DisputeEvidence
from app.queries.servicing import disputes as questions
from app.queries.servicing.disputes import DISPUTES
from app.services.servicing import dispute_deadlines, disputes
from app.transaction import transaction

TONES: dict[DisputeState, str] = {
    DisputeState.OPEN: "warn",
    DisputeState.UNDER_REVIEW: "info",
    DisputeState.UPHELD: "good",
    DisputeState.REJECTED: "mute",
    DisputeState.WITHDRAWN: "mute",
}
TO_DO = "&".join(f"state={state.value}" for state in sorted(PAUSING))


def deadline(row: Any) -> str:
    """The day, in amber when it is near, in red once it has passed without a decision."""
    said = formats.date(row.deadline_on)
    if row.state not in PAUSING:
        return said
    days = (row.deadline_on - today()).days
    if days < 0:
        return f'<span class="bad">{said}</span> <span class="muted xs">passed</span>'
    if days <= _near_days():
        left = "today" if days == 0 else f"{days} day{'s' if days > 1 else ''} left"
        return f'<span class="warn">{said}</span> <span class="muted xs">{left}</span>'
    return said


def _near_days() -> int:
    """From how many days ahead a deadline is near; asked once for a list."""
    if "dispute_near_days" not in g:
        g.dispute_near_days = questions.near_days(db.session())
    near: int = g.dispute_near_days
    return near


def evidence(row: Any) -> str:
    """How many files, or that there is a statement."""
    parts = []
    if row.files:
        parts.append(f"{row.files} file{'s' if row.files > 1 else ''}")
    if row.statement:
        parts.append("statement")
    return ", ".join(parts).capitalize() or formats.DASH


class Disputes(CaseList):
    """What customers do not agree with."""

    title = "Disputes"
    url = "/admin/disputes"
    endpoint = "disputes"
    minimum_role = Role.COLLECTOR
    context = "Until a dispute is decided, late fees and AutoPay wait on the disputed amount"
    listing = DISPUTES
    noun = "disputes"
    to_do = TO_DO
    columns = (
        Column(
            "customer",
            "Customer",
            needs=("first_name", "last_name"),
            cell=lambda row: formats.text(cells.customer_name(row) or "No name"),
            plain=cells.customer_name,
            sort="customer",
        ),
        Column(
            "account_number",
            "Account #",
            needs=("account_id", "account_number"),
            cell=account_link,
            plain=lambda row: row.account_number,
        ),
        Column("reason", "Reason"),
        Column("amount_cents", "Amount", card="figure"),
        Column("opened_on", "Opened"),
        Column(
            "deadline_on",
            "Deadline",
            needs=("deadline_on", "state"),
            cell=deadline,
            plain=lambda row: row.deadline_on,
            file_kind="date",
            card="detail",
            card_label="",
        ),
        Column("files", "Evidence", needs=("files", "statement"), cell=evidence, plain=evidence, numeric=False),
        Column("state", "Status", cell=lambda row: mark(row.state, TONES), plain=lambda row: row.state.label, card="state"),
        Column("resolved_on", "Resolved", shown=False),
        Column("resolution", "Resolution", shown=False, wide=True),
        Column("balance_cents", "Balance", shown=False),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
        Column("assigned_to", "Assigned to", shown=False),
    )
    views = (
        View("Undecided", TO_DO),
        View("Near deadline", f"{TO_DO}&near=1"),
        View("Open", "state=open"),
        View("Under review", "state=under_review"),
        View("Resolved", "&".join(f"state={state.value}" for state in sorted(RESOLVED)) + "&sort=-newest"),
    )
    buttons = (Button("Deadlines", "/admin/disputes/deadlines", icon="sliders", sheet=True, minimum_role=Role.ADMIN),)
    empty = ("Nothing is disputed", "Open a dispute on an account, and it stands here until it is decided.")
    row_url = staticmethod(lambda row: f"/admin/disputes/{row.id}")
    name_field = staticmethod(cells.customer_name)

    @expose("/deadlines", methods=("GET", "POST"))
    @needs(Role.ADMIN)
    def deadlines(self) -> ResponseReturnValue:
        """How long a dispute may take, and from when on it is an alert."""
        session = db.session()
        form = forms.DeadlinesForm(days=questions.days_to_decide(session), near=questions.near_days(session))
        here = url_for(".index_view")
        if form.validate_on_submit():
            try:
                with transaction() as changing:
                    dispute_deadlines.change(
                        changing, days=form.days.data or 0, near=form.near.data or 0, now=now(), actor=actor()
                    )
            except RuleViolation as problem:
                refuse(form, problem)
            else:
                flash("Deadlines saved.", "success")
                return redirect(here, 303)
        page = self.render("cases/deadlines.html", form=form, back=here)
        return page, 422 if form.is_submitted() else 200

    @expose("/<int:dispute_id>")
    def one(self, dispute_id: int) -> ResponseReturnValue:
        """One dispute: what is said, what speaks for it, its next step, its history."""
        dispute = visible(db.session(), Dispute, dispute_id)
        shown: str = self.render(
            "cases/dispute.html",
            **case_look(self, dispute, dispute.account, tone=TONES[dispute.state]),
            facts_title="Dispute",
            facts=known(_facts(dispute)),
            buttons=list(self._buttons(dispute)),
            dispute=dispute,
            evidence=questions.evidence_of(db.session(), dispute_id),
        )
        return shown

    def _buttons(self, dispute: Dispute) -> Any:
        at = {"dispute_id": dispute.id}
        if dispute.state is DisputeState.OPEN:
            yield {"label": "Start review", "url": self.address("review", **at), "kind": "primary", "post": True}
        if dispute.state is DisputeState.UNDER_REVIEW and may_open("disputes.resolve"):
            yield {"label": "Decide", "url": self.address("resolve", **at), "kind": "primary"}
        yield {"label": "Add evidence", "url": self.address("add_evidence", **at)}
        if dispute.state in PAUSING:
            yield {"label": "Move deadline", "url": self.address("move_deadline", **at)}
            yield {"label": "Withdraw", "url": self.address("withdraw", **at)}
        elif may_open("disputes.reopen"):
            yield {"label": "Take up again", "url": self.address("reopen", **at)}

    @expose("/<int:dispute_id>/review", methods=("POST",))
    def review(self, dispute_id: int) -> ResponseReturnValue:
        """Begin to look at it."""
        visible(db.session(), Dispute, dispute_id)
        try:
            with transaction() as session:
                disputes.review(session, dispute_id, now=now(), actor=actor())
            flash("The dispute is under review.", "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(url_for(".one", dispute_id=dispute_id), 303)

    @expose("/<int:dispute_id>/resolve", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def resolve(self, dispute_id: int) -> ResponseReturnValue:
        """Uphold it or reject it."""
        dispute = visible(db.session(), Dispute, dispute_id)
        form = forms.ResolveForm()

        def do() -> str:
            self._end(dispute_id, form.chosen_state, form.resolution.data or "")
            return f"Dispute {form.chosen_state.label.lower()}."

        hint = "Nothing is posted by this: waive, credit or refund on the account what an upheld dispute means in money."
        return self._step(dispute, form, do, title="Decide dispute", verb="Decide", hint=hint)

    @expose("/<int:dispute_id>/withdraw", methods=("GET", "POST"))
    def withdraw(self, dispute_id: int) -> ResponseReturnValue:
        """The customer takes it back."""
        dispute = visible(db.session(), Dispute, dispute_id)
        form = forms.ReasonForm()

        def do() -> str:
            self._end(dispute_id, DisputeState.WITHDRAWN, form.reason.data or "")
            return "Dispute withdrawn."

        return self._step(dispute, form, do, title="Withdraw dispute", verb="Withdraw dispute")

    def _end(self, dispute_id: int, state: DisputeState, resolution: str) -> None:
        with transaction() as session:
            disputes.resolve(session, dispute_id, state=state, resolution=resolution, today=today(), now=now(), actor=actor())

    @expose("/<int:dispute_id>/reopen", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def reopen(self, dispute_id: int) -> ResponseReturnValue:
        """Take a decided dispute up again."""
        dispute = visible(db.session(), Dispute, dispute_id)
        form = forms.DeadlineForm()

        def do() -> str:
            with transaction() as session:
                disputes.reopen(
                    session,
                    dispute_id,
                    reason=form.reason.data or "",
                    deadline_on=form.deadline_on.data,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "The dispute is under review again."

        return self._step(dispute, form, do, title="Take dispute up again", verb="Take up again")

    @expose("/<int:dispute_id>/deadline", methods=("GET", "POST"))
    def move_deadline(self, dispute_id: int) -> ResponseReturnValue:
        """Give it another deadline, with a reason."""
        dispute = visible(db.session(), Dispute, dispute_id)
        form = forms.DeadlineForm(deadline_on=dispute.deadline_on)

        def do() -> str:
            with transaction() as session:
                disputes.move_deadline(
                    session,
                    dispute_id,
                    deadline_on=form.deadline_on.data,
                    reason=form.reason.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return "Deadline moved."

        return self._step(dispute, form, do, title="Move deadline", verb="Move deadline")

    @expose("/<int:dispute_id>/evidence", methods=("GET", "POST"))
    def add_evidence(self, dispute_id: int) -> ResponseReturnValue:
        """Add files."""
        dispute = visible(db.session(), Dispute, dispute_id)
        form = forms.EvidenceForm()

        def do() -> str:
            files = form.admitted()
            with transaction() as session:
                disputes.add_evidence(
                    session,
                    dispute_id,
                    files=files,
                    home=current_app.config["SETTINGS"].home,
                    now=now(),
                    actor=actor(),
                )
            return f"{len(files)} file{'s' if len(files) > 1 else ''} added."

        return self._step(dispute, form, do, title="Add evidence", verb="Add evidence", multipart=True)

    @expose("/<int:dispute_id>/evidence/<int:evidence_id>")
    def download(self, dispute_id: int, evidence_id: int) -> ResponseReturnValue:
        """One file, to be saved and never shown by the browser; that somebody took it is kept."""
        row = self._evidence(dispute_id, evidence_id)
        try:
            with transaction() as session:
                content = disputes.read_evidence(session, row, home=current_app.config["SETTINGS"].home, now=now(), actor=actor())
        except RuleViolation as problem:
            flash(problem.message, "error")
            return redirect(url_for(".one", dispute_id=dispute_id), 303)
        return send_file(
            BytesIO(content), MEDIA_TYPES[row.kind], as_attachment=True, download_name=row.file_name, max_age=0, etag=False
        )

    @expose("/<int:dispute_id>/evidence/<int:evidence_id>/withdraw", methods=("GET", "POST"))
    def withdraw_evidence(self, dispute_id: int, evidence_id: int) -> ResponseReturnValue:
        """Take a file out of what counts; it stays in the records."""
        row = self._evidence(dispute_id, evidence_id)
        form = forms.ReasonForm()

        def do() -> str:
            with transaction() as session:
                disputes.withdraw_evidence(session, evidence_id, reason=form.reason.data or "", now=now(), actor=actor())
            return "Evidence withdrawn."

        title = f"Withdraw {row.file_name}"
        return self._step(row.dispute, form, do, title=title, verb="Withdraw file", danger=True)

    def _evidence(self, dispute_id: int, evidence_id: int) -> DisputeEvidence:
        """A file of this dispute, and of no other; 404 otherwise."""
        visible(db.session(), Dispute, dispute_id)
        row = visible(db.session(), DisputeEvidence, evidence_id)
        return row if row.dispute_id == dispute_id else abort(404)

    def _step(self, dispute: Dispute, form: FlaskForm, do: Any, **look: Any) -> ResponseReturnValue:
        here = url_for(".one", dispute_id=dispute.id)
        crumbs = [(self.title, url_for(".index_view")), (f"Dispute {dispute.id}", here)]
        return self._answer(form, lambda: (do(), here), dispute.account, back=here, crumbs=crumbs, **look)


def _facts(dispute: Dispute) -> list[tuple[str, Any]]:
    of = f"Installment {dispute.installment_number}" if dispute.installment_number else "What is owed first"
    return [
        ("Reason", dispute.reason.label),
        ("Amount", formats.cents(dispute.amount_cents)),
        ("Of", f"Payment of {formats.date(dispute.payment.effective_on)}" if dispute.payment else of),
        ("Opened", formats.date(dispute.opened_on)),
        ("Opened by", dispute.opened_by.name if dispute.opened_by else None),
        ("Decide by", formats.date(dispute.deadline_on)),
        ("Decided", formats.date(dispute.resolved_on) if dispute.resolved_on else None),
        ("Decided by", dispute.resolved_by.name if dispute.resolved_by else None),
        ("What was found", dispute.resolution),
    ]
