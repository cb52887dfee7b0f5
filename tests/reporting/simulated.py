"""A book with a simulated life: invented people who paid, fell behind, caught up, defaulted, returned or bought early."""

from __future__ import annotations

import datetime as dt
from random import Random

from sqlalchemy.orm import Session

from app import clock
from app.demonstration import cast, history
from app.models import Portfolio
from tests.factories import TODAY

UNTIL = TODAY - dt.timedelta(days=1)
"""The last day that has ended."""
FIRST = TODAY - dt.timedelta(days=540)


def lived(session: Session, *, accounts: int = 240, seed: int = 11) -> list[Portfolio]:
    """Write the book; returns its two portfolios. Today is Friday, November 20, 2026 and has just been opened."""
    began = clock.moment(FIRST, dt.time(8))
    books = cast.organisation(session, now=began)
    members = cast.staff(session, now=began)
    shares = [(books[0], accounts * 5 // 6), (books[1], accounts // 6)]
    history.write(session, Random(seed), shares, members, first_on=FIRST, until=UNTIL)
    return books
