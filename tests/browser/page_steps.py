"""What hands do on the page and what the server then has, for the tests of saving and leaving."""

import time
from collections.abc import Callable
from typing import Any

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


def prepare_speed(api: ApiClient) -> None:
    """The assessment "speed": five questions of two marks each."""
    api.put_scheme("speed", SCHEME.encode(), "application/yaml")
    paper = api.submit("speed", "question_paper", PAPER, media_type="application/pdf")
    assert api.submission(paper.id, wait=20).state == "READY"


def submit_speed_sheet(api: ApiClient, student: str) -> str:
    """A marked sheet; each of its answers has one mark and is to be looked at, because the unit is missing. Its id."""
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
    """The marks that a person has set, by question."""
    return {name: one["marks"] for name, one in questions(api, sheet).items() if one["marker"] == "person"}


def wait_until_equal(given: Callable[[], Any], wanted: Any) -> None:
    """Waits until the server has it."""
    until = time.monotonic() + 30
    while (found := given()) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    assert found == wanted


def card(page: Page, question: str) -> Locator:
    return page.locator(f"article[data-question='{question}']")


def open_answer(page: Page, url: str, sheet: str, question: str = "1") -> None:
    """To an answer of a sheet; returns when it has the focus."""
    page.goto(f"{url}/#/a/speed/s/{sheet}/{question}")
    expect(card(page, question)).to_be_focused()


def press_keys(page: Page, *keys: str) -> None:
    """Keys at a pace that hands have."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(TYPING_MS)


def hold_first_request(page: Page, address: str) -> list[Route]:
    """Holds the first request to an address until the test lets it go on; gives where it appears."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route(address, hold)
    return held


def release_request(page: Page, held: list[Route]) -> None:
    """Lets the request that `hold_first` holds go on, as soon as it is there."""
    until = time.monotonic() + 30
    while not held and time.monotonic() < until:
        # The browser's events reach the test while it waits for the browser.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    held[0].continue_()


def answer_dialog(page: Page, action: Callable[[], Any], *, stay: bool) -> str:
    """The kind of dialog that something raises, answered."""
    page.once("dialog", lambda dialog: dialog.dismiss() if stay else dialog.accept())
    with page.expect_event("dialog") as raised:
        action()
    kind: str = raised.value.type
    return kind
