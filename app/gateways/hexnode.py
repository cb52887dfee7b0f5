"""Hexnode, spoken here and nowhere else.

Address and key are given; nothing is sent twice by itself, no redirect and no link of an answer is followed, for both would
take the key along. Of an answer only the named fields are taken: a location never gets past this file.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from app import clock
from app.gateways.calls import ApiCall, Recorder, error_text, redacted, unrecorded
from app.gateways.devices import DevicePage, Done, EnrolledDevice, Outcome, Refused, Unanswered, Unknown

SERVICE = "hexnode"
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 5.0, 15.0
PER_PAGE = 100
LARGEST_ID = 2**63 - 1

DEVICES = "/api/v1/devices/"
LOCK = "/api/v1/actions/lock_devices/"
UNLOCK = "/api/v1/actions/disable_lost_mode/"

_NEVER_TAKEN = frozenset({400, 401, 403, 404, 405, 415, 422})
"""Refusals that say for certain that nothing was done."""
_CONFIGURATION = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class HexnodeAccess:
    """Which portal, and with which key; the key never shows."""

    base_url: str
    """Without /api/v1: https://portal.hexnodemdm.com."""
    key: str

    def __repr__(self) -> str:
        return f"HexnodeAccess({self.base_url!r})"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back: the document of a good answer, else why there is none."""

    document: Any = None
    status: int | None = None
    reason: str | None = None
    was_sent: bool = True


class HexnodeGateway:
    """Hexnode's devices. Safe to use from many threads."""

    def __init__(
        self,
        access: HexnodeAccess,
        record: Recorder = unrecorded,
        *,
        seconds_to_answer: float = SECONDS_TO_ANSWER,
        per_page: int = PER_PAGE,
    ) -> None:
        self.access = access
        self._record = record
        self._patience = httpx.Timeout(seconds_to_answer, connect=min(SECONDS_TO_CONNECT, seconds_to_answer))
        self._per_page = per_page

    def devices(self, page: int = 1) -> DevicePage | Unanswered:
        """One page of all devices. An answer that is no list is no answer, for an empty list would mean that all have left."""
        asked = {"per_page": self._per_page, "page": page}
        answer = self._ask("GET", DEVICES, DEVICES, query=asked)
        if answer.reason is not None:
            return _unanswered(answer)
        told = answer.document
        if not isinstance(told, Mapping) or not isinstance(told.get("results"), list) or not _is_count(told.get("count")):
            return Unanswered("Hexnode answered without a list of devices.")
        following = _page_in(told.get("next"))
        if told.get("next") and (following is None or following <= page):
            return Unanswered("Hexnode's list of devices turns in circles.")
        entries = [found for each in told["results"] if (found := device_of(each)) is not None]
        return DevicePage(entries, told["count"], following)

    def device(self, device_id: int, *, account_id: int | None = None) -> EnrolledDevice | Unanswered:
        """One device as it is now."""
        path = f"{DEVICES}{int(device_id)}/"
        answer = self._ask("GET", path, f"{DEVICES}{{device_id}}/", shown={"device_id": device_id}, account_id=account_id)
        if answer.reason is not None:
            return _unanswered(answer)
        found = device_of(answer.document)
        if found is None or found.id != device_id:
            return Unanswered("Hexnode answered without the device that was asked for.")
        return found

    def lock(self, device_id: int, message: str, *, account_id: int | None = None) -> Outcome:
        """Lock Device, with a message on its screen."""
        return self._command(LOCK, {"devices": [device_id], "message": message}, account_id)

    def unlock(self, device_id: int, *, account_id: int | None = None) -> Outcome:
        """Disable Lost Mode, which gives the screen back."""
        return self._command(UNLOCK, {"devices": [device_id]}, account_id)

    def _command(self, path: str, body: Mapping[str, Any], account_id: int | None) -> Outcome:
        answer = self._ask("POST", path, path, body=body, account_id=account_id)
        if answer.reason is None:
            # Hexnode documents a bare 200. An error can come with 200 as well, and {} is what something between makes up.
            told = answer.document
            is_object = isinstance(told, Mapping) and bool(told) and not told.get("error") and not told.get("errors")
            is_yes = told is None or is_object
            return Done() if is_yes else Unknown("Hexnode answered without saying what became of it.")
        if not answer.was_sent or answer.status in _NEVER_TAKEN:
            return Refused(answer.reason)
        return Unknown(answer.reason)

    def _ask(
        self,
        method: str,
        path: str,
        endpoint: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        shown: Mapping[str, Any] | None = None,
        account_id: int | None = None,
    ) -> _Answer:
        """Make one call and write it into the log. Never raises for the outside."""
        at, begun = clock.now(), time.monotonic()
        try:
            answer = _read(_client(self.access).request(method, path, params=query, json=body, timeout=self._patience))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            answer = _Answer(reason=f"Hexnode could not be reached ({type(error).__name__}).", was_sent=False)
        except Exception as error:  # Time-outs, resets, half a body, RQ's alarm: whatever it was.
            answer = _Answer(reason=f"Hexnode's answer was lost ({type(error).__name__}).")
        self._record(
            ApiCall(
                at=at,
                service=SERVICE,
                endpoint=f"{method} {endpoint}",
                request=redacted(shown or body or query or {}),
                status=answer.status,
                error=None if answer.reason is None else error_text(answer.reason),
                milliseconds=round((time.monotonic() - begun) * 1000),
                account_id=account_id,
            )
        )
        return answer


