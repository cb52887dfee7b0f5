"""The pages of defaults, recoveries, returns and disputes: lists, each case with its steps, files in and out."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.domain.servicing.recoveries import RecoveryState
from app.domain.servicing.returns import ReturnState
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AuditEvent, DeviceReturn, Dispute, DisputeEvidence, Recovery, RecoveryAttempt, Staff
from app.services.servicing import disputes, recoveries, returns
from tests import factories
from tests.architecture.test_columns import heads
from tests.visitor import Visitor, signed_in

PDF = b"%PDF-1.7\nA receipt."


@pytest.fixture
def me(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def collector(client: FlaskClient, session: Session, me: Staff) -> Visitor:
    return signed_in(client, session, me)


@pytest.fixture
def home(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of this test alone."""
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"home": tmp_path}))
    return tmp_path


@pytest.fixture
def account(session: Session, me: Staff) -> Account:
    row = factories.account(
        session, status=AccountStatus.DEFAULT, default_on=clock.today(), assigned_to_id=me.id, today=clock.today()
    )
    session.commit()
    return row


def a_return(session: Session, account: Account) -> DeviceReturn:
    back = returns.start(session, account.id, reason="Gives it up", today=clock.today(), now=clock.now(), actor=factories.actor())
    session.commit()
    return back


def a_recovery(session: Session, account: Account) -> Recovery:
    made = recoveries.start(
        session,
        account.id,
        reason="Gone quiet",
        agent=None,
        assigned_to_id=None,
        today=clock.today(),
        now=clock.now(),
        actor=factories.actor(),
    )
    session.commit()
    return made


def a_dispute(session: Session, account: Account, home: Path, days: int = 30) -> Dispute:
    made = disputes.open_dispute(
        session,
        account.id,
        reason=DisputeReason.PAID,
        amount_cents=5_400,
        statement="Paid at the counter.",
        deadline_on=clock.today() + dt.timedelta(days=days),
        files=[],
        home=home,
        today=clock.today(),
        now=clock.now(),
        actor=factories.actor(),
    )
    session.commit()
    return made


