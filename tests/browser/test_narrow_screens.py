"""On a narrow screen nothing that is pressed lies outside it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BrowserSession, Sheet
from tests.browser.page_steps import open_answer
from tests.browser.test_report import Open, marked, opened  # noqa: F401
from tests.cli.sample_class import picture, result

# The last two widths: where the bar begins to take two rows.
WIDTHS = (320, 360, 390, 544, 545)

BAR = """() => {
  const bar = document.querySelector(".bar");
  const box = (one) => one.getBoundingClientRect();
  const parts = [...bar.children].filter((one) => one.matches("button, output") && one.getClientRects().length);
  const around = box(bar);
  const inside = (one) => one.left >= around.left && one.right <= around.right && one.top >= around.top
    && one.bottom <= around.bottom;
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  const boxes = parts.map((one) => [one.textContent || "place", box(one)]);
  const covered = boxes.filter(([, one], index) => boxes.slice(index + 1).some(([, other]) => !apart(one, other)));
  scrollTo(0, document.documentElement.scrollHeight);
  return {
    on_the_screen: around.left >= 0 && around.right <= innerWidth && around.bottom <= innerHeight,
    parts: parts.length,
    outside: boxes.filter(([, one]) => !inside(one)).map(([name]) => name),
    cut: parts.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent),
    covered: covered.map(([name]) => name),
    wider_than_the_screen: document.documentElement.scrollWidth > innerWidth,
    the_end_is_seen: document.querySelector(".answers").lastElementChild.getBoundingClientRect().bottom <= around.top,
  };
}"""


def found(page: Page, width: int, parts: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    assert page.evaluate(BAR) == {
        "on_the_screen": True,
        "parts": parts,
        "outside": [],
        "cut": [],
        "covered": [],
        "wider_than_the_screen": False,
        "the_end_is_seen": True,
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bar_of_a_sheet_is_whole(visit: BrowserSession, sheet: Sheet, width: int) -> None:
    open_answer(visit.page, visit.url, sheet(f"Narrow {width}"))
    expect(visit.page.locator(".bar")).to_contain_text("5 to look at")
    found(visit.page, width, 7)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bar_of_the_report_is_whole(opened: Open, tmp_path: Path, width: int) -> None:  # noqa: F811
    image = picture(tmp_path / "a.png")
    page = opened([marked(image, "Mina Okafor", 1, result(marks_in_review=True)), marked(image, "Abe", 2)])
    page.get_by_role("link", name="Look at the doubts").click()
    expect(page.locator(".bar")).to_contain_text("to look at")
    # Nothing is changed there, so nothing is undone.
    found(page, width, 6)
