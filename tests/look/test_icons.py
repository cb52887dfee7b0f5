"""Every icon that is asked for exists in the installed set."""

import re
from collections.abc import Iterator
from pathlib import Path

import flask_bootstrap

from admin_views import navigation
from admin_views.assets import STATIC

ROOM = STATIC.parent
SPRITE = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
NAME = r"[\"']([a-z0-9]+(?:-[a-z0-9]+)*)[\"']"
IN_TEMPLATES = (
    re.compile(r"\bicon\(" + NAME),
    re.compile(r"\bicon_button\(" + NAME),
    re.compile(r"\bicon(?:_name)?\s*=\s*" + NAME),
    re.compile(r"[\"']icon[\"']\s*:\s*" + NAME),
)


def packaged() -> set[str]:
    """The names of the installed set."""
    return set(re.findall(r'<symbol[^>]*\bid="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


def asked_for() -> Iterator[tuple[str, str]]:
    """(where, name) of every icon that templates, screens and scripts name."""
    for path in (*ROOM.rglob("*.html"), *ROOM.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for pattern in IN_TEMPLATES:
            yield from ((path.name, name) for name in pattern.findall(source))
    for path in (STATIC / "js").glob("*.js"):
        source = path.read_text(encoding="utf-8")
        yield from ((path.name, name) for name in re.findall(r"\bicon\(" + NAME, source))
        yield from ((path.name, name) for name in re.findall(r"\bicon: " + NAME, source))
    for group in navigation.MENU:
        yield from (("navigation.py", page.icon) for page in group.pages)


def test_every_icon_is_in_the_installed_set() -> None:
    known = packaged()
    asked = set(asked_for())

    assert len(asked) > 60
    assert {(where, name) for where, name in asked if name not in known} == set()


def test_no_page_of_the_menu_shares_its_icon_with_another() -> None:
    icons = [page.icon for group in navigation.MENU for page in group.pages]

    assert len(icons) == len(set(icons))
