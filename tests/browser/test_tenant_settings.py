"""A school's settings and data: the class list, the model's switch and spending limit, and erasing a sheet."""

import time

from playwright.sync_api import expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import violations
from tests.browser.science_class import GOOD, prepare_assessment, submit_marked_sheet


def test_a_csv_file_among_the_sheets_is_the_class_list(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "listed")
    visit.go("a/listed")
    chooser = visit.page.locator("#choose-answer_sheet")
    chooser.set_input_files([{"name": "class.csv", "mimeType": "text/csv", "buffer": b"Name,Number\nAda,0017\n"}])
    for _ in range(100):
        table = api._json("GET", "/assessments/listed")
        if table["students"] is not None:
            break
        time.sleep(0.1)
    assert table["students"] == 1
    expect(visit.page.locator(".place[data-role=answer_sheet]")).to_contain_text("1 student on the class list")


def test_the_model_can_be_switched_off_and_limited(visit: BrowserSession, api: ApiClient) -> None:
    page = visit.page
    visit.go()
    page.get_by_text("Settings", exact=True).click()
    on = page.get_by_role("checkbox", name="Send free text to the configured model")
    expect(on).to_be_checked()
    assert violations(page) == []
    on.uncheck()
    page.get_by_role("spinbutton", name="Monthly limit").fill("12.5")
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator(".notice")).to_contain_text("settings are saved")
    settings = api._json("GET", "/settings")
    assert (settings["model"], settings["spend_limit_usd"]) == (False, 12.5)
    page.reload()
    page.get_by_text("Settings", exact=True).click()
    expect(on).not_to_be_checked()
    on.check()
    page.get_by_role("spinbutton", name="Monthly limit").fill("")
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator(".notice").first).to_contain_text("settings are saved")
    settings = api._json("GET", "/settings")
    assert (settings["model"], settings["spend_limit_usd"]) == (True, None)


def test_a_sheet_is_erased_after_confirmation(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "erased")
    sheet = submit_marked_sheet(api, "erased", "Ada", GOOD)
    page = visit.page
    visit.go(f"a/erased/s/{sheet}")
    button = page.get_by_role("button", name="Erase this sheet")
    page.once("dialog", lambda dialog: dialog.dismiss())
    button.click()
    assert api._json("GET", f"/submissions/{sheet}")["state"] != "ERASED"
    messages: list[str] = []
    page.once("dialog", lambda dialog: (messages.append(dialog.message), dialog.accept()))
    button.click()
    expect(page.locator(".notice")).to_contain_text("Ada's sheet is erased")
    assert "cannot be undone" in messages[0]
    assert api._json("GET", f"/submissions/{sheet}")["state"] == "ERASED"
    expect(page.locator(".sheets tbody tr")).to_have_count(0)
