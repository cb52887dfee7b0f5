"""Opening an account: customer, device, schedule, terms, number and first status, in one go."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing import numbering
from app.domain.servicing.contract import OPENED_HERE, ContractType
from app.domain.servicing.opening import (
    MOST_PAYMENT_CENTS,
    Applicant,
    NewContract,
    Proposal,
    Terms,
    due_days,
    propose,
    refuse_impossible_days,
)
from app.domain.servicing.opening import doubts as doubts_of_money
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AccountParty,
    Activity,
    Assignment,
    ContractFinance,
    ContractTerms,
    Customer,
    Dealer,
    Device,
    Installment,
    Office,
    Portfolio,
    Region,
    StatusChange,
)
from app.queries.scope import Viewer
from app.queries.servicing import opening as questions
from app.services.payments import adjusting, replaying
from app.services.servicing import applicants, pending_review, standing
from app.services.servicing.pending_review import MOST_COST_CENTS, Identity, identity
from app.services.staff import audit
from app.services.staff.audit import Actor

TRIES = 20
"""Numbers that are drawn before we give up: of 34 billion, even two are hardly ever needed."""

LONGEST = {
    "program": 80,
    "location": 80,
    "seller": 80,
    "pricing_tier": 40,
    "merchant_ext_id": 60,
    "applicant_id": 60,
    "description": 300,
}

Choose = Callable[[Sequence[str]], str]


def proposal(session: Session, contract: NewContract, *, today: dt.date) -> Proposal:
    """The schedule that a contract would have. Writes nothing; raises RuleViolation for what does not fit together."""
    refuse_impossible_days(contract.money, contract.terms, today=today)
    return propose(contract.money, questions.default_payments(session))


def doubts(session: Session, contract: NewContract, proposed: Proposal, *, today: dt.date) -> list[str]:
    """What speaks against a contract without ruling it out: its figures, and its IMEI."""
    return doubts_of_money(contract.money, proposed, today=today) + pending_review.doubts(session, 0, _identity(contract))


def same_people(session: Session, contract: NewContract, *, viewer: Viewer | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Known customers with a phone number of a customer who is typed as new: id, names, number of accounts."""
    if contract.customer.customer_id is not None:
        return []
    phones = applicants.numbers(contract.customer)
    return questions.people_with_phones(session, phones, viewer, portfolio_id=contract.portfolio_id)


def refuse_hidden(session: Session, contract: NewContract, *, viewer: Viewer) -> None:
    """Refuse somebody typed as new whose phone or e-mail belongs to a customer whom the viewer may not see.

    Nothing is told of that customer. A supervisor sees them, is asked whether it is the same person, and joins the account.
    """
    for person, prefix in ((contract.customer, ""), (contract.second, "second_")):
        if person is None or person.customer_id is not None:
            continue
        field = questions.hidden_contact(
            session, applicants.numbers(person), person.email, viewer, portfolio_id=contract.portfolio_id
        )
        if field is not None:
            word = "phone" if field == "phone" else "e-mail address"
            raise RuleViolation(
                f"This {word} already belongs to a customer outside your accounts; ask a supervisor.", field=f"{prefix}{field}"
            )


