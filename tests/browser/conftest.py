"""Fixtures: the real page on the local cloud, in a real browser."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from local.cli.api_client import ApiClient
from local.cli.report import write_report
from local.cli.submitted_files import SubmittedFile
from local.cloud.local_cloud import LocalCloud
from tests.browser import page_steps
from tests.cli.sample_class import PAPER
from tests.ocr_engine import FastOcrEngine

# Long enough for a busy machine; only a hanging test reaches it.
expect.set_options(timeout=30_000)
BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
# The browser must not use the network for itself.
BROWSER_ARGUMENTS = [
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
class BrowserSession:
    """One user's browser on the page, and the errors and warnings of its console."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def go(self, address: str = "") -> None:
        """Open a view of the page; `address` is the part after #/."""
        self.page.goto(f"{self.url}/#/{address}")

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def forgive(self, *parts: str) -> None:
        """Drop the console messages that follow from requests that a test aborts or has refused."""
        parts = parts or ("net::ERR_", "412", "422", "503")
        self.complaints[:] = [text for text in self.complaints if not any(part in text for part in parts)]


Sheet = Callable[[str], str]
OpenReport = Callable[..., Page]


# One cloud per process: this package's cloud stops before the next package's starts.
@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    reader = FastOcrEngine(tmp_path_factory.mktemp("ocr") / "ocr.log")
    with closing(reader), LocalCloud(reader=reader, parameters={"TextractTps": "25"}) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=BROWSER_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def api(cloud: LocalCloud) -> Iterator[ApiClient]:
    with ApiClient(cloud.api_url, cloud.token()) as client:
        yield client
    cloud.faults.clear()


def open_context(browser: Browser, url: str) -> BrowserContext:
    """A browser context that keeps its renderer: one of its pages stays open until the context is closed."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened.set_default_timeout(30_000)
    # Any file of the page, without its scripts.
    opened.new_page().goto(f"{url}/words.json")
    return opened


def reset_context(context: BrowserContext) -> None:
    """Make a context as good as new. The page stores nothing outside its tab's session storage."""
    first, *others = context.pages
    for page in others:
        page.close()
    context.unroute_all()
    context.set_offline(False)
    context.clear_cookies()
    assert first.evaluate("localStorage.length") == 0


# A renderer for each test would cost more than most tests.
@pytest.fixture(scope="package")
def shared_context(browser: Browser, cloud: LocalCloud) -> Iterator[BrowserContext]:
    opened = open_context(browser, cloud.api_url)
    yield opened
    opened.close()


@pytest.fixture
def context(shared_context: BrowserContext) -> Iterator[BrowserContext]:
    yield shared_context
    reset_context(shared_context)


@pytest.fixture
def visit(cloud: LocalCloud, context: BrowserContext) -> Iterator[BrowserSession]:
    page = context.new_page()
    one = BrowserSession(page, cloud.api_url)
    page.on("console", one.note)
    page.on("pageerror", lambda error: one.complaints.append(str(error)))
    yield one
    assert one.complaints == []


@pytest.fixture(scope="module")
def page(cloud: LocalCloud, browser: Browser) -> Iterator[Page]:
    """A browser page without a view, for tests of the page's modules alone."""
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    # Any file of the page: its modules are imported from the same origin.
    page.goto(f"{cloud.api_url}/words.json")
    yield page
    context.close()


@pytest.fixture(scope="package")
def sheet(cloud: LocalCloud) -> Iterator[Sheet]:
    """Creates a marked sheet of a student in the assessment "speed" (`page_steps`); returns its id."""
    with ApiClient(cloud.api_url, cloud.token()) as api:
        page_steps.prepare_speed(api)
        yield lambda student: page_steps.submit_speed_sheet(api, student)


@pytest.fixture(scope="package")
def colleagues_context(browser: Browser, cloud: LocalCloud) -> Iterator[BrowserContext]:
    opened = open_context(browser, cloud.api_url)
    yield opened
    opened.close()


@pytest.fixture
def colleague(colleagues_context: BrowserContext, cloud: LocalCloud) -> Iterator[Page]:
    """Another teacher of the same school, in another browser context."""
    config = {"apiUrl": "", "token": cloud.token(name="colleague"), "local": True}
    colleagues_context.route("**/config.json", lambda route: route.fulfill(json=config))
    yield colleagues_context.new_page()
    reset_context(colleagues_context)


@pytest.fixture
def open_report(context: BrowserContext, tmp_path: Path) -> Iterator[OpenReport]:
    """Opens a report of the given sheets; afterwards it must have no console message and no network request."""
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))

    def show(sheets: list[SubmittedFile], **more: Any) -> Page:
        attributes = {
            "assessment": "rivers",
            "title": "Rivers and rain",
            "made_at": "2 March 2026",
            "paper": PAPER,
            **more,
        }
        write_report(tmp_path / "report.html", sheets=sheets, **attributes)
        page.goto((tmp_path / "report.html").as_uri())
        return page

    yield show
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
