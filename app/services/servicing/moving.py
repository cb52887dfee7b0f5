"""Moving the lines of a schedule and putting them back, so that payments, standing and the ledger follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.domain.servicing.moves import Move
from app.models import Account, Allocation, Arrangement, ArrangementLine, Fee, Installment
from app.services.payments import replaying


def move(
    session: Session,
    account: Account,
    arrangement: Arrangement,
    moves: Sequence[Move],
    *,
    anchors: Sequence[int] | None,
    today: dt.date,
) -> None:
    """Give the lines their new due dates and amounts, each kept in an ArrangementLine; the original due date stays.

    The caller holds the account's row lock.
    """
    session.flush()
    lines = _lines(session, account.id)
    for one in moves:
        line, parent = lines.get(one.number), lines.get(one.cut_from or 0)
        original_on = line.original_due_on if line else None
        session.add(
            ArrangementLine(
                arrangement_id=arrangement.id,
                account_id=account.id,
                number=one.number,
                effective_on=today,
                due_before=one.due_before,
                due_after=one.due_after,
                amount_before_cents=one.amount_before,
                amount_after_cents=one.amount_after,
                original_before_on=original_on,
                cut_from=one.cut_from,
            )
        )
        session.flush()
        if line is not None:
            line.original_due_on = original_on or one.due_before
            line.due_on, line.bought_days, line.amount_cents = one.due_after, 0, one.amount_after
        elif parent is not None:
            session.execute(
                insert(Installment).values(
                    account_id=account.id,
                    number=one.number,
                    due_on=one.due_after,
                    amount_cents=one.amount_after,
                    original_due_on=parent.original_due_on or one.due_before,
                )
            )
    if anchors is not None and list(anchors) != list(account.anchor_days or []):
        arrangement.anchor_days_before = list(account.anchor_days or [])
        account.anchor_days = list(anchors) or None
    session.flush()
    replaying.replay(session, account, from_on=today, today=today)


def put_back(session: Session, account: Account, arrangement: Arrangement, *, today: dt.date) -> None:
    """Undo an arrangement's moves line by line; what it cut off goes back into the line it came from."""
    session.flush()
    lines = _lines(session, account.id)
    # What payments cover is derived: it is wiped first, so that no line is smaller than what covers it meanwhile.
    session.execute(delete(Allocation).where(Allocation.account_id == account.id))
    session.execute(
        update(Installment)
        .where(Installment.account_id == account.id)
        .values(paid_cents=Installment.opening_cents, paid_on=None)
        .execution_options(synchronize_session=False)
    )
    done = session.scalars(
        select(ArrangementLine)
        .where(ArrangementLine.arrangement_id == arrangement.id, ArrangementLine.is_reversal.is_(False))
        .order_by(ArrangementLine.id.desc())
    ).all()
    for each in done:
        session.add(_mirrored(each, today=today))
        if each.cut_from is not None:
            session.execute(
                update(Fee)
                .where(Fee.account_id == account.id, Fee.installment_number == each.number)
                .values(installment_number=each.cut_from)
            )
            session.expunge(lines[each.number])
            session.execute(delete(Installment).where(Installment.account_id == account.id, Installment.number == each.number))
        else:
            line = lines[each.number]
            session.refresh(line)
            line.due_on, line.bought_days, line.amount_cents = each.due_before, 0, each.amount_before_cents
            line.original_due_on = each.original_before_on
            session.flush()
    if arrangement.anchor_days_before is not None:
        account.anchor_days = list(arrangement.anchor_days_before) or None
    session.flush()
    replaying.replay(session, account, from_on=today, today=today)


def _lines(session: Session, account_id: int) -> dict[int, Installment]:
    rows = session.scalars(select(Installment).where(Installment.account_id == account_id))
    return {line.number: line for line in rows}


def _mirrored(done: ArrangementLine, *, today: dt.date) -> ArrangementLine:
    """The row that takes a move back from today on."""
    return ArrangementLine(
        arrangement_id=done.arrangement_id,
        account_id=done.account_id,
        number=done.number,
        effective_on=today,
        due_before=done.due_after,
        due_after=done.due_before,
        amount_before_cents=done.amount_after_cents,
        amount_after_cents=done.amount_before_cents,
        cut_from=done.cut_from,
        is_reversal=True,
    )
