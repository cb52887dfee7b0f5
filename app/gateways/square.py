"""Square, spoken through its SDK and nowhere else.

The SDK defaults to production, to the environment's token and to sending a charge three times; here environment, token and
location are given, nothing is sent twice by itself, and no redirect is followed. The SDK takes a second to import, so that it is
imported where it is needed.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

from app import clock
from app.gateways.calls import ApiCall, Recorder, error_text, redacted, unrecorded
from app.gateways.cards import (
    CardDispute,
    CardPayment,
    CardRefund,
    ChargeRequest,
    Linked,
    LinkOutcome,
    Location,
    Outcome,
    Refunded,
    RefundOutcome,
    RefundRequest,
    Unanswered,
    Unknown,
    outcome_of_payment,
)
from app.gateways.square_answers import (
    Failure,
    complaints_in,
    dispute_of,
    link_of,
    location_of,
    outcome_of_failure,
    outcome_of_refusal,
    payment_of,
    refund_of,
)

SERVICE = "square"
SECONDS_TO_ANSWER = 18
MOST_CONNECTIONS = 64
PER_PAGE = 100
MOST_PAGES = 10_000
"""A list that goes on for longer turns in circles."""

V = TypeVar("V")
Read = Callable[[Mapping[str, Any]], V | None]


@dataclass(frozen=True, slots=True)
class SquareAccess:
    """Which Square, as whom, and where. All of it is said outright; the token never shows."""

    environment: str
    """"simulator", "sandbox" or "production"."""
    token: str
    location_id: str
    base_url: str | None = None

    def __repr__(self) -> str:
        return f"SquareAccess({self.environment!r}, location_id={self.location_id!r}, base_url={self.base_url!r})"


class SquareGateway:
    """Square's payments, for the cards that it keeps. Safe to use from many threads."""

    def __init__(
        self, access: SquareAccess, record: Recorder = unrecorded, *, seconds_to_answer: int = SECONDS_TO_ANSWER
    ) -> None:
        self.access = access
        self._record = record
        self._options = {"timeout_in_seconds": seconds_to_answer, "max_retries": 0}

    @property
    def location_id(self) -> str:
        """The location that takes our payments."""
        return self.access.location_id

    def charge(self, request: ChargeRequest) -> Outcome:
        """CreatePayment with the frozen request, once."""
        fields = request.fields
        answer = self.ask(
            "POST /v2/payments",
            fields,
            lambda square, options: square.payments.create(**fields, request_options=options),
            account_id=request.account_id,
            charge_id=request.charge_id,
        )
        if isinstance(answer, Failure):
            return outcome_of_failure(answer)
        found = answer.get("payment")
        return outcome_of_payment(payment_of(found) if found else None)

    def payment(self, payment_id: str) -> CardPayment | Unanswered:
        """GetPayment: always as it is now, unlike the list."""
        answer = self.ask(
            "GET /v2/payments/{payment_id}",
            {"payment_id": payment_id},
            lambda square, options: square.payments.get(payment_id, request_options=options),
        )
        if isinstance(answer, Failure):
            return unanswered(answer)
        found = payment_of(answer.get("payment") or {})
        return Unanswered("Square answered without a payment.") if found is None else found

    def payments(self, begin_at: dt.datetime) -> Sequence[CardPayment] | Unanswered:
        """ListPayments at each location, for without one Square shows the main location only."""
        locations = self.locations()
        if isinstance(locations, Unanswered):
            return locations
        found: list[CardPayment] = []
        for location in locations:
            fields = {
                "location_id": location.id,
                "begin_time": _stamp(begin_at - clock.ahead()),
                "sort_order": "ASC",
                "limit": PER_PAGE,
            }
            here = self.pages("GET /v2/payments", fields, "payments", "payments", payment_of)
            if isinstance(here, Unanswered):
                return here
            found += here
        return sorted(found, key=lambda payment: (payment.created_at, payment.id))

    def make_link(self, body: str, *, account_id: int | None = None) -> LinkOutcome:
        """CreatePaymentLink with the frozen request, once."""
        fields = json.loads(body)
        answer = self.ask(
            "POST /v2/online-checkout/payment-links",
            fields,
            lambda square, options: square.checkout.payment_links.create(**fields, request_options=options),
            account_id=account_id,
        )
        if isinstance(answer, Failure):
            return outcome_of_refusal(answer)
        found = link_of(answer.get("payment_link") or {})
        return Unknown("Square answered without a link.") if found is None else Linked(found)

    def close_link(self, link_id: str) -> Unanswered | None:
        """DeletePaymentLink; one that is gone already is as good."""
        answer = self.ask(
            "DELETE /v2/online-checkout/payment-links/{id}",
            {"id": link_id},
            lambda square, options: square.checkout.payment_links.delete(link_id, request_options=options),
        )
        if not isinstance(answer, Failure):
            return None
        told = unanswered(answer)
        return None if told.is_not_found else told

    def give_back(self, request: RefundRequest) -> RefundOutcome:
        """RefundPayment with the frozen request, once."""
        fields = request.fields
        answer = self.ask(
            "POST /v2/refunds",
            fields,
            lambda square, options: square.refunds.refund_payment(**fields, request_options=options),
            account_id=request.account_id,
        )
        if isinstance(answer, Failure):
            return outcome_of_refusal(answer)
        found = refund_of(answer.get("refund") or {})
        return Unknown("Square answered without a refund.") if found is None else Refunded(found)

    def refund(self, refund_id: str) -> CardRefund | Unanswered:
        """GetPaymentRefund: always as it is now, unlike the list."""
        answer = self.ask(
            "GET /v2/refunds/{refund_id}",
            {"refund_id": refund_id},
            lambda square, options: square.refunds.get(refund_id, request_options=options),
        )
        if isinstance(answer, Failure):
            return unanswered(answer)
        found = refund_of(answer.get("refund") or {})
        return Unanswered("Square answered without a refund.") if found is None else found

    def refunds(self, begin_at: dt.datetime) -> Sequence[CardRefund] | Unanswered:
        """ListPaymentRefunds, of all locations."""
        fields = {"begin_time": _stamp(begin_at - clock.ahead()), "sort_order": "ASC", "limit": PER_PAGE}
        return self.pages("GET /v2/refunds", fields, "refunds", "refunds", refund_of)

    def disputes(self) -> Sequence[CardDispute] | Unanswered:
        """ListDisputes, of all locations and states."""
        return self.pages("GET /v2/disputes", {}, "disputes", "disputes", dispute_of)

    def locations(self) -> Sequence[Location] | Unanswered:
        """ListLocations."""
        answer = self.ask("GET /v2/locations", {}, lambda square, options: square.locations.list(request_options=options))
        if isinstance(answer, Failure):
            return unanswered(answer)
        return [place for each in answer.get("locations") or () if (place := location_of(each))]

    def pages(self, endpoint: str, fields: Mapping[str, Any], room: str, name: str, read: Read[V]) -> list[V] | Unanswered:
        """All entries of a list, page after page; no answer to one page is no answer at all."""
        found: list[V] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            asked = {**fields, **({"cursor": cursor} if cursor else {})}
            answer = self.ask(endpoint, asked, partial(_page, room, asked))
            if isinstance(answer, Failure):
                return unanswered(answer)
            found += [entry for each in answer.get(name) or () if (entry := read(each)) is not None]
            cursor = answer.get("cursor")
            if not cursor:
                return found
        return Unanswered(f"Square's list of {name} does not end.")

    def ask(
        self,
        endpoint: str,
        fields: Mapping[str, Any],
        call: Callable[[Any, dict[str, Any]], Any],
        *,
        account_id: int | None = None,
        charge_id: int | None = None,
    ) -> dict[str, Any] | Failure:
        """Make one call, write it into the log, and give Square's document or why there is none. Never raises for the outside.

        `call` receives the SDK's client and the options of the request, and returns the SDK's answer.
        """
        at, begun = clock.now(), time.monotonic()
        answer: dict[str, Any] | Failure
        try:
            answer = _document(call(_client(self.access), self._options))
        except Exception as error:  # Time-outs, resets, half a body, a proxy's page, RQ's alarm: whatever it was.
            answer = _failure(error)
        is_failure = isinstance(answer, Failure)
        self._record(
            ApiCall(
                at=at,
                service=SERVICE,
                endpoint=endpoint,
                request=redacted(fields),
                status=answer.status if isinstance(answer, Failure) else 200,
                error=answer.reason if isinstance(answer, Failure) and is_failure else None,
                milliseconds=round((time.monotonic() - begun) * 1000),
                account_id=account_id,
                charge_id=charge_id,
            )
        )
        return answer


