"""May this customer be called now: as the pages say it, who may set it aside, and what people enter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import Disposition
from app.domain.staff.roles import Role
from app.models import Account, Activity, Consent, ContactAttempt, ContactOverride, ContactRestriction, ContactRule, Draft, Staff
from app.services.collections import work
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

EMPTY = {"channel": "", "phone_id": ""}
"""What a browser sends of choices that nobody made."""


@pytest.fixture(autouse=True)
def ten() -> Iterator[None]:
    """Friday, November 20, 2026, 10 AM."""
    clock.set_clock(pinned_on=TODAY, stopped_at=dt.time(10))
    yield
    clock.set_clock()


@pytest.fixture
def collector(session: Session) -> Staff:
    """Somebody with a book."""
    return factories.staff(session)


@pytest.fixture
def account(session: Session, collector: Staff) -> Account:
    """A late account in their book."""
    return factories.account(session, assigned_to_id=collector.id)


def spoke_yesterday(session: Session, account: Account) -> None:
    work.log_call(
        session, account.id, disposition=Disposition.REFUSED, phone_id=None, note=None,
        now=clock.now() - dt.timedelta(days=1), actor=factories.actor(),
    )  # fmt: skip
    session.commit()


def calls(session: Session) -> int:
    session.expire_all()
    return len(session.scalars(select(Activity).where(Activity.disposition == Disposition.NO_ANSWER)).all())


def test_a_page_offers_to_call_who_may_be_called(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    visitor = signed_in(client, session, collector)
    for path in (f"/admin/accounts/{account.id}", "/admin/collections/work"):
        html = visitor.get(path).text
        assert "May be called now" in html
        assert f'href="tel:{account.customer.phones[0].e164}"' in html


def test_a_page_says_from_when_and_why_and_offers_no_number_to_dial(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    spoke_yesterday(session, account)
    visitor = signed_in(client, session, collector)
    for path in (f"/admin/accounts/{account.id}", "/admin/collections/work"):
        html = visitor.get(path).text
        assert "Not before Thu Nov 26, 8:00 AM.</b>" in html
        assert "Somebody spoke with them on Thu Nov 19, and 7 days must pass" in html
        assert 'href="tel:' not in html
        assert "A supervisor can override" in html


def test_a_blocked_call_is_refused_with_its_note_kept_as_a_draft_and_one_of_theirs_is_saved(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    spoke_yesterday(session, account)
    visitor = signed_in(client, session, collector)
    url = f"/admin/accounts/{account.id}/call"
    form = {"phone_id": "", "disposition": "no_answer", "direction": "we", "note": "Rang twice"}
    asked = visitor.get(url).text
    assert "A supervisor can override" in asked and "took_place" not in asked
    for sent in (form, form | {"took_place": "y"}):  # What an old page may send still.
        refused = visitor.post(url, sent)
        assert refused.status_code == 422 and "Not before Thu Nov 26, 8:00 AM" in refused.text
    assert calls(session) == 0
    draft = session.scalars(select(Draft)).one()
    assert (draft.form, draft.fields) == ("call", {"disposition=no_answer": True, "phone_id": "", "note": "Rang twice"})
    assert visitor.post(url, form | {"direction": "they"}).status_code == 302
    session.expire_all()
    assert session.scalars(select(Draft)).all() == []
    kept = session.scalars(select(ContactAttempt).order_by(ContactAttempt.activity_id.desc()).limit(1)).one()
    assert (kept.is_inbound, kept.is_allowed) == (True, True)


def test_a_supervisor_whose_call_is_refused_is_led_to_the_override_and_back_to_the_form(
    client: FlaskClient, session: Session, account: Account
) -> None:
    spoke_yesterday(session, account)
    visitor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)
    url = f"/admin/accounts/{account.id}/call"
    form = {"phone_id": "", "disposition": "no_answer", "direction": "we", "note": "They mailed us"}
    refused = visitor.post(url, form)
    assert refused.status_code == 422
    override = f"/admin/accounts/{account.id}/contact/override?back={url}"
    assert f'href="{override}"' in refused.text
    done = visitor.post(override, {"reason": "They mailed us to call"})
    assert (done.status_code, done.location) == (302, url)
    assert visitor.post(url, form).status_code == 302
    assert calls(session) == 1


def test_a_supervisor_sets_the_rule_aside_with_their_pin_and_a_reason(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    spoke_yesterday(session, account)
    url = f"/admin/accounts/{account.id}/contact/override"
    assert signed_in(client, session, collector).post(url, {"reason": "x"}).status_code == 403
    supervisor = factories.staff(session, Role.SUPERVISOR, name="Sam Super")
    asked = signed_in(client, session, supervisor).post(url, {"reason": "They mailed us to call"})
    assert asked.status_code == 403 and session.scalars(select(ContactOverride)).all() == []
    visitor = signed_in(client, session, supervisor, stepped_up=True)
    assert visitor.post(url, {"reason": ""}).status_code == 422
    assert visitor.post(url, {"reason": "They mailed us to call"}).status_code == 302
    html = visitor.get(f"/admin/accounts/{account.id}").text
    assert "Allowed until 10:30 AM by Sam Super" in html and 'href="tel:' in html
    form = {"phone_id": "", "disposition": "no_answer", "direction": "we"}
    assert visitor.post(f"/admin/accounts/{account.id}/call", form).status_code == 302
    assert calls(session) == 1


def test_a_collector_keeps_what_the_customer_asked_for_and_a_supervisor_lifts_it(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    url = f"/admin/accounts/{account.id}/contact"
    visitor = signed_in(client, session, collector)
    wrong = visitor.post(f"{url}/restrict", EMPTY | {"what": "inconvenient", "note": "Works nights"})
    assert wrong.status_code == 422 and "Say on which days or between which hours" in wrong.text
    asked = EMPTY | {"what": "inconvenient", "note": "Works nights", "weekdays": "4", "from_time": "06:00", "until_time": "14:00"}
    assert visitor.post(f"{url}/restrict", asked).status_code == 302
    assert "Not before Fri Nov 20, 2:00 PM" in visitor.get(f"/admin/accounts/{account.id}").text
    row = session.scalars(select(ContactRestriction)).one()
    assert visitor.post(f"{url}/{row.id}/lift", {"reason": "x"}).status_code == 403
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert supervisor.post(f"{url}/{row.id}/lift", {"reason": "New job"}).status_code == 302
    assert "May be called now" in supervisor.get(f"/admin/accounts/{account.id}").text


def test_an_opt_out_needs_a_channel_and_is_kept_as_a_consent(
    client: FlaskClient, session: Session, collector: Staff, account: Account
) -> None:
    url = f"/admin/accounts/{account.id}/contact/restrict"
    visitor = signed_in(client, session, collector)
    refused = visitor.post(url, EMPTY | {"what": "opt_out", "note": "reply STOP"})
    assert refused.status_code == 422 and "Say of which channel" in refused.text
    assert visitor.post(url, {"what": "opt_out", "note": "reply STOP", "channel": "text", "phone_id": ""}).status_code == 302
    assert not session.scalars(select(Consent)).one().is_granted
    assert "No texts" in visitor.get(f"/admin/accounts/{account.id}").text


def test_an_admin_changes_a_rule_and_its_version_rises(client: FlaskClient, session: Session) -> None:
    admin = signed_in(client, session, factories.staff(session, Role.ADMIN))
    assert "12 CFR 1006.14(b)(2)(i)(A)" in admin.get("/admin/settings/contact-rules/").text
    rule = session.scalars(select(ContactRule).where(ContactRule.name == "7 calls in 7 days")).one()
    url = f"/admin/settings/contact-rules/edit/?id={rule.id}"
    sent = {
        "name": rule.name,
        "kind": "attempts",
        "is_for_calls": "y",
        "most": "5",
        "days": "7",
        "citation": "House",
        "is_active": "y",
    }
    assert admin.post(url, sent | {"version": "1", "most": "0"}).status_code == 422
    saved = admin.post(url, sent | {"version": "1"})
    assert saved.status_code == 303, saved.text
    session.expire_all()
    assert (rule.most, rule.version) == (5, 2)
    assert admin.post(url, sent | {"version": "1", "most": "3"}).status_code == 422


def test_hours_have_a_beginning_and_an_end(client: FlaskClient, session: Session) -> None:
    admin: Visitor = signed_in(client, session, factories.staff(session, Role.ADMIN))
    sent = {"name": "Quiet", "state": "tx", "kind": "hours", "is_for_calls": "y", "citation": "House", "is_active": "y"}
    assert admin.post("/admin/settings/contact-rules/new/", sent).status_code == 422
    times = {"from_time": "09:00", "until_time": "20:00"}
    assert admin.post("/admin/settings/contact-rules/new/", sent | times).status_code == 303
    kept = session.scalars(select(ContactRule).where(ContactRule.name == "Quiet")).one()
    assert (kept.state, kept.from_time, kept.until_time) == ("TX", dt.time(9), dt.time(20))
