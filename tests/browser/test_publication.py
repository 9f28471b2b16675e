"""A teacher publishes the marks, downloads them for the school's platform, changes one and publishes the change."""

import csv
from pathlib import Path

from playwright.sync_api import expect
from pypdf import PdfReader

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.science_class import GOOD, prepare_assessment, submit_marked_sheet


def test_marks_are_published_exported_changed_and_published_again(
    visit: BrowserSession, api: ApiClient, tmp_path: Path
) -> None:
    prepare_assessment(api, "home")
    sheet = submit_marked_sheet(api, "home", "Ada", GOOD)
    api.put_roster("home", b"Name,Number\nAda,0017\n")
    page = visit.page
    visit.go("a/home")
    canvas = page.get_by_role("button", name="For Canvas")
    publish = page.get_by_role("button", name="Publish marks").or_(page.get_by_role("button", name="Publish anyway"))
    expect(publish).to_be_visible()
    expect(canvas).to_have_count(0)
    publish.press("Enter")
    # The button that replaces it gets the focus.
    expect(page.get_by_role("button", name="Unpublish")).to_be_focused()
    note = page.locator(".masthead .note")
    expect(note).to_contain_text("Published")
    expect(note).to_contain_text("by teacher")
    with page.expect_download() as download:
        canvas.click()
    download.value.save_as(tmp_path / "canvas.csv")
    with (tmp_path / "canvas.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[2][:3] == ["Ada", "", "0017"]
    assert float(rows[2][5]) <= float(rows[1][5])

    with page.expect_download() as download:
        page.get_by_role("button", name="Feedback sheets").click()
    download.value.save_as(tmp_path / "class.pdf")
    (handed_out,) = [one.extract_text() for one in PdfReader(tmp_path / "class.pdf").pages]
    assert "Ada" in handed_out
    assert "Draft" not in handed_out

    api._json("PATCH", f"/submissions/{sheet}/marks/3", json={"marks": 2})
    page.reload()
    expect(note).to_contain_text("the marks of 1 sheet have changed since")
    page.get_by_role("button", name="Publish changes").click()
    expect(note).not_to_contain_text("have changed since")
    page.get_by_role("button", name="Unpublish").click()
    expect(canvas).to_have_count(0)
    expect(publish).to_be_visible()

    visit.go(f"a/home/s/{sheet}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Feedback sheet").click()
    assert download.value.suggested_filename == "home-Ada.pdf"
    download.value.save_as(tmp_path / "Ada.pdf")
    assert "Draft" in PdfReader(tmp_path / "Ada.pdf").pages[0].extract_text()
