"""Money, dates and states are written as the design says."""

import datetime as dt

import pytest
from flask import Flask

from tests.look.conftest import part


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("ui.money(124942)", "$1,249.42"),
        ("ui.money(5)", "$0.05"),
        ("ui.money(0)", "$0.00"),
        ("ui.money(-1400)", "−$14.00"),
        ("ui.money(-5)", "−$0.05"),
        ("ui.money(275984612)", "$2,759,846.12"),
        ("ui.money(none)", '<span class="muted">—</span>'),
        ("ui.money(0, dash_zero=true)", '<span class="muted">—</span>'),
        ("ui.money(5400, void=true)", '<s class="void">$54.00</s>'),
        ("ui.number(4312)", "4,312"),
        ("ui.percent(0.425)", "42.5%"),
        ("ui.percent(none)", '<span class="muted">—</span>'),
    ],
)
def test_figures_are_written_out(look: Flask, call: str, words: str) -> None:
    assert part(look, "{{ " + call + " }}") == words


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("ui.day(on)", "Fri Nov 20"),
        ("ui.day(on, year=true)", "Fri Nov 20, 2026"),
        ("ui.date(on)", "Nov 20, 2026"),
        ("ui.day(none)", '<span class="muted">—</span>'),
        ("ui.clock(midnight)", "12:00 AM"),
        ("ui.clock(noon)", "12:05 PM"),
        ("ui.moment(evening)", "Fri Nov 20, 8:41 PM"),
    ],
)
def test_days_carry_the_weekday_and_hours_are_of_twelve(look: Flask, call: str, words: str) -> None:
    on = dt.date(2026, 11, 20)
    moments = {
        "midnight": dt.datetime(2026, 11, 20, 0, 0, tzinfo=dt.UTC),
        "noon": dt.datetime(2026, 11, 20, 12, 5, tzinfo=dt.UTC),
        "evening": dt.datetime(2026, 11, 20, 20, 41, tzinfo=dt.UTC),
    }

    assert part(look, "{{ " + call + " }}", on=on, **moments) == words


def test_a_state_is_a_word_with_a_mark(look: Flask) -> None:
    assert (
        part(look, '{{ ui.status("Past due", "bad", "44 d") }}')
        == '<span class="st bad">Past due</span> <span class="muted xs">44 d</span>'
    )


@pytest.mark.parametrize(("label", "step"), [("Current", 0), ("1-30", 1), ("31-60", 2), ("61-90", 3), ("90+", 4)])
def test_a_bucket_carries_its_step_of_the_ramp(look: Flask, label: str, step: int) -> None:
    assert f'class="bk b{step}"' in part(look, "{{ ui.bucket(label) }}", label=label)


def test_what_people_typed_is_never_markup(look: Flask) -> None:
    evil = "<script>alert(1)</script>"
    calls = (
        "ui.status(evil)",
        "ui.tag(evil)",
        "ui.button(evil)",
        "ui.page_head(evil, evil)",
        "ui.kv([(evil, evil)])",
        "ui.empty(evil, evil)",
        "ui.toast(evil)",
        'ui.chip(evil, evil, "/x")',
        'ui.timeline([(evil, [{"title": evil, "details": [evil], "when": evil}])])',
        'ui.band([{"label": evil, "value": evil, "detail": evil}])',
        "ui.contact_line(true, evil, [evil])",
    )

    for call in calls:
        written = part(look, "{{ " + call + " }}", evil=evil)
        assert "<script" not in written and "&lt;script&gt;" in written, call
