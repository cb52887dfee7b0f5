"""Buckets of days past due: data, gap-free and not overlapping (domain.md part 8)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BucketRange:
    """Days past due from one number to another, both included; `to_days=None` has no end."""

    label: str
    from_days: int
    to_days: int | None

    def holds(self, days_past_due: int) -> bool:
        """Whether an account that late belongs here."""
        return self.from_days <= days_past_due and (self.to_days is None or days_past_due <= self.to_days)


REPORT_BUCKETS: tuple[BucketRange, ...] = (
    BucketRange("Current", 0, 0),
    BucketRange("1-30", 1, 30),
    BucketRange("31-60", 31, 60),
    BucketRange("61-90", 61, 90),
    BucketRange("90+", 91, None),
)
"""Default buckets of reports and of the live aging."""

WORKLIST_BUCKETS: tuple[BucketRange, ...] = (
    BucketRange("Current", 0, 0),
    BucketRange("1-7", 1, 7),
    BucketRange("8-14", 8, 14),
    BucketRange("15-30", 15, 30),
    BucketRange("31-60", 31, 60),
    BucketRange("61-90", 61, 90),
    BucketRange("90+", 91, None),
)
"""Default buckets of the worklist: finer where a call still helps most."""


def bucket_of(days_past_due: int, buckets: Sequence[BucketRange] = REPORT_BUCKETS) -> BucketRange:
    """The bucket that holds a number of days past due.

    >>> bucket_of(0).label, bucket_of(30).label, bucket_of(91).label, bucket_of(9, WORKLIST_BUCKETS).label
    ('Current', '1-30', '90+', '8-14')
    """
    for bucket in buckets:
        if bucket.holds(days_past_due):
            return bucket
    raise ValueError(f"No bucket holds {days_past_due} days past due.")


def bucket_problems(buckets: Sequence[BucketRange]) -> tuple[str, ...]:
    """What keeps a list of buckets from holding every account exactly once; empty when nothing does.

    The list starts at 0 days, each bucket starts the day after the one before ends, only the last has no end, and no
    label stands twice.

    >>> bucket_problems(REPORT_BUCKETS)
    ()
    >>> bucket_problems([BucketRange("Current", 0, 0), BucketRange("2+", 2, None)])
    ('2+ starts at 2 days; it must start at 1.',)
    """
    if not buckets:
        return ("At least one bucket is needed.",)
    problems: list[str] = []
    expected: int | None = 0
    for bucket in buckets:
        if expected is None:
            problems.append(f"{bucket.label} stands after a bucket without an end.")
            break
        if bucket.from_days != expected:
            problems.append(f"{bucket.label} starts at {bucket.from_days} days; it must start at {expected}.")
        if bucket.to_days is not None and bucket.to_days < bucket.from_days:
            problems.append(f"{bucket.label} ends before it starts.")
        expected = None if bucket.to_days is None else bucket.to_days + 1
    if buckets[-1].to_days is not None:
        problems.append(f"{buckets[-1].label} ends at {buckets[-1].to_days} days; the last bucket must have no end.")
    labels = [bucket.label.casefold() for bucket in buckets]
    problems += [f"{bucket.label} stands twice." for n, bucket in enumerate(buckets) if labels[n] in labels[:n]]
    return tuple(problems)
