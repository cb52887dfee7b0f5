"""Settings: what everybody needs at hand, and what an admin does to a contract for good."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField
from wtforms.validators import InputRequired

from admin_views import account_forms, navigation
from admin_views.base import Page, expose
from admin_views.gate import actor, needs, person, viewer, visible
from app.clock import now, today
from app.domain.errors import RuleViolation
from app.domain.money import cents_from_text
from app.domain.servicing.frequency import Frequency
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account, Portfolio
from app.queries.servicing import look_up
from app.queries.servicing.opening import default_payments, pending_of_phone, portfolios_of
from app.services.servicing import evidence_files, opening_defaults, pending_review, removal, trial_leases
from app.services.servicing.removal import Going
from app.transaction import transaction
from app.workbooks import contacts


class DefaultsForm(FlaskForm):
    """How many payments a blank number means."""

    weekly = IntegerField("Weekly", [InputRequired("Enter a number.")])
    biweekly = IntegerField("Biweekly", [InputRequired("Enter a number.")])
    semimonthly = IntegerField("Semimonthly", [InputRequired("Enter a number.")])
    monthly = IntegerField("Monthly", [InputRequired("Enter a number.")])


class SettingsPage(Page):
    """Sections by role: quick IMEI for all; defaults, test leases and permanent deletion for admins."""

    title = "Settings"
    url = "/admin/settings"
    endpoint = "settings"
    minimum_role = Role.COLLECTOR

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The page."""
        return self._page()

    @expose("/imei/<int:account_id>", methods=("POST",))
    def assign(self, account_id: int) -> ResponseReturnValue:
        """Enter IMEI and cost of a pending account that was found by its phone number; asks once more in doubt."""
        number = visible(db.session(), Account, account_id).account_number
        is_certain = request.form.get("certain") == "1"
        try:
            with transaction() as session:
                doubts = pending_review.release(
                    session,
                    account_id,
                    typed=request.form.get("imei", ""),
                    cost_cents=_cost(request.form.get("cost", "")),
                    is_certain=is_certain,
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
        except RuleViolation as problem:
            return self._page(row=account_id, said=problem.message), 422
        if doubts and not is_certain:
            return self._page(row=account_id, said=" ".join(doubts), is_doubt=True), 409
        flash(f"Account {number} is active now.", "success")
        return redirect(self._address(phone=request.form.get("phone")))

    @expose("/default-payments", methods=("POST",))
    @needs(Role.ADMIN)
    def defaults(self) -> ResponseReturnValue:
        """Change how many payments a blank number means."""
        form = DefaultsForm()
        if not form.validate():
            return self._page(form=form), 422
        try:
            with transaction() as session:
                counts = {frequency: form[frequency.value].data for frequency in Frequency}
                changed = opening_defaults.change(session, counts, now=now(), actor=actor())
        except RuleViolation as problem:
            account_forms.refuse(form, problem)
            return self._page(form=form), 422
        flash("Saved. New accounts use it from now on." if changed else "Nothing was different.", "success")
        return redirect(self._address())

    @expose("/test-leases", methods=("GET",))
    @needs(Role.ADMIN)
    def test_leases(self) -> ResponseReturnValue:
        """The test leases, and exactly what wiping them takes."""
        accounts = look_up.test_leases(db.session(), viewer())
        going = removal.going(db.session(), [account.id for account in accounts]) if accounts else None
        shown: str = self.render("settings/test_leases.html", accounts=accounts, going=going, kinds=_kinds(going))
        return shown

    @expose("/test-leases/create", methods=("POST",))
    @needs(Role.ADMIN)
    def create_test_lease(self) -> ResponseReturnValue:
        """Open a test lease and lead to it."""
        if not request.form.get("portfolio"):
            flash("Choose a portfolio for the test lease.", "error")
            return redirect(self._address())
        book = visible(db.session(), Portfolio, request.form["portfolio"])
        try:
            with transaction() as session:
                account = trial_leases.create(session, book.id, today=today(), now=now(), actor=actor())
                account_id, number = account.id, account.account_number
        except RuleViolation as problem:
            flash(problem.message, "error")
            return redirect(self._address())
        flash(f"Test lease {number} is open. It stands in no figure.", "success")
        return redirect(url_for("account.page", account_id=account_id))

    @expose("/test-leases/wipe", methods=("POST",))
    @needs(Role.ADMIN, step_up=True)
    def wipe_test_leases(self) -> ResponseReturnValue:
        """Remove the test leases that were shown, completely."""
        ids = [account.id for account in look_up.test_leases(db.session(), viewer())]
        try:
            with transaction() as session:
                gone = trial_leases.wipe(session, ids, seal=request.form.get("seal", ""), now=now(), actor=actor())
        except RuleViolation as problem:
            flash(problem.message, "error")
            return redirect(url_for(".test_leases"))
        _unlink(gone)
        flash(
            f"{len(gone.account_ids)} test lease{'s' if len(gone.account_ids) > 1 else ''} wiped: {gone.total:,} rows.", "success"
        )
        return redirect(self._address())

    @expose("/contracts/<int:account_id>", methods=("GET",))
    @needs(Role.ADMIN)
    def contract(self, account_id: int) -> ResponseReturnValue:
        """One contract, and exactly what deleting it for good would take."""
        return self._contract(visible(db.session(), Account, account_id))

    @expose("/contracts/<int:account_id>/delete", methods=("POST",))
    @needs(Role.ADMIN, step_up=True)
    def delete_contract(self, account_id: int) -> ResponseReturnValue:
        """Delete all data of a contract for good. Its number has to be typed, with a reason."""
        account = visible(db.session(), Account, account_id)
        number = account.account_number
        try:
            if request.form.get("typed", "").strip() != number:
                raise RuleViolation(f"Type {number} to delete it.", field="typed")
            with transaction() as session:
                gone = removal.remove(
                    session,
                    [account_id],
                    seal=request.form.get("seal", ""),
                    reason=request.form.get("reason", ""),
                    action="contract deleted",
                    now=now(),
                    actor=actor(),
                )
        except RuleViolation as problem:
            return self._contract(visible(db.session(), Account, account_id), said=problem.message), 422
        _unlink(gone)
        flash(f"Contract {number} is deleted: {gone.total:,} rows. The audit trail says that it was.", "success")
        return redirect(self._address())

    def _address(self, **query: Any) -> str:
        return url_for(".index", **query)

    def _contract(self, account: Account, said: str | None = None) -> str:
        going = removal.going(db.session(), [account.id])
        shown: str = self.render("settings/contract.html", account=account, going=going, kinds=_kinds(going), said=said)
        return shown

    def _page(
        self, *, form: DefaultsForm | None = None, row: int | None = None, said: str | None = None, is_doubt: bool = False
    ) -> str:
        session, who = db.session(), viewer()
        is_admin = person().role.includes(Role.ADMIN)
        phone = (request.form.get("phone") or request.args.get("phone") or "").strip()[:40]
        number = contacts.phone(phone)[0] if phone else None
        wanted = (request.args.get("contract") or "").strip() if is_admin else ""
        shown: str = self.render(
            "settings/page.html",
            phone=phone,
            is_phone=number is not None,
            pending=pending_of_phone(session, number, who) if number else [],
            row=row,
            said=said,
            is_doubt=is_doubt,
            is_admin=is_admin,
            wanted=wanted,
            contracts=look_up.contracts(session, wanted, who) if wanted else [],
            defaults=form or _defaults_form(),
            portfolios=portfolios_of(session, who) if is_admin else [],
            test_leases=len(look_up.test_leases(session, who)) if is_admin else 0,
            lists=_lists(),
        )
        return shown


def _defaults_form() -> DefaultsForm:
    counts = default_payments(db.session())
    return DefaultsForm(formdata=MultiDict(), data={frequency.value: count for frequency, count in counts.items()})


def _lists() -> list[Any]:
    """The other pages of the menu's settings group that the person may open."""
    found = navigation.sections(person().role, current_app.url_map, request.path, may_use=person().may_use)
    return [item for section in found if section.key == "settings" for item in section.items if item.url != "/admin/settings/"]


def _cost(typed: str) -> int:
    if not typed.strip():
        raise RuleViolation("Enter the cost.", field="cost")
    return cents_from_text(typed)


def _kinds(going: Going | None) -> list[dict[str, Any]]:
    """The rows of a deletion as a table shows them."""
    return [{"name": name.replace("_", " "), "count": count} for name, count in going.rows] if going else []


def _unlink(gone: Going) -> None:
    """Remove the uploaded files of what was deleted; after the commit, so that a refusal keeps them."""
    home = current_app.config["SETTINGS"].home
    for sha256 in gone.files:
        evidence_files.place_of(home, sha256).unlink(missing_ok=True)
