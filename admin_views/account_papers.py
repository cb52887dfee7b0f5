"""Receipts and the account statement, as pages to print and as PDF."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

from flask import abort, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.gate import person, visible
from admin_views.papers import receipt_paper, statement_paper
from app.clock import today
from app.documents.paper import Paper
from app.documents.pdf import drawn
from app.domain.payments.kinds import PaymentKind
from app.extensions import db
from app.models import Account, Payment
from app.queries.payments import statements

PDF_TYPE = "application/pdf"
LONGEST_DAYS = 366 * 12
USUAL_DAYS = 90


class AccountPapers(AccountScreen):
    """What a customer is handed: one receipt for each payment, and the account over some days."""

    endpoint = "account_papers"

    @expose("/<int:account_id>/payments/<int:payment_id>/receipt")
    def receipt(self, account_id: int, payment_id: int) -> ResponseReturnValue:
        """The receipt of a payment."""
        paper = self._receipt(account_id, payment_id)
        pdf_url = url_for(".receipt_pdf", account_id=account_id, payment_id=payment_id)
        return self.shown(paper, account_id, pdf_url=pdf_url)

    @expose("/<int:account_id>/payments/<int:payment_id>/receipt.pdf")
    def receipt_pdf(self, account_id: int, payment_id: int) -> ResponseReturnValue:
        """The receipt as PDF."""
        return as_pdf(self._receipt(account_id, payment_id))

    @expose("/<int:account_id>/statement")
    def statement(self, account_id: int) -> ResponseReturnValue:
        """The account from one day to another."""
        visible(db.session(), Account, account_id)
        asked = _span()
        if asked is None:
            flash("Enter two days, the earlier one first.", "error")
            return redirect(url_for(".statement", account_id=account_id))
        from_on, to_on = asked
        paper = self._statement(account_id, from_on, to_on)
        pdf_url = url_for(".statement_pdf", account_id=account_id) + f"?from={from_on.isoformat()}&to={to_on.isoformat()}"
        return self.shown(paper, account_id, pdf_url=pdf_url, span=asked)

    @expose("/<int:account_id>/statement.pdf")
    def statement_pdf(self, account_id: int) -> ResponseReturnValue:
        """The statement as PDF."""
        visible(db.session(), Account, account_id)
        from_on, to_on = _span() or abort(404)
        return as_pdf(self._statement(account_id, from_on, to_on))

    def shown(self, paper: Paper, account_id: int, **look: object) -> ResponseReturnValue:
        """A paper as a page."""
        account = visible(db.session(), Account, account_id)
        page: str = self.render("account/paper.html", paper=paper, account=account, **look)
        return page

    def _receipt(self, account_id: int, payment_id: int) -> Paper:
        visible(db.session(), Account, account_id)
        payment = visible(db.session(), Payment, payment_id)
        is_receipted = payment.kind is PaymentKind.PAYMENT and payment.state in statements.MOVED_MONEY
        if payment.account_id != account_id or not is_receipted:
            abort(404)
        return receipt_paper(statements.receipt(db.session(), payment), statements.addressed(db.session(), account_id))

    def _statement(self, account_id: int, from_on: dt.date, to_on: dt.date) -> Paper:
        account = statements.addressed(db.session(), account_id)
        return statement_paper(statements.statement(db.session(), account, from_on=from_on, to_on=to_on), account)


def as_pdf(paper: Paper) -> ResponseReturnValue:
    """The paper as a file that the browser shows."""
    printed = f"printed {today():%b %-d, %Y} by {person().name}"
    return send_file(BytesIO(drawn(paper, printed=printed)), PDF_TYPE, download_name=paper.file_name, max_age=0)


def _span() -> tuple[dt.date, dt.date] | None:
    """The asked-for days; the last three months when none were asked for, None when they are no days."""
    given_from, given_to = request.args.get("from"), request.args.get("to")
    try:
        to_on = dt.date.fromisoformat(given_to) if given_to else today()
        from_on = dt.date.fromisoformat(given_from) if given_from else to_on - dt.timedelta(days=USUAL_DAYS)
    except (ValueError, OverflowError):
        return None
    return (from_on, to_on) if 0 <= (to_on - from_on).days <= LONGEST_DAYS else None
