"""What every answer carries, and what errors look like."""

from __future__ import annotations

import io
import json
import re

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_admin import expose
from sqlalchemy import text
from sqlalchemy.orm import Session

from admin_views.gate import Gated
from app.domain.staff.roles import Role
from app.extensions import db
from app.models import Staff
from app.settings import Settings
from tests.staff.conftest import PIN, knock
from tests.visitor import Visitor, signed_in


class Broken(Gated):
    """Fails in every way."""

    minimum_role = Role.COLLECTOR

    @expose("/")
    def index(self) -> str:
        """A defect."""
        raise ValueError("card 4111111111111111")

    @expose("/database")
    def database(self) -> str:
        """A statement that fails."""
        db.session.execute(text("select * from nowhere where phone = :phone"), {"phone": request.args["phone"]})
        return ""


@pytest.fixture
def app(settings: Settings, headless_app: Flask) -> Flask:
    """The product with a screen that fails."""
    from wsgi import create_app

    made = create_app(settings)
    made.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    made.extensions["admin"][0].add_view(Broken(endpoint="broken", url="/admin/broken"))
    return made


def test_nothing_but_our_own_files_may_run_or_be_sent_to(stranger: Visitor, ann: Staff) -> None:
    for path in ("/admin/sign-in/", "/nowhere", "/healthz"):
        policy = stranger.get(path).headers["Content-Security-Policy"]
        parts = dict(part.split(" ", 1) for part in policy.split("; "))
        assert parts["default-src"] == "'none'"
        assert re.fullmatch(r"'self' 'nonce-[\w-]{22}'", parts["script-src"])
        assert {parts[name] for name in ("style-src", "connect-src", "font-src", "form-action")} == {"'self'"}
        assert (parts["frame-ancestors"], parts["base-uri"]) == ("'none'", "'none'")
        assert "unsafe" not in policy


