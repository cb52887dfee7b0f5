"""The kind of a customer's card, and the first installment of a contract: what reports group by and lists filter by."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.domain.servicing.frequency import Frequency
from app.models import Account, Card, Installment
from app.queries.listing import TODAY

ReportCard = aliased(Card, name="report_card")
First = aliased(Installment, name="first_line")

OWN_CARD: ColumnElement[bool] = and_(ReportCard.customer_id == Account.customer_id, ReportCard.is_primary, ReportCard.is_enabled)
"""The card that the customer pays with."""

# The number is a literal: only so does the small index over first lines answer.
FIRST_LINE: ColumnElement[bool] = and_(First.account_id == Account.id, literal_column("first_line.number = 1"))

BANK_TYPES: tuple[tuple[str, str], ...] = (
    ("debit", "Debit"),
    ("credit", "Credit"),
    ("prepaid", "Prepaid"),
    ("unknown", "Not known yet"),
    ("none", "No card"),
)
"""A card's kind is known from its first charge on."""

BANK_TYPE: ColumnElement[str] = case(
    (ReportCard.id.is_(None), "none"),
    (ReportCard.prepaid_type == "PREPAID", "prepaid"),
    (ReportCard.card_type == "DEBIT", "debit"),
    (ReportCard.card_type == "CREDIT", "credit"),
    else_="unknown",
)
"""Needs `ReportCard` joined by OWN_CARD."""

FIRST_IS_DUE: ColumnElement[bool] = Account.first_due_on <= TODAY
FIRST_IS_MADE: ColumnElement[bool] = and_(
    FIRST_IS_DUE, First.paid_cents == First.amount_cents, or_(First.paid_on.is_(None), First.paid_on <= TODAY)
)
"""Fully paid by the day; what the prior system had collected has no date and counts. Needs `First` joined by FIRST_LINE."""

GRACE_WEEKLY, GRACE_LONGER = 3, 7
GRACE: ColumnElement[int] = case((Account.frequency == Frequency.WEEKLY, GRACE_WEEKLY), else_=GRACE_LONGER)
"""Paid within so many days counts as on time (domain.md part 5, the default row)."""

FIRST_HAS_MATURED: ColumnElement[bool] = Account.first_due_on + GRACE < TODAY
"""The grace of the first installment is over."""
FIRST_IS_MISSED: ColumnElement[bool] = or_(First.paid_cents < First.amount_cents, First.paid_on > Account.first_due_on + GRACE)
"""Not fully paid within the grace: with the one above a first payment default. Needs `First` joined by FIRST_LINE."""

BANK_TYPE_OF_ACCOUNT: ColumnElement[str] = case(
    (
        ~select(ReportCard.id).where(OWN_CARD).correlate(Account).exists(),
        "none",
    ),
    else_=select(BANK_TYPE).where(OWN_CARD).correlate(Account).limit(1).scalar_subquery(),
)
"""The same for a list of accounts."""

FIRST_WAS_MADE: ColumnElement[bool] = select(First.number).where(FIRST_LINE, FIRST_IS_MADE).correlate(Account).exists()
FIRST_WAS_MISSED: ColumnElement[bool] = select(First.number).where(FIRST_LINE, FIRST_IS_MISSED).correlate(Account).exists()
FIRSTS = (
    ("due", "Due by now"),
    ("made", "Due and fully paid"),
    ("missed", "Due and not fully paid"),
    ("matured", "Grace is over"),
    ("default", "Not paid within the grace"),
)
FIRST_CONDITIONS = {
    "due": FIRST_IS_DUE,
    "made": FIRST_WAS_MADE,
    "missed": and_(FIRST_IS_DUE, ~FIRST_WAS_MADE),
    "matured": and_(FIRST_HAS_MATURED, select(First.number).where(FIRST_LINE).correlate(Account).exists()),
    "default": and_(FIRST_HAS_MATURED, FIRST_WAS_MISSED),
}
