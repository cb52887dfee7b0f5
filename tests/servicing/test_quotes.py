"""Quotes: chosen by policy, itemised, kept as they were said, and used."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod, PaymentState
from app.domain.servicing.charges import AdjustmentKind, FeeKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.early_purchase import Formula
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.quotes import QuoteKind
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import (
    Account,
    Activity,
    Adjustment,
    ContractFinance,
    Fee,
    Payment,
    PayoffPolicy,
    Portfolio,
    Quote,
)
from app.queries.payments import statements
from app.queries.payments.invariants import findings
from app.queries.servicing.payoff import figure, payoff_parts
from app.services.payments import posting, replaying, settling
from app.services.payments.what_if import what_if
from app.services.servicing import quotes, standing
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import signed_in

PAYOFF, EARLY = QuoteKind.PAYOFF, QuoteKind.EARLY_PURCHASE


def weekly(
    session: Session, *, state: str | None, first_due_on: dt.date, book: Portfolio | None = None, **given: object
) -> Account:
    """The lease of the vectors: cash $799.00, 78 × $29.99, weekly."""
    book = book or factories.portfolio(session)
    values: dict[str, Any] = {"cash_price_cents": 79_900} | given
    return factories.account(
        session,
        book,
        customer=factories.customer(session, book, state=state),
        first_due_on=first_due_on,
        frequency=Frequency.WEEKLY,
        payment_cents=2_999,
        total_cents=78 * 2_999,
        **values,
    )


def pay(session: Session, account: Account, cents: int) -> None:
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=cents,
        effective_on=TODAY,
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )


def cents(session: Session, account: Account, kind: QuoteKind, on: dt.date = TODAY) -> int:
    return figure(session, account, kind=kind, on=on, today=TODAY).price.total_cents


@pytest.mark.parametrize(
    ("state", "expected"), [("CA", 51_218), ("NY", 51_218), ("HI", 51_218), ("WV", 51_218), ("OH", 37_914), ("TX", 50 * 2_999)]
)
def test_a_state_chooses_the_formula(session: Session, state: str, expected: int) -> None:
    # 28 weeks are paid; the 29th falls due tomorrow. The contract is older than California's three months.
    account = weekly(session, state=state, first_due_on=TODAY + dt.timedelta(days=1 - 28 * 7))
    pay(session, account, 28 * 2_999)
    assert cents(session, account, EARLY) == expected
    assert cents(session, account, PAYOFF) == 50 * 2_999


def test_what_is_past_due_and_the_fees_are_asked_for_in_full(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY - dt.timedelta(days=14))
    # Due two weeks ago and one week ago: 59.98 late. Today's and 75 more: 799.00 × 76/78 = 778.51.
    worked = figure(session, account, kind=EARLY, on=TODAY, today=TODAY)
    assert [(item.label, item.cents) for item in worked.price.items] == [
        ("Past due installments", 5_998),
        ("Purchase option", 77_851),
    ]
    assert worked.price.total_cents == 83_849


def test_the_newest_row_not_after_the_contract_counts_and_one_for_the_portfolio_wins(session: Session) -> None:
    book = factories.portfolio(session)
    elsewhere = factories.portfolio(session).id
    account = weekly(session, state="CA", first_due_on=TODAY, book=book)
    given: dict[str, Any] = {"formula": Formula.PERCENT_OF_REMAINING, "citation": "a test"}
    session.add_all(
        [
            PayoffPolicy(state="CA", contract_from_on=account.start_on, percent=Decimal(90), **given),
            PayoffPolicy(state="CA", contract_from_on=account.start_on + dt.timedelta(days=1), percent=Decimal(80), **given),
            PayoffPolicy(state="CA", contract_from_on=account.start_on, percent=Decimal(70), is_active=False, **given),
            PayoffPolicy(portfolio_id=elsewhere, contract_from_on=account.start_on, percent=Decimal(60), **given),
        ]
    )
    session.flush()
    assert payoff_parts(session, account, TODAY).terms.percent == 90
    session.add(PayoffPolicy(portfolio_id=book.id, contract_from_on=dt.date(2020, 1, 1), percent=Decimal(50), **given))
    session.flush()
    assert payoff_parts(session, account, TODAY).terms.percent == 50


def test_a_quote_is_kept_as_it_was_said(session: Session) -> None:
    person = factories.staff(session)
    account = weekly(session, state="CA", first_due_on=TODAY + dt.timedelta(days=3))
    quote = quotes.give(session, account.id, kind=EARLY, on=TODAY, today=TODAY, now=NOW, actor=factories.actor(person))
    kept = session.scalars(select(Quote).where(Quote.account_id == account.id)).one()
    assert (kept.total_cents, kept.payoff_cents, kept.formula) == (79_900, 78 * 2_999, Formula.CASH_LESS_PAID)
    assert kept.items == [
        {"label": "Purchase option", "cents": 79_900, "why": "cash price $799.00 less $0.00 paid"},
    ]
    assert (kept.as_of_on, kept.good_through_on) == (TODAY, TODAY + dt.timedelta(days=3)), "the next due date changes it"
    assert (kept.quoted_by_id, kept.policy_id is not None) == (person.id, True)
    said = session.scalars(select(Activity.summary).where(Activity.account_id == account.id)).all()
    assert said == ["Early purchase of $799.00 quoted, good through Nov 23, 2026"]
    assert quote.id == kept.id


def test_same_as_cash_ends_three_months_after_the_contract_in_california(session: Session) -> None:
    account = weekly(session, state="CA", first_due_on=TODAY)
    assert payoff_parts(session, account, TODAY).same_as_cash_until == dt.date(2027, 2, 6)  # Signed on November 6.
    account.cash_price_cents = None
    assert payoff_parts(session, account, TODAY).same_as_cash_until is None


@pytest.mark.parametrize("days", [-1, 93])
def test_a_quote_is_for_a_day_that_can_be_known(session: Session, days: int) -> None:
    account = weekly(session, state="CA", first_due_on=TODAY)
    with pytest.raises(RuleViolation) as refused:
        figure(session, account, kind=PAYOFF, on=TODAY + dt.timedelta(days=days), today=TODAY)
    assert refused.value.field == "on"


def test_there_is_nothing_to_quote_where_nothing_is_owed(session: Session) -> None:
    account = weekly(session, state="CA", first_due_on=TODAY, status=AccountStatus.VOID)
    with pytest.raises(RuleViolation, match="nothing to quote"):
        quotes.give(session, account.id, kind=PAYOFF, on=TODAY, today=TODAY, now=NOW, actor=factories.actor())
    assert session.scalars(select(Quote).where(Quote.account_id == account.id)).all() == []


def test_a_policy_is_entered_changed_and_refused_on_its_page(client: FlaskClient, session: Session) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    page = "/admin/settings/payoff-policies"
    assert "Cal. Civ. Code 1812.632" in admin.get(f"{page}/").text
    form = {
        "state": "tx",
        "contract_from_on": "2026-01-01",
        "formula": "percent_of_remaining",
        "citation": "House",
        "good_days": "5",
    }
    refused = admin.post(f"{page}/new/", form)
    assert refused.status_code == 422 and "needs a percentage" in refused.text
    assert admin.post(f"{page}/new/", form | {"percent": "60", "state": "Texas"}).status_code == 422
    assert admin.post(f"{page}/new/", form | {"percent": "60", "is_active": "y"}).status_code == 303
    row = session.scalars(select(PayoffPolicy).where(PayoffPolicy.state == "TX")).one()
    assert (row.percent, row.good_days, row.contract_from_on, row.is_active) == (60, 5, dt.date(2026, 1, 1), True)


def test_who_is_kept_to_a_portfolio_does_not_change_a_policy_of_all(client: FlaskClient, session: Session) -> None:
    book = factories.portfolio(session)
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN, portfolios=[book]))
    page = "/admin/settings/payoff-policies"
    form = {"contract_from_on": "2026-01-01", "formula": "none", "citation": "House", "is_active": "y"}
    assert admin.post(f"{page}/new/", form).status_code == 422
    assert admin.post(f"{page}/new/", form | {"portfolio": str(book.id)}).status_code == 303
    shared = session.scalars(select(PayoffPolicy).where(PayoffPolicy.state == "CA")).one()
    admin.post(f"{page}/edit/?id={shared.id}", form | {"portfolio": str(book.id), "version": "1"})
    admin.post(f"{page}/delete/?id={shared.id}", {})
    session.expire_all()
    kept = session.scalars(select(PayoffPolicy).where(PayoffPolicy.state == "CA")).one()
    assert (kept.portfolio_id, kept.formula) == (None, Formula.CASH_SHARE)


def use(session: Session, quote: Quote, *, key: str = "k-1", on: dt.date = TODAY) -> Payment:
    return quotes.pay_off(
        session,
        quote.id,
        method=PaymentMethod.CASH,
        reference=None,
        note=None,
        idempotency_key=key,
        today=on,
        now=NOW,
        actor=factories.actor(),
    )


def give(session: Session, account: Account, kind: QuoteKind) -> Quote:
    return quotes.give(session, account.id, kind=kind, on=TODAY, today=TODAY, now=NOW, actor=factories.actor())


def is_clean(session: Session) -> bool:
    return [finding.invariant.name for finding in findings(session) if finding.broken] == []


def test_an_early_purchase_pays_the_account_off_with_a_credit_for_the_discount(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY - dt.timedelta(days=14))
    quote = give(session, account, EARLY)
    payment = use(session, quote)
    # 83,849 was worked out above; all that was open is 78 × 29.99 = 2,339.22, so 1,500.73 is forgiven.
    assert (payment.amount_cents, quote.payment_id) == (83_849, payment.id)
    credit = session.scalars(select(Adjustment).where(Adjustment.account_id == account.id)).one()
    assert (credit.kind, credit.amount_cents, credit.principal_cents) == (AdjustmentKind.CREDIT, -150_073, -150_073)
    assert (account.status, account.balance_cents, account.credit_cents) == (AccountStatus.PAID_OFF, 0, 0)
    assert statements.entries(session, account)[-1].balance_cents == 0
    assert is_clean(session)


def test_paying_off_twice_with_one_form_pays_once_and_with_another_is_refused(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY)
    quote = give(session, account, PAYOFF)
    assert use(session, quote).id == use(session, quote).id
    assert session.scalars(select(Adjustment).where(Adjustment.account_id == account.id)).all() == []
    with pytest.raises(RuleViolation, match="used already"):
        use(session, quote, key="k-2")
    assert account.status is AccountStatus.PAID_OFF


def test_reversing_the_payment_takes_the_discount_back_as_well(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY - dt.timedelta(days=14))
    payment = use(session, give(session, account, EARLY))
    posting.reverse(session, payment.id, reason="Bounced", today=TODAY, now=NOW, actor=factories.actor(), may_be_older=True)
    assert (account.status, account.balance_cents, account.credit_cents) == (AccountStatus.ACTIVE, 78 * 2_999, 0)
    assert statements.entries(session, account)[-1].balance_cents == 78 * 2_999
    assert is_clean(session)


def test_a_payoff_quote_is_honoured_although_a_fee_came_after_it(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY - dt.timedelta(days=14))
    quote = give(session, account, PAYOFF)
    session.add(Fee(account_id=account.id, kind=FeeKind.OTHER, assessed_on=TODAY, amount_cents=900, reason="x", created_at=NOW))
    standing.restate(session, [account.id], today=TODAY)
    use(session, quote)
    credit = session.scalars(select(Adjustment).where(Adjustment.account_id == account.id)).one()
    assert credit.amount_cents == -900
    assert (account.status, account.balance_cents) == (AccountStatus.PAID_OFF, 0)
    assert is_clean(session)


def test_a_quote_that_is_too_old_or_too_high_is_refused(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY + dt.timedelta(days=3))
    quote = give(session, account, PAYOFF)
    with pytest.raises(RuleViolation, match="good through Nov 27, 2026"):
        use(session, quote, on=TODAY + dt.timedelta(days=8))
    pay(session, account, 100)
    with pytest.raises(RuleViolation, match="less than this quote"):
        use(session, quote)
    assert account.status is AccountStatus.ACTIVE and quote.payment_id is None


def test_the_payoff_of_a_financed_contract_holds_interest_up_to_its_day(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY, contract_type=ContractType.INSTALLMENT)
    session.add(
        ContractFinance(
            account_id=account.id,
            interest_rate=Decimal("24.99"),
            principal_cents=100_000,
            principal_open_cents=100_000,
            accrued_on=TODAY,
        )
    )
    session.flush()
    # 10 days to November 30 and 10 more: 1,000.00 × 24.99 % / 365 × 10 = 6.8466, twice 6.85.
    worked = figure(session, account, kind=PAYOFF, on=TODAY + dt.timedelta(days=20), today=TODAY)
    assert [(item.label, item.cents) for item in worked.price.items] == [("Principal", 100_000), ("Interest to the day", 1_370)]
    assert worked.good_through_on == worked.as_of_on
    with pytest.raises(RuleViolation, match="Only a lease"):
        figure(session, account, kind=EARLY, on=TODAY, today=TODAY)


@pytest.fixture
def financed(session: Session) -> Account:
    """1,000.00 financed at 36.5 % a year since ten days: 1.00 a day."""
    begun_on = TODAY - dt.timedelta(days=10)
    given: dict[str, Any] = {"start_on": begun_on, "contract_type": ContractType.INSTALLMENT}
    account = weekly(session, state="HI", first_due_on=begun_on + dt.timedelta(days=7), **given)
    session.add(
        ContractFinance(
            account_id=account.id,
            interest_rate=Decimal("36.5"),
            principal_cents=100_000,
            principal_open_cents=100_000,
            accrued_on=begun_on,
        )
    )
    session.flush()
    replaying.replay(session, account, from_on=begun_on, today=TODAY)
    return account


def test_a_financed_contract_is_paid_off_with_its_interest_to_the_day(session: Session, financed: Account) -> None:
    quote = give(session, financed, PAYOFF)
    assert (quote.total_cents, quote.good_through_on) == (101_000, TODAY)
    use(session, quote)
    assert session.scalars(select(Adjustment).where(Adjustment.account_id == financed.id)).all() == []
    assert (financed.status, financed.balance_cents, financed.credit_cents) == (AccountStatus.PAID_OFF, 0, 0)
    assert is_clean(session)


def test_trying_a_payment_counts_the_interest_of_the_days_until_then(session: Session, financed: Account) -> None:
    outcome = what_if(session, financed.id, amount_cents=10_000, on=TODAY, today=TODAY)
    assert [(each.what, each.cents, each.left_cents) for each in outcome.covers] == [
        ("Interest", 1_000, 0),
        ("Principal", 9_000, 91_000),
    ]
    assert (outcome.payoff_before_cents, outcome.payoff_after_cents) == (101_000, 91_000)
    later = what_if(session, financed.id, amount_cents=10_000, on=TODAY + dt.timedelta(days=5), today=TODAY)
    # 5.00 of interest, and 1.50: the late fee on 29.99 that is due since three days, assessed tomorrow after grace.
    assert (later.payoff_before_cents, later.payoff_after_cents) == (101_650, 91_650)


def test_a_check_pays_the_account_off_when_it_settles_and_the_discount_waits_with_it(session: Session) -> None:
    account = weekly(session, state="HI", first_due_on=TODAY - dt.timedelta(days=14))
    quote = give(session, account, EARLY)
    payment = quotes.pay_off(
        session,
        quote.id,
        method=PaymentMethod.CHECK,
        reference="1042",
        note=None,
        idempotency_key="k-check",
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )
    assert payment.state is PaymentState.PROCESSING
    pay(session, account, 100)  # Whatever is entered in between replays the account without the discount.
    assert (account.status, account.balance_cents) == (AccountStatus.ACTIVE, 78 * 2_999 - 100)
    settling.settle(session, payment.id, today=TODAY, now=NOW, actor=factories.actor())
    # The dollar paid rent in the meantime; the discount takes off a dollar less.
    assert (account.status, account.balance_cents, account.credit_cents) == (AccountStatus.PAID_OFF, 0, 0)
    assert is_clean(session)
