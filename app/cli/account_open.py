"""`leasedesk account open FILE.json`: open an account without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.product import answer, product_command
from app.workbooks.contract_file import EXAMPLE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.domain.servicing.opening import NewContract
    from app.models import Account


@click.command("open", epilog="\b\nA file may look like this; leave out what is not known:\n\b\n" + EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--certain", is_flag=True, help="Open it although something speaks against it (its IMEI, its phone number, …).")
@product_command
def open_account(file: Path, certain: bool) -> None:
    """Open the account that a JSON file describes, and print its numbers and its schedule.

    Without IMEI or cost of the device it waits in Pending Review. A blank number of payments is the default of the
    frequency. Nothing is written when something is wrong: code 2 for the file, 1 for what a rule refuses.
    """
    from app.clock import now, today
    from app.domain.errors import RuleViolation
    from app.services.servicing import opening
    from app.services.staff.audit import SYSTEM
    from app.transaction import transaction
    from app.workbooks.contract_file import WrongFile, read

    try:
        found = read(file, today=today())
    except WrongFile as problem:
        raise click.UsageError(str(problem)) from problem
    with transaction() as session:
        contract = _placed(session, found.contract, found.portfolio_code, found.dealer_code)
        proposed = opening.proposal(session, contract, today=today())
        doubts = opening.doubts(session, contract, proposed, today=today())
        doubts += [
            f"{person.first_name} {person.last_name} has this phone number already: give the id {person.id} if it is them."
            for person in opening.same_people(session, contract, viewer=None)
        ]
        if doubts and not certain:
            raise RuleViolation(" ".join(doubts) + " Nothing was opened; say --certain to open it all the same.")
        account = opening.open_account(session, contract, today=today(), now=now(), actor=SYSTEM)
        told = _told(session, account) | {"doubts": doubts}
    answer(told, *_sentences(told))


def _placed(session: Session, contract: NewContract, portfolio_code: str | None, dealer_code: str | None) -> NewContract:
    """The contract with the ids of its portfolio and dealer."""
    from dataclasses import replace

    from sqlalchemy import func, select

    from app.domain.errors import RuleViolation
    from app.models import Dealer, Portfolio
    from app.queries.portfolio.codes import portfolio_ids

    if portfolio_code is None:
        open_ones = session.scalars(select(Portfolio.id).where(Portfolio.is_active).order_by(Portfolio.id)).all()
        if len(open_ones) != 1:
            raise RuleViolation("There are several portfolios; the file should name one: portfolio.", field="portfolio")
        portfolio_id = open_ones[0]
    else:
        (portfolio_id,) = portfolio_ids(session, [portfolio_code])
    dealer_id = None
    if dealer_code is not None:
        wanted = (Dealer.portfolio_id == portfolio_id, func.lower(Dealer.code) == dealer_code.lower())
        dealer_id = session.scalar(select(Dealer.id).where(*wanted))
        if dealer_id is None:
            raise RuleViolation(f"There is no dealer with the code {dealer_code} in this portfolio.", field="dealer")
    return replace(contract, portfolio_id=portfolio_id, dealer_id=dealer_id)


def _told(session: Session, account: Account) -> dict[str, Any]:
    from sqlalchemy import select

    from app.domain.money import dollars
    from app.models import ContractTerms, Installment

    terms = session.get_one(ContractTerms, account.id)
    lines = session.scalars(select(Installment).where(Installment.account_id == account.id).order_by(Installment.number))
    return {
        "id": account.id,
        "account_number": account.account_number,
        "contract_number": terms.contract_number,
        "uuid": str(account.uuid),
        "status": account.status.value,
        "contract_type": account.contract_type.value,
        "payment": str(dollars(account.payment_cents)),
        "total": str(dollars(account.total_cents)),
        "schedule": [
            {"number": line.number, "due_on": line.due_on.isoformat(), "amount": str(dollars(line.amount_cents))}
            for line in lines
        ],
    }


def _sentences(told: dict[str, Any]) -> list[str]:
    status = told["status"].replace("_", " ")
    lines = [f"Account {told['account_number']}, contract {told['contract_number']}, is {status}. UUID {told['uuid']}."]
    schedule = told["schedule"]
    if schedule:
        first, last = schedule[0], schedule[-1]
        lines.append(
            f"{len(schedule)} payments of {told['payment']} make {told['total']}: "
            f"the first on {first['due_on']}, the last of {last['amount']} on {last['due_on']}."
        )
    return lines