def one_row(html: str) -> str:
    """The text of the only row of a list."""
    (row,) = re.findall(r"<tr data-id=.*?</tr>", html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_disputes_stand_in_their_columns(session: Session, account: Account, collector: Visitor, home: Path) -> None:
    a_dispute(session, account, home, days=2)
    html = collector.get("/admin/disputes/").text
    assert heads(html) == [["Customer", "Account #", "Reason", "Amount", "Opened", "Deadline", "Evidence", "Status"]]
    row = one_row(html)
    for said in (account.customer.name, account.account_number, "Paid already", "$54.00", "2 days left", "Statement", "Open"):
        assert said in row


def test_defaults_say_whether_the_device_is_back(session: Session, account: Account, collector: Visitor) -> None:
    assert one_row(collector.get("/admin/defaults/").text).endswith("No")
    back = a_return(session, account)
    assert one_row(collector.get("/admin/defaults/").text).endswith("On its way")
    returns.receive(session, back.id, received_on=clock.today(), today=clock.today(), now=clock.now(), actor=factories.actor())
    session.commit()
    assert one_row(collector.get("/admin/defaults/").text).endswith("Yes")
    assert "Yes" in one_row(collector.get("/admin/defaults/?returned=1").text)
    assert "<tr data-id" not in collector.get("/admin/defaults/?returned=0").text


def test_a_recovery_counts_its_attempts(session: Session, account: Account, collector: Visitor) -> None:
    recovery = a_recovery(session, account)
    for outcome in ("nobody", "spoke"):
        form = {"kind": "visit", "place": "12 Elm St", "outcome": outcome, "note": "", "next_on": ""}
        assert collector.post(f"/admin/recoveries/{recovery.id}/attempt", form).status_code == 303
    made = session.scalars(select(RecoveryAttempt).order_by(RecoveryAttempt.id)).all()
    assert [(each.kind.value, each.outcome.value, each.place) for each in made] == [
        ("visit", "nobody", "12 Elm St"),
        ("visit", "spoke", "12 Elm St"),
    ]
    assert " 2 Open" in one_row(collector.get("/admin/recoveries/").text)
    page = collector.get(f"/admin/recoveries/{recovery.id}").text
    assert "Spoke to them" in page and "Take back" in page
    collector.post(f"/admin/recoveries/attempts/{made[0].id}/withdraw")
    assert " 1 Open" in one_row(collector.get("/admin/recoveries/").text)


def test_a_return_is_walked_to_the_shelf(session: Session, account: Account, collector: Visitor) -> None:
    answer = collector.post(f"/admin/accounts/{account.id}/return", {"reason": "Gives it up"})
    back = session.scalars(select(DeviceReturn)).one()
    assert (answer.status_code, answer.location) == (303, f"/admin/returns/{back.id}")
    for step, form in (
        ("label", {"carrier": "UPS", "tracking": "1Z999"}),
        ("receive", {"received_on": clock.today().isoformat()}),
        ("inspect", {"grade": "b", "note": "Scratches"}),
        ("restock", {"refurb_cost": "12.50"}),
    ):
        assert f"/admin/returns/{back.id}/{step}" in collector.get(f"/admin/returns/{back.id}").text
        assert collector.post(f"/admin/returns/{back.id}/{step}", form).status_code == 303
    session.expire_all()
    assert (back.state, back.tracking, back.refurb_cost_cents) == (ReturnState.RESTOCKED, "1Z999", 1_250)
    assert account.status is AccountStatus.RETURNED
    page = collector.get(f"/admin/returns/{back.id}").text
    for said in ("Restocked", "Inspected, grade B: light wear", "Return started", "1Z999", "$12.50"):
        assert said in page
    assert one_row(collector.get("/admin/returns/?state=restocked").text).startswith(account.customer.name)
    assert "<tr data-id" not in collector.get("/admin/returns/").text


def test_a_return_is_found_by_its_tracking_number(session: Session, account: Account, collector: Visitor) -> None:
    back = a_return(session, account)
    collector.post(f"/admin/returns/{back.id}/label", {"carrier": "UPS", "tracking": "1Z 42 XY"})
    assert account.customer.name in one_row(collector.get("/admin/returns/?q=1z42xy").text)
    assert "<tr data-id" not in collector.get("/admin/returns/?q=1z43xy").text


def test_a_slip_is_taken_back_with_a_reason(session: Session, account: Account, collector: Visitor) -> None:
    back = a_return(session, account)
    collector.post(f"/admin/returns/{back.id}/receive", {"received_on": clock.today().isoformat()})
    assert collector.post(f"/admin/returns/{back.id}/step-back", {"reason": ""}).status_code == 422
    assert collector.post(f"/admin/returns/{back.id}/step-back", {"reason": "Wrong box"}).status_code == 303
    session.expire_all()
    assert (back.state, account.status) == (ReturnState.INITIATED, AccountStatus.DEFAULT)


def test_a_refusal_stands_on_the_form(session: Session, account: Account, collector: Visitor) -> None:
    back = a_return(session, account)
    tomorrow = clock.today() + dt.timedelta(days=1)
    answer = collector.post(f"/admin/returns/{back.id}/receive", {"received_on": tomorrow.isoformat()})
    assert answer.status_code == 422 and "The date is in the future" in answer.text
    session.expire_all()
    assert back.state is ReturnState.INITIATED


@pytest.mark.parametrize(("choice", "status"), [("recovered", AccountStatus.RETURNED), ("lost", AccountStatus.DEFAULT)])
def test_a_recovery_is_started_and_ended(
    session: Session, account: Account, collector: Visitor, choice: str, status: AccountStatus, me: Staff
) -> None:
    form = {"reason": "Ninety days", "agent": "Swift", "assigned_to_id": str(me.id)}
    collector.post(f"/admin/accounts/{account.id}/recovery", form)
    session.expire_all()
    recovery = session.scalars(select(Recovery)).one()
    assert (recovery.agent, recovery.assigned_to_id, account.status) == ("Swift", me.id, AccountStatus.RECOVERY)
    assert "Hand over" in collector.get(f"/admin/recoveries/{recovery.id}").text
    assert collector.get(f"/admin/recoveries/{recovery.id}/hand-over").status_code == 200
    collector.post(f"/admin/recoveries/{recovery.id}/end", {"state": choice, "outcome": "Agent was there"})
    session.expire_all()
    assert (recovery.state, account.status) == (RecoveryState(choice), status)
    if choice == "lost":
        collector.post(f"/admin/recoveries/{recovery.id}/reopen", {"reason": "Seen downtown"})
        session.expire_all()
        assert (recovery.state, account.status) == (RecoveryState.OPEN, AccountStatus.RECOVERY)


def dispute_form(**given: object) -> list[tuple[str, object]]:
    values = {
        "reason": "paid",
        "amount": "54.00",
        "installment_number": "1",
        "deadline_on": (clock.today() + dt.timedelta(days=14)).isoformat(),
        "statement": "",
    } | given
    return list(values.items())


def upload(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_a_dispute_is_opened_with_a_file_which_only_comes_out_to_be_saved(
    session: Session, account: Account, collector: Visitor, home: Path
) -> None:
    form = [*dispute_form(), ("files", upload(PDF, "../receipt.pdf")), ("files", upload(b"Words", "words.txt"))]
    answer = collector.post(f"/admin/accounts/{account.id}/dispute", form, content_type="multipart/form-data")
    dispute = session.scalars(select(Dispute)).one()
    assert answer.location == f"/admin/disputes/{dispute.id}"
    assert (dispute.amount_cents, dispute.installment_number, dispute.reason) == (5_400, 1, DisputeReason.PAID)
    first, second = session.scalars(select(DisputeEvidence).order_by(DisputeEvidence.id)).all()
    assert (first.file_name, second.file_name) == ("receipt.pdf", "words.txt")
    assert sorted(each.name for each in (home / "evidence").iterdir()) == sorted([first.sha256, second.sha256])
    got = collector.get(f"/admin/disputes/{dispute.id}/evidence/{first.id}")
    assert got.data == PDF
    assert got.headers["Content-Disposition"] == "attachment; filename=receipt.pdf"
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None and last.action == "dispute evidence downloaded"
    assert "2 files" in one_row(collector.get("/admin/disputes/").text)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"MZ\x90\x00", "receipt.pdf", "cannot be taken"),
        (b"%PDF-1.7", "receipt.exe", "ends in .pdf"),
        (b"%PDF-".ljust(10 * 1024 * 1024 + 1), "big.pdf", "larger than 10 MB"),
        (b"", "empty.txt", "is empty"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_nothing_is_kept(
    session: Session, account: Account, collector: Visitor, home: Path, content: bytes, name: str, sentence: str
) -> None:
    form = [*dispute_form(statement="Paid at the counter."), ("files", upload(PDF, "good.pdf")), ("files", upload(content, name))]
    answer = collector.post(f"/admin/accounts/{account.id}/dispute", form, content_type="multipart/form-data")
    assert answer.status_code == 422 and sentence in answer.text
    assert session.scalars(select(Dispute)).all() == []
    assert not (home / "evidence").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, "a dispute needs evidence"),
        ({"statement": "Paid at the counter.", "amount": "none"}, "Amount"),
        ({"statement": "Paid at the counter.", "deadline_on": ""}, "by which the dispute has to be decided"),
        ({"statement": "Paid at the counter.", "reason": "whim"}, "Choose one of the list."),
        ({"statement": "Paid at the counter.", "amount": "99999"}, "ever asked to pay"),
    ],
)
def test_a_dispute_lacks_nothing(
    session: Session, account: Account, collector: Visitor, home: Path, wrong: dict[str, str], sentence: str
) -> None:
    answer = collector.post(f"/admin/accounts/{account.id}/dispute", dispute_form(**wrong))
    assert answer.status_code == 422 and sentence in answer.text
    assert session.scalars(select(Dispute)).all() == []


