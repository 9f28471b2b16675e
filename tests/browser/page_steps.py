"""Steps on the page, and queries of the server's state, for the tests of saving and leaving."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from local.cli.api_client import ApiClient
from tests.documents import typed_pdf

QUESTIONS = ("1", "2", "3", "4", "5")
PAPER = typed_pdf(
    ["Speed test    Total: 10 marks"]
    + [f"{number}. A car drives {number}50 m in 10 s. Calculate its speed. Give the unit.  [2]" for number in QUESTIONS]
)
SCHEME = "questions:\n" + "".join(
    f'  - {{question: "{number}", type: numeric, marks: 2, answer: {number}5, unit: m/s}}\n' for number in QUESTIONS
)
TYPING_MS = 40
_QUEUE_SETUP = Path(__file__).with_name("queue_in_memory.js").read_text(encoding="utf-8").rstrip().removesuffix(";")


def prepare_speed(api: ApiClient) -> None:
    """Create the assessment "speed": five questions of two marks each."""
    api.put_scheme("speed", SCHEME.encode(), "application/yaml")
    paper = api.submit("speed", "question_paper", PAPER, media_type="application/pdf")
    assert api.submission(paper.id, wait=20).state == "READY"


def submit_speed_sheet(api: ApiClient, student: str) -> str:
    """Submit a sheet and wait for its marks; returns its id.

    Each of its answers gets one mark and needs review, because the unit is missing.
    """
    body = typed_pdf([student, *(f"{number}. {number}5" for number in QUESTIONS)])
    receipt = api.submit("speed", "answer_sheet", body, media_type="application/pdf", student=student)
    for _ in range(6):
        if api.submission(receipt.id, wait=10).ended:
            break
    found = questions(api, receipt.id)
    assert [(one["marks"], one["review"]) for one in found.values()] == [(1, ["borderline"])] * 5
    return receipt.id


def questions(api: ApiClient, sheet: str) -> dict[str, dict[str, Any]]:
    """The questions of a sheet as the server has them."""
    return {one["question"]: one for one in api._json("GET", f"/submissions/{sheet}")["result"]["questions"]}


def manual_marks(api: ApiClient, sheet: str) -> dict[str, float]:
    """The marks that a teacher has set, by question."""
    return {name: one["marks"] for name, one in questions(api, sheet).items() if one["marker"] == "person"}


def wait_until_equal(read: Callable[[], Any], expected: Any) -> None:
    """Poll until `read()` returns the expected value, for up to 30 seconds."""
    until = time.monotonic() + 30
    while (found := read()) != expected and time.monotonic() < until:
        time.sleep(0.1)
    assert found == expected


def card(page: Page, question: str) -> Locator:
    return page.locator(f"article[data-question='{question}']")


def open_answer(page: Page, url: str, sheet: str, question: str = "1") -> None:
    """Open an answer of a sheet; returns when it has the focus."""
    page.goto(f"{url}/#/a/speed/s/{sheet}/{question}")
    expect(card(page, question)).to_be_focused()


def press_keys(page: Page, *keys: str) -> None:
    """Press keys at human typing speed."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(TYPING_MS)


def hold_first_request(page: Page, address: str) -> list[Route]:
    """Hold the first request to an address until `release_request`; returns the list that it appears in."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route(address, hold)
    return held


def release_request(page: Page, held: list[Route]) -> None:
    """Continue the request that `hold_first_request` holds, as soon as it has arrived."""
    until = time.monotonic() + 30
    while not held and time.monotonic() < until:
        # Playwright delivers the browser's events only while the test waits for the browser.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    held[0].continue_()


def answer_dialog(page: Page, action: Callable[[], Any], *, stay: bool) -> str:
    """Run `action`, answer the dialog that it opens, and return the dialog's type."""
    page.once("dialog", lambda dialog: dialog.dismiss() if stay else dialog.accept())
    with page.expect_event("dialog") as raised:
        action()
    kind: str = raised.value.type
    return kind


def violations(page: Page) -> list[str]:
    """The serious and critical violations that axe-core finds."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def graded_again(api: ApiClient, sheet: str, revision: int) -> dict[str, Any]:
    """The status of the sheet once it is graded against this revision."""
    for _ in range(30):
        found: dict[str, Any] = api._json("GET", f"/submissions/{sheet}", headers={"Prefer": "wait=5"})
        if found["revision"] == revision and found["result"]:
            return found
    raise AssertionError(f"not graded against revision {revision}")


def run_with_queue(page: Page, test: str) -> Any:
    """Run JavaScript with the change queue and its in-memory API in scope (queue_in_memory.js); returns its result."""
    page.evaluate("sessionStorage.clear()")
    return page.evaluate(_QUEUE_SETUP, test)
