"""New Lease and Quick Lease: a form beside the schedule that it would make."""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin_views import account_forms
from admin_views.base import Page, expose
from admin_views.gate import actor, viewer, visible
from admin_views.opening import forms, preview
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.servicing.opening import NewContract
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Customer
from app.queries.servicing.opening import opened_by
from app.services.servicing import opening
from app.transaction import transaction


class NewLease(Page):
    """A whole contract, entered in sections."""

    title = "New Lease"
    url = "/admin/new-lease"
    endpoint = "new_lease"
    minimum_role = Role.COLLECTOR
    form_class: ClassVar[type[forms.QuickLeaseForm]] = forms.LeaseForm
    template: ClassVar[str] = "opening/new.html"

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        """The form; sent, it opens the account and leads to it."""
        form = self._form()
        if request.method == "GET":
            known = _known(request.args.get("customer"))
            if known is not None:
                form.customer.data, form.portfolio.data = str(known.id), known.portfolio_id
            return self._page(form, known)
        known = _known(form.customer.data or request.args.get("customer"))
        if request.form.get("do") == "preview":
            return self._page(form, known, is_asked=True)
        # Pressed twice: the account that the first press opened would raise doubts of its own.
        if form.key.data and (earlier := opened_by(db.session(), form.key.data)) is not None:
            return redirect(url_for("account.page", account_id=earlier.id))
        if not form.validate():
            return self._page(form, known, is_asked=True), 422
        contract = forms.contract_of(form, customer_id=known.id if known else None)
        try:
            if self._asks(form, contract):
                return self._page(form, known, is_asked=True), 422
            return self._open(form, contract)
        except RuleViolation as problem:
            _refuse(form, problem)
            return self._page(form, known, is_asked=True), 422

    @expose("/preview", methods=("POST",))
    def preview(self) -> ResponseReturnValue:
        """The schedule that the form would make, for the script that asks while one types. Writes nothing."""
        form = self._form()
        known = _known(form.customer.data)
        shown: str = self.render(
            "opening/preview.html", form=form, preview=preview.of(form, known, viewer=viewer(), today=today())
        )
        return shown

    def _form(self) -> forms.QuickLeaseForm:
        form = self.form_class(key=secrets.token_urlsafe(24), start_on=today())
        forms.fill_choices(form, db.session(), viewer())
        return form

    def _asks(self, form: forms.QuickLeaseForm, contract: NewContract) -> bool:
        """Whether something has to be answered first: the same person? and doubts that nobody has read yet."""
        session = db.session()
        proposed = opening.proposal(session, contract, today=today())
        opening.refuse_hidden(session, contract, viewer=viewer())
        if form.customer.data != forms.NEW_PERSON and opening.same_people(session, contract, viewer=viewer()):
            form.customer.errors = ["Somebody with this phone number is known. Say whether it is the same person."]
            return True
        doubts = opening.doubts(session, contract, proposed, today=today())
        read = hashlib.sha256("\n".join(doubts).encode()).hexdigest() if doubts else ""
        if doubts and form.certain.data != read:
            form.certain.data = read
            form.form_errors.extend(doubts)
            return True
        return False

    def _open(self, form: forms.QuickLeaseForm, contract: NewContract) -> ResponseReturnValue:
        who = viewer()
        with transaction() as session:
            account = opening.open_account(
                session,
                contract,
                key=form.key.data,
                assign_to=who.staff_id if who.sees_own_book_only else None,
                today=today(),
                now=now(),
                actor=actor(),
            )
            said = f"Account {account.account_number} is open."
            if account.status is AccountStatus.PENDING_REVIEW:
                said = f"Account {account.account_number} waits in Pending Review for its IMEI and cost."
            account_id = account.id
        flash(said, "success")
        return redirect(url_for("account.page", account_id=account_id))

    def _page(self, form: forms.QuickLeaseForm, known: Customer | None, *, is_asked: bool = False) -> str:
        page: str = self.render(
            self.template,
            form=form,
            known=known,
            preview=preview.of(form, known, viewer=viewer(), today=today()) if is_asked else None,
            is_doubted=bool(form.certain.data),
        )
        return page


class QuickLease(NewLease):
    """The least that makes a lease."""

    title = "Quick Lease"
    url = "/admin/quick-lease"
    endpoint = "quick_lease"
    minimum_role = Role.COLLECTOR
    form_class = forms.QuickLeaseForm
    template = "opening/quick.html"


def _known(choice: str | None) -> Customer | None:
    """The known customer that was chosen, if they may be seen; 404 otherwise."""
    return visible(db.session(), Customer, choice) if choice and choice != forms.NEW_PERSON else None


def _refuse(form: forms.QuickLeaseForm, problem: RuleViolation) -> None:
    """Put a rule's sentence beside its field; cents in a rule are dollars on the form."""
    name = (problem.field or "").removesuffix("_cents")
    account_forms.refuse(form, RuleViolation(problem.message, field=name or None))
