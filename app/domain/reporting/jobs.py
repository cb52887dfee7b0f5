"""Where a job stands, and the steps of an end of day."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class JobState(Word):
    """Where a job stands."""

    PLANNED = "planned", "Planned"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


_J = JobState

JOB_TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        _J.PLANNED: frozenset({_J.RUNNING, _J.STOPPED}),
        # Planned again: its worker died and the sweep gives it to another.
        _J.RUNNING: frozenset({_J.DONE, _J.FAILED, _J.STOPPED, _J.PLANNED}),
        _J.DONE: frozenset(),
        # A failed or stopped job can be started again; what it has done stays done.
        _J.FAILED: frozenset({_J.PLANNED}),
        _J.STOPPED: frozenset({_J.PLANNED}),
    }
)
"""What each state may become."""


class StepName(Word):
    """The steps of an end of day, in the order in which they run (domain.md part 12)."""

    AGE = "age", "Age accounts"
    FEES = "fees", "Late fees and interest"
    PROMISES = "promises", "Promises"
    STATUSES = "statuses", "Automatic statuses"
    DEFAULTS = "defaults", "Defaults"
    ASSIGNMENT = "assignment", "Assignment"
    WEIGHTS = "weights", "Weights"
    FOLLOW_UPS = "follow_ups", "Follow-ups due"
    WORKLIST = "worklist", "Worklist"
    SIGNALS = "signals", "Signals"
    SNAPSHOTS = "snapshots", "Snapshots"
    SUMS = "sums", "Sums of the day"
    INVARIANTS = "invariants", "Invariants"
