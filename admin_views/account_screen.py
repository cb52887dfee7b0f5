"""What the screens around one account have in common: their address, their forms and where these lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from admin_views import account_forms as forms
from admin_views.answers import local_address
from admin_views.base import Page
from admin_views.gate import visible
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account


class AccountScreen(Page):
    """A screen below /admin/accounts/<id>. Each action is a form in a side sheet, or a page without scripts."""

    is_abstract = True
    title = "Account"
    url = "/admin/accounts"
    minimum_role = Role.COLLECTOR

    def _back(self, account_id: int) -> str:
        """Where a form leads: to the account, or to the page that opened it (`back`)."""
        return local_address(request.args.get("back"), url_for("account.page", account_id=account_id))

    def _answer(
        self,
        form: FlaskForm,
        do: Callable[[], str],
        account: Account,
        *,
        title: str,
        verb: str,
        template: str = "account/form.html",
        undo: Callable[[], str] | None = None,
        then: Callable[[], str] | None = None,
        **look: Any,
    ) -> ResponseReturnValue:
        """Show the form, or do what it says and go on; a rule's refusal stands beside its field.

        What is done leads back to the account, or to the address that `then` gives.
        """
        back = self._back(account.id)
        if form.validate_on_submit():
            try:
                said = do()
            except RuleViolation as problem:
                forms.refuse(form, problem)
            else:
                flash(said, f"undo:{undo()}" if undo else "success")
                return redirect(then() if then else back)
        page = self.render(
            template,
            form=form,
            account=visible(db.session(), Account, account.id),
            title=title,
            verb=verb,
            back=back,
            **look,
        )
        return page, 422 if form.is_submitted() else 200