@cache
def _client(access: HexnodeAccess) -> httpx.Client:
    """The connections to one portal, shared by all threads of a process."""
    return httpx.Client(
        base_url=access.base_url.rstrip("/").removesuffix("/api/v1"),
        headers={"Authorization": access.key, "Accept": "application/json"},
        follow_redirects=False,
        trust_env=False,
    )


def _read(answer: httpx.Response) -> _Answer:
    """The document of a good answer. What is said in a bad one is not kept: it may repeat anything."""
    status = answer.status_code
    if status in _CONFIGURATION:
        return _Answer(status=status, reason=f"Hexnode does not accept the key (HTTP {status}): look at HEXNODE_API_KEY.")
    if status == 404:
        return _Answer(status=status, reason="Hexnode does not know it (HTTP 404).")
    if status == 429:
        return _Answer(status=status, reason="Hexnode asks to wait (HTTP 429): try again in a minute.")
    if not answer.is_success:
        return _Answer(status=status, reason=f"Hexnode answered HTTP {status}.")
    if not answer.content:
        return _Answer(status=status)
    try:
        document = answer.json()
        return _Answer(document=() if document is None else document, status=status)
    except ValueError:
        return _Answer(status=status, reason="Hexnode's answer is not JSON; something between answered in its place.")


def _unanswered(answer: _Answer) -> Unanswered:
    return Unanswered(answer.reason or "", is_not_found=answer.status == 404, is_configuration=answer.status in _CONFIGURATION)


def device_of(document: Any) -> EnrolledDevice | None:
    """A device out of Hexnode's document, by the named fields alone; None when it is none.

    >>> device_of({"id": 7, "imei": "35 641520 749048 3", "location": {"latitude": 1}}).imei
    '356415207490483'
    """
    if not isinstance(document, Mapping):
        return None
    device_id = document.get("id")
    if not isinstance(device_id, int) or isinstance(device_id, bool) or not 0 < device_id <= LARGEST_ID:
        return None
    compliant = document.get("compliant")
    return EnrolledDevice(
        device_id,
        _words(document, "device_name") or "",
        _words(document, "model_name") or "",
        (_words(document, "serial_number") or "").upper() or None,
        _digits(document.get("imei")),
        _words(document, "udid"),
        _words(document, "enrollment_status") or "",
        moment(document.get("enrolled_time")),
        moment(document.get("last_reported")),
        compliant if isinstance(compliant, bool) else None,
    )


def moment(told: Any) -> dt.datetime | None:
    """A moment as Hexnode writes it, in UTC where it names no zone; None for what is none.

    >>> moment("2026-11-20T10:00:00Z").isoformat(), moment("2026-11-20 10:00:00").isoformat(), moment("never")
    ('2026-11-20T10:00:00+00:00', '2026-11-20T10:00:00+00:00', None)
    """
    if not isinstance(told, str):
        return None
    try:
        at = dt.datetime.fromisoformat(told.strip())
        return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _is_count(told: Any) -> bool:
    return isinstance(told, int) and not isinstance(told, bool) and told >= 0


def _words(document: Mapping[str, Any], name: str) -> str | None:
    told = document.get(name)
    return " ".join(told.replace("\x00", "").split()) or None if isinstance(told, str) else None


def _digits(told: Any) -> str | None:
    """An IMEI without its separators, which are typed in many ways; None for anything that has not its 14 to 16 digits."""
    if isinstance(told, int) and not isinstance(told, bool):
        told = str(told)
    if not isinstance(told, str):
        return None
    digits = "".join(sign for sign in told if sign.isascii() and sign.isdigit())
    return digits if 14 <= len(digits) <= 16 else None


def _page_in(link: Any) -> int | None:
    """The number of the page that a link leads to. The link itself is never followed."""
    if not isinstance(link, str):
        return None
    try:
        number = parse_qs(urlsplit(link).query).get("page", [""])[0]
    except ValueError:
        return None
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
