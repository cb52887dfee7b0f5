"""Reconciliation: money that came in without a clear account. Ranked suggestions and why; post, split, leave alone, undo."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import GridPage, expose
from admin_views.gate import actor, needs, viewer, visible
from admin_views.grid import Button, Column, View
from admin_views.grid.state import GridState
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import as_text, cents_from_text
from app.domain.payments.remittances import RemittanceState
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Remittance
from app.queries.payments import matching
from app.queries.payments.remittance_list import REMITTANCES, next_waiting
from app.queries.scope import scope
from app.services.payments import remittances
from app.transaction import transaction

TONES: dict[RemittanceState, str] = {
    RemittanceState.QUEUED: "warn",
    RemittanceState.POSTED: "good",
    RemittanceState.IGNORED: "mute",
    RemittanceState.UNDONE: "mute",
}
TO_DO = f"state={RemittanceState.QUEUED.value}"
SUGGESTED = 9
"""Suggestions that are shown: as many as there are keys for."""
PARTS = 3
"""Accounts that a remittance can be split over on the page."""
OLD_AFTER_DAYS = 1


def sender(row: Any) -> str:
    """Who sent it; money without a sender says so."""
    return formats.text(row.sender or "No sender")


def age(row: Any) -> str:
    """Days since the money came, marked when it waits for more than a day."""
    if row.state is not RemittanceState.QUEUED:
        return formats.DASH
    said = f"{row.age} day{'' if row.age == 1 else 's'}"
    return f'<span class="warn">{said}</span>' if row.age > OLD_AFTER_DAYS else said


def why(row: Any) -> str:
    """Why it was posted or why it waits."""
    said = row.note or "; ".join(map(str, row.reasons or ()))
    return f'<span title="{escape(said)}">{escape(said)}</span>' if said else ""


class Reconciliation(GridPage):
    """What came in and waits for its account."""

    title = "Reconciliation"
    url = "/admin/reconciliation"
    endpoint = "reconciliation"
    minimum_role = Role.SUPERVISOR
    context = "Money from banks and payment apps. What clearly belongs to one account is posted by itself; the rest waits here."
    listing = REMITTANCES
    noun = "payments"
    columns = (
        Column("sender", "Sender", needs=("sender",), cell=sender),
        Column("paid_on", "Date", weekday=True),
        Column("amount_cents", "Amount", card="figure", css="strong"),
        Column("memo", "Memo", card="detail", card_label=""),
        Column("method", "Method"),
        Column("reference", "Reference", mono=True),
        Column("score", "Score", hint="How well the best account fits, 0 to 100"),
        Column(
            "why",
            "Why",
            needs=("reasons", "note"),
            cell=why,
            plain=lambda row: row.note or "; ".join(map(str, row.reasons or ())),
            numeric=False,
            wide=True,
        ),
        Column("age", "Waiting", needs=("age", "state"), cell=age, plain=lambda row: row.age),
        Column(
            "state",
            "Status",
            cell=lambda row: f'<span class="st {TONES[row.state]}">{escape(row.state.label)}</span>',
            plain=lambda row: row.state.label,
            card="state",
        ),
        Column("portfolio", "Portfolio", shown=False),
        Column("by", "Decided by", shown=False),
        Column("decided_at", "Decided", shown=False),
        Column("import_batch_id", "Import", shown=False),
    )
    views = (
        View("Waiting", TO_DO),
        View("More than a day", f"{TO_DO}&age_from={OLD_AFTER_DAYS + 1}"),
        View("Posted", f"state={RemittanceState.POSTED.value}&sort=-paid_on"),
        View("Left alone", f"state={RemittanceState.IGNORED.value}&sort=-paid_on"),
        View("All", "sort=-paid_on"),
    )
    buttons = (
        Button("Threshold", "/admin/reconciliation/threshold", icon="sliders", minimum_role=Role.MANAGER),
        Button("Import a file", "/admin/import/?format=remittances", icon="upload"),
        Button("Start", "/admin/reconciliation/next", icon="play", kind="primary", key="n"),
    )
    empty = ("No money waits for its account", "Import a file of remittances; what cannot be matched for certain stands here.")
    row_url = staticmethod(lambda row: f"/admin/reconciliation/{row.id}")
    name_field = staticmethod(lambda row: row.sender or f"payment {row.id}")

    def state(self) -> GridState:
        """What this request asks for; what waits when it asks for nothing."""
        pairs = list(request.args.items(multi=True))
        return GridState.of(pairs or parse_qsl(TO_DO), self.listing)

    @expose("/next")
    def next(self) -> ResponseReturnValue:
        """Open what has waited longest, or what comes behind the one that is skipped."""
        session = db.session()
        skipped = visible(session, Remittance, request.args["after"]) if "after" in request.args else None
        found = next_waiting(session, viewer(), after=skipped)
        if found is None:
            flash("No money waits for its account.", "success")
            return redirect(url_for(".index_view"))
        return redirect(url_for(".one", remittance_id=found))

    @expose("/<int:remittance_id>")
    def one(self, remittance_id: int) -> ResponseReturnValue:
        """One remittance with its suggestions."""
        return self._page(remittance_id)

    @expose("/<int:remittance_id>/post", methods=("POST",))
    def post(self, remittance_id: int) -> ResponseReturnValue:
        """Post it on one account or several."""
        remittance = visible(db.session(), Remittance, remittance_id)
        try:
            parts = self._parts(db.session(), remittance)
            with transaction() as session:
                remittances.post(session, remittance, parts, today=today(), now=now(), actor=actor())
                if request.form.get("learn") == "1" and len(parts) == 1:
                    remittances.learn(session, remittance, parts[0][0], now=now(), actor=actor())
        except RuleViolation as problem:
            return self._page(remittance_id, problem), 422
        flash(f"{as_text(remittance.amount_cents)} from {remittance.sender or 'no sender'} is posted.", "success")
        return self._onwards(remittance)

    @expose("/<int:remittance_id>/ignore", methods=("POST",))
    def ignore(self, remittance_id: int) -> ResponseReturnValue:
        """Leave it alone, with a reason."""
        remittance = visible(db.session(), Remittance, remittance_id)
        try:
            with transaction() as session:
                remittances.ignore(session, remittance_id, reason=request.form.get("reason", ""), now=now(), actor=actor())
        except RuleViolation as problem:
            return self._page(remittance_id, problem), 422
        flash("Left alone.", "success")
        return self._onwards(remittance)

    @expose("/<int:remittance_id>/undo", methods=("POST",))
    def undo(self, remittance_id: int) -> ResponseReturnValue:
        """Take the decision back: payments are reversed, the money waits again."""
        visible(db.session(), Remittance, remittance_id)
        try:
            with transaction() as session:
                reason = request.form.get("reason", "")
                remittances.reopen(session, remittance_id, reason=reason, today=today(), now=now(), actor=actor())
        except RuleViolation as problem:
            return self._page(remittance_id, problem), 422
        flash("The money waits again; its payments are reversed.", "success")
        return redirect(url_for(".one", remittance_id=remittance_id), 303)

    @expose("/threshold", methods=("GET", "POST"))
    @needs(Role.MANAGER)
    def threshold(self) -> ResponseReturnValue:
        """From which score on money is posted by itself."""
        problem = None
        if request.method == "POST":
            try:
                typed = request.form.get("threshold", "").strip()
                if not (typed.isascii() and typed.isdigit()):
                    raise RuleViolation("Enter a whole number from 50 to 101.", field="threshold")
                with transaction() as session:
                    remittances.set_threshold(session, int(typed[:4]), now=now(), actor=actor())
                flash("Threshold saved.", "success")
                return redirect(url_for(".index_view"), 303)
            except RuleViolation as refused:
                problem = refused
        value = request.form.get("threshold", str(matching.threshold(db.session())))
        page = self.render("reconciliation/threshold.html", screen=self, problem=problem, value=value)
        return page, 422 if problem else 200

    def _onwards(self, remittance: Remittance) -> ResponseReturnValue:
        """To the next one that waits, or back to the list when there is none."""
        found = next_waiting(db.session(), viewer(), after=remittance)
        if found is None:
            return redirect(url_for(".index_view"), 303)
        return redirect(url_for(".one", remittance_id=found), 303)

    def _page(self, remittance_id: int, problem: RuleViolation | None = None) -> str:
        session = db.session()
        remittance = visible(session, Remittance, remittance_id)
        shown: str = self.render(
            "reconciliation/one.html",
            screen=self,
            remittance=remittance,
            tone=TONES[remittance.state],
            suggestions=self._suggestions(session, remittance),
            payments=remittances.payments_of(session, remittance_id),
            problem=problem,
            typed=request.form,
            parts=range(1, PARTS + 1),
            is_waiting=remittance.state is RemittanceState.QUEUED,
            may_undo=remittance.state in (RemittanceState.POSTED, RemittanceState.IGNORED),
        )
        return shown

    def _suggestions(self, session: Session, remittance: Remittance) -> list[Any]:
        """The accounts that fit, the best first; only such as this person may see."""
        if remittance.state is not RemittanceState.QUEUED:
            return []
        matches = remittances.suggestions(session, [remittance])[remittance.id]
        ids = [one.candidate.account_id for one in matches]
        seen = set(session.scalars(scope(select(Account.id).where(Account.id.in_(ids)), Account, viewer())))
        return [one for one in matches if one.candidate.account_id in seen][:SUGGESTED]

    def _parts(self, session: Session, remittance: Remittance) -> list[remittances.Part]:
        """What the form says: one account with everything, or numbers and amounts. Raises RuleViolation."""
        if given := request.form.get("account_id"):
            return [(visible(session, Account, given).id, remittance.amount_cents)]
        parts: list[remittances.Part] = []
        for place in range(1, PARTS + 1):
            number, amount = (request.form.get(f"{name}_{place}", "").strip() for name in ("account", "amount"))
            if not number and not amount:
                continue
            if not number:
                raise RuleViolation("Say which account this part is for.", field=f"account_{place}")
            named = or_(Account.account_number == number, Account.approval_id == number)
            query = select(Account.id).where(Account.portfolio_id == remittance.portfolio_id, named)
            found = session.scalars(scope(query, Account, viewer()).limit(1)).first()
            if found is None:
                raise RuleViolation(f"No account has the number {number}.", field=f"account_{place}")
            parts.append((found, cents_from_text(amount) if amount else remittance.amount_cents))
        if not parts:
            raise RuleViolation("Choose a suggestion, or type an account number.", field="account_1")
        return parts