def open_account(
    session: Session,
    contract: NewContract,
    *,
    key: str | None = None,
    assign_to: int | None = None,
    choose: Choose = secrets.choice,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Account:
    """Open an account and return it: active, or pending review while the IMEI or the cost of its device is missing.

    The same `key` opens one account however often it comes. `assign_to` puts it into a collector's book, which is how
    somebody who sees only their own book keeps sight of it. Raises RuleViolation, with the field, for what cannot be.
    """
    if key is not None:
        session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        if (earlier := questions.opened_by(session, key)) is not None:
            return earlier
    _refuse(session, contract)
    proposed = proposal(session, contract, today=today)
    customer = applicants.admit(
        session, contract.customer, portfolio_id=contract.portfolio_id, is_test=contract.is_test, now=now, actor=actor
    )
    device = _device(session, contract)
    account = _account(session, contract, proposed, customer, device, choose=choose, key=key, now=now)
    account.assigned_to_id = assign_to
    _lines(session, account, proposed)
    _finance(session, contract, account, proposed, today=today, now=now)
    _second_person(session, contract, account, now=now, actor=actor)
    _history(session, account, proposed, assign_to=assign_to, today=today, now=now, actor=actor)
    standing.restate(session, [account.id], today=today)
    _first_charge(session, contract, account, today=today, now=now, actor=actor)
    return account


def _identity(contract: NewContract) -> Identity:
    typed = (contract.identity or "").strip()
    return identity(typed) if typed else Identity(None, None)


def _refuse(session: Session, contract: NewContract) -> None:
    money = contract.money
    book = session.get(Portfolio, contract.portfolio_id)
    if book is None or not book.is_active:
        raise RuleViolation("This portfolio takes no new contracts.", field="portfolio")
    if contract.dealer_id is not None:
        dealer = session.get(Dealer, contract.dealer_id)
        if dealer is None or dealer.portfolio_id != contract.portfolio_id:
            raise RuleViolation("This dealer is not in the portfolio of the contract.", field="dealer")
    if money.contract_type not in OPENED_HERE:
        raise RuleViolation("Invoices come in with a file of the billing system, on the Import page.", field="contract_type")
    if money.contract_type is ContractType.LEASE and not (contract.model or "").strip():
        raise RuleViolation("Say which device it is.", field="model")
    if len(contract.model or "") > 160:
        raise RuleViolation("That is too long; 160 characters fit.", field="model")
    for field, cents, most in (
        ("cost", contract.cost_cents, MOST_COST_CENTS),
        ("cash_price", money.cash_price_cents, MOST_PAYMENT_CENTS),
        ("down_payment", money.down_payment_cents, MOST_PAYMENT_CENTS),
    ):
        if cents is not None and not 0 <= cents <= most:
            raise RuleViolation(f"This amount is between $0.00 and {as_text(most)}.", field=field)
    for field, longest in LONGEST.items():
        if len(getattr(contract.terms, field) or "") > longest:
            raise RuleViolation(f"That is too long; {longest} characters fit.", field=field)
    _refuse_approval(session, contract)


def _refuse_approval(session: Session, contract: NewContract) -> None:
    if not contract.approval_id:
        return
    if len(contract.approval_id) > 40:
        raise RuleViolation("That is too long; 40 characters fit.", field="approval_id")
    taken = select(Account.id).where(
        Account.portfolio_id == contract.portfolio_id, Account.approval_id == contract.approval_id.strip()
    )
    if session.scalar(taken) is not None:
        raise RuleViolation("An account with this approval ID is in the portfolio already.", field="approval_id")


def _device(session: Session, contract: NewContract) -> Device | None:
    """The device of the contract; None when a contract of another type than a lease names none."""
    given = _identity(contract)
    model = (contract.model or "").strip()
    if not (model or given.imei or given.serial):
        return None
    device = Device(
        portfolio_id=contract.portfolio_id,
        model=model or "Unknown device",
        imei=given.imei,
        serial=given.serial,
        cost_cents=contract.cost_cents,
        is_test=contract.is_test,
    )
    session.add(device)
    session.flush()
    return device


def _first_status(contract: NewContract, device: Device | None) -> AccountStatus:
    if contract.money.contract_type is not ContractType.LEASE:
        return AccountStatus.ACTIVE
    is_known = device is not None and bool(device.imei or device.serial) and device.cost_cents is not None
    return AccountStatus.ACTIVE if is_known else AccountStatus.PENDING_REVIEW


def _account(
    session: Session,
    contract: NewContract,
    proposed: Proposal,
    customer: Customer,
    device: Device | None,
    *,
    choose: Choose,
    key: str | None,
    now: dt.datetime,
) -> Account:
    money = contract.money
    holder, contract_number, account_number = _numbers(session, customer, choose)
    account = Account(
        portfolio_id=contract.portfolio_id,
        customer_id=customer.id,
        device_id=device.id if device else None,
        account_number=account_number,
        approval_id=(contract.approval_id or "").strip() or None,
        contract_type=money.contract_type,
        frequency=money.frequency,
        start_on=money.start_on,
        first_due_on=proposed.first_due_on,
        anchor_days=list(due_days(money)) or None,
        payment_cents=proposed.payment_cents,
        total_cents=proposed.total_cents,
        cash_price_cents=money.cash_price_cents,
        down_payment_cents=money.down_payment_cents,
        status=_first_status(contract, device),
        opened_at=now,
        is_test=contract.is_test,
        **_place(session, contract.dealer_id),
    )
    session.add(account)
    session.flush()
    session.add(
        ContractTerms(
            account_id=account.id,
            contract_number=contract_number,
            holder_number=holder,
            opening_key=key,
            **_spoken(contract.terms, customer, money.start_on),
        )
    )
    return account


def _spoken(terms: Terms, customer: Customer, start_on: dt.date) -> dict[str, Any]:
    """The terms as columns: blanks are null, the state is the customer's when none is given."""
    words = {name: (getattr(terms, name) or "").strip() or None for name in LONGEST}
    state = (terms.state or customer.state or "").strip().upper() or None
    if state is not None and not (len(state) == 2 and state.isalpha() and state.isascii()):
        raise RuleViolation("A state has two letters.", field="contract_state")
    return words | {"state": state, "note_on": terms.note_on or start_on, "rescission_on": terms.rescission_on}


def _place(session: Session, dealer_id: int | None) -> dict[str, int | None]:
    """Where the account belongs, which its dealer says."""
    if dealer_id is None:
        return {}
    row = session.execute(
        select(Dealer.id, Office.id, Region.id, Region.company_id)
        .outerjoin(Office, Office.id == Dealer.office_id)
        .outerjoin(Region, Region.id == Office.region_id)
        .where(Dealer.id == dealer_id)
    ).one()
    return {"dealer_id": row[0], "office_id": row[1], "region_id": row[2], "company_id": row[3]}


def _numbers(session: Session, customer: Customer, choose: Choose) -> tuple[str, str, str]:
    """Holder number, contract number and account number of a customer's next contract.

    The first contract is known by the holder's number itself, each further one by its contract number.
    """
    known = questions.holder_of(session, customer.id)
    if known is not None:
        holder, newest = known
        contract_number = numbering.contract_number(holder, newest + 1)
        return holder, contract_number, contract_number
    for _ in range(TRIES):
        holder = numbering.holder_number(choose)
        if not questions.is_taken(session, holder):
            return holder, numbering.contract_number(holder, 1), holder
    raise RuleViolation("No free account number was found; try again.")


def _lines(session: Session, account: Account, proposed: Proposal) -> None:
    session.add_all(
        Installment(account_id=account.id, number=line.number, due_on=line.due_on, amount_cents=line.amount_cents)
        for line in proposed.lines
    )
    session.flush()


def _finance(
    session: Session, contract: NewContract, account: Account, proposed: Proposal, *, today: dt.date, now: dt.datetime
) -> None:
    """The financed side of a contract that is no lease, with what it owes on its first day."""
    money = contract.money
    if money.contract_type is ContractType.LEASE:
        return
    is_line = money.contract_type is ContractType.CREDIT_LINE
    finance = ContractFinance(
        account_id=account.id,
        interest_rate=money.interest_rate or Decimal(0),
        principal_cents=proposed.principal_cents or 0,
        credit_line_cents=money.line_cents if is_line else None,
        accrued_on=money.start_on,
    )
    session.add(finance)
    session.flush()
    replaying.replay(session, account, from_on=money.start_on, today=today, now=now)


def _first_charge(
    session: Session, contract: NewContract, account: Account, *, today: dt.date, now: dt.datetime, actor: Actor
) -> None:
    """What a credit line is opened for: an ordinary charge of its first day, due on the first due date."""
    cents = contract.money.first_charge_cents
    if cents is None or contract.money.contract_type is not ContractType.CREDIT_LINE:
        return
    adjusting.charge_line(
        session,
        account.id,
        amount_cents=cents,
        description=(contract.model or "").strip() or "First charge",
        due_on=max(today, account.first_due_on),
        today=today,
        now=now,
        actor=actor,
    )
    session.refresh(account)


def _second_person(session: Session, contract: NewContract, account: Account, *, now: dt.datetime, actor: Actor) -> None:
    second: Applicant | None = contract.second
    if second is None:
        return
    person = applicants.admit(
        session, second, portfolio_id=contract.portfolio_id, prefix="second_", is_test=contract.is_test, now=now, actor=actor
    )
    if person.id == account.customer_id:
        raise RuleViolation("The second person is the customer; leave this part blank.", field="second_last_name")
    session.add(AccountParty(account_id=account.id, customer_id=person.id, role=contract.second_role))


def _history(
    session: Session,
    account: Account,
    proposed: Proposal,
    *,
    assign_to: int | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """The first lines of the account's history: status, assignment, activity, audit."""
    is_pending = account.status is AccountStatus.PENDING_REVIEW
    reason = "Opened without IMEI or cost" if is_pending else "Opened"
    session.add(
        StatusChange(
            account_id=account.id,
            from_status=None,
            to_status=account.status,
            at=now,
            business_on=today,
            reason=reason,
            by_id=actor.staff_id,
        )
    )
    if assign_to is not None:
        session.add(
            Assignment(
                account_id=account.id, staff_id=assign_to, from_at=now, is_manual=True, reason="Opened it", by_id=actor.staff_id
            )
        )
    lines = f"{len(proposed.lines)} × {as_text(proposed.payment_cents)} {account.frequency.label.lower()}"
    summary = f"{reason}: {account.contract_type.label.lower()}, {lines}" if proposed.lines else f"{reason}: credit line"
    session.add(Activity(account_id=account.id, kind=ActivityKind.STATUS, at=now, summary=summary, staff_id=actor.staff_id))
    audit.record(
        session,
        "account opened",
        now=now,
        actor=actor,
        entity="account",
        entity_id=account.id,
        account_id=account.id,
        after={
            "account_number": account.account_number,
            "contract_type": account.contract_type,
            "status": account.status,
            "total_cents": account.total_cents,
            "payment_cents": account.payment_cents,
            "payments": len(proposed.lines),
            "assigned_to": assign_to,
            "is_test": account.is_test,
        },
    )
