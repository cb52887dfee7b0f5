"""Arrangements on an account: asked for, decided, put back; each with a preview of the schedule that comes of it."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from admin_views import account_forms
from admin_views import arrangement_forms as forms
from admin_views.answers import local_address
from admin_views.base import Page, expose
from admin_views.demands import needs
from admin_views.gate import actor, person, visible
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.arrangements import ArrangementKind, ArrangementState, Terms
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Arrangement
from app.services.servicing import arrangements, settlements
from app.services.servicing.proposals import Proposal
from app.transaction import transaction

LINES_SHOWN = 8


class ArrangementPage(Page):
    """Forms of arrangements; they open in a side sheet of the Account page."""

    title = "Arrangement"
    url = "/admin/accounts"
    endpoint = "arrangement"
    minimum_role = Role.COLLECTOR

    @expose(f"/<int:account_id>/arrange/<any({forms.SLUGS}):slug>", methods=("GET", "POST"))
    def ask(self, account_id: int, slug: str) -> ResponseReturnValue:
        """Ask for an arrangement; a supervisor decides."""
        account = visible(db.session(), Account, account_id)
        offer = forms.BY_SLUG[slug]
        form: Any = offer.form_class(decides=False)(key=secrets.token_urlsafe(24))

        def do() -> str:
            with transaction() as session:
                arrangements.request(
                    session,
                    account_id,
                    offer.kind,
                    form.terms(),
                    reason=form.reason.data or "",
                    asks_for_exception=bool(form.exception.data),
                    today=today(),
                    now=now(),
                    actor=actor(),
                    idempotency_key=form.key.data,
                )
            return f"{offer.title} requested; a supervisor decides."

        return self._propose(account, offer, form, do, verb="Request")

    @expose(f"/<int:account_id>/arrange/<any({forms.SLUGS}):slug>/now", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def make(self, account_id: int, slug: str) -> ResponseReturnValue:
        """Make an arrangement at once: asked for, approved and applied by the same supervisor."""
        account = visible(db.session(), Account, account_id)
        offer = forms.BY_SLUG[slug]
        form: Any = offer.form_class(decides=True)(key=secrets.token_urlsafe(24))

        def do() -> str:
            with transaction() as session:
                made = arrangements.request(
                    session,
                    account_id,
                    offer.kind,
                    form.terms(),
                    reason=form.reason.data or "",
                    asks_for_exception=True,
                    today=today(),
                    now=now(),
                    actor=actor(),
                    idempotency_key=form.key.data,
                )
                if made.state is ArrangementState.REQUESTED:
                    arrangements.approve(
                        session,
                        made.id,
                        beyond_reason=form.beyond_reason.data,
                        role=person().role,
                        today=today(),
                        now=now(),
                        actor=actor(),
                    )
            return f"{offer.title} {'approved' if offer.kind is ArrangementKind.SETTLEMENT else 'applied'}."

        verb = "Approve settlement" if offer.kind is ArrangementKind.SETTLEMENT else f"Apply {offer.title.lower()}"
        return self._propose(account, offer, form, do, verb=verb)

    @expose("/<int:account_id>/arrangements/<int:arrangement_id>/approve", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def approve(self, account_id: int, arrangement_id: int) -> ResponseReturnValue:
        """Say yes to a request, after a look at what it does today."""
        account, arrangement = self._rows(account_id, arrangement_id)
        form = forms.ApproveForm()
        offer = next(each for each in forms.OFFERS if each.kind is arrangement.kind)

        def do() -> str:
            with transaction() as session:
                arrangements.approve(
                    session,
                    arrangement_id,
                    beyond_reason=form.beyond_reason.data,
                    role=person().role,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return f"{offer.title} approved."

        proposal, problem = self._effect(account, arrangement.kind, Terms.of(arrangement.terms))
        return self._answer(
            form,
            do,
            account,
            title=f"Approve {offer.title.lower()}",
            verb="Approve",
            offer=offer,
            proposal=proposal,
            problem=problem,
            asked=arrangement,
        )

    @expose("/<int:account_id>/arrangements/<int:arrangement_id>/reject", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def reject(self, account_id: int, arrangement_id: int) -> ResponseReturnValue:
        """Say no to a request."""
        return self._end(account_id, arrangement_id, "Reject", arrangements.reject)

    @expose("/<int:account_id>/arrangements/<int:arrangement_id>/withdraw", methods=("GET", "POST"))
    def withdraw(self, account_id: int, arrangement_id: int) -> ResponseReturnValue:
        """Take a request back: one's own, or as a supervisor anybody's."""
        _, arrangement = self._rows(account_id, arrangement_id)
        if arrangement.requested_by_id != person().staff_id and not person().role.includes(Role.SUPERVISOR):
            abort(403)
        return self._end(account_id, arrangement_id, "Withdraw", arrangements.withdraw)

    @expose("/<int:account_id>/arrangements/<int:arrangement_id>/reverse", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def reverse(self, account_id: int, arrangement_id: int) -> ResponseReturnValue:
        """Put the schedule back as it was before."""
        account, arrangement = self._rows(account_id, arrangement_id)
        form = forms.ReasonForm()

        def do() -> str:
            with transaction() as session:
                arrangements.reverse(
                    session, arrangement_id, reason=form.reason.data or "", today=today(), now=now(), actor=actor()
                )
            return f"{arrangement.kind.label} reversed; the schedule is as it was before."

        title = f"Reverse {arrangement.kind.label.lower()}"
        return self._answer(form, do, account, title=title, verb=title, danger=True, asked=arrangement)

    @expose("/<int:account_id>/arrangements/<int:arrangement_id>/settle", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def settle(self, account_id: int, arrangement_id: int) -> ResponseReturnValue:
        """Forgive the rest once the money of a settlement has come, and close the account."""
        account, arrangement = self._rows(account_id, arrangement_id)

        def do() -> str:
            with transaction() as session:
                done = settlements.settle(session, arrangement_id, today=today(), now=now(), actor=actor())
                return f"The account is settled; {as_text(done.value_cents)} forgiven."

        return self._answer(
            forms.SettleForm(), do, account, title="Settle account", verb="Forgive the rest and close", asked=arrangement
        )

    def _end(self, account_id: int, arrangement_id: int, verb: str, service: Any) -> ResponseReturnValue:
        account, arrangement = self._rows(account_id, arrangement_id)
        form = forms.ReasonForm()

        def do() -> str:
            with transaction() as session:
                ended = service(session, arrangement_id, reason=form.reason.data or "", now=now(), actor=actor())
                return f"{ended.kind.label} {ended.state.label.lower()}."

        title = f"{verb} {arrangement.kind.label.lower()}"
        return self._answer(form, do, account, title=title, verb=title, asked=arrangement)

    def _rows(self, account_id: int, arrangement_id: int) -> tuple[Account, Arrangement]:
        account = visible(db.session(), Account, account_id)
        arrangement = visible(db.session(), Arrangement, arrangement_id)
        if arrangement.account_id != account.id:
            abort(404)
        return account, arrangement

    def _effect(self, account: Account, kind: ArrangementKind, terms: Terms) -> tuple[Proposal | None, RuleViolation | None]:
        try:
            return arrangements.preview(db.session(), account.id, kind, terms, today=today()), None
        except RuleViolation as problem:
            return None, problem

    def _propose(self, account: Account, offer: forms.Offer, form: Any, do: Any, *, verb: str) -> ResponseReturnValue:
        """The form with its effect below; "Preview" works it out anew and writes nothing."""
        if request.method == "GET":
            form.suggest(account, today())
        asks_only = request.form.get("step") == "preview"
        is_given = request.method == "GET" or form.validate()
        proposal, problem = self._effect(account, offer.kind, form.terms()) if is_given or not _has_errors(form) else (None, None)
        return self._answer(
            form,
            do,
            account,
            title=offer.title,
            verb=verb,
            offer=offer,
            proposal=proposal,
            problem=problem,
            preview_only=asks_only,
        )

    def _answer(
        self,
        form: FlaskForm,
        do: Any,
        account: Account,
        *,
        title: str,
        verb: str,
        offer: forms.Offer | None = None,
        proposal: Proposal | None = None,
        problem: RuleViolation | None = None,
        asked: Arrangement | None = None,
        danger: bool = False,
        preview_only: bool = False,
    ) -> ResponseReturnValue:
        """Show the form with what it would do, or do it and go back to the account."""
        back = local_address(request.args.get("back"), url_for("account.page", account_id=account.id) + "#arrangements")
        refused = False
        if form.is_submitted() and not preview_only:
            refused = True
            if form.validate():
                try:
                    said = do()
                except RuleViolation as refusal:
                    account_forms.refuse(form, refusal)
                    problem = None
                else:
                    flash(said, "success")
                    return redirect(back)
        elif preview_only and "reason" in form:
            form["reason"].errors = []  # Nobody has to say why before they have seen what it does.
        if problem is not None and form.is_submitted():
            account_forms.refuse(form, problem)
        page = self.render(
            "account/arrange.html",
            form=form,
            account=visible(db.session(), Account, account.id),
            title=title,
            verb=verb,
            back=back,
            offer=offer,
            proposal=proposal,
            lines=proposal.moves[:LINES_SHOWN] if proposal else (),
            more=max(0, len(proposal.moves) - LINES_SHOWN) if proposal else 0,
            asked=asked,
            danger=danger,
            why_not=problem.message if problem and not form.is_submitted() else None,
        )
        return page, 422 if refused else 200


def _has_errors(form: FlaskForm) -> bool:
    """Whether the terms themselves are wrong; a missing reason does not keep anybody from a preview."""
    return any(name not in ("reason", "beyond_reason") for name in form.errors)
