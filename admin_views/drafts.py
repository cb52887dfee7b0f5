"""Drafts of the forms of an account, kept on the server while somebody types: a sign-out or another machine loses nothing."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.gate import needs, person, visible
from app.clock import now
from app.domain.errors import RuleViolation
from app.extensions import db
from app.models import Account, Draft
from app.services.collections import drafts
from app.transaction import transaction

FORMS = ", ".join(f'"{form}"' for form in sorted(drafts.FORMS))


class Drafts(AccountScreen):
    """What somebody has typed about an account and not saved; each sees their own."""

    endpoint = "drafts"

    @expose(f"/<int:account_id>/drafts/<any({FORMS}):form>")
    @needs(polled=True)
    def show(self, account_id: int, form: str) -> ResponseReturnValue:
        """{"fields": {name: value}}, empty when nothing was typed."""
        visible(db.session(), Account, account_id)
        row = db.session.get(Draft, (person().staff_id, account_id, form))
        return jsonify(fields=row.fields if row is not None else {})

    @expose(f"/<int:account_id>/drafts/<any({FORMS}):form>", methods=("POST",))
    @needs(polled=True)
    def keep(self, account_id: int, form: str) -> ResponseReturnValue:
        """Keep {"fields": {…}}; none of them throws the draft away."""
        visible(db.session(), Account, account_id)
        said = request.get_json(force=True, silent=True)
        fields = said.get("fields") if isinstance(said, dict) else None
        if not isinstance(fields, dict):
            return jsonify(error="Send fields."), 422
        try:
            with transaction() as session:
                drafts.keep(session, staff_id=person().staff_id, account_id=account_id, form=form, fields=fields, now=now())
        except RuleViolation as refusal:
            return jsonify(error=refusal.message), 422
        return "", 204
