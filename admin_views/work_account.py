"""Work account: one account at a time, ranked, everything on one screen, a key for every action."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from admin_views.base import Page, expose
from admin_views.contact_sections import contact_state
from admin_views.gate import LARGEST_ID, actor, may_open, needs, person, viewer, visible
from admin_views.work_sections import sections
from app.clock import moment, now, today, zone
from app.domain.collections.contact import Disposition
from app.domain.collections.profiles import MenuEntry
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account
from app.queries.collections import collectors, messages, next_account, progress, today_facts, work_page
from app.queries.collections.next_account import Loop
from app.services.collections import claims, drafts, outcomes, work
from app.services.collections.outcomes import Recorded
from app.transaction import transaction

OUTCOMES = (
    Disposition.RIGHT_PARTY,
    Disposition.LEFT_MESSAGE,
    Disposition.NO_ANSWER,
    Disposition.BUSY,
    Disposition.WRONG_PARTY,
    Disposition.BAD_NUMBER,
    Disposition.REFUSED,
)
"""On the keys 1 to 7."""
AGAIN = dt.time(10, 0)
"""When on the next day a follow-up comes again that reached nobody."""
UNDO_SECONDS = 120
"""The toast offers it for ten; the rest is for people on a slow line."""
_HERE, _BEFORE = "works_on", "worked_before"
"""In the browser's cookie: the account on the page, and the one before it."""


