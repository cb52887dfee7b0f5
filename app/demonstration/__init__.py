"""The demonstration: invented staff, an invented organisation, and accounts that come in through the real importer.

It is loaded into a database without staff, the first time that the product starts, all of it with one commit: a start that is
interrupted leaves nothing behind. Everything goes through the same services as the work of a real company, as if the last
days had been worked here.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock, create_app
from app.demonstration import cast, days, history, managed_devices, square_customers
from app.demonstration.cast import Member
from app.domain.errors import RuleViolation
from app.models import Account, Device, Portfolio, Staff
from app.services.portfolio import import_apply, import_reading, imports, uploads
from app.settings import Settings
from app.transaction import transaction
from app.workbooks.gate import admit
from app.workbooks.samples import write_sample

SEED = 2026
DAYS = 3
"""Business dates before today that are worked and ended."""

DAYS_OF_A_YEAR = 365.25

COMING_IN = 0.78
"""Share of a sample report's rows that become accounts."""

SECOND_SHARE = 0.08
"""Share of the accounts that belong to the second portfolio."""

Report = Callable[[str], None]


def load(settings: Settings, report: Report = lambda sentence: None, *, years: int = 0) -> bool:
    """Load the demonstration unless the database has staff already; returns whether it did.

    With `years` the accounts have lived here for so long, with every payment, late fee and snapshot; else they come in through
    the importer three days ago.

    User names and PINs are written to `demo-staff.json` in the home folder, readable by its owner only.
    Raises RuleViolation outside demonstration mode.
    """
    if not settings.is_demonstration:
        raise RuleViolation("The demonstration is invented people with known PINs; it is not loaded in production mode.")
    app = create_app(settings)
    with app.app_context(), transaction() as session:
        if session.scalar(select(Staff.id).limit(1)) is not None:
            return False
        report(f"Making a demonstration of about {settings.demonstration_accounts:,} accounts …")
        _load(session, settings, report, years)
    report("The demonstration is ready.")
    return True


def _load(session: Session, settings: Settings, report: Report, years: int) -> None:
    # Invented data must be the same every time; PINs are made elsewhere, by the secrets module.
    rng = Random(SEED)  # noqa: S311
    today = clock.today()
    first_on = today - dt.timedelta(days=DAYS)
    began_on = first_on - round(years * DAYS_OF_A_YEAR) * dt.timedelta(days=1)
    opened_at = clock.moment(began_on, dt.time(8, 0))
    books = cast.organisation(session, now=opened_at)
    members = cast.staff(session, now=opened_at)
    cast.profiles_of(session, members, books, now=opened_at)
    supervisor = next(member for member in members if member.is_supervisor)
    second = round(settings.demonstration_accounts * SECOND_SHARE)
    counts = [settings.demonstration_accounts - second, second]
    if years:
        until = first_on - dt.timedelta(days=1)
        shares = list(zip(books, counts, strict=True))
        history.write(session, rng, shares, members, first_on=began_on, until=until, report=report)
    else:
        for place, (book, count) in enumerate(zip(books, counts, strict=True)):
            report(f"Importing a portfolio report into {book.name} …")
            _import(session, settings.home, book, count, SEED + place, supervisor, first_on)
        _price(session)
    report("Working the last days …")
    days.work_days(session, rng, members, home=settings.home, first_on=first_on, today=today)
    if settings.square_environment in (None, "simulator"):
        square_customers.make(session, settings.home, rng)
    if settings.uses_hexnode_simulator:
        now = clock.moment(today, dt.time(8, 0))
        managed_devices.make(session, settings.home, seed=SEED, today=today, now=now, actor=supervisor.actor)
    _write_staff(settings.home / "demo-staff.json", members)


def _import(session: Session, home: Path, book: Portfolio, count: int, seed: int, supervisor: Member, on: dt.date) -> None:
    """Write a report of so many active accounts and import it as the page would."""
    folder = home / "demonstration"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{book.code.lower()}-portfolio-detailed-report.xlsx"
    write_sample(path, max(1, round(count / COMING_IN)), business_on=on, seed=seed)
    file = admit(path, path.name)
    uploads.keep(home, file)
    now = clock.moment(on, dt.time(8, 30))
    batch = imports.open_batch(session, file, portfolio=book, today=on, now=now, actor=supervisor.actor)
    import_reading.read(session, batch, file, today=on)
    if imports.coming_in(batch):  # A report of a handful of rows may hold none that is active.
        imports.start_apply(session, batch, now=now, actor=supervisor.actor)
        import_apply.apply(session, batch.id, today=on, now=now, actor=supervisor.actor)
        # The days below are worked in this very transaction: without figures of it they would be planned as if it were empty.
        import_apply.analyze(session)
    else:
        imports.discard(session, batch, now=now, actor=supervisor.actor)


def _price(session: Session) -> None:
    """Enter cash prices, which reports do not hold: about twice what the device cost, and less than the contract."""
    cost = select(Device.cost_cents).where(Device.id == Account.device_id).scalar_subquery()
    twice = func.round(cost / 5_000) * 10_000 + 9_900
    session.execute(update(Account).values(cash_price_cents=twice).where(cost > 0, twice < Account.total_cents))
    session.expire_all()


def _write_staff(path: Path, members: list[Member]) -> None:
    listed = [
        {"username": member.username, "name": member.name, "role": member.role.value, "pin": member.pin} for member in members
    ]
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(listed, file, indent=2)
    draft.replace(path)
