"""`leasedesk check-ledger`: does every cent tie out?"""

import time

import click

from app.cli.product import answer, product_command


@click.command("check-ledger")
@product_command
def check_ledger() -> None:
    """Check all invariants of the ledger and the chain of the audit trail; ends with code 1 when one is broken."""
    from app.extensions import db
    from app.queries.payments.invariants import findings
    from app.services.staff.audit import first_broken

    started = time.perf_counter()
    session = db.session()
    checks = [
        {
            "name": finding.invariant.name,
            "sentence": finding.invariant.sentence,
            "broken": finding.broken,
            "accounts": list(finding.sample),
        }
        for finding in findings(session)
    ]
    broken_event = first_broken(session)
    checks.append(
        {
            "name": "audit chain",
            "sentence": "Every audit event is linked to the one before it and none was altered.",
            "broken": 0 if broken_event is None else 1,
            "first_broken_event": broken_event,
            "accounts": [],
        }
    )
    is_clean = all(check["broken"] == 0 for check in checks)
    lines = [
        f"{'ok    ' if check['broken'] == 0 else 'BROKEN'} {check['name']}"
        + ("" if check["broken"] == 0 else f": {check['broken']} account(s), such as {check['accounts']}")
        for check in checks
    ]
    result = {"clean": is_clean, "checks": checks, "seconds": round(time.perf_counter() - started, 3)}
    answer(result, *lines, "The ledger is clean." if is_clean else "The ledger does not tie out.")
    if not is_clean:
        raise click.exceptions.Exit(1)
