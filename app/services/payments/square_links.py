"""Which customer at Square is which of ours: the mirror, the scan that links what is certain, and a person's own decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import CursorResult, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.domain.autopay.charges import OPEN_CHARGES
from app.domain.errors import RuleViolation
from app.domain.payments.card_matching import Candidate, judge
from app.gateways.card_directory import ProcessorCustomer
from app.models import Account, Card, Charge, Customer, SquareCustomer, SquareMatch
from app.services.staff import audit
from app.services.staff.audit import Actor
from app.workbooks.contacts import phone as read_phone

CHUNK = 5_000
"""Customers by id that are matched in one statement."""


def keep(session: Session, customers: Iterable[ProcessorCustomer], *, now: dt.datetime) -> int:
    """Bring the mirror up to date; what is older than is known only counts as seen. Returns how many were told of."""
    rows = [
        {
            "square_id": told.id[:64],
            "reference_id": told.reference_id[:128] if told.reference_id else None,
            "given_name": told.given_name[:300],
            "family_name": told.family_name[:300],
            "email": told.email.strip().lower()[:254] if told.email else None,
            "phone": read_phone(told.phone)[0] if told.phone else None,
            "is_gone": False,
            "version": told.version,
            "seen_at": now,
        }
        for told in {told.id: told for told in customers}.values()
    ]
    if not rows:
        return 0
    new = insert(SquareCustomer).values(rows)
    names = [name for name in rows[0] if name != "square_id"]
    session.execute(
        new.on_conflict_do_update(
            index_elements=[SquareCustomer.square_id],
            set_={name: new.excluded[name] for name in names},
            where=new.excluded.version >= SquareCustomer.version,
        )
    )
    session.expire_all()
    return len(rows)


def note_gone(session: Session, *, unseen_since: dt.datetime) -> int:
    """Whoever the whole list did not tell of since a moment is gone; returns how many."""
    gone = session.execute(
        update(SquareCustomer)
        .where(SquareCustomer.seen_at < unseen_since, ~SquareCustomer.is_gone)
        .values(is_gone=True)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(gone, CursorResult)
    return gone.rowcount


def forget(session: Session, square_id: str) -> None:
    """A customer was deleted at Square. The link stays: payments were made under it, and their cards are forgotten one by one."""
    session.execute(update(SquareCustomer).where(SquareCustomer.square_id == square_id).values(is_gone=True))


_PAIRS = text(
    """
    with chosen as (
        select id, lower(email) as email, lower(first_name) as first_name, lower(last_name) as last_name
        from customer where id between :first and :last and square_customer_id is null and not is_test
    ),
    pairs as (
        select c.id as customer_id, s.id as square_customer_id, 1 as rank
        from chosen c join account a on a.customer_id = c.id
        join square_customer s on s.reference_id in (a.account_number, a.approval_id, a.uuid::text) and not s.is_gone
        union all
        select c.id, s.id, 2 from chosen c join square_customer s on s.email = c.email and not s.is_gone
        union all
        select c.id, s.id, 3 from chosen c
        join customer_phone p on p.customer_id = c.id and not p.is_bad
        join square_customer s on s.phone = p.e164 and not s.is_gone
        union all
        select c.id, s.id, 4 from chosen c
        join square_customer s on lower(s.family_name) = c.last_name and lower(s.given_name) = c.first_name and not s.is_gone
    ),
    forgotten as (delete from square_match where customer_id between :first and :last)
    select customer_id, square_customer_id, (array['reference', 'email', 'phone', 'name'])[min(rank)] as by
    from pairs group by customer_id, square_customer_id
    """
)


def ranges(session: Session) -> list[tuple[int, int]]:
    """Chunks of customers, first and last id."""
    least, most = session.execute(select(func.min(Customer.id), func.max(Customer.id))).one()
    return [(first, first + CHUNK - 1) for first in range(least, most + 1, CHUNK)] if least is not None else []


def find_pairs(session: Session, *, first: int, last: int) -> int:
    """Write down who at Square may be whom here, for customers of the range that are not linked; returns how many pairs."""
    found = session.execute(_PAIRS, {"first": first, "last": last}).mappings().all()
    if found:
        session.execute(insert(SquareMatch), [dict(row) for row in found])
    return len(found)


def decide(session: Session, *, first: int, last: int, now: dt.datetime, actor: Actor) -> int:
    """Link what is certain among the pairs of the range, and say why the others are not. Returns how many were linked."""
    rival, taken = aliased(SquareMatch), aliased(Customer)
    rows = session.execute(
        select(
            SquareMatch.customer_id,
            Customer.first_name,
            Customer.last_name,
            SquareCustomer.id,
            SquareMatch.by,
            SquareCustomer.given_name,
            SquareCustomer.family_name,
            select(func.count())
            .where(rival.square_customer_id == SquareMatch.square_customer_id, rival.by == SquareMatch.by)
            .correlate(SquareMatch)
            .scalar_subquery()
            .label("ours"),
            select(taken.id)
            .where(taken.square_customer_id == SquareCustomer.square_id)
            .correlate(SquareCustomer)
            .exists()
            .label("taken"),
            SquareCustomer.square_id,
        )
        .join(Customer, Customer.id == SquareMatch.customer_id)
        .join(SquareCustomer, SquareCustomer.id == SquareMatch.square_customer_id)
        .where(SquareMatch.customer_id.between(first, last))
        .order_by(SquareMatch.customer_id, SquareCustomer.id)
    ).all()
    reasons: list[dict[str, object]] = []
    links: list[tuple[int, str, str]] = []
    for customer_id, group in groupby(rows, key=lambda row: row.customer_id):
        theirs = list(group)
        candidates = [
            Candidate(row.id, row.by, row.given_name, row.family_name, ours=row.ours, is_taken=row.taken) for row in theirs
        ]
        verdict = judge(theirs[0].first_name, theirs[0].last_name, candidates)
        reasons += [{"customer": customer_id, "there": id, "said": why} for id, why in verdict.why.items()]
        links += [(customer_id, row.square_id, verdict.why[row.id]) for row in theirs if row.id == verdict.link]
    if reasons:
        said = update(SquareMatch).where(
            SquareMatch.customer_id == bindparam("customer"), SquareMatch.square_customer_id == bindparam("there")
        )
        session.connection().execute(said.values(why=bindparam("said")), reasons)
    for customer_id, square_id, why in links:
        _write(session, customer_id, square_id, why, now=now, actor=actor)
    session.expire_all()
    return len(links)


def link(session: Session, customer_id: int, square_customer_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Link a customer with one of the mirror because a person says so.

    Raises RuleViolation when either is linked already, or the one at Square is gone.
    """
    customer = session.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
    there = session.get_one(SquareCustomer, square_customer_id)
    if customer.square_customer_id:
        raise RuleViolation(f"{customer.name} is linked to Square already; unlink them first.")
    if there.is_gone:
        raise RuleViolation(f"{there.name} was deleted at Square.")
    if session.scalar(select(Customer.id).where(Customer.square_customer_id == there.square_id).limit(1)) is not None:
        raise RuleViolation(f"{there.name} at Square is linked to another customer already; unlink that one first.")
    _write(session, customer_id, there.square_id, "Chosen by a person", now=now, actor=actor)
    session.expire_all()


