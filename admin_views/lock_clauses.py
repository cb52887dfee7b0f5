"""Lock clauses: what the agreements say about locking a device, and how long a notice runs before."""

from __future__ import annotations

from admin_views.grid import Column
from admin_views.organization import STATE
from admin_views.policies import VERIFIED, PolicyView, state, within_reach
from app.models import LockClause
from app.queries.servicing.lock_clauses import LOCK_CLAUSES
from app.services.servicing import lock_clauses


class LockClauses(PolicyView):
    """Under which clause a device may be locked, and after how many days of notice."""

    title, url, endpoint = "Lock clauses", "/admin/settings/lock-clauses", "lock_clauses"
    model = LockClause
    listing = LOCK_CLAUSES
    noun = "clauses"
    context = "Without a clause that fits the contract no device is locked."
    service = within_reach(lock_clauses.CLAUSES)
    columns = (
        Column("name", "Clause"),
        Column("state", "State", cell=state),
        Column("contract_from_on", "Contracts from"),
        Column("notice_days", "Days of notice"),
        Column("words", "What it says", wide=True),
        Column("citation", "Citation"),
        VERIFIED,
        Column("portfolio", "Portfolio", shown=False),
        STATE,
    )
    form_columns = (
        "name",
        "words",
        "state",
        "portfolio",
        "contract_from_on",
        "notice_days",
        "citation",
        "verified_on",
        "is_active",
    )
    form_help = {
        "name": "As it is called in the agreement, such as Clause 14.",
        "words": "What it says.",
        "state": "Two letters; empty for every state without a clause of its own.",
        "contract_from_on": "For agreements that began on this day or later: the first with this clause in it.",
        "notice_days": "So many days have to pass between the notice and the lock.",
        "citation": "Why it may be used there: the statute, or whose opinion.",
        "verified_on": "When you compared it with its source; your name is kept with it.",
    }
    empty = ("There is no clause yet", "Add the clause of your agreements that allows a lock; without one no device is locked.")