class WorkAccount(Page):
    """The collector's loop: next account, call, outcome, next account."""

    title = "Work account"
    url = "/admin/collections/work"
    endpoint = "work"
    minimum_role = Role.COLLECTOR
    menu_entry = MenuEntry.WORKLIST

    @expose("")
    def index(self) -> ResponseReturnValue:
        """The account that the person holds, or the next one; `?account=` asks for a certain one."""
        loop = self._loop(db.session())
        asked = request.args.get("account")
        with transaction() as session:
            if asked is not None:
                account: Account | None = visible(session, Account, asked)
                if account is not None and not claims.take(session, account, loop):
                    return self._held_by_another(session, account, loop)
            else:
                account = claims.held(session, loop, preferred_id=browser.get(_HERE))
                if account is None or not claims.take(session, account, loop):
                    account = claims.take_next(session, loop)
            account_id = account.id if account is not None else None
        browser[_HERE] = account_id
        if account_id is None:
            return self._nothing(db.session(), loop)
        return render_template("work/page.html", **self._page(db.session(), account_id, loop))

    def _page(self, session: Session, account_id: int, loop: Loop) -> dict[str, Any]:
        account = session.get_one(Account, account_id)
        together = next_account.together(session, account, viewer=loop.viewer)
        ids = [each.id for each in together]
        following = next_account.up_next(session, loop, after=account, without=ids)
        due = work_page.due_by_a_call(session, account_id, now=loop.now)
        before = browser.get(_BEFORE)
        return {
            "account": account,
            "together": together,
            "own": loop.own,
            "may_switch": not loop.viewer.sees_own_book_only,
            "progress": progress.progress_of(session, loop, account),
            "until": (loop.now + claims.HOLD).astimezone(zone()),
            "until_at": (loop.now + claims.HOLD).isoformat(),
            "up_next": following,
            "before_url": url_for(".index", account=before) if before and before not in ids else None,
            "facts": today_facts.of_accounts(session, ids, today=loop.today),
            "note_templates": messages.note_templates(session),
            "outcomes": list(enumerate(OUTCOMES, start=1)),
            "due_at": due.astimezone(zone()) if due else None,
            "again_at": self._again_at().astimezone(zone()),
            "back": url_for(".index"),
            **sections(session, account, together, today=loop.today, now=loop.now),
        }

    def _nothing(self, session: Session, loop: Loop) -> ResponseReturnValue:
        return render_template(
            "work/nothing.html",
            own=loop.own,
            may_switch=not loop.viewer.sees_own_book_only,
            progress=progress.progress_of(session, loop, None),
            put_off=progress.put_off(session, loop),
            my_day=work_page.day_of(session, loop.viewer.staff_id, today=loop.today),
        )

    def _held_by_another(self, session: Session, account: Account, loop: Loop) -> ResponseReturnValue:
        ids = [each.id for each in next_account.together(session, account, viewer=loop.viewer)]
        other = next_account.held_by(session, ids, staff_id=loop.viewer.staff_id, now=loop.now)
        until = f" until {other.until_at.astimezone(zone()):%-I:%M %p}" if other else ""
        flash(f"{other.name if other else 'Somebody else'} works this account{until}.", "warning")
        return redirect(url_for("account.page", account_id=account.id))

    @expose("/<int:account_id>/outcome", methods=("POST",))
    def outcome(self, account_id: int) -> ResponseReturnValue:
        """Write down how the contact ended and go on; without an outcome only the note is kept."""
        account = visible(db.session(), Account, account_id)
        note = request.form.get("note", "")
        chosen = request.form.get("outcome", "")
        if chosen and chosen not in {each.value for each in Disposition}:
            abort(400)
        try:
            with transaction() as session:
                if not chosen:
                    work.add_note(session, account.id, body=note, now=now(), actor=actor())
                    drafts.throw_away(session, staff_id=viewer().staff_id, account_id=account_id, form="work")
                else:
                    together = next_account.together(session, account, viewer=viewer())
                    recorded = outcomes.record(
                        session,
                        account_id,
                        disposition=Disposition(chosen),
                        phone_id=_number(request.form.get("phone_id", "")),
                        note=note,
                        account_ids=[each.id for each in together],
                        again_at=self._again_at(),
                        is_inbound=request.form.get("direction") == "they",
                        today=today(),
                        now=now(),
                        actor=actor(),
                    )
                    drafts.throw_away(session, staff_id=viewer().staff_id, account_id=account_id, form="work")
        except RuleViolation as refusal:
            return self._refused(account_id, refusal)
        if not chosen:
            flash("Note saved.", "success")
            return redirect(url_for(".index", account=account_id), 303)
        browser[_BEFORE] = account_id
        flash(f"{Disposition(chosen).label} saved.", "undo:" + url_for(".undo", token=_signer().dumps(recorded.as_json())))
        return redirect(url_for(".index"), 303)

    def _refused(self, account_id: int, refusal: RuleViolation) -> ResponseReturnValue:
        """Say why, on the same account; what was typed stands there again as a draft. A forbidden call asks for an override."""
        note = request.form.get("note", "").strip()
        kept = {"note": note} if 0 < len(note) <= drafts.LONGEST_FIELD else {}
        with transaction() as session:
            drafts.keep(session, staff_id=viewer().staff_id, account_id=account_id, form="work", fields=kept, now=now())
            state = contact_state(session, session.get_one(Account, account_id), now=now())
        if state["may_dial"] or request.form.get("direction") == "they":
            flash(refusal.message, "error")
            return redirect(url_for(".index"), 303)
        if may_open("account_contact.override"):
            flash(f"Nothing was saved. {refusal.message} Set the rule aside first, or say that they called us.", "error")
            back = url_for(".index", account=account_id)
            return redirect(url_for("account_contact.override", account_id=account_id, back=back), 303)
        flash(f"Nothing was saved. {refusal.message} A supervisor can set the rule aside; if they called us, tick that.", "error")
        return redirect(url_for(".index", account=account_id), 303)

    @expose("/<int:account_id>/next", methods=("POST",))
    def go_on(self, account_id: int) -> ResponseReturnValue:
        """Pass an account over: it stays on the list and comes again behind the others."""
        account = visible(db.session(), Account, account_id)
        loop = self._loop(db.session())
        with transaction() as session:
            claims.take_next(session, loop, after=account)
        browser[_BEFORE] = account_id
        return redirect(url_for(".index"), 303)

    @expose("/leave", methods=("POST",))
    @needs(polled=True)
    def leave(self) -> ResponseReturnValue:
        """The page was left: what it held is free for others. Says nothing about a page that was opened since."""
        try:
            until_at = dt.datetime.fromisoformat(request.form.get("until_at", ""))
        except ValueError:
            abort(400)
        if until_at.tzinfo is None:
            abort(400)
        with transaction() as session:
            claims.release(session, staff_id=viewer().staff_id, until_at=until_at)
        return "", 204

    @expose("/book", methods=("POST",))
    def book(self) -> ResponseReturnValue:
        """Work one's own accounts, or all that one may see."""
        browser["works_all"] = request.form.get("book") == "all"
        with transaction() as session:
            claims.release(session, staff_id=viewer().staff_id)
        return redirect(url_for(".index"), 303)

    @expose("/undo", methods=("POST",))
    def undo(self) -> ResponseReturnValue:
        """Take back the outcome that was given a moment ago, and have that account again."""
        try:
            told = _signer().loads(request.args.get("token", ""), max_age=UNDO_SECONDS)
        except BadSignature:
            flash("It is too late to undo that.", "error")
            return redirect(url_for(".index"), 303)
        recorded = Recorded.from_json(told)
        visible(db.session(), Account, recorded.account_id)
        try:
            with transaction() as session:
                outcomes.take_back(session, recorded, today=today(), now=now(), actor=actor())
        except RuleViolation as refusal:
            flash(refusal.message, "error")
            return redirect(url_for(".index"), 303)
        flash("Outcome taken back.", "success")
        return redirect(url_for(".index", account=recorded.account_id), 303)

    def _loop(self, session: Session) -> Loop:
        """Whose accounts are worked: a collector's own; others their own when they have some, or what they chose."""
        who = viewer()
        own = True
        if not who.sees_own_book_only:
            own = not browser.get("works_all", not next_account.has_own_book(session, who))
        order = collectors.profile_order(session, who.staff_id)
        return Loop(viewer=who, today=today(), now=now(), own=own, profile_order=order)

    @staticmethod
    def _again_at() -> dt.datetime:
        return moment(today() + dt.timedelta(days=1), AGAIN)


def _number(text: str) -> int | None:
    """An id out of a form; None for an empty one, 400 for anything else."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_ID):
        abort(400)
    return int(text)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"outcome-undo-{person().staff_id}")