def is_signed(body: bytes, signature: str, *, key: str, url: str) -> bool:
    """Whether Square signed a notification, by its package's own check: HMAC-SHA256 over address and body, in constant time."""
    from square.utils.webhooks_helper import verify_signature

    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return verify_signature(request_body=text, signature_header=signature, signature_key=key, notification_url=url)


def unanswered(failure: Failure) -> Unanswered:
    """A failed question."""
    is_not_found = failure.status == 404 and any(each.code == "NOT_FOUND" for each in failure.complaints)
    return Unanswered(failure.reason, is_configuration=failure.is_configuration, is_not_found=is_not_found)


@cache
def _client(access: SquareAccess) -> Any:
    """The SDK's client, one per process and access; its connections are shared by all threads."""
    import httpx
    from square import Square
    from square.environment import SquareEnvironment

    environment = SquareEnvironment.PRODUCTION if access.environment == "production" else SquareEnvironment.SANDBOX
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    connections = httpx.Client(
        timeout=SECONDS_TO_ANSWER, limits=limits, follow_redirects=False, trust_env=access.base_url is None
    )
    return Square(token=access.token, environment=environment, base_url=access.base_url, httpx_client=connections)


def _page(room: str, asked: Mapping[str, Any], square: Any, options: dict[str, Any]) -> Any:
    """One page of a list; the SDK would go on to the next by itself, unlogged."""
    return getattr(square, room).list(**asked, request_options=options).response


def _document(answer: Any) -> dict[str, Any]:
    """The SDK's answer as the document that it came from."""
    document: dict[str, Any] = answer.dict()
    return document


def _failure(error: Exception) -> Failure:
    from square.core.api_error import ApiError

    if not isinstance(error, ApiError):
        return Failure(error_text(f"No answer: {type(error).__name__} {error}"))
    complaints = complaints_in(error.body)
    said = "; ".join(f"{each.code} {each.detail}".strip() for each in complaints) or "not an answer of Square's"
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    wait = headers.get("retry-after", "")
    return Failure(
        error_text(f"HTTP {error.status_code}: {said}"),
        error.status_code,
        complaints,
        error.body if isinstance(error.body, Mapping) else None,
        int(wait) if wait.isdigit() else None,
    )


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
