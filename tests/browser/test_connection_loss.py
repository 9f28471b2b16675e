"""A view opened while the connection is lost: it loads automatically when the connection is back, and the keys to leave
it work."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import BrowserSession, Sheet
from tests.browser.page_steps import card, open_answer

UNREACHABLE = "Gradeline cannot be reached at the moment."


def press_while_offline(page: Page, context: BrowserContext, key: str) -> None:
    """Press a key that opens another view while offline; returns when loading it has failed."""
    context.set_offline(True)
    page.keyboard.press(key)
    expect(page.locator("#content")).to_contain_text(UNREACHABLE)


def test_a_sheet_loads_when_the_connection_is_back(
    visit: BrowserSession, context: BrowserContext, sheet: Sheet
) -> None:
    sheets = [sheet("Offline 1"), sheet("Offline 2")]
    page = visit.page
    open_answer(page, visit.url, sheets[0])
    press_while_offline(page, context, "]")
    assert f"/s/{sheets[1]}" in page.url
    context.set_offline(False)
    expect(card(page, "1")).to_be_focused()
    expect(page.locator("#content")).not_to_contain_text(UNREACHABLE)

    # All keys work again.
    page.keyboard.press("[")
    expect(page).to_have_url(f"{visit.url}/#/a/speed/s/{sheets[0]}/1")
    visit.forgive()


def test_a_key_leads_from_an_unloaded_sheet_to_all_sheets(
    visit: BrowserSession, context: BrowserContext, sheet: Sheet
) -> None:
    first, _ = sheet("Offline 3"), sheet("Offline 4")
    page = visit.page
    open_answer(page, visit.url, first)
    press_while_offline(page, context, "]")
    page.keyboard.press("o")
    expect(page).to_have_url(f"{visit.url}/#/a/speed")
    expect(page.locator("#content")).to_contain_text(UNREACHABLE)
    context.set_offline(False)
    expect(page.locator(".sheets tbody tr").first).to_be_visible()
    visit.forgive()


def test_a_view_that_was_left_is_not_loaded(visit: BrowserSession, context: BrowserContext, sheet: Sheet) -> None:
    sheet("Offline 5")
    page = visit.page
    requests: list[str] = []
    visit.go("a/speed")
    expect(page.locator(".sheets tbody tr").first).to_be_visible()
    context.set_offline(True)
    visit.go("a/speed/paper")
    expect(page.locator("#content")).to_contain_text(UNREACHABLE)
    visit.go("nowhere")
    expect(page.locator("#content")).to_contain_text("There is nothing at this address.")
    page.on("request", lambda request: requests.append(request.url))
    back = page.evaluate_handle("() => ({ online: new Promise((done) => addEventListener('online', done)) })")
    context.set_offline(False)
    page.evaluate("async (back) => { await back.online; }", back)
    expect(page.locator("#content")).to_contain_text("There is nothing at this address.")
    assert requests == []
    visit.forgive()
