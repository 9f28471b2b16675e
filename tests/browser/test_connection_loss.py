"""A view that is opened while the connection is lost: it comes by itself when the connection is back, and the keys that
lead away from it work."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import BrowserSession, Sheet
from tests.browser.page_steps import card, open_answer

UNREACHED = "Gradeline cannot be reached just now."


def cut(page: Page, context: BrowserContext, key: str) -> None:
    """Presses a key that opens another view, without a connection; returns when it could not be loaded."""
    context.set_offline(True)
    page.keyboard.press(key)
    expect(page.locator("#content")).to_contain_text(UNREACHED)


def test_a_sheet_that_could_not_be_loaded_comes_with_the_connection(
    visit: BrowserSession, context: BrowserContext, sheet: Sheet
) -> None:
    sheets = [sheet("Offline 1"), sheet("Offline 2")]
    page = visit.page
    open_answer(page, visit.url, sheets[0])
    cut(page, context, "]")
    assert f"/s/{sheets[1]}" in page.url
    context.set_offline(False)
    expect(card(page, "1")).to_be_focused()
    expect(page.locator("#content")).not_to_contain_text(UNREACHED)

    # All the keys work again.
    page.keyboard.press("[")
    expect(page).to_have_url(f"{visit.url}/#/a/speed/s/{sheets[0]}/1")
    visit.forgive()


def test_from_a_sheet_that_could_not_be_loaded_a_key_leads_to_all_sheets(
    visit: BrowserSession, context: BrowserContext, sheet: Sheet
) -> None:
    first, _ = sheet("Offline 3"), sheet("Offline 4")
    page = visit.page
    open_answer(page, visit.url, first)
    cut(page, context, "]")
    page.keyboard.press("o")
    expect(page).to_have_url(f"{visit.url}/#/a/speed")
    expect(page.locator("#content")).to_contain_text(UNREACHED)
    context.set_offline(False)
    expect(page.locator(".sheets tbody tr").first).to_be_visible()
    visit.forgive()


def test_a_view_that_has_been_left_is_not_loaded_any_more(
    visit: BrowserSession, context: BrowserContext, sheet: Sheet
) -> None:
    sheet("Offline 5")
    page = visit.page
    asked: list[str] = []
    visit.go("a/speed")
    expect(page.locator(".sheets tbody tr").first).to_be_visible()
    context.set_offline(True)
    visit.go("a/speed/paper")
    expect(page.locator("#content")).to_contain_text(UNREACHED)
    visit.go("nowhere")
    expect(page.locator("#content")).to_contain_text("There is nothing at this address.")
    page.on("request", lambda request: asked.append(request.url))
    back = page.evaluate_handle("() => ({ online: new Promise((done) => addEventListener('online', done)) })")
    context.set_offline(False)
    page.evaluate("async (back) => { await back.online; }", back)
    expect(page.locator("#content")).to_contain_text("There is nothing at this address.")
    assert asked == []
    visit.forgive()