def test_a_supervisor_decides_and_a_collector_does_not(
    session: Session, account: Account, client: FlaskClient, collector: Visitor, home: Path
) -> None:
    dispute = a_dispute(session, account, home)
    collector.post(f"/admin/disputes/{dispute.id}/review")
    session.expire_all()
    assert dispute.state is DisputeState.UNDER_REVIEW
    verdict = {"state": "upheld", "resolution": "The till shows the money."}
    assert "Decide" not in re.findall(r'<a class="btn[^>]*>([^<]*)', collector.get(f"/admin/disputes/{dispute.id}").text)
    assert collector.post(f"/admin/disputes/{dispute.id}/resolve", verdict).status_code == 403
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert supervisor.post(f"/admin/disputes/{dispute.id}/resolve", verdict).status_code == 303
    session.expire_all()
    assert (dispute.state, dispute.resolution) == (DisputeState.UPHELD, "The till shows the money.")
    form = {"reason": "New receipt", "deadline_on": (clock.today() + dt.timedelta(days=3)).isoformat()}
    assert supervisor.post(f"/admin/disputes/{dispute.id}/reopen", form).status_code == 303
    session.expire_all()
    assert dispute.state is DisputeState.UNDER_REVIEW


def test_a_collector_withdraws_moves_the_deadline_and_adds_evidence(
    session: Session, account: Account, collector: Visitor, home: Path
) -> None:
    dispute = a_dispute(session, account, home)
    at = f"/admin/disputes/{dispute.id}"
    later = clock.today() + dt.timedelta(days=45)
    collector.post(f"{at}/deadline", {"reason": "Bank is slow", "deadline_on": later.isoformat()})
    collector.post(f"{at}/evidence", [("files", upload(PDF, "late.pdf"))], content_type="multipart/form-data")
    assert collector.post(f"{at}/evidence", {}).status_code == 422
    (file,) = session.scalars(select(DisputeEvidence)).all()
    collector.post(f"{at}/evidence/{file.id}/withdraw", {"reason": "Another customer's"})
    collector.post(f"{at}/withdraw", {"reason": "Found the receipt"})
    session.expire_all()
    assert (dispute.state, dispute.deadline_on) == (DisputeState.WITHDRAWN, later)
    assert file.withdrawn_at is not None
    page = collector.get(at).text
    assert "<s>late.pdf</s>" in page and "Found the receipt" in page


