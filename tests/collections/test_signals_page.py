"""Account Signals: what stands on the page, who sees what, and who changes the points."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.signals import Risk, SignalKind
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import AccountBehavior, RiskBand, SignalWeight
from app.services.collections.day import signals as step
from tests import factories
from tests.conftest import CommittedDatabase
from tests.factories import NOW, TODAY
from tests.product import environment_for, leasedesk
from tests.visitor import signed_in

pytestmark = pytest.mark.usefixtures("friday")
DAY = dt.timedelta(days=1)


def defaulted(session: Session, **given: Any):  # type: ignore[no-untyped-def]
    account = factories.account(session, lines=[(TODAY - 40 * DAY, 5_400), (TODAY + 9 * DAY, 5_400)], **given)
    step.observe(session, first=account.id, last=account.id, on=TODAY, now=NOW)
    session.commit()
    return account


def test_the_page_shows_risk_signals_and_figures_of_ones_own_accounts(client: FlaskClient, session: Session) -> None:
    me, other = factories.staff(session), factories.staff(session)
    book = factories.portfolio(session)
    person = factories.customer(session, book, last_name="Mineself", monthly_income_cents=234_000)
    defaulted(session, customer=person, assigned_to_id=me.id)
    theirs = factories.customer(session, book, last_name="Foreigner")
    defaulted(session, customer=theirs, assigned_to_id=other.id)
    html = signed_in(client, session, me).get("/admin/signals/").text
    assert "Mineself" in html and "Foreigner" not in html
    assert "First payment default" in html and "Nothing came for the first installment, due 2026-10-11" in html
    # 54.00 every two weeks is 117.00 a month: 5% of 2,340.00.
    assert "High" in html and "40.0" in html and "5%" in html and "$2,340.00" in html
    page = signed_in(client, session, me).get("/admin/signals/?risk=low").text
    assert "Mineself" not in page
    found = signed_in(client, session, me).get("/admin/signals/?q=Mineself&signal=first_payment_default").text
    assert "Mineself" in found


def test_the_account_page_shows_the_risk_with_its_reasons_before_any_end_of_day(client: FlaskClient, session: Session) -> None:
    account = factories.account(session, lines=[(TODAY - 40 * DAY, 5_400)])
    html = signed_in(client, session, factories.staff(session, Role.MANAGER)).get(f"/admin/accounts/{account.id}").text
    assert "High risk" in html and "Nobody agreed to AutoPay" in html and "+40" in html
    assert session.scalars(select(AccountBehavior)).all() == []


def test_an_admin_changes_points_and_every_account_is_scored_again(client: FlaskClient, session: Session) -> None:
    account = defaulted(session)
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    row = session.scalars(select(SignalWeight).where(SignalWeight.kind == SignalKind.FIRST_PAYMENT_DEFAULT)).one()
    url = f"/admin/settings/signal-points/edit/?id={row.id}"
    refused = admin.post(url, {"points": "-5", "is_active": "y", "version": "1"})
    assert refused.status_code == 422 and "has points from 0 to 100" in refused.text
    assert admin.post(url, {"points": "15", "is_active": "y", "version": "1"}).status_code == 303
    session.expire_all()
    kept = session.get_one(AccountBehavior, account.id)
    assert (kept.score, kept.risk) == (25, Risk.MEDIUM)
    band = session.scalars(select(RiskBand).where(RiskBand.risk == Risk.MEDIUM)).one()
    url = f"/admin/settings/risk-bands/edit/?id={band.id}"
    assert admin.post(url, {"from_score": "60", "version": "1"}).status_code == 422
    assert admin.post(url, {"from_score": "30", "version": "1"}).status_code == 303
    session.expire_all()
    assert session.get_one(AccountBehavior, account.id).risk is Risk.LOW
    added = admin.post("/admin/settings/signal-points/new/", {"points": "5", "is_active": "y"})
    assert added.status_code == 422 and len(session.scalars(select(SignalWeight)).all()) == len(SignalKind)


def test_the_command_tells_score_and_evidence(committed_database: CommittedDatabase, tmp_path: Path) -> None:
    factories.account(db.session(), account_number="A-7", lines=[(TODAY - 40 * DAY, 5_400)])
    db.session.commit()
    given = {
        "DATABASE_URL": committed_database.url,
        "REDIS_URL": committed_database.settings.queue_url,
        "LEASEDESK_TODAY": TODAY.isoformat(),
    }
    done = leasedesk("signals", "A-7", "--json", environment=environment_for(tmp_path, given))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["risk"], told["score"]) == ("high", 50)
    assert {one["signal"]: one["points"] for one in told["signals"]} == {"first_payment_default": 40, "no_autopay": 10}
