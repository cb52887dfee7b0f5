"""Fifty collectors who ask for the next account at once: over real HTTP, from the web server as the product starts it.

Each asks, says that nobody answered, thinks for a while and asks again. What counts is how long the server took for the page
with the next account, as its own log has it; and that nobody was given what somebody else had.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import Any

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.clock import moment, today
from app.extensions import db
from app.models import Account, Staff, WorkClaim, WorkedToday
from app.queries.collections.next_account import RANK
from app.queries.collections.worklist import IS_WORKED_ON
from app.settings import Settings
from app.transaction import transaction
from bench import books, machine
from bench.desks import Desk, Office, crew, opened, stop_the_clock

ASKED, ANSWERED = "work.index", "work.outcome"


def measure(
    settings: Settings, accounts: int, told: Callable[[str], None], *, collectors: int, asks: int, pause: float, worked: int
) -> dict[str, Any]:
    """Let so many collectors ask so often, each thinking for `pause` seconds on average in between.

    `worked` accounts of the top of the list were handled before, as in the afternoon of a long day. Returns {machine, accounts,
    collectors, given, twice, seconds, next_ms: {p50, p95, longest}, outcome_ms: the same}.
    """
    app = books.ensured(settings, accounts, told)
    own: Settings = app.config["SETTINGS"]
    stop_the_clock()
    with app.app_context():
        with transaction() as session:
            where = machine.described(session)
            _begin_the_day(session, worked)
            tokens = crew(session, collectors)
        db.session.remove()
    log = settings.home / "log" / "bench-web.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with opened(own, log) as office:
        at_once(office, tokens[: 2 * own.web_workers], asks=10)  # Processes are slow at what they do for the first time.
        office.forget()
        started = time.perf_counter()
        given = at_once(office, tokens, asks=asks, pause=pause)
        seconds = time.perf_counter() - started
    books.close(app)
    twice = sorted(account for account, times in Counter(given).items() if times > 1)
    found = {name: _figures(office.milliseconds(endpoint)) for name, endpoint in (("next_ms", ASKED), ("outcome_ms", ANSWERED))}
    told(f"{len(given):,} accounts given in {seconds:.1f} s, {len(twice)} of them twice")
    return {
        "machine": where,
        "accounts": accounts,
        "collectors": collectors,
        "pause": pause,
        "worked": worked,
        "given": len(given),
        "twice": len(twice),
        "seconds": round(seconds, 1),
    } | found


def _begin_the_day(session: Session, worked: int) -> None:
    """Nobody holds anything; the most urgent accounts were handled by somebody this morning."""
    session.execute(delete(WorkClaim))
    session.execute(delete(WorkedToday).where(WorkedToday.business_on == today()))
    crew(session, 1)
    somebody = select(func.min(Staff.id)).scalar_subquery()
    top = (
        select(literal(today()), Account.id, somebody, literal(moment(today(), dt.time(8))))
        .where(IS_WORKED_ON)
        .order_by(*RANK)
        .limit(worked)
    )
    session.execute(insert(WorkedToday).from_select(["business_on", "account_id", "staff_id", "at"], top))


def at_once(office: Office, tokens: Sequence[str], *, asks: int, pause: float = 0.0, leaving: int = 0) -> list[int]:
    """The accounts that were given to all of them; all begin at the same moment. Raises what went wrong at any desk.

    The first `leaving` of them leave with their first account on the screen, without a word.
    """
    together = threading.Barrier(len(tokens))
    given: list[int] = []
    troubles: list[BaseException] = []

    def work(number: int, token: str) -> None:
        chance = random.Random(number)  # noqa: S311  # How long somebody thinks is no secret.
        try:
            with Desk(office, token) as desk:
                together.wait()
                for _ in range(asks):
                    account_id = desk.next()
                    if account_id is not None:
                        given.append(account_id)
                    if account_id is None or number < leaving:
                        return
                    desk.done(account_id)
                    time.sleep(chance.uniform(0, 2 * pause))
        except BaseException as trouble:  # Whoever measures has to hear of it.
            troubles.append(trouble)

    threads = [threading.Thread(target=work, args=each) for each in enumerate(tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
    return given


def _figures(milliseconds: Sequence[float]) -> dict[str, float]:
    """{p50, p95, longest, pages}."""
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "longest": max(milliseconds), "pages": len(milliseconds)}
