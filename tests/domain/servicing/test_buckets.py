"""Buckets hold every account exactly once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.servicing.buckets import REPORT_BUCKETS, WORKLIST_BUCKETS, BucketRange, bucket_of, bucket_problems


@pytest.mark.parametrize(
    ("days", "report", "worklist"),
    [
        (0, "Current", "Current"), (1, "1-30", "1-7"), (7, "1-30", "1-7"), (8, "1-30", "8-14"), (14, "1-30", "8-14"),
        (15, "1-30", "15-30"), (30, "1-30", "15-30"), (31, "31-60", "31-60"), (60, "31-60", "31-60"),
        (61, "61-90", "61-90"), (90, "61-90", "61-90"), (91, "90+", "90+"), (4_000, "90+", "90+"),
    ],
)  # fmt: skip
def test_each_edge_falls_into_the_bucket_that_names_it(days: int, report: str, worklist: str) -> None:
    assert bucket_of(days).label == report
    assert bucket_of(days, WORKLIST_BUCKETS).label == worklist


@pytest.mark.parametrize("buckets", [REPORT_BUCKETS, WORKLIST_BUCKETS])
@given(days=st.integers(0, 100_000))
def test_every_number_of_days_is_in_exactly_one_bucket(buckets: tuple[BucketRange, ...], days: int) -> None:
    assert [bucket for bucket in buckets if bucket.holds(days)] == [bucket_of(days, buckets)]


def test_days_before_the_due_date_have_no_bucket() -> None:
    with pytest.raises(ValueError):
        bucket_of(-1)


@pytest.mark.parametrize(
    ("ranges", "problems"),
    [
        ([("Current", 0, 0), ("1+", 1, None)], 0),
        ([], 1),
        ([("Late", 1, None)], 1),
        ([("Current", 0, 0), ("2+", 2, None)], 1),
        ([("Current", 0, 5), ("5+", 5, None)], 1),
        ([("Current", 0, 0), ("1-30", 1, 30)], 1),
        ([("All", 0, None), ("More", 1, None)], 1),
        ([("Current", 0, 0), ("current", 1, None)], 1),
        ([("Current", 0, 0), ("Wrong", 1, -4), ("Rest", -3, None)], 1),
    ],
)
def test_gaps_overlaps_and_open_ends_are_each_named(ranges: list[tuple[str, int, int | None]], problems: int) -> None:
    assert len(bucket_problems([BucketRange(*each) for each in ranges])) == problems


@given(st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40) | st.none()), max_size=5))
def test_a_list_without_problems_holds_every_day_once(ranges: list[tuple[int, int | None]]) -> None:
    buckets = [BucketRange(str(place), *each) for place, each in enumerate(ranges)]
    holds_each_day_once = all(sum(bucket.holds(days) for bucket in buckets) == 1 for days in range(100))
    if not bucket_problems(buckets):
        assert holds_each_day_once


@given(st.lists(st.integers(1, 30), max_size=6))
def test_a_list_built_without_gaps_has_no_problems(widths: list[int]) -> None:
    edges = [sum(widths[:place]) for place in range(len(widths) + 1)]
    ends: list[int | None] = [edge - 1 for edge in edges[1:]]
    buckets = [BucketRange(str(first), first, last) for first, last in zip(edges, [*ends, None], strict=True)]
    assert bucket_problems(buckets) == ()