def unlink(session: Session, customer_id: int, *, now: dt.datetime, actor: Actor) -> None:
    """Take a link away; the customer's cards are not charged any more. Raises RuleViolation while a charge is under way."""
    customer = session.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
    if not customer.square_customer_id:
        raise RuleViolation(f"{customer.name} is not linked to Square.")
    open_charge = select(Charge.id).join(Account, Account.id == Charge.account_id)
    if session.scalar(open_charge.where(Account.customer_id == customer_id, Charge.state.in_(OPEN_CHARGES)).limit(1)) is not None:
        raise RuleViolation("A charge of this customer is under way; unlink them when it is decided.")
    before, customer.square_customer_id = customer.square_customer_id, None
    # A later link, of whomever, brings the cards back with whatever version Square has.
    session.execute(
        update(Card).where(Card.customer_id == customer_id).values(is_enabled=False, is_primary=False, square_version=-1)
    )
    audit.record(
        session,
        "customer unlinked from square",
        now=now,
        actor=actor,
        entity="customer",
        entity_id=customer_id,
        before={"square_customer_id": before},
    )
    session.flush()


def _write(session: Session, customer_id: int, square_id: str, why: str, *, now: dt.datetime, actor: Actor) -> None:
    # Two people who link the same one at Square do it one after the other, and the second is refused.
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:square_id, 1))"), {"square_id": square_id})
    other = aliased(Customer)
    linked = session.execute(
        update(Customer)
        .where(
            Customer.id == customer_id,
            Customer.square_customer_id.is_(None),
            ~select(other.id).where(other.square_customer_id == square_id).exists(),
        )
        .values(square_customer_id=square_id, version=Customer.version + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(linked, CursorResult)
    if linked.rowcount != 1:  # Somebody else linked one of the two meanwhile.
        return
    session.execute(delete(SquareMatch).where(SquareMatch.customer_id == customer_id))
    audit.record(
        session,
        "customer linked to square",
        now=now,
        actor=actor,
        entity="customer",
        entity_id=customer_id,
        after={"square_customer_id": square_id},
        reason=why[:500],
    )


def references(session: Session, customer_id: int) -> list[str]:
    """Under which references Square may know a customer: the numbers of their accounts."""
    rows = session.execute(
        select(Account.account_number, Account.approval_id).where(Account.customer_id == customer_id).order_by(Account.id)
    )
    return list(dict.fromkeys(number for row in rows for number in row if number))
