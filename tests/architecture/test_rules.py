"""Rules of the house that no linter knows, and that the linters' own rules really bite."""

import ast
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import ROOT
from tests.architecture.sources import committed, program_files, templates, text

CLOCK_CALLS = {
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
REGISTRY = re.compile(r"https?://[^\s'\"]*(pypi|pythonhosted|/simple\b|artifactory|nexus)", re.IGNORECASE)
INLINE_HANDLER = re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style\b|<[a-z][^>]*\sstyle\s*=", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)
DATA_TYPES = ("application/json", "application/ld+json")


def calls(source: str) -> Iterator[tuple[int, str]]:
    """Dotted names that a program calls or reads, their last two parts, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            base = node.value
            owner = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
            yield node.lineno, f"{owner}.{node.attr}"


def reads_the_clock(source: str) -> list[int]:
    """Lines that ask what time it is. `dt.datetime.now` and `datetime.now` are the same sin."""
    return [line for line, name in calls(source) if name in CLOCK_CALLS]


def reads_the_environment(source: str) -> list[int]:
    """Lines that read environment variables."""
    found = [line for line, name in calls(source) if name in {"os.environ", "os.getenv", "os.environb"}]
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "os"]
    return found + [node.lineno for node in imports if any(alias.name in {"environ", "getenv"} for alias in node.names)]


def imported(source: str) -> set[str]:
    """Top-level packages that a file imports, wherever it does so; our own ones with their room."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def inline_scripts(source: str) -> list[str]:
    """Scripts written into a page. A block of data is none, and a file of ours has a `src`."""
    return [
        attributes
        for attributes, _ in SCRIPT.findall(source)
        if "src=" not in attributes and not any(kind in attributes for kind in DATA_TYPES)
    ]


def test_only_the_settings_read_the_environment() -> None:
    found = {str(name): reads_the_environment(text(name)) for name in program_files()}
    assert [name for name, lines in found.items() if lines] == ["app/settings.py"]


def test_only_the_clock_reads_the_clock() -> None:
    found = {str(name): reads_the_clock(text(name)) for name in program_files()}
    # The simulators play a foreign company on its own machine, which has its own clock.
    guilty = [name for name, lines in found.items() if lines and not name.startswith("app/simulators/")]
    assert guilty == ["app/clock.py"]


@pytest.mark.parametrize(
    "line",
    [
        "import datetime as dt\nx = dt.datetime.now(dt.UTC)",
        "from datetime import date\nx = date.today()",
        "import time\nx = time.time()",
        "import os\nx = os.environ['HOME']",
        "from os import getenv\nx = getenv('HOME')",
    ],
)
def test_the_ban_bites_and_ruff_bites_as_well(line: str) -> None:
    assert reads_the_clock(line) or reads_the_environment(line)
    command = [sys.executable, "-m", "ruff", "check", "--select=TID251", "--stdin-filename=app/services/new.py", "-"]
    done = subprocess.run(command, input=line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "TID251" in done.stdout


def test_rules_import_the_standard_library_only() -> None:
    guilty = {}
    for name in program_files():
        if name.parts[:2] == ("app", "domain"):
            foreign = {
                module
                for module in imported(text(name))
                if module.partition(".")[0] not in sys.stdlib_module_names and not module.startswith("app.domain")
            }
            if foreign:
                guilty[str(name)] = foreign
    assert guilty == {}


def test_every_room_keeps_to_its_imports() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_only_one_place_commits() -> None:
    guilty = []
    for name in program_files():
        if name.parts[0] == "app" and len(name.parts) > 1 and name.parts[1] in {"services", "queries", "reports", "models"}:
            # A savepoint may be released anywhere; what ends a transaction hangs on a session or a connection.
            enders = {f"{owner}.{verb}" for owner in ("session", "connection") for verb in ("commit", "rollback")}
            guilty += [f"{name}:{line}" for line, call in calls(text(name)) if call in enders]
    assert guilty == []


def test_no_registry_address_is_committed() -> None:
    names = [name for name in committed() if name.suffix in {".txt", ".toml", ".lock", ".cfg", ".yml", ".yaml", ""}]
    assert [str(name) for name in names if REGISTRY.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))] == []
    assert not (ROOT / "uv.lock").exists()


