"""Files are found, kept by browsers under an address that changes with them, and complete."""

import re
from pathlib import Path

from flask import Flask

from admin_views.assets import STATIC, asset, content_digest

IMPORT = re.compile(r"(?:from|import|import\()\s*[\"'](\./[\w.]+)[\"']")


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    sheet = tmp_path / "css" / "base.css"
    sheet.write_text("a {}")
    before = content_digest(tmp_path)

    sheet.write_text("b {}")
    changed = content_digest(tmp_path)
    sheet.rename(tmp_path / "css" / "other.css")

    assert len({before, changed, content_digest(tmp_path)}) == 3


def test_a_file_is_served_and_kept_for_a_year(look: Flask) -> None:
    answer = look.test_client().get(asset("js/desk.js"))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, immutable, max-age=31536000"
    assert answer.mimetype == "text/javascript"


def test_a_file_that_is_not_there_is_not_kept(look: Flask) -> None:
    answer = look.test_client().get(asset("js/nowhere.js"))

    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_every_module_that_a_script_imports_exists() -> None:
    missing = {
        (path.name, name)
        for path in (STATIC / "js").glob("*.js")
        for name in IMPORT.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / name).exists()
    }

    assert missing == set()


def test_every_script_is_reached_from_a_page() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (STATIC / "js").glob("*.js")}
    modules = {name: {found.removeprefix("./") for found in IMPORT.findall(source)} for name, source in scripts.items()}
    templates = "".join(path.read_text(encoding="utf-8") for path in STATIC.parent.rglob("templates/**/*.html"))
    reached: set[str] = set()
    left = re.findall(r"asset\(['\"]js/([\w.]+)['\"]\)", templates)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left.extend(modules[name])

    assert reached == set(modules)


def test_every_file_that_the_head_names_is_there(look: Flask) -> None:
    head = look.jinja_env.get_template("ui/head.html").render()
    client = look.test_client()
    addresses = re.findall(r'(?:href|src)="([^"]+)"', head)

    assert len(addresses) >= 10
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)
