"""Leaving, reloading and signing out: unsaved changes are never lost without a confirmation."""

from playwright.sync_api import BrowserContext, Route, expect

from local.cli.api_client import ApiClient
from local.cloud.local_cloud import LocalCloud
from tests.browser.conftest import BrowserSession, Sheet
from tests.browser.fake_issuer import Issuer
from tests.browser.page_steps import answer_dialog, card, manual_marks, open_answer, press_keys, wait_until_equal


def test_leaving_a_sheet_with_a_typed_mark_asks_first(visit: BrowserSession, sheet: Sheet) -> None:
    nora = sheet("Nora")
    page = visit.page
    open_answer(page, visit.url, nora)
    press_keys(page, "2")
    card(page, "2").click()
    field = page.get_by_role("textbox", name="Mark for 1")
    expect(field).to_have_value("2")
    expect(card(page, "1").get_by_role("alert")).to_contain_text("Not saved yet")
    assert answer_dialog(page, lambda: page.keyboard.press("o"), stay=True) == "confirm"
    expect(field).to_have_value("2")
    assert page.url.endswith(f"/s/{nora}/1")
    assert answer_dialog(page, lambda: page.keyboard.press("o"), stay=False) == "confirm"
    expect(page.locator(".sheets tbody tr").first).to_be_visible()


def test_leaving_an_edited_paper_asks_first(visit: BrowserSession, sheet: Sheet) -> None:
    page = visit.page
    visit.go("a/speed/paper")
    page.get_by_role("button", name="Correct questions").click()
    title = page.get_by_role("textbox", name="Title of the paper")
    title.press_sequentially("A better title")
    edited = title.input_value()
    link = page.locator("#trail").get_by_role("link", name="speed")
    assert answer_dialog(page, link.click, stay=True) == "confirm"
    expect(title).to_have_value(edited)
    assert page.url.endswith("#/a/speed/paper")
    reload = "() => void setTimeout(() => location.reload())"
    assert answer_dialog(page, lambda: page.evaluate(reload), stay=True) == "beforeunload"
    expect(title).to_have_value(edited)
    assert answer_dialog(page, link.click, stay=False) == "confirm"
    expect(page.locator(".places")).to_be_visible()
    # Without edits there is no dialog: it would block the next click.
    visit.go("a/speed/paper")
    page.get_by_role("button", name="Correct questions").click()
    page.locator("#trail").get_by_role("link", name="speed").click()
    expect(page.locator(".places")).to_be_visible()


def test_leaving_edited_settings_asks_first(visit: BrowserSession) -> None:
    page = visit.page
    visit.go()
    page.get_by_text("Settings", exact=True).click()
    limit = page.get_by_role("spinbutton", name="Monthly limit")
    limit.fill("77")
    page.get_by_label("New assessment").fill("elsewhere")
    create = page.get_by_role("button", name="Create")
    assert answer_dialog(page, create.click, stay=True) == "confirm"
    expect(limit).to_have_value("77")
    assert answer_dialog(page, create.click, stay=False) == "confirm"
    expect(page.locator(".places")).to_be_visible()


def test_a_reload_asks_and_keeps_unsaved_marks(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    ida = sheet("Ida")
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    open_answer(page, visit.url, ida)
    press_keys(page, "0", "Enter", "n", "2", "Enter")
    expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
    dialogs: list[str] = []
    page.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    page.reload()
    assert dialogs == ["beforeunload"]
    expect(card(page, "1")).to_contain_text("Not saved yet")
    expect(page.locator(".total strong")).to_have_text("5")
    assert manual_marks(api, ida) == {}
    page.unroute("**/marks/*")
    page.get_by_role("button", name="Try now").click()
    wait_until_equal(lambda: manual_marks(api, ida), {"1": 0, "2": 2})
    # Nothing stays in the browser, and there are no more dialogs.
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert page.evaluate("sessionStorage.length") == 0
    page.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    page.reload()
    assert dialogs == ["beforeunload"]
    visit.forgive()


def test_unreadable_stored_changes_are_reported_and_dropped(visit: BrowserSession, sheet: Sheet) -> None:
    uma = sheet("Uma")
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    open_answer(page, visit.url, uma)
    press_keys(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    # The page stores its changes at each step, so the entry is damaged after leaving the page.
    page.goto(f"{visit.url}/words.json")
    page.evaluate("sessionStorage.setItem(sessionStorage.key(0), '[{')")
    page.goto(f"{visit.url}/#/a/speed/s/{uma}/1")
    expect(page.locator(".notice")).to_contain_text("could not be read")
    expect(card(page, "1")).to_be_focused()
    expect(page.locator("#saving")).to_be_empty()
    assert page.evaluate("sessionStorage.length") == 0
    visit.forgive()


def test_signing_out_asks_and_clears_everything(
    visit: BrowserSession, sheet: Sheet, cloud: LocalCloud, context: BrowserContext
) -> None:
    issuer = Issuer(cloud, f"{cloud.api_url}/issuer")
    issuer.serve(context)
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    open_answer(page, visit.url, sheet("Quin"))
    press_keys(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    out = page.get_by_role("button", name="Sign out")
    assert answer_dialog(page, out.click, stay=True) == "confirm"
    expect(card(page, "1")).to_contain_text("Not saved yet")
    assert answer_dialog(page, out.click, stay=False) == "confirm"
    page.wait_for_url(f"{issuer.address}/logout?**")
    assert page.evaluate("sessionStorage.length") == 0
    visit.forgive()


def test_an_expired_session_loses_no_mark_and_asks_nothing(
    visit: BrowserSession, api: ApiClient, sheet: Sheet, cloud: LocalCloud, context: BrowserContext
) -> None:
    issuer = Issuer(cloud, f"{cloud.api_url}/issuer")
    issuer.serve(context)
    rob = sheet("Rob")
    page = visit.page
    open_answer(page, visit.url, rob)
    issuer.refuses_refresh = True
    ended: list[str] = []
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))

    def refuse_once(route: Route) -> None:
        if ended:
            route.fallback()
        else:
            ended.append(route.request.url)
            route.fulfill(status=401, json={"message": "Unauthorized"})

    page.route("**/marks/*", refuse_once)
    press_keys(page, "0", "Enter")
    # The fake issuer runs in this test: it responds only while the test waits for the page.
    expect(card(page, "1")).to_contain_text("Marked by teacher")
    assert manual_marks(api, rob) == {"1": 0}
    assert [asked["response_type"] for asked in issuer.asked if "response_type" in asked] == ["code", "code"]
    assert dialogs == []
    visit.forgive("400", "401")
