"""An e-mail as bytes, as every e-mail gateway hands it over."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.gateways.messages import Letter


def as_email(letter: Letter, *, sender: str, at: dt.datetime) -> EmailMessage:
    """The message with its headers. The Message-ID follows from the key, so a second copy can be told from another e-mail.

    Raises ValueError for an address or a subject that would make a header of its own.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = letter.to
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{letter.key}@{domain_of(sender)}>"
    made.set_content(letter.body)
    return made


def domain_of(sender: str) -> str:
    """What stands behind the at sign: `Leases <office@example.com>` → example.com."""
    return sender.rpartition("@")[2].strip(" >") or "localhost"
