"""What the pages of returns, recoveries and disputes have in common: a list, a page for each with its history, and forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from markupsafe import escape

from admin_views import formats
from admin_views.account_forms import refuse
from admin_views.answers import local_address
from admin_views.base import GridPage, Page
from admin_views.gate import visible
from admin_views.grid import Column, cells
from admin_views.grid.state import GridState
from app.clock import zone
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.words import Word
from app.extensions import db
from app.models import Account
from app.queries.servicing import cases

MULTIPART = "multipart/form-data"


def customer(row: Any) -> str:
    """The name, the account number muted behind it; the row leads to the case, not to the account."""
    return f'{escape(cells.customer_name(row) or "No name")} <span class="muted xs">{escape(row.account_number)}</span>'


def case_customer_column() -> Column:
    """The customer as the head of a row that leads to a return, a recovery or a dispute."""
    return Column(
        "customer",
        "Customer",
        needs=("account_id", "account_number", "first_name", "last_name"),
        cell=customer,
        plain=cells.customer_name,
        sort="customer",
    )


def account_link(row: Any) -> str:
    """The account's number, leading to the account."""
    return f'<a href="/admin/accounts/{row.account_id}">{escape(row.account_number)}</a>'


def mark(word: Word, tones: dict[Any, str]) -> str:
    """A state with its mark."""
    return f'<span class="st {tones[word]}">{escape(word.label)}</span>'


class Forms(Page):
    """Shows a form, does what it says, leads back; a rule's refusal stands beside its field."""

    is_abstract = True

    def _answer(
        self,
        form: FlaskForm,
        do: Callable[[], tuple[str, str]],
        account: Account,
        *,
        title: str,
        verb: str,
        back: str,
        crumbs: Sequence[tuple[str, str | None]],
        **look: Any,
    ) -> ResponseReturnValue:
        """`do` gives what is said afterwards and the address of what it made or changed."""
        account_id = account.id
        back = local_address(request.args.get("back"), back)
        if form.validate_on_submit():
            try:
                said, leads_to = do()
            except RuleViolation as problem:
                refuse(form, problem)
            else:
                flash(said, "success")
                return redirect(leads_to, 303)
        page = self.render(
            "cases/form.html",
            form=form,
            account=visible(db.session(), Account, account_id),
            title=title,
            verb=verb,
            back=back,
            crumbs=[*crumbs, (title, None)],
            **look,
        )
        return page, 422 if form.is_submitted() else 200


class CaseList(Forms, GridPage):
    """A list of cases with a page for each."""

    is_abstract = True
    to_do: ClassVar[str] = ""
    """The query string of what is shown before anybody filters."""

    def state(self) -> GridState:
        """What this request asks for; what is to be done when it asks for nothing."""
        pairs = list(request.args.items(multi=True))
        return GridState.of(pairs or parse_qsl(self.to_do), self.listing)


def history_of(row: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each step of a case as the timeline shows it."""
    return [("", [_entry(event) for event in cases.history(db.session(), row)])]


def _entry(event: Any) -> dict[str, Any]:
    details = [event.reason] if event.reason else []
    after = event.after or {}
    told = [f"{label}: {_shown(key, after[key])}" for key, label in LABELS.items() if after.get(key) is not None]
    if told:
        said = ", ".join(told)
        details.append(said[:1].upper() + said[1:])
    details.append(event.actor.name if event.actor else "LeaseDesk")
    local = event.at.astimezone(zone())
    return {
        "icon": "dot",
        "title": event.action[:1].upper() + event.action[1:],
        "when": f"{formats.date(local.date())} {formats.time(event.at)}",
        "details": details,
    }


LABELS = {
    "carrier": "carrier",
    "tracking": "tracking",
    "received_on": "received",
    "refurb_cost_cents": "cost",
    "amount_cents": "amount",
    "deadline_on": "decide by",
    "place": "where",
    "next_on": "again on",
    "file": "file",
}
"""Values of an audit event that are told, and how they are called."""


def _shown(key: str, value: Any) -> str:
    if key.endswith("_cents"):
        return as_text(int(value))
    return formats.date(dt.date.fromisoformat(value)) if key.endswith("_on") else str(value)


def known(facts: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Only the facts that there are: what has not happened yet is said by the steps."""
    return [(label, value) for label, value in facts if value not in (None, "")]


def case_look(screen: Page, row: Any, account: Account, *, tone: str) -> dict[str, Any]:
    """What `cases/page.html` shows of every case."""
    return {
        "screen": screen,
        "account": account,
        "person": account.customer.name,
        "state": row.state,
        "tone": tone,
        "account_tone": cells.TONES[account.status],
        "history": history_of(row),
    }
