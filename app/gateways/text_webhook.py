"""Texts by a gateway that takes a JSON POST: {"id", "to", "body"} with a bearer token and an idempotency key.

It answers 2xx with {"id": …} for what it took, and 4xx with {"error": "…"} for what it will never take. Any other answer,
and none, leave open whether it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from app.gateways.messages import Letter, Outcome, Refused, Sent, Unknown

SECONDS_TO_CONNECT, SECONDS = 5.0, 20.0
ASK_LATER = frozenset({408, 409, 425, 429})
"""Refusals that say nothing about an earlier try with the same key; 409 and 425 say that one is on its way."""


@dataclass(frozen=True, slots=True)
class TextGateway:
    """Where texts are handed over."""

    url: str
    token: str
    transport: httpx.BaseTransport | None = None
    """Another way to carry requests, for tests."""

    def send(self, letter: Letter) -> Outcome:
        """Hand one text over."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": letter.key}
        said = {"id": letter.key, "to": letter.to, "body": letter.body}
        patience = httpx.Timeout(SECONDS, connect=SECONDS_TO_CONNECT)
        try:
            with httpx.Client(timeout=patience, transport=self.transport, trust_env=False) as client:
                answer = client.post(self.url, json=said, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol):
            return Refused("The text gateway could not be reached; nothing was sent.")
        except httpx.HTTPError as problem:
            return Unknown(f"The text gateway's answer was lost ({type(problem).__name__}).")
        return _outcome(answer)


def _outcome(answer: httpx.Response) -> Outcome:
    told = _json(answer)
    if answer.is_success:
        reference = told.get("id")
        if isinstance(reference, str) and reference:
            return Sent(reference[:120])
        return Unknown("The text gateway answered without saying what became of it.")
    if answer.is_client_error and answer.status_code not in ASK_LATER:
        why = str(told.get("error") or f"answer {answer.status_code}")
        return Refused(f"The text gateway refused it: {' '.join(why.split())[:200].rstrip('.')}.")
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Refused("The text gateway is busy; try again in a minute.")
    return Unknown(f"The text gateway answered {answer.status_code}.")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
