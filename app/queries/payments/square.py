"""Card Sync's questions: our customers with their link and card, whom they may be at Square, the cards of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.domain.collections.signals import EXPIRING_DAYS
from app.domain.payments.card_matching import MatchedBy
from app.models import Card, Customer, Portfolio, SquareCustomer, SquareMatch
from app.queries.listing import Field, Flag, Join, Kind, Listing, One, Sort
from app.queries.listing import Text as Words
from app.queries.listing.fields import TODAY
from app.queries.scope import Viewer, scope
from app.queries.servicing.hanging import through_customers

_ENABLED = and_(Card.customer_id == Customer.id, Card.is_enabled)
_MONTH: ColumnElement[Any] = Card.expires_year * 12 + Card.expires_month
"""A card is good until the end of its month; months are counted through."""
_SOON_MONTH = func.extract("year", TODAY + EXPIRING_DAYS - 1) * 12 + func.extract("month", TODAY + EXPIRING_DAYS - 1)


def _card(what: Any) -> Any:
    """Something of the card that is charged first."""
    first = select(what).where(_ENABLED).order_by(Card.is_primary.desc(), Card.id).limit(1)
    return first.correlate(Customer).scalar_subquery()


def _any_card(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Card.id).where(_ENABLED, *conditions).correlate(Customer).exists()


IS_LINKED: ColumnElement[bool] = Customer.square_customer_id.is_not(None)
HAS_CARD = _any_card()
_EXPIRES_SOON: ColumnElement[bool] = or_(
    _MONTH < _SOON_MONTH,
    and_(_MONTH == _SOON_MONTH, func.extract("month", TODAY + EXPIRING_DAYS) != func.extract("month", TODAY + EXPIRING_DAYS - 1)),
)
"""A card's last day is less than 30 days away, or over."""
IS_EXPIRING = _any_card(_EXPIRES_SOON)
HAS_ALERT = _any_card(Card.issuer_alert.is_not(None))
_OTHER = Card.__table__.alias("other_card")
IS_SHARED = (
    select(Card.id)
    .join(_OTHER, and_(_OTHER.c.fingerprint == Card.fingerprint, _OTHER.c.customer_id != Card.customer_id))
    .where(_ENABLED)
    .correlate(Customer)
    .exists()
)
"""The same plastic is on file for another customer."""
MATCHES = (
    select(func.count())
    .where(SquareMatch.customer_id == Customer.id)
    .select_from(SquareMatch)
    .correlate(Customer)
    .scalar_subquery()
)
HAS_MATCH = select(SquareMatch.customer_id).where(SquareMatch.customer_id == Customer.id).correlate(Customer).exists()

CARD_SYNC = Listing(
    Customer,
    joins=(Join("portfolio", Portfolio, Customer.portfolio_id == Portfolio.id),),
    fields=(
        Field("first_name", Customer.first_name),
        Field("last_name", Customer.last_name),
        Field("email", Customer.email),
        Field("square_customer_id", Customer.square_customer_id),
        Field("card", _card(Card.brand + " …" + Card.last_four), kind=Kind.TEXT),
        Field(
            "expires",
            _card(func.lpad(cast(Card.expires_month, Text), 2, "0") + "/" + cast(Card.expires_year, Text)),
            kind=Kind.TEXT,
        ),
        Field("card_type", _card(Card.card_type), kind=Kind.TEXT),
        Field("prepaid_type", _card(Card.prepaid_type), kind=Kind.TEXT),
        Field("is_expiring", _card(_EXPIRES_SOON), kind=Kind.FLAG),
        Field("is_any_expiring", IS_EXPIRING, kind=Kind.FLAG),
        Field("has_alert", HAS_ALERT, kind=Kind.FLAG),
        Field("matches", MATCHES, kind=Kind.NUMBER),
        Field("portfolio", Portfolio.name, "portfolio"),
    ),
    sorts={"customer": Sort((Customer.last_name, Customer.first_name)), "newest": Sort((Customer.id,))},
    filters=(
        Flag("linked", "Linked to Square", IS_LINKED),
        Flag("card", "Card on file", HAS_CARD),
        Flag("expiring", "Card expiring", IS_EXPIRING),
        Flag("alert", "Issuer alert", HAS_ALERT),
        Flag("shared", "Shared card", IS_SHARED),
        Flag("maybe", "To decide", HAS_MATCH),
        Words("square", "Square ID", Customer.square_customer_id),
        One("portfolio", "Portfolio", Customer.portfolio_id, model=Portfolio, order_by=Portfolio.name),
    ),
    order="customer",
    search=through_customers(Customer, Customer.id),
)
"""Our customers by name, with who they are at Square and the card that is charged first."""


def cards_of(session: Session, customer_id: int) -> Sequence[Card]:
    """The cards of a customer: the primary one, the backups, then those that are disabled."""
    query = select(Card).where(Card.customer_id == customer_id)
    return session.scalars(query.order_by(Card.is_enabled.desc(), Card.is_primary.desc(), Card.id)).all()


def shared_with(session: Session, customer_id: int, viewer: Viewer) -> Sequence[Customer]:
    """Other customers for whom one of the customer's enabled cards is on file too."""
    prints = select(Card.fingerprint).where(Card.customer_id == customer_id, Card.is_enabled, Card.fingerprint.is_not(None))
    others = select(Card.customer_id).where(Card.fingerprint.in_(prints), Card.customer_id != customer_id)
    query = scope(select(Customer).where(Customer.id.in_(others)), Customer, viewer)
    return session.scalars(query.order_by(Customer.id).limit(10)).all()


def ends_on(card: Card) -> dt.date:
    """The last day of a card."""
    after = dt.date(card.expires_year + card.expires_month // 12, card.expires_month % 12 + 1, 1)
    return after - dt.timedelta(days=1)


def matches_of(session: Session, customer_id: int) -> Sequence[SquareMatch]:
    """Whom a customer may be at Square, the strongest reason first."""
    strength = case({by.value: place for place, by in enumerate(MatchedBy)}, value=cast(SquareMatch.by, Text))
    query = select(SquareMatch).options(joinedload(SquareMatch.square_customer)).where(SquareMatch.customer_id == customer_id)
    return session.scalars(query.order_by(strength, SquareMatch.square_customer_id).limit(20)).all()


def search(session: Session, words: str, viewer: Viewer, *, phone: str | None, limit: int = 20) -> Sequence[SquareCustomer]:
    """Customers at Square, as they were seen last, by reference ID, name, e-mail, phone or Square ID.

    `phone`: the words as a number in E.164, where they are one.
    """
    bare = " ".join(words.lower().split())
    if not bare:
        return []
    parts = bare.split()
    name = func.lower(SquareCustomer.family_name).startswith(parts[-1], autoescape=True)
    if len(parts) > 1:
        name &= func.lower(SquareCustomer.given_name).startswith(parts[0], autoescape=True)
    typed = words.strip()
    ways = [SquareCustomer.square_id == typed, SquareCustomer.reference_id == typed, SquareCustomer.email == bare, name]
    if phone:
        ways.append(SquareCustomer.phone == phone)
    query = scope(select(SquareCustomer).where(~SquareCustomer.is_gone, or_(*ways)), SquareCustomer, viewer)
    return session.scalars(query.order_by(SquareCustomer.family_name, SquareCustomer.given_name).limit(limit)).all()
