"""The Account page: one lease with everything on it, and the actions that change it."""

from __future__ import annotations

import datetime as dt
import secrets

from flask import abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin_views import account_forms as forms
from admin_views.account_screen import AccountScreen
from admin_views.account_sections import header_figures, sections
from admin_views.base import expose
from admin_views.contact_sections import contact_state
from admin_views.gate import actor, needs, person, viewer, visible
from admin_views.signal_sections import risk_of
from app.clock import moment, now, today
from app.domain.collections.contact_rules import Channel
from app.domain.collections.profiles import MenuEntry
from app.domain.errors import RuleViolation
from app.domain.money import as_text, cents_from_text
from app.domain.servicing.quotes import QuoteKind
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Note, Payment
from app.queries.collections import statuses
from app.queries.servicing import account_page, delinquent, payoff
from app.services.collections import contacts, drafts, follow_ups, promises, work
from app.services.payments import posting
from app.transaction import transaction


class AccountPage(AccountScreen):
    """One account: header, seven sections, the merged timeline; each action is a form in a side sheet."""

    endpoint = "account"

    @expose("/<int:account_id>")
    @needs(entry=MenuEntry.ACCOUNT_SUMMARY)
    def page(self, account_id: int) -> ResponseReturnValue:
        """The whole account on one page."""
        account = account_page.visible_account(db.session(), account_id, viewer=viewer()) or abort(404)
        shown: str = self.render(
            "account/page.html",
            account=account,
            figures=header_figures(
                account,
                payoff.both(db.session(), account, today()),
                today=today(),
                delinquent=delinquent.days_of(db.session(), account, today=today()),
            ),
            collection_status=statuses.of_account(db.session(), account_id),
            contact=contact_state(db.session(), account, now=now()),
            risk=risk_of(db.session(), account, today=today()),
            others=account_page.other_accounts(db.session(), account, viewer=viewer()),
            may_reverse_older=person().role.includes(Role.SUPERVISOR),
            takes_payment=account.status not in posting.TAKES_NO_PAYMENT and account.balance_cents > 0,
            **sections(db.session(), account, today=today(), whole=request.args.getlist("all")),
        )
        return shown

    @expose("/<int:account_id>/payment", methods=("GET", "POST"))
    def payment(self, account_id: int) -> ResponseReturnValue:
        """Take a payment: the form shows what it would do before it is posted."""
        account = visible(db.session(), Account, account_id)
        form = forms.PaymentForm(key=secrets.token_urlsafe(24), effective_on=today())

        def do() -> str:
            cents = forms.cents(form.amount)
            with transaction() as session:
                posting.post(
                    session,
                    account_id,
                    method=form.chosen_method,
                    amount_cents=cents,
                    effective_on=form.effective_on.data,
                    reference=form.reference.data,
                    note=form.note.data,
                    idempotency_key=form.key.data,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
            return f"{as_text(cents)} posted."

        if request.method == "GET":
            form.amount.data = forms.plain(account.past_due_cents or account.next_due_cents or account.balance_cents)
        return self._answer(
            form,
            do,
            account,
            title="Take payment",
            verb="Post payment",
            template="account/payment.html",
            amount_cents=forms.cents_or_zero(form.amount),
            payoff_cents=_payoff_cents(account),
        )

    @expose("/<int:account_id>/payment/effect")
    def effect(self, account_id: int) -> ResponseReturnValue:
        """What a payment of `amount` would do, as the what-if block wants it. Writes nothing."""
        account = visible(db.session(), Account, account_id)
        try:
            cents = cents_from_text(request.args.get("amount", ""))
            preview = posting.preview(db.session(), account_id, amount_cents=cents, effective_on=today(), today=today())
        except RuleViolation as problem:
            return jsonify(error=problem.message), 422
        return jsonify(forms.effect_of(preview, account))

    @expose("/<int:account_id>/payments/<int:payment_id>/reverse", methods=("GET", "POST"))
    def reverse(self, account_id: int, payment_id: int) -> ResponseReturnValue:
        """Take a payment back with a reason."""
        account = visible(db.session(), Account, account_id)
        payment = visible(db.session(), Payment, payment_id)
        if payment.account_id != account.id:
            abort(404)
        form = forms.ReverseForm()

        def do() -> str:
            with transaction() as session:
                posting.reverse(
                    session,
                    payment_id,
                    reason=form.reason.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                    may_be_older=person().role.includes(Role.SUPERVISOR),
                )
            return "Payment reversed."

        title = f"Reverse {as_text(payment.amount_cents)} of {payment.effective_on:%b %-d, %Y}"
        return self._answer(form, do, account, title=title, verb="Reverse payment", danger=True)

    @expose("/<int:account_id>/promise", methods=("GET", "POST"))
    def promise(self, account_id: int) -> ResponseReturnValue:
        """Write down a promise to pay."""
        account = visible(db.session(), Account, account_id)
        form = forms.PromiseForm(due_on=today() + dt.timedelta(days=3))

        def do() -> str:
            with transaction() as session:
                promises.take(
                    session,
                    account_id,
                    amount_cents=forms.cents(form.amount),
                    due_on=form.due_on.data or today(),
                    method=form.chosen_method,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                drafts.throw_away(session, staff_id=person().staff_id, account_id=account_id, form="promise")
            return "Promise saved."

        if request.method == "GET":
            form.amount.data = forms.plain(account.past_due_cents or account.next_due_cents)
        return self._answer(
            form, do, account, title="Promise to pay", verb="Save promise", money=["amount"], draft=f"promise-{account_id}"
        )

    @expose("/<int:account_id>/note", methods=("GET", "POST"))
    def note(self, account_id: int) -> ResponseReturnValue:
        """Write a note; it can be taken back for ten seconds."""
        account = visible(db.session(), Account, account_id)
        form = forms.NoteForm()
        saved: list[int] = []

        def do() -> str:
            with transaction() as session:
                saved.append(work.add_note(session, account_id, body=form.body.data or "", now=now(), actor=actor()).id)
                drafts.throw_away(session, staff_id=person().staff_id, account_id=account_id, form="note")
            return "Note saved."

        return self._answer(
            form,
            do,
            account,
            title="Note",
            verb="Save note",
            draft=f"note-{account_id}",
            undo=lambda: url_for(".undo_note", account_id=account_id, note_id=saved[0], back=request.args.get("back")),
        )

    @expose("/<int:account_id>/notes/<int:note_id>/undo", methods=("POST",))
    def undo_note(self, account_id: int, note_id: int) -> ResponseReturnValue:
        """Take one's own note back."""
        note = visible(db.session(), Note, note_id)
        if note.account_id != account_id:
            abort(404)
        try:
            with transaction() as session:
                work.withdraw_note(session, note_id, now=now(), actor=actor())
            flash("Note taken back.", "success")
        except RuleViolation as problem:
            flash(problem.message, "error")
        return redirect(self._back(account_id))

    @expose("/<int:account_id>/call", methods=("GET", "POST"))
    def call(self, account_id: int) -> ResponseReturnValue:
        """Write down a call and how it ended.

        A call of ours against the contact rules is refused until a supervisor sets them aside; what was typed stays as a draft.
        """
        account = visible(db.session(), Account, account_id)
        form = forms.CallForm()
        form.phone_id.choices = [("", "No number")] + [
            (str(phone.id), f"{phone.e164} ({phone.kind.label.lower()})") for phone in account.customer.phones
        ]
        if request.method == "GET" and account.customer.phones:
            form.phone_id.data = str(account.customer.phones[0].id)
        mine = person().staff_id

        def do() -> str:
            phone_id = int(form.phone_id.data) if form.phone_id.data else None
            try:
                with transaction() as session:
                    if not form.is_inbound:
                        contacts.demand(session, account_id, Channel.CALL, phone_id=phone_id, now=now())
                    work.log_call(
                        session,
                        account_id,
                        disposition=form.chosen_disposition,
                        phone_id=phone_id,
                        note=form.note.data,
                        is_inbound=form.is_inbound,
                        now=now(),
                        actor=actor(),
                    )
                    drafts.throw_away(session, staff_id=mine, account_id=account_id, form="call")
            except RuleViolation:
                with transaction() as session:
                    typed = form.typed(drafts.LONGEST_FIELD)
                    drafts.keep(session, staff_id=mine, account_id=account_id, form="call", fields=typed, now=now())
                raise
            return "Call saved."

        return self._answer(
            form,
            do,
            account,
            title="Call",
            verb="Save call",
            template="account/contact_form.html",
            draft=f"call-{account_id}",
            contact=contact_state(db.session(), account, now=now()),
            override_url=self._override_url(account_id),
        )

    @expose("/<int:account_id>/follow-up", methods=("GET", "POST"))
    def follow_up(self, account_id: int) -> ResponseReturnValue:
        """Plan a follow-up."""
        account = visible(db.session(), Account, account_id)
        form = forms.FollowUpForm(due_on=today() + dt.timedelta(days=1), due_time=dt.time(10, 0))

        def do() -> str:
            with transaction() as session:
                follow_ups.plan(
                    session,
                    account_id,
                    kind=form.chosen_kind,
                    due_at=moment(form.due_on.data or today(), form.due_time.data or dt.time(10, 0)),
                    note=form.note.data,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                drafts.throw_away(session, staff_id=person().staff_id, account_id=account_id, form="follow-up")
            return "Follow-up planned."

        return self._answer(form, do, account, title="Follow-up", verb="Plan follow-up", draft=f"follow-up-{account_id}")

    def _override_url(self, account_id: int) -> str:
        """Where a supervisor sets aside what speaks against a call; it leads back to the call's form and its draft."""
        here = url_for("account.call", account_id=account_id, back=request.args.get("back"))
        return url_for("account_contact.override", account_id=account_id, back=here)


def _payoff_cents(account: Account) -> int:
    """What pays everything off today, of a financed contract with its interest."""
    worked = payoff.both(db.session(), account, today())[QuoteKind.PAYOFF]
    return 0 if isinstance(worked, str) else worked.price.total_cents