def test_no_two_answers_share_a_nonce(stranger: Visitor) -> None:
    seen = {stranger.get("/healthz").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(seen) == 5


def test_pages_are_kept_by_no_browser_and_files_for_ever(stranger: Visitor, ann: Staff) -> None:
    page = stranger.get("/admin/sign-in/")
    assert page.headers["Cache-Control"] == "no-store"
    file = re.search(r'href="(/assets/[^"]+\.css)"', page.text)
    assert file is not None
    kept = stranger.get(file[1])
    assert kept.status_code == 200
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["X-Content-Type-Options"] == "nosniff"


def test_tls_is_remembered_once_it_was_used(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    assert "max-age=31536000" in client.get("/healthz", base_url="https://localhost").headers["Strict-Transport-Security"]


def test_pages_hold_no_inline_script_style_or_handler(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann, stepped_up=True)
    for path in (
        "/admin/pin/",
        "/admin/step-up/",
        "/admin/staff/",
        f"/admin/staff/{ann.id}",
        "/admin/staff/new",
        "/admin/audit/",
    ):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert not re.search(r"<[^>]+\son\w+=", page.text), path
        assert not re.search(r"<[^>]+\sstyle=", page.text), path
        assert "<style" not in page.text, path
        assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", page.text), path


def test_a_form_from_another_site_is_refused_whatever_it_brings(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann, stepped_up=True)
    for token in ({}, {"csrf_token": "x"}, {"csrf_token": browser.csrf_token()[:-2]}):
        answer = client.post(f"/admin/staff/{ann.id}/pin", data=token)
        assert answer.status_code == 400
        assert "Reference" in answer.text
    with client.application.test_client() as other:
        foreign = Visitor(other).csrf_token()
    assert client.post(f"/admin/staff/{ann.id}/pin", data={"csrf_token": foreign}).status_code == 400


def test_the_token_is_taken_from_the_header_too(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    assert client.post("/admin/pin/stay", headers={"X-CSRFToken": browser.csrf_token()}).status_code == 204


def test_signing_in_makes_a_token_of_before_worthless(stranger: Visitor, ann: Staff) -> None:
    before = stranger.csrf_token()
    knock(stranger, "ann", PIN)
    assert stranger.client.post("/admin/pin/stay", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize("path", ["/admin/broken/", "/admin/broken/database?phone=%2B16145550148"])
def test_a_defect_shows_a_reference_and_nothing_of_itself(
    client: FlaskClient, session: Session, ann: Staff, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    answer = signed_in(client, session, ann).get(path)
    assert answer.status_code == 500
    reference = answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", reference)
    assert reference in answer.text
    assert not any(word in answer.text for word in ("Traceback", "4111", "nowhere", "ValueError"))
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    about = [line for line in lines if line["request_id"] == reference]
    assert [line["event"] for line in about] == ["request failed", "request"]
    assert "+16145550148" not in str(about)


def test_a_script_gets_its_errors_as_data(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    for headers in ({"Accept": "application/json"}, {"Sec-Fetch-Mode": "cors"}, {"X-Requested-With": "fetch"}):
        for path, status in (("/admin/broken/", 500), ("/nowhere", 404)):
            answer = browser.get(path, headers=headers)
            assert (answer.status_code, answer.is_json) == (status, True)
            assert answer.json["error"]["reference"] == answer.headers["X-Request-ID"]  # type: ignore[index]


def test_a_stranger_with_a_script_is_told_to_sign_in(stranger: Visitor) -> None:
    answer = stranger.get("/admin/audit/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json == {
        "error": {
            "code": "signed_out",
            "message": "You are signed out. Sign in to go on.",
            "url": "/admin/sign-in/?next=/admin/audit/",
        }
    }


@pytest.mark.parametrize("query", ["?q=%00", "?q=a%00b&x=1"])
def test_a_character_that_no_database_can_store_is_refused_politely(
    client: FlaskClient, session: Session, ann: Staff, query: str
) -> None:
    browser = signed_in(client, session, ann)
    assert browser.get(f"/admin/staff/{query}").status_code == 400
    assert browser.post("/admin/pin/", {"current": "a\0b"}).status_code == 400
    assert browser.post("/admin/pin/", {"current": "a\0b", "file": (io.BytesIO(b""), "a.txt")}).status_code == 400


def test_a_form_larger_than_any_is_refused_with_a_sentence(client: FlaskClient, session: Session, ann: Staff) -> None:
    browser = signed_in(client, session, ann)
    answer = browser.post("/admin/pin/", {"current": "1" * 600_000})
    assert answer.status_code == 413
    assert "Reference" in answer.text
    client.delete_cookie("leasedesk_session")
    upload = {"username": "ann", "pin": (io.BytesIO(b"1" * 600_000), "pin.txt")}
    assert browser.post("/admin/sign-in/", upload).status_code == 413


def test_the_log_has_one_line_a_request_and_no_search_words(
    client: FlaskClient, session: Session, ann: Staff, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = signed_in(client, session, ann)
    capfd.readouterr()
    browser.get("/admin/staff/?q=Ellison")
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    logged = json.loads(line)
    assert "Ellison" not in line
    shown = {key: logged[key] for key in ("method", "path", "status", "staff_id", "endpoint")}
    assert shown == {
        "method": "GET",
        "path": "/admin/staff/",
        "status": 200,
        "staff_id": ann.id,
        "endpoint": "staff.index_view",
    }


def test_a_request_number_is_only_taken_from_a_proxy_that_is_trusted(settings: Settings) -> None:
    from wsgi import create_app

    given = {"X-Request-ID": "abcdef0123456789", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    direct = create_app(settings).test_client().get("/healthz", headers=given)
    assert direct.headers["X-Request-ID"] != "abcdef0123456789"
    assert "Strict-Transport-Security" not in direct.headers
    behind = create_app(settings.model_copy(update={"trusted_proxies": 1})).test_client()
    passed = behind.get("/healthz", headers=given)
    assert passed.headers["X-Request-ID"] == "abcdef0123456789"
    assert "Strict-Transport-Security" in passed.headers
    assert behind.get("/healthz", headers=given | {"X-Request-ID": "<script>"}).headers["X-Request-ID"] != "<script>"