def test_a_file_of_another_dispute_is_not_there(session: Session, account: Account, collector: Visitor, home: Path) -> None:
    one, other = a_dispute(session, account, home), a_dispute(session, account, home)
    collector.post(f"/admin/disputes/{one.id}/evidence", [("files", upload(PDF, "a.pdf"))], content_type="multipart/form-data")
    (file,) = session.scalars(select(DisputeEvidence)).all()
    assert collector.get(f"/admin/disputes/{one.id}/evidence/{file.id}").status_code == 200
    assert collector.get(f"/admin/disputes/{other.id}/evidence/{file.id}").status_code == 404


@pytest.mark.parametrize("make", [a_return, a_recovery])
def test_a_colleagues_case_is_not_there(
    session: Session, account: Account, client: FlaskClient, make: Callable[[Session, Account], DeviceReturn | Recovery]
) -> None:
    row = make(session, account)
    page = "returns" if isinstance(row, DeviceReturn) else "recoveries"
    stranger = signed_in(client, session, factories.staff(session))
    assert stranger.get(f"/admin/{page}/{row.id}").status_code == 404
    assert "<tr data-id" not in stranger.get(f"/admin/{page}/").text


def test_the_account_shows_its_cases_and_says_what_cannot_begin(
    session: Session, account: Account, collector: Visitor, home: Path
) -> None:
    recovery, dispute = a_recovery(session, account), a_dispute(session, account, home)
    page = collector.get(f"/admin/accounts/{account.id}").text
    section = page[page.index('id="cases"') :].partition("</section>")[0]
    assert f"/admin/recoveries/{recovery.id}" in section and f"/admin/disputes/{dispute.id}" in section
    assert f"/admin/accounts/{account.id}/return" in section
    assert f"/admin/accounts/{account.id}/recovery" not in section and "under way" in section
    assert "Recovery started: Gone quiet" in page


def test_what_was_found_goes_out_as_a_file(session: Session, account: Account, collector: Visitor, home: Path) -> None:
    a_dispute(session, account, home)
    rows = collector.get("/admin/disputes/export/csv?state=open").text.splitlines()
    assert rows[0].lstrip("\ufeff") == "Customer,Account #,Reason,Amount,Opened,Deadline,Evidence,Status"
    assert rows[1].split(",")[1:4] == [account.account_number, "Paid already", "54.00"]


def test_a_near_deadline_is_an_alert_on_every_page(session: Session, account: Account, collector: Visitor, home: Path) -> None:
    a_dispute(session, account, home, days=2)
    a_dispute(session, account, home, days=9)
    page = collector.get("/admin/").text
    bell = re.search(r'aria-label="([^"]*alert[^"]*)"', page, re.I)
    assert bell is not None and "1" in bell[1]
    assert "1 dispute to decide" in page
    assert "2 days left" in one_row(collector.get("/admin/disputes/?near=1").text)
    entry = re.search(r'<a[^>]*href="/admin/disputes/".*?</a>', page, re.S)
    assert entry is not None and re.sub(r"<[^>]+>|\s", "", entry[0]) == "Disputes1"
    assert "1 dispute</a>" in collector.get("/admin/collections/").text


def test_an_admin_sets_how_long_disputes_may_take(
    session: Session, account: Account, client: FlaskClient, collector: Visitor, home: Path
) -> None:
    assert collector.get("/admin/disputes/deadlines").status_code == 403
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    assert 'value="30"' in admin.get("/admin/disputes/deadlines").text
    for wrong in ({"days": "0", "near": "0"}, {"days": "10", "near": "11"}, {"days": "400", "near": "3"}):
        assert admin.post("/admin/disputes/deadlines", wrong).status_code == 422
    assert admin.post("/admin/disputes/deadlines", {"days": "21", "near": "0"}).status_code == 303
    proposed = clock.today() + dt.timedelta(days=21)
    assert f'value="{proposed.isoformat()}"' in admin.get(f"/admin/accounts/{account.id}/dispute").text
    a_dispute(session, account, home, days=1)
    assert "to decide" not in admin.get("/admin/").text
    assert "left" not in one_row(admin.get("/admin/disputes/").text)
