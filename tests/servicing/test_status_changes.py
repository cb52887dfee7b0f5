"""Changing a status by hand, charge-offs with a second person, the first day of default, reinstatement."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountClosing, ContractTerms, Fee, Payment, Setting, Staff, StatusChange
from app.queries.payments.invariants import findings
from app.queries.servicing import closings, reinstatement
from app.services.collections.day import aging, defaults
from app.services.payments import posting
from app.services.servicing import closing
from app.services.servicing.reinstatement import reinstate
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

S = AccountStatus


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


def an_account(session: Session, **given: Any) -> Account:
    """Five biweekly installments of $54.00 from Oct 9: 42 days past due with $162.00 on Nov 20."""
    return factories.account(session, total_cents=27_000, start_on=dt.date(2026, 8, 1), **given)


def change(session: Session, account: Account, to: AccountStatus, **given: Any) -> bool:
    values: dict[str, Any] = {
        "reason": "Told so by the dealer",
        "role": Role.SUPERVISOR,
        "today": TODAY,
        "now": NOW,
        "actor": factories.actor(),
    } | given
    return closing.change(session, account.id, to, **values)


def pay(session: Session, account: Account, cents: int, **given: Any) -> Payment:
    values: dict[str, Any] = {"method": PaymentMethod.CASH, "today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return posting.post(session, account.id, amount_cents=cents, **values)


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_closing_keeps_the_reason_and_what_was_unpaid_split_by_what_it_is(session: Session) -> None:
    account = an_account(session, status=S.DEFAULT)
    session.add(Fee(account_id=account.id, kind="other", assessed_on=TODAY, amount_cents=500, reason="Pick-up", created_at=NOW))
    pay(session, account, 1_000, effective_on=TODAY - dt.timedelta(days=1))
    assert change(session, account, S.CLOSED, reason="Insurance paid the dealer")
    kept = closings.current(session, account.id)
    assert kept is not None
    assert (kept.fees_cents, kept.rent_cents, kept.interest_cents, kept.principal_cents) == (500, 26_000, 0, 0)
    assert (account.status, account.closed_on, account.closed_reason) == (S.CLOSED, TODAY, "Insurance paid the dealer")
    history = session.scalars(select(StatusChange).where(StatusChange.account_id == account.id)).all()
    assert [(row.from_status, row.to_status) for row in history] == [(S.DEFAULT, S.CLOSED)]
    assert account.worklist_weight is None, "nobody works it any more"
    assert broken(session) == []


def test_reopening_takes_the_closing_back_and_ages_the_account_again(session: Session) -> None:
    account = an_account(session)
    change(session, account, S.CLOSED)
    assert change(session, account, S.ACTIVE, reason="Closed by mistake")
    assert (account.status, account.closed_on, account.closed_reason) == (S.ACTIVE, None, None)
    assert account.days_past_due == 42 and account.worklist_weight is not None
    assert closings.current(session, account.id) is None
    assert session.scalars(select(AccountClosing).where(AccountClosing.account_id == account.id)).one().reopened_at == NOW


def test_only_legal_changes_are_made_and_only_by_whom_they_are_for(session: Session) -> None:
    account = an_account(session)
    with pytest.raises(RuleViolation, match="active cannot be made charged off"):
        change(session, account, S.CHARGED_OFF)
    with pytest.raises(RuleViolation, match="cannot be made void by a supervisor"):
        change(session, account, S.VOID)
    with pytest.raises(RuleViolation, match="Say why"):
        change(session, account, S.CLOSED, reason="  ")
    pay(session, account, 100)
    with pytest.raises(RuleViolation, match="Money was taken on this contract"):
        change(session, account, S.VOID, role=Role.MANAGER)
    assert account.status is S.ACTIVE


def test_a_charge_off_within_the_limit_takes_one_person(session: Session) -> None:
    account = an_account(session, status=S.DEFAULT)
    assert change(session, account, S.CHARGED_OFF)
    kept = closings.current(session, account.id)
    assert account.status is S.CHARGED_OFF and kept is not None and kept.rent_cents == 27_000


def test_a_larger_charge_off_waits_for_a_second_person(session: Session) -> None:
    session.add(Setting(name=closing.CHARGE_OFF_LIMIT, value=20_000, changed_at=NOW))
    first, second = factories.staff(session, Role.SUPERVISOR), factories.staff(session, Role.MANAGER)
    account = an_account(session, status=S.DEFAULT)
    assert change(session, account, S.CHARGED_OFF, actor=factories.actor(first)) is False
    assert account.status is S.DEFAULT
    with pytest.raises(RuleViolation, match="waits for a second person"):
        change(session, account, S.CLOSED)
    with pytest.raises(RuleViolation, match="you asked for it yourself"):
        closing.confirm(session, account.id, today=TODAY, now=NOW, actor=factories.actor(first))
    pay(session, account, 5_400)
    closing.confirm(session, account.id, today=TODAY, now=NOW, actor=factories.actor(second))
    kept = closings.current(session, account.id)
    assert account.status is S.CHARGED_OFF and kept is not None
    assert (kept.rent_cents, kept.asked_by_id, kept.closed_by_id) == (21_600, first.id, second.id)


def test_a_refused_charge_off_leaves_the_account_as_it_was(session: Session) -> None:
    session.add(Setting(name=closing.CHARGE_OFF_LIMIT, value=0, changed_at=NOW))
    account = an_account(session, status=S.DEFAULT)
    change(session, account, S.CHARGED_OFF)
    closing.refuse(session, account.id, now=NOW, actor=factories.actor())
    assert account.status is S.DEFAULT and closings.current(session, account.id) is None
    assert change(session, account, S.CHARGED_OFF) is False, "it can be asked for again"


@pytest.mark.parametrize(("frequency", "days"), [(Frequency.WEEKLY, 60), (Frequency.BIWEEKLY, 90)])
def test_the_date_of_default_is_the_first_day_that_was_late_enough(session: Session, frequency: Frequency, days: int) -> None:
    missed = TODAY - dt.timedelta(days=days + 5)
    account = factories.account(session, frequency=frequency, lines=[(missed, 5_400)], start_on=dt.date(2026, 1, 1))
    early = factories.account(session, frequency=frequency, lines=[(TODAY - dt.timedelta(days=days - 1), 5_400)])
    span: dict[str, Any] = {"first": 1, "last": early.id, "on": TODAY, "now": NOW}
    aging.age(session, **span)
    defaults.declare(session, **span)
    session.expire_all()
    assert (account.status, account.default_on) == (S.DEFAULT, TODAY - dt.timedelta(days=5))
    assert early.status is S.ACTIVE
    assert defaults.declare(session, **span) == 0


def test_the_date_of_default_never_moves_later_but_earlier_when_the_past_changes(session: Session) -> None:
    lines = [(TODAY - dt.timedelta(days=back), 5_400) for back in (120, 95)]
    account = factories.account(session, lines=lines, start_on=dt.date(2026, 5, 1))
    payment = pay(session, account, 5_400, effective_on=TODAY - dt.timedelta(days=110))
    span: dict[str, Any] = {"first": 1, "last": account.id, "on": TODAY, "now": NOW}
    defaults.declare(session, **span)
    session.expire_all()
    assert account.default_on == TODAY - dt.timedelta(days=5)
    posting.reverse(session, payment.id, reason="Bounced", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=True)
    defaults.declare(session, **span)
    session.expire_all()
    assert account.default_on == TODAY - dt.timedelta(days=30), "without that money it was late enough before"
    pay(session, account, 5_400)
    defaults.declare(session, **span)
    session.expire_all()
    assert account.default_on == TODAY - dt.timedelta(days=30)


def lapsed(session: Session, state: str, **given: Any) -> Account:
    """In default since the installment of Nov 13 was missed a week ago; the one of Nov 20 is due today."""
    book = factories.portfolio(session)
    person = factories.customer(session, book, state=state)
    lines = [(dt.date(2026, 11, 13), 3_000), (TODAY, 3_000), (dt.date(2026, 11, 27), 3_000)]
    values: dict[str, Any] = {"status": S.DEFAULT, "frequency": Frequency.WEEKLY, "start_on": dt.date(2026, 8, 1)} | given
    return factories.account(session, book, customer=person, lines=lines, **values)


@pytest.mark.parametrize(
    ("state", "given", "until", "needed"),
    [
        ("CA", {}, dt.date(2026, 11, 20), 3_000),
        ("CA", {"frequency": Frequency.MONTHLY}, dt.date(2026, 11, 23), 3_000),
        ("CA", {"status": S.RETURNED}, dt.date(2027, 11, 13), 3_000),
        ("TX", {}, dt.date(2026, 11, 20), 3_000),
        ("TX", {"frequency": Frequency.MONTHLY}, dt.date(2026, 11, 28), 3_000),
        ("FL", {}, dt.date(2027, 1, 12), 3_500),
        ("RI", {}, dt.date(2026, 12, 4), 3_500),
        ("OH", {}, None, 3_000),
    ],
)
def test_until_when_and_for_what_a_lease_is_reinstated_follows_its_state(
    session: Session, state: str, given: dict[str, Any], until: dt.date | None, needed: int
) -> None:
    window = reinstatement.window(session, lapsed(session, state, **given), today=TODAY)
    assert window is not None
    assert (window.until, window.needed_cents) == (until, needed)


def test_an_account_in_order_has_nothing_to_reinstate(session: Session) -> None:
    assert reinstatement.window(session, an_account(session), today=TODAY) is None


def revive(session: Session, account: Account, cents: int, **given: Any) -> Payment:
    values: dict[str, Any] = {
        "method": PaymentMethod.CASH,
        "reference": None,
        "may_be_late": False,
        "today": TODAY,
        "now": NOW,
        "actor": factories.actor(),
    } | given
    return reinstate(session, account.id, amount_cents=cents, **values)


def test_reinstating_takes_what_is_past_due_and_the_fee_and_the_lease_is_active_again(session: Session) -> None:
    account = lapsed(session, "FL", default_on=dt.date(2026, 11, 1))
    with pytest.raises(RuleViolation, match=r"Reinstating takes \$35.00") as refusal:
        revive(session, account, 3_499)
    assert refusal.value.field == "amount"
    payment = revive(session, account, 3_500, idempotency_key="once")
    assert revive(session, account, 3_500, idempotency_key="once").id == payment.id
    assert (account.status, account.days_past_due, account.fees_cents) == (S.ACTIVE, 0, 0)
    assert account.default_on == dt.date(2026, 11, 1), "that it once was in default stays"
    fee = session.scalars(select(Fee).where(Fee.account_id == account.id)).one()
    assert (fee.amount_cents, fee.paid_cents, fee.reason) == (500, 500, "Reinstatement fee (Fla. Stat. 559.9235)")
    assert broken(session) == []


def test_after_its_time_a_supervisor_has_to_agree(session: Session) -> None:
    account = lapsed(session, "CA")
    late = TODAY + dt.timedelta(days=1)
    with pytest.raises(RuleViolation, match="until Nov 20, 2026; a supervisor may still agree"):
        revive(session, account, 6_000, today=late)
    revive(session, account, 6_000, today=late, may_be_late=True)
    assert account.status is S.ACTIVE


@pytest.fixture
def supervisor(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_account_page_offers_and_tells_it(supervisor: Visitor, session: Session) -> None:
    account = lapsed(session, "FL")
    base = f"/admin/accounts/{account.id}"
    page = text_of(supervisor.get(base).text)
    assert "Can reinstate until Tue Jan 12, 2027" in page and "Reinstating takes $35.00" in page
    assert supervisor.post(f"{base}/status", {"status": "closed", "reason": ""}).status_code == 422
    assert supervisor.post(f"{base}/status", {"status": "paid_off", "reason": "x"}).status_code == 422
    assert supervisor.post(f"{base}/status", {"status": "closed", "reason": "Sold the debt"}).status_code == 302
    assert "Unpaid then $90.00 rent" in text_of(supervisor.get(base).text)
    assert supervisor.post(f"{base}/status", {"status": "active", "reason": "Not sold"}).status_code == 302


def test_a_collector_reinstates_but_does_not_change_the_status(client: FlaskClient, session: Session) -> None:
    collector: Staff = factories.staff(session)
    account = lapsed(session, "FL", assigned_to_id=collector.id)
    visitor = signed_in(client, session, collector, stepped_up=True)
    base = f"/admin/accounts/{account.id}"
    assert visitor.post(f"{base}/status", {"status": "closed", "reason": "x"}).status_code == 403
    form = visitor.get(f"{base}/reinstate").text
    assert 'value="35.00"' in form
    sent = {"key": "k", "amount": "35.00", "method": "cash"}
    assert visitor.post(f"{base}/reinstate", sent | {"amount": "10"}).status_code == 422
    assert visitor.post(f"{base}/reinstate", sent).status_code == 302
    session.expire_all()
    assert session.get_one(Account, account.id).status is S.ACTIVE


def test_two_people_charge_off_what_one_may_not(client: FlaskClient, session: Session, supervisor: Visitor) -> None:
    session.add(Setting(name=closing.CHARGE_OFF_LIMIT, value=1_000, changed_at=NOW))
    account = lapsed(session, "OH")
    base = f"/admin/accounts/{account.id}"
    assert supervisor.post(f"{base}/status", {"status": "charged_off", "reason": "Gone abroad"}).status_code == 302
    assert supervisor.post(f"{base}/charge-off/confirm", {}).status_code == 422
    assert "Waits for a second person" in supervisor.get(base).text
    other = signed_in(client, session, factories.staff(session, Role.MANAGER), stepped_up=True)
    assert "Gone abroad" in other.get(f"{base}/charge-off/confirm").text
    assert other.post(f"{base}/charge-off/confirm", {}).status_code == 302
    session.expire_all()
    assert session.get_one(Account, account.id).status is S.CHARGED_OFF


def test_within_its_time_a_contract_is_rescinded_without_a_trace_of_fees(client: FlaskClient, session: Session) -> None:
    collector: Staff = factories.staff(session)
    account = an_account(session, assigned_to_id=collector.id)
    session.add(
        ContractTerms(account_id=account.id, contract_number="RS1LOA01", holder_number="RS1", note_on=TODAY, rescission_on=TODAY)
    )
    session.add(Fee(account_id=account.id, kind="other", assessed_on=TODAY, amount_cents=5_000, reason="Set up", created_at=NOW))
    session.flush()
    visitor = signed_in(client, session, collector)
    base = f"/admin/accounts/{account.id}"
    assert "Rescind" in visitor.get(base).text
    assert visitor.post(f"{base}/rescind", {"reason": ""}).status_code == 422
    assert visitor.post(f"{base}/rescind", {"reason": "Changed her mind"}).status_code == 302
    session.expire_all()
    now = session.get_one(Account, account.id)
    assert (now.status, now.fees_cents, now.closed_reason) == (S.CANCELLED, 0, "Rescinded: Changed her mind")
    assert broken(session) == []


def test_after_its_time_nobody_rescinds(session: Session) -> None:
    account = an_account(session)
    session.add(
        ContractTerms(account_id=account.id, contract_number="RS2LOA01", holder_number="RS2", note_on=TODAY, rescission_on=TODAY)
    )
    session.flush()
    with pytest.raises(RuleViolation, match="ended on Nov 20, 2026"):
        closing.rescind(session, account.id, reason="x", today=TODAY + dt.timedelta(days=1), now=NOW, actor=factories.actor())
    assert account.status is S.ACTIVE
