"""The device of one account: check it now, give notice that it may be locked, lock it, unlock it."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.account_screen import AccountScreen
from admin_views.base import expose
from admin_views.contact_sections import contact_state
from admin_views.gate import actor, needs, visible
from app.clock import now, today
from app.domain.collections.contact_rules import Channel
from app.domain.errors import RuleViolation
from app.domain.servicing.device_locks import (
    WRITTEN_HERE,
    LockState,
    NoticeBy,
    lock_words,
    may_lock_from,
    notice_words,
    why_not,
)
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Account
from app.queries.servicing import lock_clauses
from app.services.servicing import device_locks
from app.services.servicing.device_locks import LONGEST_MESSAGE, LONGEST_REASON, LONGEST_WORDS
from app.transaction import transaction
from tasks import devices
from tasks.doorbell import ring
from tasks.messages import gateway_of

CHANNELS = {NoticeBy.TEXT: Channel.TEXT, NoticeBy.EMAIL: Channel.EMAIL}


class NoticeForm(FlaskForm):
    """How the customer is told, and what. `key` makes pressing the button twice tell them once."""

    key = HiddenField(validators=[InputRequired(), Length(max=45)])
    by = SelectField(
        "How",
        [InputRequired("Say how.")],
        choices={one.value: one.label for one in NoticeBy},
        description="A text or an e-mail is sent now; of the others you note the day.",
    )
    given_on = DateField("Given on", [Optional()], description="Of a letter, or in person.")
    words = TextAreaField(
        "What they are told", [InputRequired("Write down what they are told."), Length(max=LONGEST_WORDS)], render_kw={"rows": 6}
    )


class LockForm(FlaskForm):
    """Why, and what stands on the screen."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=LONGEST_REASON)])
    message = TextAreaField(
        "On the locked screen",
        [InputRequired("Say what stands on the screen."), Length(max=LONGEST_MESSAGE)],
        description="Whoever finds the device reads it: no names.",
        render_kw={"rows": 3},
    )


class UnlockForm(FlaskForm):
    """Why it is unlocked before nothing is past due."""

    reason = StringField("Reason", [InputRequired("Say why."), Length(max=LONGEST_REASON)])


class AccountDevice(AccountScreen):
    """Each action is a form in a side sheet; Hexnode is asked outside of any transaction, and its answer is told in words."""

    endpoint = "account_device"

    @expose("/<int:account_id>/device/check", methods=("POST",))
    def check(self, account_id: int) -> ResponseReturnValue:
        """Ask Hexnode about this device now."""
        visible(db.session(), Account, account_id)
        db.session.rollback()  # What was read for the permission must not hold a transaction open while Hexnode is asked.
        try:
            found = devices.check_account(account_id, actor=actor())
        except RuleViolation as problem:
            flash(problem.message, "error")
        else:
            flash(
                f"Device checked: {found.label}." if found else "The device of this account is not looked for any more.",
                "success",
            )
        return redirect(f"{self._back(account_id)}#device", 303)

    @expose("/<int:account_id>/device/notice", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR)
    def notice(self, account_id: int) -> ResponseReturnValue:
        """Tell the customer that their device may be locked."""
        account = visible(db.session(), Account, account_id)
        clause = lock_clauses.clause_of(db.session(), account)
        form = NoticeForm(key=secrets.token_urlsafe(24), given_on=today())
        if request.method == "GET" and clause is not None:
            form.words.data = notice_words(
                clause=clause.name,
                past_due_cents=account.past_due_cents,
                lock_from=may_lock_from(today(), clause.notice_days),
                model=account.device.model if account.device else "device",
            )

        def do() -> str:
            by = NoticeBy(form.by.data)
            if by in WRITTEN_HERE and gateway_of(CHANNELS[by]) is None:
                raise RuleViolation(f"{by.label}s are not set up here; give the notice another way.", field="by")
            with transaction() as session:
                job = device_locks.give_notice(
                    session,
                    account_id,
                    by=by,
                    words=form.words.data or "",
                    given_on=form.given_on.data or today(),
                    key=form.key.data or "",
                    today=today(),
                    now=now(),
                    actor=actor(),
                )
                rung = None if job is None else (job.id, job.queue)
            if rung is not None:
                ring(*rung)
            return "Notice is on its way." if rung else "Notice noted."

        return self._answer(
            form,
            do,
            account,
            title="Notice of a lock",
            verb="Give notice",
            template="account/device_notice.html",
            clause=clause,
            contact=contact_state(db.session(), account, now=now()),
        )

    @expose("/<int:account_id>/device/lock", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def lock(self, account_id: int) -> ResponseReturnValue:
        """Lock the device under a clause of the agreement, after its notice."""
        account = visible(db.session(), Account, account_id)
        standing = lock_clauses.standing_of(db.session(), account, today=today())
        notices = lock_clauses.notices_of(db.session(), account_id)
        shown: dict[str, Any] = {
            "clause": lock_clauses.clause_of(db.session(), account),
            "notice": notices[0] if notices else None,
            "refusal": why_not(standing, today=today()),
        }
        form = LockForm()
        if request.method == "GET":
            form.message.data = lock_words(past_due_cents=account.past_due_cents)

        def do() -> str:
            db.session.rollback()  # Nothing that was read may hold a transaction open while Hexnode is asked.
            state, failure = devices.lock(
                account_id, reason=form.reason.data or "", message=form.message.data or "", actor=actor()
            )
            return _told(state, failure)

        return self._answer(
            form, do, account, title="Lock device", verb="Lock device", danger=True, template="account/device_lock.html", **shown
        )

    @expose("/<int:account_id>/device/unlock", methods=("GET", "POST"))
    @needs(Role.SUPERVISOR, step_up=True)
    def unlock(self, account_id: int) -> ResponseReturnValue:
        """Unlock the device now."""
        account = visible(db.session(), Account, account_id)

        def do() -> str:
            db.session.rollback()
            return _told(*devices.unlock(account_id, reason=form.reason.data or "", actor=actor()))

        form = UnlockForm()
        return self._answer(form, do, account, title="Unlock device", verb="Unlock device")


def _told(state: LockState, failure: str | None) -> str:
    """What became of a command, in words; what did not come through stands above it."""
    if failure:
        flash(failure, "error" if state is LockState.REFUSED else "warning")
    return {
        LockState.LOCKED: "The device is locked. It is unlocked by itself as soon as nothing is past due.",
        LockState.UNCERTAIN: "Nobody knows whether it is locked; it counts as locked.",
        LockState.REFUSED: "The device was not locked.",
        LockState.UNLOCKED: "The device is unlocked.",
    }.get(state, "The device is not unlocked yet; it is tried again by itself.")
