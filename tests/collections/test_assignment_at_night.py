"""Handing out at the end of day: who gets a late account, what stays, what moves on, what is let go."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.collections.assigning import AmountBasis, Lessee, amount, fits, short_name
from app.domain.staff.roles import Role
from app.models import (
    Account,
    AccountCollectionStatus,
    Activity,
    Assignment,
    CollectionSettings,
    CollectionStatus,
    CollectorProfile,
    Portfolio,
    PortfolioCollectionSettings,
    ReassignmentHold,
    Staff,
)
from app.queries.collections import collectors
from app.queries.collections import statuses as statuses_queries
from app.services.collections import assignments
from app.services.collections.day import assignment
from tests import factories
from tests.factories import NOW, TODAY

LAST = 2**40


def late(session: Session, last_name: str = "Abbott", **given: Any) -> Account:
    """An account that is late, of somebody with this name."""
    first = session.scalars(select(Portfolio).order_by(Portfolio.id)).first()
    book = given.pop("book", None) or first or factories.portfolio(session)
    return factories.account(session, book, customer=factories.customer(session, book, last_name=last_name), **given)


def collector(session: Session, **given: Any) -> Staff:
    """A collector with a profile."""
    person = factories.staff(session)
    session.add(CollectorProfile(staff_id=person.id, **given))
    session.flush()
    return person


def end(session: Session) -> int:
    """The step over all accounts."""
    session.flush()
    changed = assignment.hand_out(session, first=0, last=LAST, on=TODAY, now=NOW)
    session.expire_all()
    return changed


def current_again(session: Session, account: Account) -> None:
    """The customer caught up."""
    session.execute(update(Account).where(Account.id == account.id).values(past_due_cents=0, days_past_due=0))


def test_a_late_account_goes_to_the_collector_who_takes_its_letter(session: Session) -> None:
    account = late(session, "4 Corners")
    collector(session, name_letters="ABCDE")
    f = collector(session, name_letters="F")
    assert end(session) == 1
    assert account.assigned_to_id == f.id
    held = session.scalars(select(Assignment).where(Assignment.account_id == account.id)).one()
    assert (held.staff_id, held.is_manual, held.until_at) == (f.id, False, None)
    said = session.scalars(select(Activity.summary).where(Activity.account_id == account.id)).all()
    assert f"Assigned to {f.name} by the end of day" in said
    assert end(session) == 0


def test_a_name_that_begins_with_neither_letter_nor_digit_is_an_x(session: Session) -> None:
    account, accented = late(session, "'Neill"), late(session, "Ébert")
    x = collector(session, name_letters="X")
    collector(session, name_letters="NE")
    end(session)
    assert (account.assigned_to_id, accented.assigned_to_id) == (x.id, x.id)


def test_accounts_are_shared_out_by_load(session: Session) -> None:
    first, second = collector(session), collector(session)
    factories.account(session, assigned_to_id=first.id)
    accounts = [late(session) for _ in range(5)]
    end(session)
    # The first has one already: second, first, second, first, second.
    assert [account.assigned_to_id for account in accounts] == [second.id, first.id, second.id, first.id, second.id]


def test_what_nobody_takes_goes_to_the_supervisor_of_its_portfolio(session: Session) -> None:
    account = late(session, "Abbott")
    collector(session, name_letters="Z")
    supervisor = factories.staff(session, Role.SUPERVISOR)
    session.add(PortfolioCollectionSettings(portfolio_id=account.portfolio_id, supervisor_id=supervisor.id))
    assert end(session) == 1
    assert account.assigned_to_id == supervisor.id
    assert end(session) == 0


def test_without_a_supervisor_it_stays_nobodys(session: Session) -> None:
    account = late(session)
    assert end(session) == 0
    assert account.assigned_to_id is None


def test_who_sees_all_and_has_no_letters_is_assigned_none(session: Session) -> None:
    late(session)
    watcher = collector(session, name_letters="")
    watcher.sees_all_accounts = True
    assert end(session) == 0


def test_limits_and_places_and_an_ended_employment_count(session: Session) -> None:
    account = late(session)
    collector(session, minimum_cents=account.past_due_cents + 1)
    collector(session, maximum_cents=account.past_due_cents - 1)
    collector(session, office_ids=[999])
    collector(session, portfolio_ids=[account.portfolio_id + 1])
    collector(session, status_letters="O")  # It is in 00, which is a Z.
    gone = collector(session)
    gone.is_active = False
    other = factories.portfolio(session)
    kept_away = collector(session)
    kept_away.portfolios = [other]
    assert end(session) == 0
    fitting = collector(session, minimum_cents=account.past_due_cents, maximum_cents=account.past_due_cents, status_letters="Z")
    end(session)
    assert account.assigned_to_id == fitting.id


def test_the_amount_is_the_one_that_the_settings_choose(session: Session) -> None:
    account = late(session)
    assert account.balance_cents > account.past_due_cents
    rich = collector(session, minimum_cents=account.balance_cents)
    assert end(session) == 0
    session.execute(update(CollectionSettings).values(amount_basis=AmountBasis.GROSS_OUTSTANDING))
    end(session)
    assert account.assigned_to_id == rich.id


def test_who_does_not_fit_any_more_loses_the_account(session: Session) -> None:
    account = late(session)
    first = collector(session)
    end(session)
    second = collector(session)
    session.execute(update(CollectorProfile).where(CollectorProfile.staff_id == first.id).values(name_letters="Z"))
    assert end(session) == 1
    assert account.assigned_to_id == second.id
    ended = session.scalars(select(Assignment).where(Assignment.staff_id == first.id)).one()
    assert ended.until_at == NOW


def test_staff_without_a_profile_are_handed_nothing(session: Session) -> None:
    account, person = late(session), factories.staff(session)
    assert end(session) == 0
    session.add(CollectorProfile(staff_id=person.id))
    end(session)
    assert account.assigned_to_id == person.id


def test_another_amount_in_the_settings_moves_whom_it_does_not_fit(session: Session) -> None:
    account = late(session)
    small = collector(session, maximum_cents=account.past_due_cents)
    rich = collector(session, minimum_cents=account.balance_cents)
    end(session)
    assert account.assigned_to_id == small.id
    session.execute(update(CollectionSettings).values(amount_basis=AmountBasis.GROSS_OUTSTANDING))
    end(session)
    assert account.assigned_to_id == rich.id


def no_longer_fitting(session: Session) -> tuple[Account, Staff]:
    """An account whose collector does not take it any more, though somebody else would."""
    account, first = late(session), collector(session)
    end(session)
    session.execute(update(CollectorProfile).where(CollectorProfile.staff_id == first.id).values(name_letters=""))
    collector(session)
    return account, first


def test_automatic_reassignment_off_wins(session: Session) -> None:
    account, first = no_longer_fitting(session)
    session.execute(update(CollectionSettings).values(reassigns=False))
    assert end(session) == 0
    assert account.assigned_to_id == first.id


def test_a_lessee_who_is_held_stays_with_the_collector(session: Session) -> None:
    account, first = no_longer_fitting(session)
    session.add(ReassignmentHold(account_id=account.id, at=NOW))
    assert end(session) == 0
    assert account.assigned_to_id == first.id


def test_a_manual_reassignment_sticks(session: Session) -> None:
    account, _ = no_longer_fitting(session)
    boss, by_hand = factories.staff(session, Role.SUPERVISOR), factories.staff(session)
    assignments.assign(session, [account.id], by_hand.id, reason="Knows them", now=NOW, actor=factories.actor(boss))
    assert end(session) == 0
    assert account.assigned_to_id == by_hand.id
    current_again(session, account)
    assert end(session) == 0
    assert account.assigned_to_id == by_hand.id


def test_what_is_current_again_is_released(session: Session) -> None:
    account, first = late(session), collector(session)
    end(session)
    assert account.assigned_to_id == first.id
    current_again(session, account)
    assert end(session) == 1
    assert account.assigned_to_id is None
    said = session.scalars(select(Activity.summary).where(Activity.account_id == account.id)).all()
    assert f"Released: current again (before: {first.name})" in said
    assert end(session) == 0


@pytest.mark.parametrize("basis", list(AmountBasis))
def test_the_sql_finds_those_who_fit_by_the_rule(session: Session, basis: AmountBasis) -> None:
    chance = random.Random(str(basis))
    session.execute(update(CollectionSettings).values(amount_basis=basis))
    books = [factories.portfolio(session) for _ in range(2)]
    codes = session.scalars(select(CollectionStatus)).all()
    names = ["Abbott", "zeta", "4 Corners", "0Zed", "'Neill", "Ébert", " Moon", "ß", "ı", "-", "ﬁ", "9Lives", "_x", "X"]
    limits = [
        {"minimum_cents": low, "maximum_cents": high}
        for low, high in [(0, None), (0, 16_200), (10_000, 16_200), (10_000, None), (100_000, 130_000)]
    ]
    for _ in range(12):
        collector(
            session,
            name_letters="".join(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if chance.random() < 0.6),
            status_letters="".join(letter for letter in "ABEFNOSTXZ" if chance.random() < 0.7),
            **chance.choice(limits),
            portfolio_ids=chance.choice([[], [], [books[0].id], [book.id for book in books]]),
            office_ids=chance.choice([[], [], [], [1]]),
        )
    lessees: dict[int, Lessee] = {}
    for _ in range(80):
        account = late(session, chance.choice(names), book=chance.choice(books))
        account.credit_cents, account.fees_cents = chance.choice([0, 900]), chance.choice([0, 700])
        if chance.random() < 0.7:
            status = chance.choice(codes)
            session.add(AccountCollectionStatus(account_id=account.id, status_id=status.id, since_at=NOW))
        session.flush()
        lessees[account.id] = Lessee(
            short_name(account.customer.last_name, account.customer.first_name),
            statuses_queries.of_account(session, account.id).code,
            amount(
                basis,
                past_due_cents=account.past_due_cents,
                balance_cents=account.balance_cents,
                fees_cents=account.fees_cents,
                credit_cents=account.credit_cents,
            ),
            account.portfolio_id,
        )
    found = {each.account_id: each.fitting for each in assignment.candidates(session, first=0, last=LAST)}
    criteria = collectors.criteria(session)
    expected = {key: tuple(one.staff_id for one in criteria if fits(one, lessee)) for key, lessee in lessees.items()}
    # Whom nobody takes is no candidate where there is no supervisor.
    assert found == {key: takers for key, takers in expected.items() if takers}
    assert any(expected.values()) and not all(expected.values())
