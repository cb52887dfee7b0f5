"""The band of figures above the rows of an import."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.domain.money import as_text
from app.domain.portfolio.imports import BatchState, ImportFormat, RowOutcome
from app.extensions import db
from app.models import ImportBatch
from app.services.portfolio import import_rejects, imports
from app.services.portfolio.import_funding import running_total_cents

IN = (BatchState.APPLIED, BatchState.UNDOING)


def figures(batch: ImportBatch) -> list[dict[str, Any]]:
    """What comes in, what is skipped, what is rejected, and the sum that goes with it."""
    count = {RowOutcome(word): int(number) for word, number in batch.outcomes.items()}
    skipped = {word: number for word, number in count.items() if word.is_skipped}
    said = " · ".join(f"{number:,} {word.label.partition(': ')[2]}" for word, number in skipped.items())
    if batch.format in (ImportFormat.REMITTANCES, ImportFormat.PAYMENTS):
        first, last = _money(batch, count)
    elif batch.format is ImportFormat.INVOICES:
        first, last = _invoices(batch, count)
    elif batch.format is ImportFormat.DEALER_RECONCILIATION:
        first, last = _funding(batch)
    else:
        first, last = _accounts(batch, count)
        inactive, repeated = count.get(RowOutcome.SKIPPED_NOT_ACTIVE, 0), count.get(RowOutcome.SKIPPED_DUPLICATE, 0)
        said = f"{inactive:,} not active · {repeated:,} duplicate"
    rejected = import_rejects.rejects(batch)
    return [
        first,
        {"label": "Skipped", "value": f"{sum(skipped.values()):,}", "detail": said or "none"},
        {
            "label": "Rejected",
            "value": f"{rejected:,}",
            "detail": "Download rejects" if rejected else "nothing to mend",
            "url": url_for("import_batch.rejects", batch_id=batch.id) if rejected else None,
            "tone": "bad" if rejected else "",
        },
        last,
    ]


Figure = dict[str, Any]


def _accounts(batch: ImportBatch, count: dict[RowOutcome, int]) -> tuple[Figure, Figure]:
    pending, coming = count.get(RowOutcome.PENDING_REVIEW, 0), imports.coming_in(batch)
    go = "goes" if pending == 1 else "go"
    first = {
        "label": "Came in" if batch.state in IN else "Will come in",
        "value": f"{coming:,}",
        # What goes to Pending Review has a warning as well: that its IMEI or cost is missing.
        "detail": f"{batch.warnings - pending:,} with a warning · {pending:,} {go} to Pending Review",
        "tone": "good" if coming else "",
    }
    last = {
        "label": "Outstanding that came in" if batch.state in IN else "Outstanding to come in",
        "value": as_text(batch.balance_cents),
        "detail": f"{as_text(batch.paid_cents)} paid before",
    }
    return first, last


def _money(batch: ImportBatch, count: dict[RowOutcome, int]) -> tuple[Figure, Figure]:
    posted, queued = count.get(RowOutcome.POSTED, 0), count.get(RowOutcome.QUEUED, 0)
    verb = "wait" if queued != 1 else "waits"
    first = {
        "label": "Posted" if batch.state in IN else "Will be posted",
        "value": f"{posted:,}",
        "detail": f"{queued:,} {verb} in Reconciliation",
        "url": url_for("reconciliation.index_view") if queued and batch.state in IN else None,
        "tone": "good" if posted else "",
    }
    label = "Amount that came in" if batch.state in IN else "Amount to come in"
    return first, {"label": label, "value": as_text(batch.balance_cents), "detail": "posted and waiting"}


def _invoices(batch: ImportBatch, count: dict[RowOutcome, int]) -> tuple[Figure, Figure]:
    new, updated = count.get(RowOutcome.IMPORTED, 0), count.get(RowOutcome.UPDATED, 0)
    first = {
        "label": "Came in" if batch.state in IN else "Will come in",
        "value": f"{new + updated:,}",
        "detail": f"{new:,} new · {updated:,} known, with less open",
        "tone": "good" if new + updated else "",
    }
    return first, {"label": "Open", "value": as_text(batch.balance_cents), "detail": "of these invoices, by this file"}


def _funding(batch: ImportBatch) -> tuple[Figure, Figure]:
    coming = imports.coming_in(batch)
    total = running_total_cents(db.session(), batch.portfolio_id)
    first = {
        "label": "Came in" if batch.state in IN else "Will come in",
        "value": f"{coming:,}",
        "detail": f"{as_text(batch.balance_cents)} net funded",
        "tone": "good" if coming else "",
    }
    after = total if batch.applied_at else total + batch.balance_cents
    said = "of all dealer reconciliations" if batch.applied_at else f"{as_text(total)} before this file"
    return first, {"label": "Running total", "value": as_text(after), "detail": said}
