"""Disputes: what they need, who is reminded, what they pause, and how they end."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.collections.contact import FollowUpStatus
from app.domain.errors import RuleViolation
from app.domain.servicing.delinquency import Pause
from app.domain.servicing.disputes import Disputed, DisputeReason, DisputeState, OpenLine, disputed_parts
from app.domain.servicing.evidence import admit
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, Activity, AuditEvent, Dispute, DisputeEvidence, Fee, FollowUp, Installment, Setting, Staff
from app.queries.scope import Viewer
from app.queries.servicing import disputes as questions
from app.services.collections.day import aging
from app.services.collections.day import fees as fees_of_the_day
from app.services.servicing import disputes, evidence_files
from app.services.staff import audit
from app.services.staff.audit import Actor
from tests import factories
from tests.factories import NOW, TODAY

S = DisputeState
DAY = dt.timedelta(days=1)
AT: dict[str, Any] = {"today": TODAY, "now": NOW}
PDF = b"%PDF-1.7\nA receipt."


@pytest.fixture
def person(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def actor(person: Staff) -> Actor:
    return factories.actor(person)


@pytest.fixture
def account(session: Session) -> Account:
    return factories.account(session)


def opened(session: Session, account: Account, actor: Actor, home: Path, **given: object) -> Dispute:
    values = {
        "reason": DisputeReason.PAID,
        "amount_cents": 5_400,
        "statement": "Paid at the counter on November 6.",
        "deadline_on": TODAY + 30 * DAY,
        "files": [],
    } | given
    return disputes.open_dispute(session, account.id, **values, home=home, **AT, actor=actor)  # type: ignore[arg-type]


def resolved(session: Session, dispute: Dispute, state: DisputeState, actor: Actor) -> Dispute:
    return disputes.resolve(session, dispute.id, state=state, resolution="The till shows it", **AT, actor=actor)


def test_a_dispute_is_opened_with_a_statement_or_with_files(
    session: Session, account: Account, actor: Actor, tmp_path: Path, person: Staff
) -> None:
    told = opened(session, account, actor, tmp_path)
    assert (told.state, told.reason, told.amount_cents) == (S.OPEN, DisputeReason.PAID, 5_400)
    assert (told.opened_on, told.deadline_on, told.opened_by_id) == (TODAY, TODAY + 30 * DAY, person.id)
    shown = opened(session, account, actor, tmp_path, statement="", files=[admit(PDF, "receipt.pdf")])
    kept = session.scalars(select(DisputeEvidence).where(DisputeEvidence.dispute_id == shown.id)).one()
    assert (kept.file_name, kept.size_bytes, kept.uploaded_by_id) == ("receipt.pdf", len(PDF), person.id)
    assert evidence_files.place_of(tmp_path, kept.sha256).read_bytes() == PDF
    assert evidence_files.place_of(tmp_path, kept.sha256).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("wrong", "sentence", "field"),
    [
        ({"statement": "no", "files": []}, "needs evidence", "statement"),
        ({"amount_cents": 0}, "amount that is disputed", "amount"),
        ({"amount_cents": 140_401}, "ever asked to pay", "amount"),
        ({"deadline_on": None}, "by which the dispute", "deadline_on"),
        ({"deadline_on": TODAY - DAY}, "before the day", "deadline_on"),
        ({"deadline_on": TODAY + 366 * DAY}, "more than a year", "deadline_on"),
        ({"installment_number": 99}, "no installment 99", "installment_number"),
        ({"payment_id": 10**9}, "not one of this account", "payment_id"),
        ({"statement": "x" * 4_001}, "holds 4,000 characters", "statement"),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused(
    session: Session,
    account: Account,
    actor: Actor,
    tmp_path: Path,
    wrong: dict[str, object],
    sentence: str,
    field: str,
) -> None:
    with pytest.raises(RuleViolation, match=sentence) as refusal:
        opened(session, account, actor, tmp_path, **wrong)
    assert refusal.value.field == field
    assert session.scalars(select(Dispute)).all() == []


def test_all_that_was_ever_asked_may_be_disputed(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    assert opened(session, account, actor, tmp_path, amount_cents=140_400).amount_cents == 140_400


def test_a_void_contract_has_nothing_to_dispute(session: Session, actor: Actor, tmp_path: Path) -> None:
    account = factories.account(session, status=AccountStatus.VOID)
    with pytest.raises(RuleViolation, match="void contract"):
        opened(session, account, actor, tmp_path)


def test_a_follow_up_comes_three_days_before_the_deadline_and_goes_with_the_decision(
    session: Session, account: Account, actor: Actor, tmp_path: Path
) -> None:
    dispute = opened(session, account, actor, tmp_path)
    planned = session.get_one(FollowUp, dispute.follow_up_id)
    # December 17, 10:00 in New York.
    assert (planned.due_at, planned.status) == (dt.datetime(2026, 12, 17, 15, 0, tzinfo=dt.UTC), FollowUpStatus.OPEN)
    assert planned.note == "Dispute over $54.00 is to be decided by Dec 20, 2026"
    disputes.review(session, dispute.id, now=NOW, actor=actor)
    resolved(session, dispute, S.REJECTED, actor)
    session.refresh(planned)
    assert planned.status is FollowUpStatus.DONE


def test_a_near_deadline_reminds_today(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path, deadline_on=TODAY + DAY)
    planned = session.get_one(FollowUp, dispute.follow_up_id)
    assert (planned.due_at, planned.is_due) == (NOW, True)


def test_it_is_reviewed_before_it_is_decided(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path)
    with pytest.raises(RuleViolation, match="open cannot become upheld"):
        resolved(session, dispute, S.UPHELD, actor)
    disputes.review(session, dispute.id, now=NOW, actor=actor)
    resolved(session, dispute, S.UPHELD, actor)
    assert (dispute.state, dispute.resolved_on, dispute.resolution) == (S.UPHELD, TODAY, "The till shows it")
    with pytest.raises(RuleViolation, match="cannot become rejected"):
        resolved(session, dispute, S.REJECTED, actor)


def test_a_customer_takes_it_back_at_any_time(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path)
    resolved(session, dispute, S.WITHDRAWN, actor)
    assert dispute.state is S.WITHDRAWN


def test_it_is_taken_up_again_with_a_deadline_to_come(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path)
    resolved(session, dispute, S.WITHDRAWN, actor)
    with pytest.raises(RuleViolation, match="before the day"):
        disputes.reopen(session, dispute.id, reason="New receipt", deadline_on=TODAY - DAY, **AT, actor=actor)
    disputes.reopen(session, dispute.id, reason="New receipt", deadline_on=TODAY + 5 * DAY, **AT, actor=actor)
    assert (dispute.state, dispute.resolved_on, dispute.resolution) == (S.UNDER_REVIEW, None, None)
    assert session.get_one(FollowUp, dispute.follow_up_id).status is FollowUpStatus.OPEN


def test_a_deadline_moves_with_its_reminder_and_its_reason(
    session: Session, account: Account, actor: Actor, tmp_path: Path
) -> None:
    dispute = opened(session, account, actor, tmp_path)
    first = dispute.follow_up_id
    disputes.move_deadline(session, dispute.id, deadline_on=TODAY + 40 * DAY, reason="Bank is slow", **AT, actor=actor)
    assert dispute.deadline_on == TODAY + 40 * DAY
    assert session.get_one(FollowUp, first).status is FollowUpStatus.DONE
    assert session.get_one(FollowUp, dispute.follow_up_id).due_at == dt.datetime(2026, 12, 27, 15, 0, tzinfo=dt.UTC)
    resolved(session, dispute, S.WITHDRAWN, actor)
    with pytest.raises(RuleViolation, match="does not matter"):
        disputes.move_deadline(session, dispute.id, deadline_on=TODAY + DAY, reason="More time", **AT, actor=actor)


def test_evidence_is_withdrawn_but_never_gone(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path, statement="", files=[admit(PDF, "one.pdf")])
    (one,) = questions.evidence_of(session, dispute.id)
    with pytest.raises(RuleViolation, match="only evidence"):
        disputes.withdraw_evidence(session, one.id, reason="Blurred", now=NOW, actor=actor)
    disputes.add_evidence(session, dispute.id, files=[admit(b"Words", "two.txt")], home=tmp_path, now=NOW, actor=actor)
    disputes.withdraw_evidence(session, one.id, reason="Blurred", now=NOW, actor=actor)
    assert [(each.file_name, each.withdrawn_at) for each in questions.evidence_of(session, dispute.id)] == [
        ("one.pdf", NOW),
        ("two.txt", None),
    ]
    assert evidence_files.content(tmp_path, one) == PDF


def test_a_changed_or_missing_file_is_not_given_out(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path, files=[admit(PDF, "one.pdf")])
    (one,) = questions.evidence_of(session, dispute.id)
    place = evidence_files.place_of(tmp_path, one.sha256)
    place.chmod(0o600)
    place.write_bytes(b"%PDF-1.7\nAnother one.")
    with pytest.raises(RuleViolation, match="not the one that was uploaded"):
        disputes.read_evidence(session, one, home=tmp_path, now=NOW, actor=actor)
    place.unlink()
    with pytest.raises(RuleViolation, match="no longer in the home folder"):
        disputes.read_evidence(session, one, home=tmp_path, now=NOW, actor=actor)


def test_looking_at_evidence_is_kept(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path, files=[admit(PDF, "one.pdf")])
    (one,) = questions.evidence_of(session, dispute.id)
    assert disputes.read_evidence(session, one, home=tmp_path, now=NOW, actor=actor) == PDF
    audit.write_pending(session)
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None
    assert (last.action, last.entity, last.entity_id) == ("dispute evidence downloaded", "dispute", dispute.id)


def test_an_undecided_dispute_is_disputed_money(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path)
    opened(session, account, actor, tmp_path, amount_cents=100)
    other = factories.account(session)
    assert questions.disputed_cents(session, [account.id, other.id]) == {account.id: 5_500}
    resolved(session, dispute, S.WITHDRAWN, actor)
    assert questions.disputed_cents(session, [account.id, other.id]) == {account.id: 100}


def test_days_under_dispute_are_a_pause(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path)
    assert questions.pauses_of(session, account.id, today=TODAY + 2 * DAY) == [Pause(TODAY, TODAY + 2 * DAY)]
    disputes.resolve(session, dispute.id, state=S.WITHDRAWN, resolution="Found it", today=TODAY + DAY, now=NOW, actor=actor)
    assert questions.pauses_of(session, account.id, today=TODAY + 9 * DAY) == [Pause(TODAY, TODAY + DAY)]


def test_a_deadline_is_near_from_three_days_before(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path, deadline_on=TODAY + 4 * DAY)
    everyone = Viewer(staff_id=0, role=Role.ADMIN)
    assert questions.count_near(session, everyone, today=TODAY) == 0
    assert questions.count_near(session, everyone, today=TODAY + DAY) == 1
    assert questions.count_near(session, everyone, today=TODAY + 99 * DAY) == 1
    session.add(Setting(name="dispute_near_days", value=4, changed_at=NOW))
    session.flush()
    assert questions.count_near(session, everyone, today=TODAY) == 1
    resolved(session, dispute, S.WITHDRAWN, actor)
    assert questions.count_near(session, everyone, today=TODAY + 99 * DAY) == 0


def test_a_collector_is_alerted_to_their_own_book_alone(
    session: Session, account: Account, actor: Actor, tmp_path: Path, person: Staff
) -> None:
    opened(session, account, actor, tmp_path, deadline_on=TODAY + DAY)
    mine = Viewer(staff_id=person.id, role=Role.COLLECTOR)
    assert questions.count_near(session, mine, today=TODAY) == 0
    account.assigned_to_id = person.id
    session.flush()
    assert questions.count_near(session, mine, today=TODAY) == 1


def test_every_step_stands_on_the_timeline(session: Session, account: Account, actor: Actor, tmp_path: Path) -> None:
    dispute = opened(session, account, actor, tmp_path)
    disputes.review(session, dispute.id, now=NOW, actor=actor)
    resolved(session, dispute, S.REJECTED, actor)
    lines = session.scalars(select(Activity.summary).where(Activity.account_id == account.id).order_by(Activity.id)).all()
    assert lines == [
        "Dispute opened, paid already: $54.00",
        "Dispute is under review",
        "Dispute rejected: The till shows it",
    ]


@pytest.mark.parametrize(
    ("claims", "fees"),
    [
        ([(5_400, None)], []),  # All of the late line is disputed.
        ([(1_400, None)], [200]),  # 5% of the other $40.00, as the default policy has it.
        ([(5_400, 2)], [270]),  # Another line is disputed.
        ([(1_000, 1), (3_000, None)], [70]),  # 5% of the $14.00 that are left.
    ],
)
def test_a_late_fee_leaves_alone_what_is_disputed(
    session: Session, actor: Actor, tmp_path: Path, claims: list[tuple[int, int | None]], fees: list[int]
) -> None:
    due_on = TODAY - 8 * DAY  # Seven days of grace, and one.
    account = factories.account(
        session, lines=[(due_on, 5_400), (due_on + 14 * DAY, 5_400)], opened_at=NOW - dt.timedelta(days=90)
    )
    for cents, number in claims:
        opened(session, account, actor, tmp_path, amount_cents=cents, installment_number=number)
    span: dict[str, Any] = {"first": account.id, "last": account.id, "on": TODAY, "now": NOW}
    aging.age(session, **span)
    fees_of_the_day.assess(session, **span)
    assert session.scalars(select(Fee.amount_cents).where(Fee.account_id == account.id)).all() == fees


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paid=st.lists(st.integers(0, 1_000), min_size=1, max_size=6),
    claims=st.lists(st.tuples(st.integers(1, 3_000), st.none() | st.integers(1, 6), st.booleans()), max_size=4),
)
def test_the_statement_gives_what_the_rule_gives(
    session: Session, paid: list[int], claims: list[tuple[int, int | None, bool]]
) -> None:
    book = factories.portfolio(session)
    lines = [(TODAY + 7 * number * DAY, 1_000) for number in range(len(paid))]
    account = factories.account(session, book, lines=lines)
    for row, cents in zip(
        session.scalars(select(Installment).where(Installment.account_id == account.id).order_by(Installment.number)),
        paid,
        strict=True,
    ):
        row.paid_cents = cents
    for cents, number, is_open in claims:
        session.add(
            Dispute(
                account_id=account.id,
                reason=DisputeReason.AMOUNT,
                amount_cents=cents,
                installment_number=number,
                state=S.OPEN if is_open else S.REJECTED,
                opened_on=TODAY,
                deadline_on=TODAY,
            )
        )
    session.flush()
    rows = session.execute(text(questions.DISPUTED_PARTS_SQL), {"ids": [account.id], "on": TODAY})
    found = {row.installment_number: int(row.cents) for row in rows}
    owed = [OpenLine(number, on, 1_000 - cents) for number, ((on, _), cents) in enumerate(zip(lines, paid, strict=True), 1)]
    assert found == disputed_parts(owed, [Disputed(cents, number) for cents, number, is_open in claims if is_open])
