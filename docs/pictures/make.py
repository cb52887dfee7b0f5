"""Makes the pictures of the README from a fresh demonstration: `make pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from app.workbooks.samples import write_sample
from tests import chromium
from tests.browser.office import Office, settle
from tests.factories import TODAY
from tests.product import started_product

HERE = Path(__file__).parent
ROWS_TO_IMPORT = 400
PATIENCE_MS = 120_000


def take(page: Page, name: str) -> None:
    """Keep what the window shows."""
    settle(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png")


def main() -> None:
    """Start the product with its demonstration in a folder that goes away, and take each picture."""
    with tempfile.TemporaryDirectory(prefix="ld-", dir="/tmp") as folder, chromium.opened() as browser:
        home = Path(folder)
        home.chmod(0o711)  # The system user of an embedded PostgreSQL has to pass through.
        given = {"LEASEDESK_DEMONSTRATION_ACCOUNTS": "2000", "LEASEDESK_TODAY": TODAY.isoformat()}
        with started_product(home, given) as product:
            office = Office(browser, product)
            page = office.window("supervisor")
            take(page, "dashboard")
            page.goto("/admin/collections/")
            take(page, "collections")
            # The third of the list has a longer story to tell than the very first.
            account = page.locator("tbody th a").nth(2).get_attribute("href") or ""
            page.goto(f"/admin/collections/work?account={account.rsplit('/', 1)[-1]}")
            take(page, "work")
            page.goto(account)
            take(page, "account")
            report = home / "Portfolio Detailed Report.xlsx"
            write_sample(report, ROWS_TO_IMPORT, business_on=TODAY, seed=7)
            page.goto("/admin/import/")
            file = FilePayload(name=report.name, mimeType="application/octet-stream", buffer=report.read_bytes())
            page.get_by_label("File", exact=True).set_input_files(file)
            page.get_by_role("button", name="Upload and read").click()
            expect(page.get_by_role("button", name="Apply import…")).to_be_enabled(timeout=PATIENCE_MS)
            take(page, "import")
            office.close()


if __name__ == "__main__":
    main()