def test_every_requirement_is_pinned_with_a_hash() -> None:
    files = sorted(name for name in committed() if name.match("requirements*.txt"))
    assert len(files) == 4
    for name in files:
        entries = re.split(r"\n(?=\S)", text(name).replace("\\\n", " "))
        for entry in (entry for entry in entries if entry and not entry.startswith("#")):
            assert "==" in entry, f"{name}: {entry}"
            assert "--hash=sha256:" in entry, f"{name}: {entry}"


def test_the_lock_covers_what_the_project_asks_for() -> None:
    project = tomllib.loads(text(Path("pyproject.toml")))
    wanted = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-dev.txt": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
        "requirements-bench.txt": project["dependency-groups"]["bench"],
    }
    for name, asked in wanted.items():
        locked = set(re.findall(r"^([a-z0-9._-]+)==", text(Path(name)), re.MULTILINE))
        asked_names = {re.split(r"[\[<>=!~; ]", entry)[0].lower().replace("_", "-") for entry in asked}
        assert asked_names <= locked, f"{name}: run `make lock`"


def test_pages_have_no_inline_handlers_styles_or_scripts() -> None:
    for name in templates():
        page = text(name)
        assert not INLINE_HANDLER.search(page), f"{name}: {INLINE_HANDLER.search(page)}"
        assert not INLINE_STYLE.search(page), f"{name}: {INLINE_STYLE.search(page)}"
        assert inline_scripts(page) == [], name


@pytest.mark.parametrize(
    "page",
    [
        '<button class="x" onclick="go()">',
        '<p style="color: red">',
        "<style>p { color: red }</style>",
        "<script>go()</script>",
        '<script nonce="{{ nonce }}">go()</script>',
    ],
)
def test_the_look_at_pages_would_find_them(page: str) -> None:
    assert INLINE_HANDLER.search(page) or INLINE_STYLE.search(page) or inline_scripts(page)


@pytest.mark.parametrize(
    "page",
    [
        '<script src="/static/app.js" defer></script>',
        '<script type="application/json" id="figure">{}</script>',
        "<p>on time = good</p>",
    ],
)
def test_the_look_at_pages_lets_files_and_data_pass(page: str) -> None:
    assert not (INLINE_HANDLER.search(page) or INLINE_STYLE.search(page) or inline_scripts(page))


def test_every_migration_is_numbered_and_named_and_all_are_one_chain() -> None:
    names = sorted(name for name in committed() if name.parts[:2] == ("migrations", "versions") and name.suffix == ".py")
    follower: dict[str | None, str] = {}
    for name in names:
        assert re.fullmatch(r"\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.py", name.name), name
        source = text(name)
        revision = re.search(r"^revision(?:: str)? = \"(\w+)\"", source, re.MULTILINE)
        down = re.search(r"^down_revision(?:: str \| None)? = (?:\"(\w+)\"|None)", source, re.MULTILINE)
        assert revision is not None, name
        assert down is not None, name
        assert revision[1] == name.name[:4]
        assert down[1] not in follower, f"{name} and {follower[down[1]]} follow the same one"
        follower[down[1]] = revision[1]
        assert not {module for module in imported(source) if module.partition(".")[0] == "app"}, name
    last, length = follower[None], 1
    while last in follower:
        last, length = follower[last], length + 1
    assert length == len(names), f"the chain ends at {last}"


def test_long_files_are_named_so_that_somebody_asks_why() -> None:
    long = [f"{name} ({len(text(name).splitlines())} lines)" for name in program_files() if len(text(name).splitlines()) > 200]
    if long:
        warnings.warn(f"Which second noun lives here? {', '.join(long)}", stacklevel=1)
