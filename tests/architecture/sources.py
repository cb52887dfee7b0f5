"""The files of the repository, as tests of its shape look at them."""

import subprocess
from functools import cache
from pathlib import Path

from app import ROOT

PROGRAM = ("app", "admin_views", "tasks", "charts", "wsgi.py")


@cache
def committed() -> tuple[Path, ...]:
    """All files that belong to the repository, relative to its root: known to git, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = (Path(name) for name in listed.stdout.split("\0") if name)
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def program_files() -> list[Path]:
    """The Python files of the program itself, tests and tools left out."""
    return [name for name in committed() if name.suffix == ".py" and name.parts[0] in PROGRAM]


def templates() -> list[Path]:
    """The templates of pages."""
    return [name for name in committed() if name.suffix == ".html" and "templates" in name.parts]


def text(name: Path) -> str:
    """What a file says."""
    return (ROOT / name).read_text(encoding="utf-8")
