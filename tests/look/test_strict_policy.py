"""A strict content policy forbids styles and scripts inside markup, so no template may have any."""

import re
from pathlib import Path

import pytest

from admin_views.assets import STATIC

TEMPLATES = STATIC.parent / "templates"
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "another host": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
}
INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*\btype=\"application/json\")", re.IGNORECASE)
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)


def problems(markup: str) -> list[str]:
    """What a strict policy would block in this markup."""
    markup = COMMENT.sub("", markup)
    found = [name for name, pattern in FORBIDDEN.items() if pattern.search(markup)]
    return found + (["an inline script"] if INLINE_SCRIPT.search(markup) else [])


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_holds_nothing_that_the_policy_blocks(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<p style="color:red">', ["a style attribute"]),
        ("<style>p{}</style>", ["a style element"]),
        ('<a href="#" onclick="go()">', ["an inline handler"]),
        ('<a href="javascript:go()">', ["a script address"]),
        ('<link href="https://cdn.example/x.css">', ["another host"]),
        ("<script>go()</script>", ["an inline script"]),
        ('<script type="module" src="/desk.js"></script>', []),
        ('<script type="application/json">{"a": 1}</script>', []),
        ('<button data-action="go" class="on">', []),
        ("{# <p style> is spoken of here #}", []),
    ],
)
def test_the_search_for_blocked_markup_sees_what_it_should(markup: str, expected: list[str]) -> None:
    assert problems(markup) == expected


def test_scripts_never_write_markup_or_run_text() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in (STATIC / "js").glob("*.js")}
    pattern = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style\"")

    assert {name: pattern.findall(source) for name, source in sources.items() if pattern.search(source)} == {}


def test_a_strict_policy_finds_plotly_without_style_elements_of_its_own() -> None:
    # charts.js puts elements with these ids into the page, so that plotly.js does not write style elements.
    import plotly

    packaged = STATIC.parent.joinpath(plotly.__path__[0], "package_data", "plotly.min.js").read_text(encoding="utf-8")
    charts = (STATIC / "js" / "charts.js").read_text(encoding="utf-8")
    ids = re.findall(r'const ITS_\w+ = "([^"]+)"', charts)

    assert len(ids) == 2
    assert packaged.count('createElement("style")') == 2
    assert ids[0] == "plotly.js-style-global" and '.matches(".no-inline-styles")' in packaged
    assert f'getElementById("{ids[1]}")' in packaged
