"""The real page on the real local cloud, in a real browser."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from local.client import ApiClient
from local.cloud.local_cloud import LocalCloud

# The patience of a busy machine; nothing passes or fails by it but what hangs.
expect.set_options(timeout=30_000)
BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
# Nothing of the browser's own goes out to a network.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if BROWSER is None:
        skip = pytest.mark.skip(reason="There is no Chromium on this machine; `make browser` installs Debian's.")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@dataclass
class Visit:
    """One person's browser on the page, and what it complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, address: str = "") -> None:
        """To a view of the page (what stands behind #/)."""
        self.page.goto(f"{self.url}/#/{address}")

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


# One cloud a process: this folder's ends before the next folder's begins.
@pytest.fixture(scope="package")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(ocr_processes=1) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def api(cloud: LocalCloud) -> Iterator[ApiClient]:
    with ApiClient(cloud.api_url, cloud.token()) as client:
        yield client
    cloud.faults.clear()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def visit(cloud: LocalCloud, context: BrowserContext) -> Iterator[Visit]:
    page = context.new_page()
    one = Visit(page, cloud.api_url)
    page.on("console", one.note)
    page.on("pageerror", lambda error: one.complaints.append(str(error)))
    yield one
    assert one.complaints == []
