"""Faults on demand: what networks, proxies, processors and issuers do at night.

A fault waits in a queue until requests that fit it arrive, as often as its `count` says. `when` says on which side of Square's
own work it strikes: `before` (Square never did it) or `after` (Square did it, and the asker does not learn of it). Both look
alike to the asker; that is the point.

| kind         | what the asker sees                                                    | `when` is   |
|---           |---                                                                     |---          |
| status       | HTTP `status` with Square's error for it; `retry_after` sets the header | your choice |
| time_out     | nothing, until it gives up (or `seconds` are over)                      | your choice |
| reset        | the connection is reset                                                 | your choice |
| html         | a proxy's page with 200                                                 | your choice |
| empty        | `{}` with 200                                                           | your choice |
| delay        | the true answer, `delay_ms` late; `before`: Square works late as well   | your choice |
| half_body    | the headers and half of the true answer                                 | after       |
| wrong_amount | the true answer with another amount (`cents`; default one cent more)    | after       |
| wrong_answer | the true answer with `fields` laid over its payment                     | after       |
| decline      | the card declines with `code`                                           | before      |
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from app.simulators.square.checks import OBJECT, REQUIRED, TEXT, Field, check_body
from app.simulators.square.errors import DECLINES, Refused, WrongControl
from app.simulators.square.store import Store

Kind = Literal["status", "time_out", "reset", "html", "empty", "delay", "half_body", "wrong_amount", "wrong_answer", "decline"]
When = Literal["before", "after"]

_ALWAYS: dict[str, When] = {"half_body": "after", "wrong_amount": "after", "wrong_answer": "after", "decline": "before"}


class WrongFault(WrongControl):
    """A fault that cannot be; says why."""


@dataclass(frozen=True)
class Fault:
    """One fault. `endpoint` is a method and a path, with * for anything: `POST /v2/payments`, `GET /v2/payments/*`, `*`.

    `skip` lets that many fitting requests pass first. `match` compares fields of the request body, for example
    `{"reference_id": "C-17"}`. `delay_ms` waits on the side that `when` names, whatever the kind.
    """

    kind: Kind
    endpoint: str = "POST /v2/payments"
    count: int = 1
    skip: int = 0
    match: Mapping[str, Any] = field(default_factory=dict)
    when: When = "before"
    delay_ms: int = 0
    status: int = 500
    code: str | None = None
    detail: str | None = None
    retry_after: int | None = None
    seconds: float = 120.0
    cents: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what makes no sense, so that a test never waits for a fault that cannot happen."""
        if self.kind not in get_args(Kind):
            raise WrongFault(f"There is no fault `{self.kind}`. Known: {', '.join(get_args(Kind))}.")
        if self.when not in get_args(When):
            raise WrongFault("`when` must be before or after.")
        if self.kind in _ALWAYS and self.when != _ALWAYS[self.kind]:
            raise WrongFault(f"`{self.kind}` can only strike {_ALWAYS[self.kind]}.")
        if self.count < 1 or self.skip < 0 or self.delay_ms < 0 or self.seconds < 0:
            raise WrongFault("`count` must be at least 1; `skip`, `delay_ms` and `seconds` must not be negative.")
        if self.kind == "status" and not 400 <= self.status <= 599:
            raise WrongFault("`status` must be an error, 400 to 599.")
        if self.kind == "decline" and self.code not in DECLINES:
            raise WrongFault(f"`code` must be a decline: {', '.join(DECLINES)}.")
        if self.kind == "decline" and self.endpoint != "POST /v2/payments":
            raise WrongFault("Only `POST /v2/payments` can be declined.")
        if self.kind == "wrong_answer" and not self.fields:
            raise WrongFault("A wrong answer needs `fields`.")
        if self.kind == "delay" and not self.delay_ms:
            raise WrongFault("A delay needs `delay_ms`.")

    def fits(self, method: str, path: str, body: Mapping[str, Any]) -> bool:
        """Whether a request is one that this fault waits for."""
        if not fnmatch.fnmatchcase(f"{method} {path}", self.endpoint):
            return False
        return all(body.get(name) == value for name, value in self.match.items())


FIELDS = {
    "kind": REQUIRED,
    "endpoint": TEXT,
    "match": OBJECT,
    "fields": OBJECT,
    "when": TEXT,
    "seconds": Field("number"),
    **dict.fromkeys(("count", "skip", "delay_ms", "status"), Field("integer")),
    **dict.fromkeys(("code", "detail"), Field(may_be_null=True)),
    **dict.fromkeys(("retry_after", "cents"), Field("integer", may_be_null=True)),
}


def fault_from(plan: Any) -> Fault:
    """A fault from JSON. Raises WrongFault with a sentence."""
    if not isinstance(plan, dict):
        raise WrongFault("A fault is an object with a `kind`.")
    plan = dict(plan)
    try:
        check_body(plan, FIELDS)
    except Refused as refusal:
        raise WrongFault(f"{refusal} Known fields: {', '.join(FIELDS)}.") from refusal
    if plan["kind"] in _ALWAYS:
        plan.setdefault("when", _ALWAYS[plan["kind"]])
    return Fault(**plan)


class FaultQueue:
    """The faults that wait, oldest first; a request is struck by one at most."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        self._store.run(
            "insert into fault (plan, remaining, to_skip) values (?, ?, ?)",
            (json.dumps(asdict(fault)), fault.count, fault.skip),
        )

    def take(self, method: str, path: str, body: Mapping[str, Any]) -> Fault | None:
        """The fault that strikes this request, if any. Each fitting one that is still skipping counts the request."""
        for row in self._store.rows("select * from fault where remaining > 0 order by sequence"):
            fault = Fault(**json.loads(row["plan"]))
            if not fault.fits(method, path, body):
                continue
            if row["to_skip"]:
                self._store.run("update fault set to_skip = to_skip - 1 where sequence = ?", (row["sequence"],))
                continue
            self._store.run("update fault set remaining = remaining - 1 where sequence = ?", (row["sequence"],))
            return fault
        return None

    def waiting(self) -> list[dict[str, Any]]:
        """What still waits, with how often it will strike."""
        rows = self._store.rows("select * from fault where remaining > 0 order by sequence")
        return [{**json.loads(row["plan"]), "remaining": row["remaining"], "to_skip": row["to_skip"]} for row in rows]

    def clear(self) -> None:
        """Let nothing strike any more."""
        self._store.run("delete from fault")
