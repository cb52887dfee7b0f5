"""Questions about imports: which there were, the rows of one, what its rejects are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.portfolio.imports import RowOutcome
from app.models import ImportBatch, ImportRow, Portfolio
from app.queries.scope import Viewer, scope

REJECTED = tuple(outcome for outcome in RowOutcome if outcome.is_rejected)


def recent_batches(session: Session, viewer: Viewer, *, limit: int = 50) -> Sequence[ImportBatch]:
    """The newest imports that somebody may see."""
    query = (
        select(ImportBatch)
        .options(joinedload(ImportBatch.created_by), joinedload(ImportBatch.portfolio))
        .order_by(ImportBatch.id.desc())
        .limit(limit)
    )
    return session.scalars(scope(query, ImportBatch, viewer)).all()


def open_portfolios(session: Session, viewer: Viewer) -> Sequence[Portfolio]:
    """The portfolios that somebody may import into."""
    return session.scalars(scope(select(Portfolio).where(Portfolio.is_active).order_by(Portfolio.name), Portfolio, viewer)).all()


def rejected(session: Session, batch_id: int) -> Iterator[tuple[list[Any], list[dict[str, Any]]]]:
    """(cells, problems) of the rows that stay out until something in them is mended, in the order of the file."""
    query = (
        select(ImportRow.raw, ImportRow.problems)
        .where(ImportRow.batch_id == batch_id, ImportRow.outcome.in_(REJECTED))
        .order_by(ImportRow.row_number)
        .execution_options(yield_per=2_000)
    )
    yield from session.execute(query)
