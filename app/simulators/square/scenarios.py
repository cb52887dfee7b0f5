"""What can be made to happen to the next calls, by a name and a sentence: for a demonstration's page and for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.simulators.square.faults import FIELDS, fault_from

REFUNDS = "POST /v2/refunds"
LONGER_THAN_ANYBODY_WAITS = 120


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of trouble, as a fault of `faults.py`."""

    label: str
    plan: Mapping[str, Any] = field(default_factory=dict)


def _decline(label: str, code: str) -> Scenario:
    return Scenario(f"Declined: {label} ({code})", {"kind": "decline", "code": code})


SCENARIOS: Mapping[str, Scenario] = {
    "charged_then_silent": Scenario(
        "The card is charged, and no answer comes", {"kind": "time_out", "when": "after", "seconds": LONGER_THAN_ANYBODY_WAITS}
    ),
    "silent": Scenario("Nothing is charged, and no answer comes", {"kind": "time_out", "seconds": LONGER_THAN_ANYBODY_WAITS}),
    "charged_then_cut": Scenario("The card is charged, and the connection breaks", {"kind": "reset", "when": "after"}),
    "cut": Scenario("The connection breaks before anything is charged", {"kind": "reset"}),
    "half_an_answer": Scenario("The card is charged, and half an answer comes", {"kind": "half_body"}),
    "error_500": Scenario("Square fails (500)", {"kind": "status", "status": 500}),
    "charged_error_500": Scenario(
        "The card is charged, and Square fails all the same (500)", {"kind": "status", "status": 500, "when": "after"}
    ),
    "error_503": Scenario("Square is not available (503)", {"kind": "status", "status": 503, "code": "SERVICE_UNAVAILABLE"}),
    "too_many": Scenario(
        "Too many calls (429, ask again in a minute)",
        {"kind": "status", "status": 429, "code": "RATE_LIMITED", "retry_after": 60},
    ),
    "unauthorized": Scenario("The access token is refused (401)", {"kind": "status", "status": 401, "code": "UNAUTHORIZED"}),
    "funds": _decline("no funds", "INSUFFICIENT_FUNDS"),
    "generic": _decline("the bank says no", "GENERIC_DECLINE"),
    "fix_card": _decline("the card has to be updated", "CARD_EXPIRED"),
    "hard_stop": _decline("the card was stopped", "INVALID_ACCOUNT"),
    "verify": _decline("the customer must confirm", "CARD_DECLINED_VERIFICATION_REQUIRED"),
    "slow": Scenario("The answer takes six seconds", {"kind": "delay", "delay_ms": 6_000}),
    "html": Scenario("A proxy's page comes instead of an answer", {"kind": "html"}),
    "empty": Scenario("An empty answer comes", {"kind": "empty"}),
    "wrong_amount": Scenario("The answer names another amount", {"kind": "wrong_amount"}),
    "wrong_reference": Scenario(
        "The answer is about another payment", {"kind": "wrong_answer", "fields": {"reference_id": "somebody-elses"}}
    ),
    "refund_then_silent": Scenario(
        "A refund is made, and no answer comes",
        {"kind": "time_out", "when": "after", "seconds": LONGER_THAN_ANYBODY_WAITS, "endpoint": REFUNDS},
    ),
    "refund_error": Scenario("A refund fails (500)", {"kind": "status", "status": 500, "endpoint": REFUNDS}),
}
"""Name → what happens. All are about charges but the last two."""


def label_of(plan: Mapping[str, Any]) -> str:
    """What a waiting fault is called; its kind when no scenario made it."""
    fields = {name: value for name, value in plan.items() if name in FIELDS and name not in ("count", "skip")}
    asked = fault_from(fields)
    for scenario in SCENARIOS.values():
        if fault_from(dict(scenario.plan)) == asked:
            return scenario.label
    return f"{asked.kind} on {asked.endpoint}"
