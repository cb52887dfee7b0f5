"""Starting a return, a recovery or a dispute on an account."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from admin_views import case_forms as forms
from admin_views.account_forms import cents, plain
from admin_views.base import expose
from admin_views.case_page import Forms
from admin_views.gate import actor, needs, visible
from app.clock import now, today
from app.domain.collections.profiles import MenuEntry
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account
from app.queries.servicing.disputes import days_to_decide
from app.services.servicing import disputes, recoveries, returns
from app.transaction import transaction


class AccountCases(Forms):
    """Where a case begins; it goes on on its own page."""

    title = "Account"
    url = "/admin/accounts"
    endpoint = "account_cases"
    minimum_role = Role.COLLECTOR

    @expose("/<int:account_id>/return", methods=("GET", "POST"))
    def start_return(self, account_id: int) -> ResponseReturnValue:
        """The device is to come back."""
        account = visible(db.session(), Account, account_id)
        form = forms.ReasonForm()

        def do() -> tuple[str, str]:
            with transaction() as session:
                back = returns.start(session, account_id, reason=form.reason.data or "", today=today(), now=now(), actor=actor())
                made = back.id
            return "Return started.", url_for("returns.one", return_id=made)

        return self._begin(account, form, do, title="Start return", verb="Start return")

    @expose("/<int:account_id>/recovery", methods=("GET", "POST"))
    @needs(entry=MenuEntry.RECOVERY_REQUEST)
    def start_recovery(self, account_id: int) -> ResponseReturnValue:
        """Go after the device."""
        account = visible(db.session(), Account, account_id)
        form = forms.RecoveryForm(assigned_to_id=str(account.assigned_to_id or ""))
        forms.offer_staff(form, db.session())

        def do() -> tuple[str, str]:
            with transaction() as session:
                recovery = recoveries.start(
                    session,
                    account_id,
                    reason=form.reason.data or "",
                    agent=form.agent.data,
                    assigned_to_id=form.chosen_staff,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                made = recovery.id
            return "Recovery started.", url_for("recoveries.one", recovery_id=made)

        return self._begin(account, form, do, title="Start recovery", verb="Start recovery")

    @expose("/<int:account_id>/dispute", methods=("GET", "POST"))
    def open_dispute(self, account_id: int) -> ResponseReturnValue:
        """The customer does not agree."""
        account = visible(db.session(), Account, account_id)
        form = forms.DisputeForm(deadline_on=today() + dt.timedelta(days=days_to_decide(db.session())))
        if request.method == "GET":
            form.amount.data = plain(account.past_due_cents or account.next_due_cents)

        def do() -> tuple[str, str]:
            files = form.admitted()
            with transaction() as session:
                dispute = disputes.open_dispute(
                    session,
                    account_id,
                    reason=form.chosen_reason,
                    amount_cents=cents(form.amount),
                    statement=form.statement.data or "",
                    installment_number=form.installment_number.data,
                    deadline_on=form.deadline_on.data,
                    files=files,
                    home=current_app.config["SETTINGS"].home,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                made = dispute.id
            return "Dispute opened.", url_for("disputes.one", dispute_id=made)

        look = {"money": ["amount"], "multipart": True, "draft": f"dispute-{account_id}"}
        hint = "Until it is decided, late fees and AutoPay wait on the disputed amount."
        return self._begin(account, form, do, title="Open dispute", verb="Open dispute", hint=hint, **look)

    def _begin(self, account: Account, form: FlaskForm, do: Any, **look: Any) -> ResponseReturnValue:
        here = url_for("account.page", account_id=account.id)
        crumbs = [("Accounts", "/admin/accounts/"), (account.account_number, here)]
        return self._answer(form, do, account, back=here, crumbs=crumbs, **look)
