"""An installment never stands without its account, although no foreign key says so."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.models import Account, Installment
from tests import factories

LINE = {"number": 900, "due_on": dt.date(2026, 12, 1), "amount_cents": 100}


def test_an_installment_needs_an_account(session: Session) -> None:
    account = factories.account(session)
    with pytest.raises(IntegrityError, match="an installment needs an account"), session.begin_nested():
        session.execute(insert(Installment), [{"account_id": account.id, **LINE}, {"account_id": account.id + 1, **LINE}])
    session.execute(insert(Installment), [{"account_id": account.id, **LINE}])


def test_an_account_with_installments_stays(session: Session) -> None:
    account = factories.account(session)
    with pytest.raises(IntegrityError, match="an account with installments stays"), session.begin_nested():
        session.execute(delete(Account).where(Account.id == account.id))
    session.execute(delete(Installment).where(Installment.account_id == account.id))
    session.execute(delete(Account).where(Account.id == account.id))


def test_an_installment_stays_with_its_account(session: Session) -> None:
    account, other = factories.account(session), factories.account(session)
    move = update(Installment).where(Installment.account_id == account.id).values(account_id=other.id)
    with pytest.raises(ProgrammingError, match="an installment stays with its account"), session.begin_nested():
        session.execute(move.execution_options(synchronize_session=False))
