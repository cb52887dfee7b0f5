"""The pages of AutoPay, and the actions on an account: what people see and do."""

from __future__ import annotations

import datetime as dt
import re

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind, RunState
from app.domain.autopay.charges import ChargeState
from app.domain.staff.roles import Role
from app.models import Account, AutopayBatch, AutopayEnrollment, Charge, Job, SquareBreak
from app.queries.autopay.settings import autopay_settings
from app.services.servicing import standing
from app.services.staff.audit import SYSTEM
from tasks import autopay
from tests import factories
from tests.autopay.conftest import CONSENT, Clock, card_of, enrolled
from tests.autopay.processor import Processor
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in


def manager(client: FlaskClient, session: Session, role: Role = Role.MANAGER) -> Visitor:
    return signed_in(client, session, factories.staff(session, role), stepped_up=True)


def test_charge_card_waits_for_the_answer_and_says_it_in_words(client: FlaskClient, session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    office = manager(client, session, Role.SUPERVISOR)
    page = office.get(f"/admin/accounts/{account.id}").text
    assert "Charge card" in page
    office.post(f"/admin/accounts/{account.id}/charge-card", {"card": card.id, "amount": "54.00"})
    session.expire_all()
    assert session.scalars(select(Charge.state)).all() == [ChargeState.SUCCEEDED]
    page = office.get(f"/admin/accounts/{account.id}").text
    assert f"$54.00 charged to {card}." in page
    assert "P1" in page


def test_a_decline_an_uncertain_answer_and_a_second_try_are_said_plainly(
    client: FlaskClient, session: Session, square: Processor
) -> None:
    account, card = enrolled(session)
    office = manager(client, session, Role.SUPERVISOR)
    where, sent = f"/admin/accounts/{account.id}", {"card": card.id, "amount": "54.00"}
    square.script = ["lost after"]
    office.post(f"{where}/charge-card", sent)
    assert "Do not charge it again" in office.get(where).text
    again = office.post(f"{where}/charge-card", sent)
    assert again.status_code == 422
    assert "not decided yet" in again.text
    assert len(square.sent) == 1


def test_the_account_shows_the_next_try(client: FlaskClient, session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    square.cards[card.square_card_id] = "INSUFFICIENT_FUNDS"
    batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    autopay.send(batch_id)
    page = manager(client, session).get(f"/admin/accounts/{account.id}").text
    assert "next try Fri Nov 27, funds" in page


def test_work_account_says_whether_the_account_is_charged_by_itself(
    client: FlaskClient, session: Session, square: Processor
) -> None:
    account, card = enrolled(session, first_due_on=TODAY - dt.timedelta(days=7))
    standing.restate(session, [account.id], today=TODAY)
    office = manager(client, session, Role.SUPERVISOR)

    def says() -> str:
        page = office.get(f"/admin/collections/work?account={account.id}").text
        found = re.search(r"<dt>AutoPay</dt><dd>(.*?)</dd>", page, re.S)
        return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""

    assert says() == "On"
    office.post(f"/admin/accounts/{account.id}/autopay/hold", {"until": "2026-12-01", "reason": "travelling"})
    assert says() == "On hold until Dec 1"
    office.post(f"/admin/accounts/{account.id}/autopay/hold", {"until": "", "reason": ""})
    card.is_enabled = False
    session.flush()
    assert says() == "On, but no card"
    office.post(f"/admin/accounts/{account.id}/autopay/revoke", {"reason": "asked to"})
    assert says() == "Not set up"


def test_the_dashboard_tells_of_the_last_run_as_far_as_one_may_see(
    client: FlaskClient, session: Session, square: Processor
) -> None:
    enrolled(session)
    _, card = enrolled(session)
    square.cards[card.square_card_id] = "INSUFFICIENT_FUNDS"
    batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=TODAY, actor=SYSTEM, in_background=False)
    autopay.send(batch_id)
    assert '$54.00</span><span class="d">Fri Nov 20 · 1 charged, 1 failed</span>' in manager(client, session).get("/admin/").text
    elsewhere = factories.portfolio(session)
    stranger = signed_in(client, session, factories.staff(session, Role.MANAGER, portfolios=[elsewhere]))
    assert '$0.00</span><span class="d">Fri Nov 20 · 0 charged, 0 failed</span>' in stranger.get("/admin/").text


def test_consent_is_recorded_held_and_revoked_on_the_account(client: FlaskClient, session: Session, square: Processor) -> None:
    account = factories.account(session, first_due_on=TODAY)
    card_of(session, account.customer)
    office = manager(client, session, Role.SUPERVISOR)
    where = f"/admin/accounts/{account.id}"
    assert "No consent to AutoPay." in office.get(where).text
    refused = office.post(f"{where}/autopay", {"card": 0, "consent": "", "source": "by phone"})
    assert refused.status_code == 422
    office.post(f"{where}/autopay", {"card": 0, "consent": CONSENT, "source": "by phone"})
    assert CONSENT in office.get(where).text
    office.post(f"{where}/autopay/hold", {"until": "2026-12-01", "reason": "travelling"})
    assert "on hold until Dec 1" in office.get(where).text
    office.post(f"{where}/autopay/revoke", {"reason": "asked to"})
    session.expire_all()
    assert session.scalars(select(AutopayEnrollment.revoked_reason)).all() == ["asked to"]


def test_a_batch_is_started_once_paused_and_stopped(client: FlaskClient, session: Session, square: Processor) -> None:
    enrolled(session)
    office = manager(client, session)
    assert "1 account would be charged" in office.get("/admin/autopay/run").text
    for _ in range(2):
        answer = office.post("/admin/autopay/run", {"kind": "daily"})
        assert answer.status_code == 303
    batch = session.scalars(select(AutopayBatch)).one()
    assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "send_batch")) == 2
    where = f"/admin/autopay/{batch.id}"
    assert office.get(f"{where}.json").json["planned"] == 1  # type: ignore[index]
    assert "data-job-url" in office.get(where).text
    office.post(f"{where}/pause", {"reason": "looks odd"})
    assert "looks odd" in office.get(where).text
    office.post(f"{where}/resume", {})
    office.post(f"{where}/pause", {"reason": "again"})
    office.post(f"{where}/stop", {"reason": "a mistake"})
    session.expire_all()
    assert (batch.state, batch.skipped) == (RunState.STOPPED, 1)
    assert "Batch stopped" in office.get(where).text
    assert square.sent == []


