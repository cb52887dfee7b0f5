"""Finds a Chromium for browser tests; as root on Debian it installs one when there is none.

`python -m tests.chromium` ends with 0 when a browser is there and with 1 and a sentence when none can be had.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE_MS = 20_000
"""How long a page may take to show what is expected of it. Both cores of a busy machine may be at something else."""


def found() -> Path | None:
    """The browser to use: the one that LEASEDESK_CHROMIUM names, or the first that is installed."""
    if given := os.environ.get("LEASEDESK_CHROMIUM"):
        return Path(given)
    for name in NAMES:
        if place := shutil.which(name):
            return Path(place)
    downloaded = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    places = [*map(Path, ELSEWHERE), *downloaded]
    return next((place for place in places if place.exists()), None)


@contextmanager
def opened() -> "Iterator[Browser]":
    """A browser without a window. Playwright can be begun only once in a process, so all tests share this one."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    place = found()
    assert place is not None, "No Chromium is installed here; `make test` leaves the browser tests out then."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(place), args=list(ARGUMENTS))
        yield browser
        browser.close()


def install() -> None:
    """Install Debian's Chromium, when this is Debian and we may."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    print("Installing Chromium for the browser tests …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run([apt, *words], check=False, env=environment, stdout=subprocess.DEVNULL)


def main() -> int:
    """Say whether browser tests can run, installing a browser where that is possible."""
    if found() is None:
        install()
    place = found()
    if place is None:
        print("No Chromium is installed here, so the browser tests are left out. Install one, or set LEASEDESK_CHROMIUM.")
        return 1
    print(f"Browser tests use {place}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
