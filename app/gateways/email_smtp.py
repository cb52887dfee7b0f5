"""E-mails by SMTP. Without a certificate that holds, nothing is sent and no password is shown."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass

from app import clock
from app.gateways.email_letter import as_email, domain_of
from app.gateways.messages import Letter, Outcome, Refused, Sent, Unknown

SECONDS = 20
TLS_FROM_THE_START = 465
"""The port on which TLS begins with the connection; on any other STARTTLS is asked for."""


@dataclass(frozen=True, slots=True)
class EmailServer:
    """A mail server and how to sign in to it. `has_tls` is off only for a server on this machine."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: str = ""
    has_tls: bool = True

    def send(self, letter: Letter) -> Outcome:
        """Hand the e-mail over. Up to the final dot nothing is sent; when the answer to it is lost, nobody knows."""
        try:
            made = as_email(letter, sender=self.sender, at=clock.now())
        except ValueError:
            return Refused("The address or the subject cannot stand in an e-mail.")
        try:
            server = self._connect()
        except (smtplib.SMTPException, OSError, ssl.SSLError) as problem:
            return Refused(f"The mail server could not be reached: {_said(problem)}.")
        try:
            server.send_message(made)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as problem:
            return Refused(f"The mail server refused it: {_said(problem)}.")
        except smtplib.SMTPNotSupportedError as problem:
            return Refused(f"The mail server cannot take it: {_said(problem)}.")
        except (smtplib.SMTPException, OSError) as problem:
            return Unknown(f"The connection broke while it was handed over: {_said(problem)}.")
        finally:
            _leave(server)
        return Sent(str(made["Message-ID"]))

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        name = domain_of(self.sender)
        if self.has_tls and self.port == TLS_FROM_THE_START:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, name, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, name, timeout=SECONDS)
        try:
            if self.has_tls and self.port != TLS_FROM_THE_START:
                server.starttls(context=context)
            if self.username:
                server.login(self.username, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()  # What was handed over stays so, however the farewell went.


def _said(problem: Exception) -> str:
    """What the server said, in one line; never what was sent to it."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        problem = next((smtplib.SMTPResponseException(*why) for why in problem.recipients.values()), problem)
    if isinstance(problem, smtplib.SMTPResponseException):
        words = problem.smtp_error
        told = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return f"{problem.smtp_code} {' '.join(told.split())}"[:160].rstrip(".")
    return (" ".join(str(problem).split()) or type(problem).__name__)[:160].rstrip(".")
