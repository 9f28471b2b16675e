"""On a narrow screen all controls are inside the screen."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import BrowserSession, OpenReport, Sheet
from tests.browser.page_steps import open_answer
from tests.browser.report_files import marked_file
from tests.cli.sample_class import picture, result

# The last two widths are the last with two rows of the bar, and the first with one.
WIDTHS = (320, 360, 390, 544, 545)

BAR_LAYOUT = """() => {
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


def assert_bar_fits(page: Page, width: int, parts: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    assert page.evaluate(BAR_LAYOUT) == {
        "on_the_screen": True,
        "parts": parts,
        "outside": [],
        "cut": [],
        "covered": [],
        "wider_than_the_screen": False,
        "the_end_is_seen": True,
    }


def test_the_bar_of_a_sheet_fits_the_screen(visit: BrowserSession, sheet: Sheet) -> None:
    open_answer(visit.page, visit.url, sheet("Narrow"))
    expect(visit.page.locator(".bar")).to_contain_text("5 to review")
    for width in WIDTHS:
        assert_bar_fits(visit.page, width, 7)


def test_the_bar_of_the_report_fits_the_screen(open_report: OpenReport, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png")
    page = open_report(
        [marked_file(image, "Mina Okafor", 1, result(marks_in_review=True)), marked_file(image, "Abe", 2)]
    )
    page.get_by_role("link", name="Review answers").click()
    expect(page.locator(".bar")).to_contain_text("to review")
    # The report is read-only, so it has no Undo.
    for width in WIDTHS:
        assert_bar_fits(page, width, 6)
