"""Cards on file as Square tells of them: the newest version counts, and a customer has one primary card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.payments.cards import brand_name
from app.gateways.card_directory import CardOnFile
from app.models import Account, Activity, Card, Customer
from app.services.staff import audit
from app.services.staff.audit import Actor


def keep(session: Session, cards: Iterable[CardOnFile], *, now: dt.datetime) -> int:
    """Write down the cards of customers that are linked; what is older than is known is left alone.

    Returns how many were new or newer.
    """
    told = {card.id: card for card in cards}
    square_ids = {card.customer_id for card in told.values()}
    ours: dict[str, int] = {
        square_id: customer_id
        for square_id, customer_id in session.execute(
            select(Customer.square_customer_id, Customer.id).where(Customer.square_customer_id.in_(square_ids))
        )
        if square_id
    }
    rows = [_row(card, ours[card.customer_id], now) for card in told.values() if card.customer_id in ours]
    if not rows:
        return 0
    new = insert(Card).values(rows)
    kept = session.execute(
        new.on_conflict_do_update(
            index_elements=[Card.square_card_id],
            set_={name: new.excluded[name] for name in rows[0] if name not in ("square_card_id", "created_at", "fingerprint")}
            | {
                "fingerprint": func.coalesce(new.excluded.fingerprint, Card.fingerprint),
                "is_primary": Card.is_primary & new.excluded.is_enabled & (Card.customer_id == new.excluded.customer_id),
            },
            where=or_(new.excluded.square_version > Card.square_version, Card.customer_id != new.excluded.customer_id),
        ).returning(Card.id)
    ).all()
    choose_primary(session, sorted({ours[card.customer_id] for card in told.values() if card.customer_id in ours}))
    session.expire_all()
    return len(kept)


def tell_added(session: Session, customer_id: int, card: CardOnFile, *, now: dt.datetime, actor: Actor) -> str:
    """Write on the customer's accounts and in the audit trail that a card was added; the card in words."""
    said = f"{card.brand} …{card.last_four}"
    for account_id in session.scalars(select(Account.id).where(Account.customer_id == customer_id).order_by(Account.id)):
        session.add(
            Activity(account_id=account_id, kind=ActivityKind.SYSTEM, at=now, summary=f"{said} added", staff_id=actor.staff_id)
        )
    audit.record(
        session,
        "card added",
        now=now,
        actor=actor,
        entity="customer",
        entity_id=customer_id,
        after={"card": said, "expires": f"{card.expires_month:02d}/{card.expires_year}"},
    )
    session.flush()
    return said


def _row(card: CardOnFile, customer_id: int, now: dt.datetime) -> dict[str, object]:
    return {
        "customer_id": customer_id,
        "square_card_id": card.id[:64],
        "brand": brand_name(card.brand)[:30],
        "last_four": card.last_four[-4:],
        "expires_month": card.expires_month,
        "expires_year": card.expires_year,
        "fingerprint": card.fingerprint[:255] if card.fingerprint else None,
        "is_enabled": card.is_enabled,
        "square_version": card.version,
        "issuer_alert": card.issuer_alert[:60] if card.issuer_alert else None,
        "issuer_alert_at": (card.issuer_alert_at or now) if card.issuer_alert else None,
        "created_at": now,
    }


def choose_primary(session: Session, customer_ids: Sequence[int]) -> None:
    """Where no enabled card is the primary one, the first enabled one becomes it."""
    session.execute(
        text(
            """
            update card set is_primary = true where id in (
                select min(k.id) from card k where k.customer_id = any(:customers) and k.is_enabled group by k.customer_id
                having not bool_or(k.is_primary)
            )
            """
        ),
        {"customers": list(customer_ids)},
    )


def make_primary(session: Session, card_id: int, *, now: dt.datetime, actor: Actor) -> Card:
    """Charge this card first; the others of the customer are backups. Raises RuleViolation for a disabled one."""
    card = _locked(session, card_id)
    if not card.is_enabled:
        raise RuleViolation(f"{card} is disabled; choose one that can be charged.")
    before = session.scalar(select(Card.id).where(Card.customer_id == card.customer_id, Card.is_primary, Card.is_enabled))
    if before == card_id:
        return card
    session.execute(update(Card).where(Card.customer_id == card.customer_id, Card.is_primary).values(is_primary=False))
    session.execute(update(Card).where(Card.id == card_id).values(is_primary=True))
    session.refresh(card)
    _tell(session, card, f"{card} is the primary card now", "card made primary", now, actor)
    return card


def note_disabled(session: Session, card_id: int, told: CardOnFile, *, now: dt.datetime, actor: Actor) -> Card:
    """Write down that Square has disabled a card for us; a backup, if there is one, takes its place."""
    card = _locked(session, card_id)
    card.is_enabled, card.is_primary = False, False
    card.square_version = max(card.square_version, told.version)
    session.flush()
    choose_primary(session, [card.customer_id])
    _tell(session, card, f"{card} was disabled", "card disabled", now, actor)
    return card


def forget(session: Session, square_card_id: str) -> bool:
    """A card is gone at Square: it is not charged any more. Charges and payments still name it."""
    found = session.execute(
        update(Card)
        .where(Card.square_card_id == square_card_id, Card.is_enabled)
        .values(is_enabled=False, is_primary=False)
        .returning(Card.customer_id)
    ).all()
    choose_primary(session, [customer_id for (customer_id,) in found])
    session.expire_all()
    return bool(found)


def _locked(session: Session, card_id: int) -> Card:
    # All cards of the customer, so that two people who choose a primary one at once do it one after the other.
    customer_id = session.scalars(select(Card.customer_id).where(Card.id == card_id)).one()
    locked = select(Card).where(Card.customer_id == customer_id).order_by(Card.id).with_for_update()
    cards = session.scalars(locked.execution_options(populate_existing=True)).all()
    return next(card for card in cards if card.id == card_id)


def _tell(session: Session, card: Card, said: str, action: str, now: dt.datetime, actor: Actor) -> None:
    for account_id in session.scalars(select(Account.id).where(Account.customer_id == card.customer_id)):
        activity = Activity(account_id=account_id, kind=ActivityKind.PAYMENT, at=now, summary=said, staff_id=actor.staff_id)
        session.add(activity)
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="card",
        entity_id=card.id,
        after={"card": str(card), "customer_id": card.customer_id},
    )
    session.flush()
