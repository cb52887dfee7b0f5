"""API Logs: what was asked of the services outside, and what came of it. Secrets and card data are never among it."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import escape

from admin_views import formats
from admin_views.base import ReadOnlyView
from admin_views.grid import Column, View, cells
from app.domain.staff.roles import Role
from app.models import ApiCall, Base
from app.queries.reporting.api_calls import API_CALLS

SHOWN = 48
"""Letters of a request that a row shows; the error takes the slack."""


def place(row: Any) -> str:
    """The service, then method and path."""
    return f'<span class="muted xs">{escape(row.service.capitalize())}</span> <span class="mono">{escape(row.endpoint)}</span>'


def customer(row: Any) -> str:
    """Whose account it was for; a dash for lists and the like."""
    return cells.customer(row) if row.account_id is not None else formats.DASH


def asked(row: Any) -> str:
    """The beginning of the redacted request on one line, whole in its tooltip and on the call's own page."""
    said = as_words(row.request)
    cut = said if len(said) <= SHOWN else f"{said[:SHOWN]}…"
    return f'<span class="mono xs" title="{escape(said)}">{escape(cut)}</span>' if said else formats.DASH


def as_words(request: Any) -> str:
    """The request as JSON without quotation marks around names; nothing for an empty one."""
    return ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in (request or {}).items())


def status(row: Any) -> str:
    """The HTTP status with its mark; in words when no answer came."""
    if row.status is None:
        return '<span class="st bad">No answer</span>'
    tone = "good" if row.error is None else "warn" if row.status < 500 else "bad"
    return f'<span class="st {tone}">{row.status}</span>'


class ApiLogs(ReadOnlyView):
    """External API call history."""

    title = "API Logs"
    url = "/admin/api-logs"
    endpoint = "api_logs"
    minimum_role = Role.MANAGER
    context = "External API call history; secrets and card numbers are never kept"
    model = ApiCall
    listing = API_CALLS
    noun = "calls"
    columns = (
        Column("at", "Time"),
        Column("endpoint", "Endpoint", needs=("endpoint", "service"), cell=place, plain=lambda row: row.endpoint, card="figure"),
        Column(
            "customer",
            "Customer",
            needs=("account_id", "account_number", "first_name", "last_name"),
            cell=customer,
            plain=lambda row: cells.customer_name(row) if row.account_id is not None else None,
            card="detail",
        ),
        Column("request", "Request", cell=asked, plain=lambda row: as_words(row.request)),
        Column("status", "Status", needs=("status", "error"), cell=status, numeric=False, card="state"),
        Column("error", "Error", wide=True),
        Column("milliseconds", "ms", shown=False),
        Column("charge_id", "Charge no.", shown=False),
        Column("service", "Service", shown=False),
    )
    views = (
        View("All"),
        View("Failed", "failed=1"),
        View("Today", "at_from=today"),
        View("Slower than 5 s", "milliseconds_from=5000"),
    )
    opens_details = True
    details_of = ("at", "service", "endpoint", "status", "error", "milliseconds", "account_id", "charge_id", "request")
    empty = ("Nothing was asked of a service outside yet", "Each call to Square and Hexnode stands here with its answer.")

    def heading_of(self, row: Any) -> str:
        """Method and path."""
        return str(row.endpoint)

    def pairs(self, row: Base) -> list[tuple[str, str]]:
        """The request line by line, at the end."""
        shown = [pair for pair in super().pairs(row) if pair[0] != "Request"]
        lines = json.dumps(row.request, indent=2, ensure_ascii=False)  # type: ignore[attr-defined]
        return [*shown, ("Request", f'<pre class="mono xs mb-0">{escape(lines)}</pre>')]
