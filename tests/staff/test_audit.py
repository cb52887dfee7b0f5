"""The audit trail: what it shows, and that touching it shows."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.clock import now
from app.domain.reporting.jobs import JobState
from app.domain.staff.roles import Role
from app.models import AuditEvent, Job, Staff
from app.services.staff import audit
from app.services.staff.audit import Actor
from app.transaction import transaction
from tasks.perform import perform
from tests import factories
from tests.visitor import signed_in


def note(session: Session, action: str, actor: Actor, **given: object) -> AuditEvent:
    with transaction() as opened:
        audit.record(opened, action, now=now(), actor=actor, **given)  # type: ignore[arg-type]
    return session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()


def tamper(session: Session, statement: str, **values: object) -> None:
    """Change the trail past its triggers, as somebody with the database's own password could."""
    session.execute(text("alter table audit_event disable trigger user"))
    session.execute(text(statement), values)
    session.execute(text("alter table audit_event enable trigger user"))
    session.expire_all()


def test_the_trail_cannot_be_changed_with_the_programs_own_rights(session: Session, ann: Staff) -> None:
    event = note(session, "fee waived", Actor(ann.id, ann.name))
    for statement in ("update audit_event set reason = 'x' where id = :id", "delete from audit_event where id = :id"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement), {"id": event.id})


@pytest.mark.parametrize(
    "harm",
    [
        "update audit_event set reason = 'it was not me' where id = :id",
        "update audit_event set actor_id = null where id = :id",
        "update audit_event set after = jsonb_set(after, '{cents}', '1') where id = :id",
        "delete from audit_event where id = :id",
    ],
)
def test_the_first_event_that_was_touched_is_named(session: Session, ann: Staff, harm: str) -> None:
    events = [note(session, f"payment {n} posted", Actor(ann.id, ann.name), after={"cents": 5400 + n}) for n in range(4)]
    assert audit.first_broken(session) is None
    ids = [event.id for event in events]
    tamper(session, harm, id=ids[1])
    assert audit.first_broken(session) == (ids[2] if harm.startswith("delete") else ids[1])


def test_the_list_shows_who_did_what_and_filters_by_all_five(client: FlaskClient, session: Session, ann: Staff) -> None:
    account = factories.account(session)
    bea = factories.staff(session, Role.MANAGER, name="Bea Manager")
    note(
        session,
        "fee waived",
        Actor(ann.id, ann.name, ip="10.1.2.3"),
        entity="fee",
        entity_id=7,
        account_id=account.id,
        before={"cents": 1000},
        after={"cents": 0},
        reason="first time",
    )
    note(session, "settings changed", Actor(bea.id, bea.name), entity="setting", after={"tone": "<b>"})
    browser = signed_in(client, session, ann)

    def found(query: str) -> list[str]:
        answer = browser.get(f"/admin/audit/export/csv?cols=at,action&{query}")
        return [row["Action"] for row in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))]

    assert {"fee waived", "settings changed", "staff added"} <= set(found(""))
    assert found(f"person={bea.id}") == ["settings changed"]
    assert found("action=fee") == ["fee waived"]
    assert found("entity=setting") == ["settings changed"]
    assert found(f"account={account.account_number}") == ["fee waived"]
    assert found("on_from=today&entity=fee") == ["fee waived"]
    assert found("on_to=-1d") == []
    page = browser.get("/admin/audit/").text
    assert "&lt;b&gt;" in page
    assert "<b>&lt;" not in page
    assert "10.1.2.3" in page
    assert f'href="/admin/accounts/{account.id}"' in page


def test_one_event_shows_before_and_after(client: FlaskClient, session: Session, ann: Staff) -> None:
    event = note(session, "staff role changed", Actor(ann.id, ann.name), before={"role": "collector"}, after={"role": "admin"})
    page = signed_in(client, session, ann).get(f"/admin/audit/{event.id}").text
    assert "<td>collector</td><td>admin</td>" in page
    assert event.hash in page


def test_an_admin_of_one_portfolio_does_not_see_the_events_of_another_ones_accounts(
    client: FlaskClient, session: Session
) -> None:
    mine, other = factories.portfolio(session), factories.portfolio(session)
    boss = factories.staff(session, Role.ADMIN, portfolios=[mine])
    seen, hidden = (
        note(session, "note added", factories.actor(boss), account_id=factories.account(session, book).id)
        for book in (mine, other)
    )
    browser = signed_in(client, session, boss)
    assert browser.get(f"/admin/audit/{seen.id}").status_code == 200
    assert browser.get(f"/admin/audit/{hidden.id}").status_code == 404
    rows = browser.get("/admin/audit/").text
    assert f"/admin/audit/{seen.id}" in rows
    assert f"/admin/audit/{hidden.id}" not in rows


def test_verifying_is_a_job_whose_result_stands_on_the_page(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    assert "Nobody has followed the chain yet" in browser.get("/admin/audit/").text
    event = note(session, "fee waived", Actor(ann.id, ann.name))
    assert browser.post("/admin/audit/verify").status_code == 303
    job = session.scalars(select(Job)).one()
    perform(job.id)
    session.refresh(job)
    assert (job.state, job.result) == (
        JobState.DONE,
        {"whole": True, "first_broken": None, "events": len(session.scalars(select(AuditEvent.id)).all())},
    )
    assert "the chain is whole" in browser.get("/admin/audit/").text
    tamper(session, "update audit_event set reason = 'x' where id = :id", id=event.id)
    session.commit()
    browser.post("/admin/audit/verify")
    perform(session.scalars(select(Job.id).order_by(Job.id.desc()).limit(1)).one())
    assert f'Event <a href="/admin/audit/{event.id}">' in browser.get("/admin/audit/").text
