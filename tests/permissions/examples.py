"""Which rows the parameters of routes name: what a new screen adds to, so that the walk can try it.

A route whose path has a parameter finds it in PARAMETERS by its name, or by `endpoint:name` where a name means different
things on different screens. A route without one stands in WITHOUT_ROWS, or in QUERY when it takes its row from the query.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.permissions.world import World

PARAMETERS: Mapping[str, str] = {
    "account_id": "account",
    "arrangement_id": "arrangement",
    "autopay_batch_id": "autopay_batch",
    "batch_id": "import_batch",
    "card_id": "card",
    "customer_id": "customer",
    "break_id": "square_break",
    "charge_id": "charge",
    "refund_id": "card_refund",
    "attempt_id": "recovery_attempt",
    "dispute_id": "dispute",
    "event_id": "audit_event",
    "evidence_id": "dispute_evidence",
    "fee_id": "fee",
    "follow_up_id": "follow_up",
    "chunk_id": "day_chunk",
    "job_id": "job",
    "link_id": "payment_link",
    "message_id": "message",
    "note_id": "note",
    "payment_id": "payment",
    "quote_id": "quote",
    "recovery_id": "recovery",
    "remittance_id": "remittance",
    "return_id": "device_return",
    "restriction_id": "contact_restriction",
    "session_id": "staff_session",
    "reassignment_id": "reassignment",
    "square_customer_id": "square_customer",
    "staff_id": "staff",
    "view_id": "saved_view",
}
"""Parameter of a path → table of `world.REACHES`."""

GENERATED_QUERY: Mapping[str, str] = {"details_view": "id", "edit_view": "id", "delete_view": "id"}
"""Route of a generated screen → the query parameter that names a row of the screen's model."""

QUERY: Mapping[str, Mapping[str, str]] = {
    "admin.export": {"portfolio": "portfolio"},
    "admin.index": {"portfolio": "portfolio"},
    "projected.export": {"portfolio": "portfolio"},
    "projected.index": {"portfolio": "portfolio"},
    "new_lease.index": {"customer": "customer"},
    "quick_lease.index": {"customer": "customer"},
    "work.index": {"account": "account"},
}
"""Endpoint → query parameter → table."""

GENERATED = frozenset(
    {"index_view", "create_view", "summary", "export", "menu_of", "save_view", "remove_view", "bulk", "bulk_preview", "bulk_undo"}
)
"""Routes that every list has; what they show is looked through, and what their actions reach is tried apart."""

WITHOUT_ROWS = frozenset(
    {
        "analytics.export",
        "autopay_report.export",
        "autopay_report.index",
        "cash_report.export",
        "cash_report.index",
        "corrections.every",
        "corrections.export",
        "corrections.index",
        "delinquency.export",
        "delinquency.index",
        "analytics.index",
        "arrangement_limits.index",
        "audit.verify",
        "autopay.configuration",
        "autopay.dry_run",
        "autopay.run",
        "autopay.scheduler_off",
        "autopay.scheduler_on",
        "autopay.unlock",
        "breaks.reconcile",
        "collection_settings.index",
        "collection_settings.save",
        "collection_settings.supervisors",
        "collection_users.new",
        "card_sync.scan",
        "collections.live",
        "disputes.deadlines",
        "imports.example",
        "imports.index",
        "imports.upload",
        "mdm.check",
        "mdm.check_all",
        "new_lease.preview",
        "quick_lease.preview",
        "payment_settings.index",
        "payment_settings.limits",
        "payment_settings.times",
        "pin.index",
        "reconciliation.next",
        "reconciliation.threshold",
        "pin.sign_out",
        "pin.sign_out_everywhere",
        "pin.stay",
        "records.index",
        "reports.export",
        "reports.index",
        "settings.create_test_lease",
        "settings.defaults",
        "settings.index",
        "settings.test_leases",
        "settings.wipe_test_leases",
        "square_simulator.clear",
        "square_simulator.index",
        "search.index",
        "staff.new",
        "step_up.index",
        "webhooks.replay",
        "webhooks.switch",
        "weights.index",
        "weights.preview",
        "weights.save",
        "team.export",
        "team.index",
        "work.book",
        "work.leave",
        "work.undo",
        "workload.balance",
        "workload.export",
        "workload.index",
    }
)
"""Hand-made routes that take no row at all."""

ACTION_FORMS: Mapping[str, Mapping[str, str]] = {
    "assign": {"staff_id": "row:staff", "reason": "Because"},
    "note": {"body": "A note"},
    "reassign": {"staff_ids": "row:staff", "reason": "Because"},
}
"""Bulk action, or `screen:action`, → what its form is filled with; `row:table` is the id of a row that everybody sees."""

AS_IT_WAS = frozenset({"reassignment:hold"})
"""`screen:action` whose rows of the small world are already as it would make them."""


def action_form(key: str, world: World) -> list[tuple[str, str]]:
    """The filled form of a bulk action. Fails for an action of which nobody has said how to fill it."""
    filled = ACTION_FORMS.get(key, ACTION_FORMS.get(key.partition(":")[2]))
    if filled is None:
        pytest.fail(f"Say in ACTION_FORMS of tests/permissions/examples.py how the form of the bulk action {key!r} is filled.")
    return [
        (name, world.rows[value.removeprefix("row:")]["mine"] if value.startswith("row:") else value)
        for name, value in filled.items()
    ]


MISSING_IS_FINE = frozenset({"bulk", "bulk_preview", "bulk_undo"})
"""Routes that every list has, also one without actions: then there is nothing to find."""

OWN_ANSWERS: Mapping[str, int] = {
    "POST step_up.index": 403,  # Without the right PIN.
    "GET contact_rules.delete_view": 404,  # Made inactive or given other points, never removed.
    "POST contact_rules.delete_view": 404,
    "GET message_templates.delete_view": 404,
    "POST message_templates.delete_view": 404,
    "GET note_templates.delete_view": 404,
    "POST note_templates.delete_view": 404,
    "GET signal_points.delete_view": 404,
    "POST signal_points.delete_view": 404,
    "GET risk_bands.delete_view": 404,
    "POST risk_bands.delete_view": 404,
    "POST pin.sign_out": 302,  # Leads out.
    "POST pin.sign_out_everywhere": 302,
}
"""Method and endpoint → the answer to somebody who may, where it looks like a refusal."""

NOT_FOR_SOME_PORTFOLIOS = frozenset({"portfolios.create_view"})
"""Endpoints that an admin of one portfolio is refused, though the role would do."""


def own_answer(endpoint: str, method: str, person: str) -> int | None:
    """The status that somebody gets who may open it; None for any that lets them in."""
    if person == "admin of one portfolio" and endpoint in NOT_FOR_SOME_PORTFOLIOS:
        return 403
    return OWN_ANSWERS.get(f"{method} {endpoint}")
