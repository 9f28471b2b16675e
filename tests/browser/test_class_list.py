"""Before publishing, a teacher sees how the sheets match the class list and what a gradebook file leaves out."""

import csv
from pathlib import Path

from playwright.sync_api import Route, expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import violations
from tests.browser.science_class import GOOD, WEAK, prepare_assessment, submit_marked_sheet


def test_the_class_list_comparison_is_shown_before_publishing(
    visit: BrowserSession, api: ApiClient, tmp_path: Path
) -> None:
    prepare_assessment(api, "class")
    submit_marked_sheet(api, "class", "maya-lind", WEAK)
    submit_marked_sheet(api, "class", "LIND_MAYA", GOOD)
    stranger = submit_marked_sheet(api, "class", "scan0001", GOOD)
    api.put_roster("class", b'Name,Number\n"Lind, Maya",0017\nBogdan Ilic,0018\n')
    page = visit.page
    visit.go("a/class")
    panel = page.locator(".class-match")
    expect(panel.locator("summary")).to_have_text(
        "1 of 2 students on the class list has a sheet · 1 without · 1 sheet matches no student"
    )
    expect(page.get_by_role("button", name="Publish")).to_be_visible()
    expect(panel).to_contain_text("Without a sheet: Bogdan Ilic.")
    expect(panel).to_contain_text("the newest counts: Lind, Maya (2).")
    expect(panel.get_by_role("link", name="scan0001")).to_have_attribute("href", f"#/a/class/s/{stranger}")
    expect(page.locator(".sheets tbody")).to_contain_text("not on the class list")
    expect(page.locator(".sheets tbody tr.older")).to_have_count(1)
    assert violations(page) == []
    page.get_by_role("button", name="Publish").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="For Canvas, without 1 sheet").click()
    download.value.save_as(tmp_path / "canvas.csv")
    with (tmp_path / "canvas.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:3] for row in rows[2:]] == [["Lind, Maya", "", "0017"]]
    # The remedy that the page suggests: add the student to the list.
    api.put_roster("class", b'Name,Number\n"Lind, Maya",0017\nBogdan Ilic,0018\nscan0001,0019\n')
    page.reload()
    expect(panel.locator("summary")).to_have_text("2 of 3 students on the class list have a sheet · 1 without")
    expect(page.get_by_role("button", name="For Canvas", exact=True)).to_be_visible()


def test_sheets_are_shown_if_the_class_list_fails_to_load(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "class-2")
    submit_marked_sheet(api, "class-2", "maya-lind", WEAK)
    api.put_roster("class-2", b'Name,Number\n"Lind, Maya",0017\nBogdan Ilic,0018\n')
    page = visit.page
    fails = True

    def answer(route: Route) -> None:
        if fails:
            route.fulfill(status=404, json={"message": "Not Found"})
        else:
            route.fallback()

    page.route("**/assessments/class-2/roster", answer)
    visit.go("a/class-2")
    panel = page.locator(".class-match")
    expect(page.locator(".sheets tbody")).to_contain_text("Lind, Maya")
    expect(page.get_by_role("button", name="Publish")).to_be_visible()
    expect(panel).to_contain_text("The class list could not be compared with the sheets")
    assert violations(page) == []
    # A sheet that arrives later is shown as well.
    submit_marked_sheet(api, "class-2", "Bogdan Ilic", GOOD)
    expect(page.locator(".sheets tbody")).to_contain_text("Bogdan Ilic")
    expect(panel).to_contain_text("could not be compared")
    fails = False
    expect(panel.locator("summary")).to_have_text("2 of 2 students on the class list have a sheet")
    visit.forgive("404")