def test_a_dry_run_says_whom_it_would_charge(client: FlaskClient, session: Session, square: Processor) -> None:
    enrolled(session)
    factories.account(session, first_due_on=TODAY)
    page = manager(client, session).get("/admin/autopay/dry-run").text
    assert "No consent on file" in page
    assert "$54.00" in page


def test_two_people_switch_the_scheduler_on(client: FlaskClient, session: Session, square: Processor) -> None:
    first, second = (factories.staff(session, Role.ADMIN) for _ in range(2))
    office = signed_in(client, session, first, stepped_up=True)
    office.post("/admin/autopay/scheduler/on", {})
    office.post("/admin/autopay/scheduler/on", {})
    assert not autopay_settings(session).is_on
    signed_in(client, session, second, stepped_up=True).post("/admin/autopay/scheduler/on", {})
    session.expire_all()
    assert autopay_settings(session).is_on


def test_settings_are_saved_or_refused_beside_their_field(client: FlaskClient, session: Session, square: Processor) -> None:
    office = manager(client, session, Role.ADMIN)
    page = office.get("/admin/autopay/configuration").text
    given = dict(re.findall(r'<input[^>]*?name="(\w+)"[^>]*?value="([^"]*)"', page))
    given = {name: value for name, value in given.items() if name != "csrf_token"}
    given |= {"amount_rule": "due", "payday_weekday": "4"}
    refused = office.post("/admin/autopay/configuration", given | {"concurrency": "900"})
    assert refused.status_code == 422
    assert "from 1 to 64" in refused.text
    assert office.post("/admin/autopay/configuration", given | {"concurrency": "8"}).status_code == 303
    session.expire_all()
    assert (autopay_settings(session).concurrency, autopay_settings(session).amount_rule.value) == (8, "due")


def test_a_supervisor_finds_out_what_became_of_a_charge(
    client: FlaskClient, session: Session, square: Processor, time: Clock
) -> None:
    account, card = enrolled(session)
    square.script = ["lost before"]
    autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    square.is_deaf = True
    time.forward(hours=25)
    autopay.look_after()
    charge = session.scalars(select(Charge)).one()
    assert charge.state is ChargeState.NEEDS_REVIEW
    office = manager(client, session, Role.SUPERVISOR)
    where = f"/admin/autopay/charges/{charge.id}"
    assert account.account_number in office.get("/admin/autopay/charges/?state=needs_review").text
    page = office.get(where).text
    assert "After 24 hours nobody knows" in page
    refused = office.post(f"{where}/not-charged", {"reason": "looked at Square"})
    assert refused.status_code == 422
    assert "nobody can say" in refused.text
    square.is_deaf = False
    office.post(f"{where}/not-charged", {"reason": "looked at Square"})
    session.expire_all()
    assert charge.state is ChargeState.REJECTED


def test_asking_square_books_what_was_taken(client: FlaskClient, session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    square.script = ["lost after"]
    charge_id = autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    manager(client, session, Role.SUPERVISOR).post(f"/admin/autopay/charges/{charge_id}/ask", {})
    session.expire_all()
    assert session.get_one(Charge, charge_id).state is ChargeState.SUCCEEDED
    assert session.get_one(Account, account.id).balance_cents == 135_000


def test_a_break_gets_an_owner_and_an_end(client: FlaskClient, session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    square.by_key.clear()
    found = autopay.reconcile(3, actor=SYSTEM)
    assert dict(found.breaks) == {"phantom": 1}
    row = session.scalars(select(SquareBreak)).one()
    office = manager(client, session, Role.SUPERVISOR)
    assert "Square does not know it" in office.get("/admin/autopay/breaks/").text
    office.post(f"/admin/autopay/breaks/{row.id}/take", {})
    assert office.post(f"/admin/autopay/breaks/{row.id}", {"how": ""}).status_code == 422
    office.post(f"/admin/autopay/breaks/{row.id}", {"how": "taken out by hand"})
    session.expire_all()
    assert (row.state.value, row.resolution) == ("resolved", "taken out by hand")
    assert row.owner_id is not None
