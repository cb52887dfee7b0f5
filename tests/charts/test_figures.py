"""The Dashboard's pictures: what they hold, small and in the page's own colours, and the sentence under them."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re

from charts import aging_trend, collected_against_due
from charts.collected_against_due import Day

TODAY = dt.date(2026, 11, 20)
DAYS = [Day(TODAY + dt.timedelta(days=n), 10_000 + 100 * n, 8_000 if n < 0 else 0) for n in range(-13, 8)]
WEEKS = [TODAY - dt.timedelta(weeks=n) for n in reversed(range(12))]
LABELS = ["1-30", "31-60", "61-90", "90+"]
SHARES = [[0.08 + 0.001 * n, 0.04, 0.02, 0.0195] for n in range(12)]


def test_a_bar_stands_for_each_day_in_dollars_with_what_came_in_before_what_was_due() -> None:
    figure = json.loads(collected_against_due.figure(DAYS, today=TODAY).to_json())
    due, collected = figure["data"]
    assert figure["layout"]["barmode"] == "overlay"
    assert (due["name"], collected["name"]) == ("Due", "Collected")
    assert len(due["x"]) == len(set(due["x"])) == 21
    assert (due["y"][0], collected["y"][0]) == (87.0, 80.0)
    assert figure["layout"]["xaxis"]["ticktext"] == ["Nov 8", "Nov 11", "Nov 14", "Nov 17", "Today", "Nov 23", "Nov 26"]


def test_a_line_stands_for_each_bucket_and_no_two_names_lie_on_one_another() -> None:
    figure = json.loads(aging_trend.figure(WEEKS, LABELS, SHARES).to_json())
    assert [line["name"] for line in figure["data"]] == LABELS
    assert figure["data"][0]["y"] == [row[0] for row in SHARES]
    ends = {note["text"]: note["y"] for note in figure["layout"]["annotations"]}
    assert list(ends) == LABELS
    highest = sorted(ends.values())
    assert min(upper - lower for lower, upper in itertools.pairwise(highest)) > 0.005


def test_figures_are_small_and_name_colours_instead_of_giving_them() -> None:
    for figure in (collected_against_due.figure(DAYS, today=TODAY), aging_trend.figure(WEEKS, LABELS, SHARES)):
        text = figure.to_json()
        assert len(text) < 6_000
        assert not re.search(r"#[0-9a-fA-F]{6}|rgba?\(", text)
        assert set(re.findall(r"var\(--ld-([a-z0-9-]+)\)", text)) <= {"c1", "c1-soft", "b1", "b2", "b3", "b4"}
        assert not re.search(r"\\u003c(b|i|br|span)", text), "markup would become style attributes"


def test_the_findings_say_what_there_is_to_say() -> None:
    assert collected_against_due.finding([], today=TODAY) == "Nothing fell due in these days."
    one = [Day(TODAY - dt.timedelta(days=1), 10_000, 5_000)]
    assert collected_against_due.finding(one, today=TODAY) == "50.0% of what fell due in the last day is collected."
    assert aging_trend.finding([], LABELS, []) == "No end of day has run yet."
    assert aging_trend.finding([TODAY], LABELS, [[0.0] * 4]) == "0.0% of open accounts are late."
    same = aging_trend.finding(WEEKS[:2], ["1-30"], [[0.1], [0.1]])
    assert same == "10.0% of open accounts are late, as many as on Sep 4; most of them 1-30 days."
