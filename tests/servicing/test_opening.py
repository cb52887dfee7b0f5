"""Opening accounts: the schedule, the numbers, the first status, and what is refused."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.opening import Applicant, Money, NewContract, Terms
from app.domain.servicing.parties import PartyRole
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import (
    Account,
    AccountParty,
    Activity,
    Assignment,
    ContractFinance,
    ContractTerms,
    CreditCharge,
    Customer,
    CustomerPhone,
    Installment,
    Portfolio,
    Setting,
    StatusChange,
)
from app.queries.payments.invariants import findings
from app.queries.scope import Viewer
from app.services.servicing import opening
from app.transaction import transaction
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY

IMEI = "356415207490483"


@pytest.fixture
def book(session: Session) -> Portfolio:
    return factories.portfolio(session)


def contract(book: Portfolio, *, money: dict[str, Any] | None = None, **given: Any) -> NewContract:
    """A believable lease of $54.00 every two weeks, complete."""
    figures: dict[str, Any] = {"frequency": Frequency.BIWEEKLY, "start_on": TODAY, "payment_cents": 5_400} | (money or {})
    values: dict[str, Any] = {
        "portfolio_id": book.id,
        "customer": Applicant("Maria", "Delgado", ("(614) 555-0148",), state="oh"),
        "money": Money(**figures),
        "model": "IPHONE 13 128GB",
        "identity": IMEI,
        "cost_cents": 30_000,
    } | given
    return NewContract(**values)


def opened(session: Session, wanted: NewContract, **given: Any) -> Account:
    values: dict[str, Any] = {"today": TODAY, "now": NOW, "actor": factories.actor()} | given
    return opening.open_account(session, wanted, **values)


def drawn(*letters: str) -> Any:
    """A choice that gives these numbers, seven letters each, one after the other."""
    stream = iter("".join(letters))
    return lambda alphabet: next(stream)


def lines(session: Session, account: Account) -> Sequence[Installment]:
    return session.scalars(select(Installment).where(Installment.account_id == account.id).order_by(Installment.number)).all()


def test_a_lease_with_imei_and_cost_is_active_with_its_whole_schedule(session: Session, book: Portfolio) -> None:
    account = opened(session, contract(book))
    assert account.status is AccountStatus.ACTIVE
    schedule = lines(session, account)
    assert len(schedule) == 26  # The default of two weeks.
    assert [line.due_on for line in schedule[:2]] == [dt.date(2026, 12, 4), dt.date(2026, 12, 18)]
    assert {line.amount_cents for line in schedule} == {5_400}
    assert (account.total_cents, account.balance_cents, account.next_due_on) == (140_400, 140_400, dt.date(2026, 12, 4))
    (change,) = session.scalars(select(StatusChange).where(StatusChange.account_id == account.id))
    assert (change.from_status, change.to_status) == (None, AccountStatus.ACTIVE)
    (activity,) = session.scalars(select(Activity).where(Activity.account_id == account.id))
    assert activity.summary == "Opened: lease, 26 × $54.00 biweekly"
    assert [finding for finding in findings(session) if finding.broken] == []


@pytest.mark.parametrize(("missing", "value"), [("identity", None), ("identity", "  "), ("cost_cents", None)])
def test_a_lease_without_imei_or_cost_waits_for_review(session: Session, book: Portfolio, missing: str, value: Any) -> None:
    account = opened(session, contract(book, **{missing: value}))
    assert account.status is AccountStatus.PENDING_REVIEW


@pytest.mark.parametrize(
    ("frequency", "count"),
    [(Frequency.WEEKLY, 52), (Frequency.BIWEEKLY, 26), (Frequency.SEMIMONTHLY, 24), (Frequency.MONTHLY, 12)],
)
def test_a_blank_number_of_payments_is_the_default_of_the_frequency(
    session: Session, book: Portfolio, frequency: Frequency, count: int
) -> None:
    account = opened(session, contract(book, money={"frequency": frequency}))
    assert len(lines(session, account)) == count
    assert account.total_cents == 5_400 * count


def test_the_default_number_of_payments_can_be_changed(session: Session, book: Portfolio) -> None:
    session.add(Setting(name="default_payments", value={"biweekly": 39}, changed_at=NOW))
    session.flush()
    assert len(lines(session, opened(session, contract(book)))) == 39
    assert len(lines(session, opened(session, contract(book, money={"frequency": Frequency.WEEKLY})))) == 52


def test_the_last_line_takes_the_remainder_of_a_total(session: Session, book: Portfolio) -> None:
    account = opened(session, contract(book, money={"payment_cents": 4_000, "total_cents": 10_000}))
    assert [line.amount_cents for line in lines(session, account)] == [4_000, 4_000, 2_000]


def test_a_total_and_a_number_give_the_payment(session: Session, book: Portfolio) -> None:
    account = opened(session, contract(book, money={"payment_cents": None, "total_cents": 10_000, "payments": 3}))
    assert [line.amount_cents for line in lines(session, account)] == [3_334, 3_334, 3_332]


def test_semimonthly_anchors_give_the_days_of_the_specification(session: Session, book: Portfolio) -> None:
    money = {
        "frequency": Frequency.SEMIMONTHLY,
        "start_on": dt.date(2026, 1, 5),
        "first_due_on": dt.date(2026, 1, 20),
        "anchors": (15, 31),
        "payments": 7,
    }
    account = opened(session, contract(book, money=money))
    days = [line.due_on.isoformat()[5:] for line in lines(session, account)]
    assert days == ["01-20", "01-31", "02-15", "02-28", "03-15", "03-31", "04-15"]


def test_the_first_contract_is_known_by_the_holders_number_and_the_next_by_its_own(session: Session, book: Portfolio) -> None:
    first = opened(session, contract(book), choose=drawn("K7MPQ2X"))
    assert first.account_number == "K7MPQ2X"
    again = replace(contract(book), customer=Applicant(customer_id=first.customer_id))
    second = opened(session, again, choose=drawn("AAAAAAA"))
    terms = {row.account_id: row for row in session.scalars(select(ContractTerms))}
    assert (terms[first.id].holder_number, terms[first.id].contract_number) == ("K7MPQ2X", "K7MPQ2XLOA01")
    assert (terms[second.id].holder_number, terms[second.id].contract_number) == ("K7MPQ2X", "K7MPQ2XLOA02")
    assert second.account_number == "K7MPQ2XLOA02"
    assert second.customer_id == first.customer_id
    assert session.scalar(select(func.count(Customer.id))) == 1


def test_a_number_that_is_taken_is_drawn_anew(session: Session, book: Portfolio) -> None:
    opened(session, contract(book), choose=drawn("K7MPQ2X"))
    other = opened(session, contract(book), choose=drawn("K7MPQ2X", "K7MPQ2X", "ZZZ2345"))
    assert other.account_number == "ZZZ2345"


def test_numbers_have_no_letters_that_look_like_others(session: Session, book: Portfolio) -> None:
    number = opened(session, contract(book)).account_number
    assert len(number) == 7
    assert not set(number) & set("01IO")


def test_a_form_that_is_sent_twice_opens_one_account(session: Session, book: Portfolio) -> None:
    first = opened(session, contract(book), key="the-same-form")
    assert opened(session, contract(book), key="the-same-form").id == first.id
    assert opened(session, contract(book), key="another-form").id != first.id
    assert session.scalar(select(func.count(Account.id))) == 2


def test_a_co_applicant_is_a_customer_of_their_own_on_the_same_contract(session: Session, book: Portfolio) -> None:
    second = Applicant("Luis", "Delgado", ("614-555-0149",))
    account = opened(session, contract(book, second=second, second_role=PartyRole.GUARANTOR))
    (party,) = session.scalars(select(AccountParty).where(AccountParty.account_id == account.id))
    assert (party.role, party.customer.first_name, party.customer.phones[0].e164) == (
        PartyRole.GUARANTOR,
        "Luis",
        "+16145550149",
    )
    assert party.customer_id != account.customer_id


def test_the_terms_keep_every_word_and_the_customers_state(session: Session, book: Portfolio) -> None:
    given = Terms(
        program="LTO 52", location="Store 4", seller="Ana", pricing_tier="B", merchant_ext_id="M-1", applicant_id="AP-9",
        note_on=TODAY, rescission_on=dt.date(2026, 11, 23), description="Blue, with case",
    )  # fmt: skip
    account = opened(session, contract(book, terms=given, money={"cash_price_cents": 79_900, "down_payment_cents": 4_900}))
    terms = session.get_one(ContractTerms, account.id)
    assert (terms.program, terms.location, terms.seller, terms.pricing_tier) == ("LTO 52", "Store 4", "Ana", "B")
    assert (terms.merchant_ext_id, terms.applicant_id, terms.description) == ("M-1", "AP-9", "Blue, with case")
    assert (terms.note_on, terms.rescission_on, terms.state) == (TODAY, dt.date(2026, 11, 23), "OH")
    assert (account.cash_price_cents, account.down_payment_cents) == (79_900, 4_900)


def test_a_collectors_account_stands_in_their_own_book(session: Session, book: Portfolio) -> None:
    collector = factories.staff(session)
    account = opened(session, contract(book), assign_to=collector.id, actor=factories.actor(collector))
    assert account.assigned_to_id == collector.id
    (assignment,) = session.scalars(select(Assignment).where(Assignment.account_id == account.id))
    assert (assignment.staff_id, assignment.until_at) == (collector.id, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"money": {"payment_cents": None}}, "payment"),
        ({"money": {"payment_cents": 0}}, "payment"),
        ({"money": {"payments": 0, "total_cents": 0}}, "payments"),
        ({"money": {"payments": 25, "total_cents": 140_400}}, "payments"),
        ({"money": {"payments": 2_000}}, "payments"),
        ({"money": {"first_due_on": dt.date(2026, 11, 19)}}, "first_due_on"),
        ({"money": {"start_on": dt.date(2006, 1, 1)}}, "start_on"),
        ({"money": {"start_on": dt.date(2027, 1, 1)}}, "start_on"),
        ({"money": {"down_payment_cents": -1}}, "down_payment"),
        ({"model": " "}, "model"),
        ({"identity": "12345"}, None),
        ({"identity": "35641520749048"}, "imei"),
        ({"cost_cents": 10_000_01}, "cost"),
        ({"customer": Applicant()}, "last_name"),
        ({"customer": Applicant("A", "B", ("555-01",))}, "phone"),
        ({"customer": Applicant("A", "B", zip_code="1")}, "zip_code"),
        ({"customer": Applicant("A", "B", email="none")}, "email"),
        ({"customer": Applicant("A" * 81, "B")}, "first_name"),
        ({"customer": Applicant(customer_id=999_999)}, "customer"),
        ({"second": Applicant("A", "B", ("555-01",))}, "second_phone"),
        ({"terms": Terms(rescission_on=dt.date(2026, 11, 1))}, "rescission_on"),
        ({"terms": Terms(state="Ohio")}, "contract_state"),
        ({"terms": Terms(program="x" * 81)}, "program"),
        ({"dealer_id": 999_999}, "dealer"),
        ({"portfolio_id": 999_999}, "portfolio"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    session: Session, book: Portfolio, given: dict[str, Any], field: str | None
) -> None:
    if field is None:  # A short serial number is one.
        assert opened(session, contract(book, **given)).device is not None
        return
    with pytest.raises(RuleViolation) as refused, session.begin_nested():
        opened(session, contract(book, **given))
    assert refused.value.field == field
    assert session.scalar(select(func.count(Account.id))) == 0


def test_an_approval_id_is_used_once_in_a_portfolio(session: Session, book: Portfolio) -> None:
    opened(session, contract(book, approval_id="7007"))
    with pytest.raises(RuleViolation, match="approval ID"):
        opened(session, contract(book, approval_id="7007"))
    assert opened(session, contract(factories.portfolio(session), approval_id="7007")).approval_id == "7007"


def test_doubts_name_the_imei_the_phone_and_the_figures(session: Session, book: Portfolio) -> None:
    earlier = opened(session, contract(book), choose=drawn("K7MPQ2X"))
    assert earlier.device is not None
    wanted = contract(book, money={"payments": 10, "cash_price_cents": 79_900})
    proposed = opening.proposal(session, wanted, today=TODAY)
    assert opening.doubts(session, wanted, proposed, today=TODAY) == [
        "All payments together ($540.00) are less than the cash price ($799.00).",
        "This IMEI stands on account K7MPQ2X already.",
    ]
    (person,) = opening.same_people(session, wanted, viewer=None)
    assert (person.id, person.last_name, person.accounts) == (earlier.customer_id, "Delgado", 1)
    stranger = factories.staff(session)
    assert opening.same_people(session, wanted, viewer=Viewer.of(stranger)) == []  # Not in their book.
    mistyped = contract(factories.portfolio(session), identity="356415207490484")
    assert opening.doubts(session, mistyped, opening.proposal(session, mistyped, today=TODAY), today=TODAY) == [
        "The last digit of this IMEI does not fit the others; it is probably mistyped."
    ]


def test_an_installment_contract_finances_the_cash_price_less_the_down_payment(session: Session, book: Portfolio) -> None:
    # $1,000.00 at 24 % over three months from January 1: the figures of the interest rule, worked out by hand there.
    money = {
        "contract_type": ContractType.INSTALLMENT,
        "frequency": Frequency.MONTHLY,
        "start_on": dt.date(2026, 1, 1),
        "payment_cents": None,
        "payments": 3,
        "cash_price_cents": 110_000,
        "down_payment_cents": 10_000,
        "interest_rate": Decimal(24),
    }
    account = opened(session, contract(book, money=money, model=None, identity=None, cost_cents=None))
    assert account.status is AccountStatus.ACTIVE
    assert account.device is None
    assert [(line.due_on.month, line.amount_cents) for line in lines(session, account)] == [(2, 34_657), (3, 34_657), (4, 34_657)]
    assert (account.total_cents, account.payment_cents) == (103_971, 34_657)
    finance = session.get_one(ContractFinance, account.id)
    assert (finance.interest_rate, finance.principal_cents, finance.principal_open_cents) == (Decimal(24), 100_000, 100_000)


def test_a_credit_line_opens_without_a_schedule(session: Session, book: Portfolio) -> None:
    money = {"contract_type": ContractType.CREDIT_LINE, "line_cents": 50_000, "payment_cents": 2_500}
    account = opened(session, contract(book, money=money))
    assert lines(session, account) == []
    assert (account.total_cents, account.payment_cents, account.balance_cents) == (0, 2_500, 0)
    finance = session.get_one(ContractFinance, account.id)
    assert (finance.credit_line_cents, finance.principal_open_cents) == (50_000, 0)
    with pytest.raises(RuleViolation) as refused:
        opened(session, contract(book, money=money | {"line_cents": 0}))
    assert refused.value.field == "line"


def test_a_credit_line_opens_with_its_first_charge(session: Session, book: Portfolio) -> None:
    money = {
        "contract_type": ContractType.CREDIT_LINE,
        "line_cents": 50_000,
        "payment_cents": 2_500,
        "first_charge_cents": 12_345,
    }
    account = opened(session, contract(book, money=money))
    line = lines(session, account)[0]
    assert (line.amount_cents, line.due_on) == (12_345, max(TODAY, account.first_due_on))
    assert (account.total_cents, account.balance_cents) == (12_345, 12_345)
    assert session.get_one(ContractFinance, account.id).principal_open_cents == 12_345
    charge = session.scalars(select(CreditCharge).where(CreditCharge.account_id == account.id)).one()
    assert (charge.installment_number, charge.charged_on) == (1, TODAY)
    assert [finding.invariant.name for finding in findings(session) if finding.broken] == []
    for wrong in (0, 50_001):
        with pytest.raises(RuleViolation) as refused:
            opened(session, contract(book, money=money | {"first_charge_cents": wrong}))
        assert refused.value.field == "first_charge"


def test_a_contact_of_a_customer_out_of_sight_is_refused_without_a_name(session: Session, book: Portfolio) -> None:
    known = factories.customer(session, book, last_name="Secret", email="Jo@example.com")
    number = session.scalars(select(CustomerPhone.e164).where(CustomerPhone.customer_id == known.id)).one()
    factories.account(session, book, customer=known)
    collector, supervisor = factories.staff(session), factories.staff(session, Role.SUPERVISOR)
    for applicant, field in (({"phones": (number,)}, "phone"), ({"phones": (), "email": "jo@EXAMPLE.com"}, "email")):
        asked = contract(book, customer=Applicant("Jo", "New", **applicant))
        with pytest.raises(RuleViolation, match="outside your accounts; ask a supervisor") as refused:
            opening.refuse_hidden(session, asked, viewer=Viewer.of(collector))
        assert refused.value.field == field and "Secret" not in refused.value.message
        opening.refuse_hidden(session, asked, viewer=Viewer.of(supervisor))
    joined = opened(session, contract(book, customer=Applicant(customer_id=known.id)))
    assert joined.customer_id == known.id


def test_the_days_of_the_month_are_kept_with_the_account(session: Session, book: Portfolio) -> None:
    monthly = opened(session, contract(book, money={"frequency": Frequency.MONTHLY, "start_on": dt.date(2026, 10, 31)}))
    assert monthly.anchor_days == [31]
    assert opened(session, contract(book)).anchor_days is None


@pytest.mark.parametrize("same_form", [True, False])
def test_two_leases_of_one_customer_at_the_same_moment(committed_database: CommittedDatabase, same_form: bool) -> None:
    with transaction() as session:
        book_id = session.scalars(select(Portfolio.id)).one()
        first = opened(session, contract(session.get_one(Portfolio, book_id)), choose=drawn("K7MPQ2X"))
        customer_id = first.customer_id
    numbers: list[str] = []
    troubles: list[BaseException] = []
    start = threading.Barrier(3)

    def sign(key: str) -> None:
        try:
            with committed_database.app.app_context():
                start.wait()
                with transaction() as session:
                    wanted = contract(session.get_one(Portfolio, book_id), customer=Applicant(customer_id=customer_id))
                    numbers.append(opened(session, wanted, key=key).account_number)
                db.session.remove()
        except BaseException as trouble:  # The main thread has to hear of it.
            troubles.append(trouble)

    threads = [threading.Thread(target=sign, args=("one form" if same_form else f"form {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    if same_form:
        assert numbers == ["K7MPQ2XLOA02"] * 3
    else:
        assert sorted(numbers) == ["K7MPQ2XLOA02", "K7MPQ2XLOA03", "K7MPQ2XLOA04"]
