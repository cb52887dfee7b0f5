"""Answers that the gate, the error pages and scripts agree on: who gets a page, and who gets JSON."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request


def wants_data() -> bool:
    """Whether a script asked and can make nothing of a whole page: a fetch, or a request that prefers JSON."""
    if request.headers.get("Sec-Fetch-Mode") in {"cors", "same-origin"}:
        return True
    if "X-Requested-With" in request.headers or "X-Fragment" in request.headers:
        return True
    kinds = request.accept_mimetypes
    return kinds["application/json"] > kinds["text/html"]


def refuse(code: str, status: int, address: str, message: str | None = None) -> Response:
    """Tell a script why it was not let in, and which page to open instead."""
    body: dict[str, Any] = {"error": {"code": code, "message": message or MESSAGES[code], "url": address}}
    response = jsonify(body)
    response.status_code = status
    return response


MESSAGES = {
    "signed_out": "You are signed out. Sign in to go on.",
    "change_pin": "Choose a PIN of your own to go on.",
    "step_up": "Give your PIN again to go on.",
}


def local_address(given: str | None, otherwise: str) -> str:
    """An address of this site that a visitor asked to be sent on to, or `otherwise`: never another site's."""
    if not given or not given.startswith("/") or given[1:2] in {"/", "\\"}:
        return otherwise
    if any(ord(letter) < 32 for letter in given):
        return otherwise
    return given
