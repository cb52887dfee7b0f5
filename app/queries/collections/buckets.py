"""The bands of days past due, as they are set."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.servicing.buckets import BucketRange
from app.models import Bucket


def buckets(session: Session, scheme: str) -> tuple[BucketRange, ...]:
    """The bands of a scheme ("report" or "worklist") from the lowest up."""
    rows = session.scalars(select(Bucket).where(Bucket.scheme == scheme).order_by(Bucket.from_days))
    return tuple(BucketRange(row.label, row.from_days, row.to_days) for row in rows)
