"""What each gateway for messages answers: sent, refused, or unknown; never an exception."""

from __future__ import annotations

import email
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.policy import default
from pathlib import Path

import httpx
import pytest

from app.gateways.choosing import email_gateway, text_gateway
from app.gateways.email_files import EmailFiles
from app.gateways.email_smtp import EmailServer
from app.gateways.messages import Letter, Outcome, Refused, Sent, Unknown
from app.gateways.text_webhook import TextGateway
from app.settings import Settings

TEXT = Letter("key-1", "+16145550142", "Hello")
MAIL = Letter("key-1", "jordan@example.com", "Hello\nJordan é", subject="Your lease")


def texts(answer: Callable[[httpx.Request], httpx.Response]) -> TextGateway:
    return TextGateway("http://texts.example/messages", "secret", httpx.MockTransport(answer))


def test_a_text_is_posted_with_its_key_and_the_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json={"id": "T-9"})

    assert texts(answer).send(TEXT) == Sent("T-9")
    (request,) = seen
    assert json.loads(request.content) == {"id": "key-1", "to": "+16145550142", "body": "Hello"}
    assert (request.headers["Authorization"], request.headers["Idempotency-Key"]) == ("Bearer secret", "key-1")


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (200, b"", Unknown, "without saying what became of it"),
        (202, b'{"id": 7}', Unknown, "without saying what became of it"),
        (422, b'{"error": "The number has opted out."}', Refused, "The text gateway refused it: The number has opted out."),
        (401, b"", Refused, "The text gateway refused it: answer 401."),
        (429, b"", Refused, "busy"),
        (409, b"{}", Unknown, "answered 409"),
        (500, b"oops", Unknown, "answered 500"),
        (302, b"", Unknown, "answered 302"),
    ],
)
def test_each_answer_of_a_text_gateway_is_a_value(status: int, body: bytes, kind: type[Outcome], reason: str) -> None:
    outcome = texts(lambda request: httpx.Response(status, content=body)).send(TEXT)
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, Sent) and reason in outcome.reason


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (httpx.ConnectError, Refused),
        (httpx.ConnectTimeout, Refused),
        (httpx.ReadTimeout, Unknown),
        (httpx.RemoteProtocolError, Unknown),
        (httpx.WriteError, Unknown),
    ],
)
def test_only_a_text_that_was_surely_not_handed_over_counts_as_refused(
    problem: type[httpx.TransportError], kind: type[Outcome]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise problem("gone", request=request)

    assert isinstance(texts(answer).send(TEXT), kind)


def test_an_email_becomes_one_file_however_often_it_is_sent(tmp_path: Path) -> None:
    gateway = EmailFiles(tmp_path / "outbox", "Leases <leases@example.com>")
    assert gateway.send(MAIL) == gateway.send(MAIL) == Sent("outbox/key-1.eml")
    (file,) = (tmp_path / "outbox").iterdir()
    read = email.message_from_bytes(file.read_bytes(), policy=default)
    assert (read["To"], read["Subject"], read["Message-ID"]) == ("jordan@example.com", "Your lease", "<key-1@example.com>")
    assert read.get_content().splitlines() == ["Hello", "Jordan é"]


def test_a_folder_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    assert isinstance(EmailFiles(tmp_path / "outbox", "a@example.com").send(MAIL), Refused)


def test_no_header_can_be_smuggled_in(tmp_path: Path) -> None:
    gateway = EmailFiles(tmp_path, "a@example.com")
    for letter in (
        Letter("k", "b@example.com\nBcc: c@example.com", "x", subject="s"),
        Letter("k", "b@example.com", "x", subject="s\r\nBcc: c@example.com"),
    ):
        assert isinstance(gateway.send(letter), Refused)
    assert list(tmp_path.iterdir()) == []


class _Mailroom(socketserver.StreamRequestHandler):
    """A mail server that knows what a client of ours says; `server.script` changes single answers."""

    def handle(self) -> None:
        script: dict[str, bytes | None] = self.server.script  # type: ignore[attr-defined]
        self.wfile.write(script.get("hello") or b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.split(b" ")[0].strip().upper().decode()
            answer = script.get(
                word, {"EHLO": b"250 here\r\n", "DATA": b"354 go\r\n", "QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n")
            )
            if answer is None:
                return
            self.wfile.write(answer)
            if word == "DATA" and answer.startswith(b"354"):
                taken = b""
                while not taken.endswith(b"\r\n.\r\n"):
                    taken += self.rfile.readline()
                done = script.get("dot", b"250 taken\r\n")
                if done is None:
                    return
                self.server.taken.append(taken)  # type: ignore[attr-defined]
                self.wfile.write(done)
            if word == "QUIT":
                return


@contextmanager
def mailroom(**script: bytes | None) -> Iterator[tuple[EmailServer, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailroom) as server:
        server.daemon_threads = True
        server.script, server.taken = script, []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield (
                EmailServer("127.0.0.1", server.server_address[1], "leases@example.com", has_tls=False),
                server.taken,  # type: ignore[attr-defined]
            )
        finally:
            server.shutdown()
            thread.join()


def test_a_mail_server_gets_the_email_whole() -> None:
    with mailroom() as (gateway, taken):
        assert gateway.send(MAIL) == Sent("<key-1@example.com>")
    read = email.message_from_bytes(taken[0].removesuffix(b".\r\n"), policy=default)
    assert (read["To"], read.get_content().splitlines()) == ("jordan@example.com", ["Hello", "Jordan é"])


@pytest.mark.parametrize(
    ("script", "kind", "reason"),
    [
        ({"RCPT": b"550 no such box\r\n"}, Refused, "550 no such box"),
        ({"MAIL": b"554 not from you\r\n"}, Refused, "554 not from you"),
        ({"DATA": b"451 later\r\n"}, Refused, "451 later"),
        ({"dot": b"552 too large\r\n"}, Refused, "552 too large"),
        ({"dot": None}, Unknown, "broke while it was handed over"),
        ({"hello": b"421 closed\r\n"}, Refused, "could not be reached"),
    ],
)
def test_only_a_lost_answer_of_a_mail_server_leaves_open_what_became_of_it(
    script: dict[str, bytes | None], kind: type[Outcome], reason: str
) -> None:
    with mailroom(**script) as (gateway, _):
        outcome = gateway.send(MAIL)
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, Sent) and reason in outcome.reason


def test_a_mail_server_without_tls_gets_neither_the_password_nor_the_email() -> None:
    with mailroom() as (gateway, taken):
        careful = EmailServer(gateway.host, gateway.port, gateway.sender, username="u", password="p", has_tls=True)
        assert isinstance(careful.send(MAIL), Refused)
    assert taken == []


def test_a_demonstration_sends_nothing_out_of_the_house(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert isinstance(email_gateway(settings), EmailFiles)
    gateway = text_gateway(settings)
    assert isinstance(gateway, TextGateway) and gateway.url.startswith("http://127.0.0.1:")
    assert isinstance(gateway.send(TEXT), Refused)  # Its simulator does not run.


def test_a_production_without_gateways_has_none(tmp_path: Path) -> None:
    given = {
        "LEASEDESK_MODE": "production",
        "LEASEDESK_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://x/y",
        "REDIS_URL": "redis://x",
        "SECRET_KEY": "a" * 64,
        "LEASEDESK_PIN_PEPPER": "b" * 64,
    }
    settings = Settings.load(given)
    assert email_gateway(settings) is None and text_gateway(settings) is None
    assert settings.sms_webhook_secret() == "" and settings.payment_page == ""
    named = Settings.load(
        given
        | {
            "SMTP_HOST": "mail.example.com",
            "MAIL_FROM": "a@example.com",
            "SMS_GATEWAY_URL": "https://t.example.com",
            "SMS_GATEWAY_TOKEN": "t",
        }
    )
    server = email_gateway(named)
    assert isinstance(server, EmailServer) and server.has_tls
    assert isinstance(text_gateway(named), TextGateway)
