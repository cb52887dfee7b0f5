"""Which gateway sends what in this installation, by its settings."""

from __future__ import annotations

import json
from pathlib import Path

from app.gateways.email_files import EmailFiles
from app.gateways.email_smtp import EmailServer
from app.gateways.messages import MessageGateway
from app.gateways.text_webhook import TextGateway
from app.settings import Settings

READY_FILE = "messages.json"
"""Where the simulator says on which address it listens."""
DEMONSTRATION_SENDER = "LeaseDesk <leases@example.com>"


def email_gateway(settings: Settings) -> MessageGateway | None:
    """By SMTP when a server is named; into files in a demonstration; None when e-mails are off."""
    sender = settings.mail_from or DEMONSTRATION_SENDER
    if settings.smtp_host:
        password = settings.smtp_password
        return EmailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=sender,
            username=settings.smtp_username or "",
            password=password.get_secret_value() if password else "",
            has_tls=settings.smtp_host not in {"localhost", "127.0.0.1", "::1"},
        )
    return EmailFiles(settings.home / "outbox", sender) if settings.is_demonstration else None


def text_gateway(settings: Settings) -> MessageGateway | None:
    """The gateway that is named; the simulator in a demonstration; None when texts are off."""
    if settings.sms_gateway_url:
        token = settings.sms_gateway_token
        return TextGateway(settings.sms_gateway_url, token.get_secret_value() if token else "")
    return _simulator(settings.home) if settings.is_demonstration else None


def _simulator(home: Path) -> MessageGateway:
    """The simulator of this home. Asked each time: it may have been started again on another port."""
    try:
        told = json.loads((home / READY_FILE).read_text(encoding="utf-8"))
        return TextGateway(f"{told['url']}/messages", str(told["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return TextGateway("http://127.0.0.1:9/messages", "")  # Nobody listens on the discard port: refused, not lost.
