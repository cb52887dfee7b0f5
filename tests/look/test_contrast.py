"""Every pair of colours that the stylesheets put upon each other can be read, in both themes."""

import re
from collections.abc import Mapping

import pytest

from admin_views.assets import STATIC

CSS = STATIC / "css"
THEMES = ("light", "dark")
WORDS, MARKS = 4.5, 3.0
"""WCAG 2.2 AA: 1.4.3 for words below 18 pt, 1.4.11 for marks and the edges of controls."""

TONES = ("good", "warn", "bad", "info")
GROUNDS = ("surface", "bg", "sunken", "raised", "hover", "selected", "row-sel", "accent-soft")
WORD_PAIRS = [
    *((word, ground) for word in ("text", "text-2") for ground in GROUNDS),
    *(("accent", ground) for ground in ("surface", "bg", "sunken", "raised", "hover", "selected", "row-sel", "accent-soft")),
    *(("accent-hover", ground) for ground in ("surface", "bg", "hover")),
    *((tone, ground) for tone in TONES for ground in ("surface", "hover", "selected", "row-sel", f"{tone}-soft")),
    *((word, f"{tone}-soft") for word in ("text",) for tone in (*TONES, "mute")),
    ("text-2", "mute-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-bad", "bad-mark"),
    ("on-bad", "bad"),
]
MARK_PAIRS = [
    *((f"{tone}-mark", "surface") for tone in (*TONES, "mute")),
    *((f"b{step}", "surface") for step in range(5)),
    *((f"c{number}", "surface") for number in range(1, 6)),
    ("control", "surface"),
    ("accent", "mute-soft"),
    ("accent", "line"),
]


def tokens(theme: str) -> dict[str, str]:
    """The colours of one theme by name, read from the stylesheet that pages load."""
    source = (CSS / "tokens.css").read_text(encoding="utf-8")
    block = source.split(f'[data-bs-theme="{theme}"] {{', 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--ld-([a-z0-9-]+):\s*(#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, after the formula of WCAG."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Between 1 and 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def too_weak(colours: Mapping[str, str], pairs: list[tuple[str, str]], least: float) -> dict[str, float]:
    """The pairs below the least contrast, with what they have."""
    found = {f"{word} on {ground}": round(contrast(colours[word], colours[ground]), 2) for word, ground in pairs}
    return {pair: ratio for pair, ratio in found.items() if ratio < least}


def test_the_formula_gives_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_words_can_be_read_on_every_ground_they_stand_on(theme: str) -> None:
    assert too_weak(tokens(theme), WORD_PAIRS, WORDS) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_edges_of_controls_can_be_seen(theme: str) -> None:
    assert too_weak(tokens(theme), MARK_PAIRS, MARKS) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_measured_ratios_are_those_of_the_design(theme: str) -> None:
    # Ratio light / dark, as the design language states them.
    stated = {
        ("text", "surface"): (16.4, 13.9),
        ("text-2", "surface"): (6.58, 7.10),
        ("text-2", "bg"): (6.09, 7.65),
        ("accent", "surface"): (6.72, 8.12),
        ("good", "good-soft"): (5.85, 8.36),
        ("warn", "warn-soft"): (5.91, 8.87),
        ("bad", "bad-soft"): (6.12, 7.87),
        ("info", "info-soft"): (6.27, 8.16),
        ("control", "surface"): (3.40, 4.03),
        ("b1", "surface"): (3.08, 11.5),
    }
    colours = tokens(theme)

    measured = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in stated}

    expected = {pair: ratios[THEMES.index(theme)] for pair, ratios in stated.items()}
    assert measured == pytest.approx(expected, abs=0.06)


def test_both_themes_name_the_same_colours() -> None:
    assert tokens("light").keys() == tokens("dark").keys()


def sheets() -> dict[str, str]:
    return {path.name: re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL) for path in CSS.glob("*.css")}


def test_colours_are_named_in_one_file_only() -> None:
    # Paper is black on white whatever the theme, and pictures inside CSS cannot read a variable.
    elsewhere = {
        name: re.findall(r"(?<!&)#[0-9a-f]{3,8}\b", re.sub(r'url\("data:[^"]*"\)', "", source), re.IGNORECASE)
        for name, source in sheets().items()
        if name not in ("tokens.css", "print.css")
    }

    assert {name: found for name, found in elsewhere.items() if found} == {}


def test_every_value_that_a_stylesheet_uses_exists() -> None:
    together = "\n".join(sheets().values())
    used = set(re.findall(r"var\(--(ld-[a-z0-9-]+)", together))
    defined = set(re.findall(r"--(ld-[a-z0-9-]+)\s*:", together))

    assert used - defined == set()
    assert defined - used - {"ld-c3", "ld-c4", "ld-c5"} == set()


def test_a_mark_colour_is_never_the_colour_of_words() -> None:
    together = "\n".join(sheets().values())

    assert re.findall(r"(?<![-\w])color:\s*var\(--ld-[a-z]+-mark\)", together) == []
