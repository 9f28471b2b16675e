"""Marks typed on the page are saved: at typing speed, by two users at once, and over a lost connection."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession, Sheet
from tests.browser.page_steps import (
    QUESTIONS,
    card,
    hold_first_request,
    manual_marks,
    open_answer,
    press_keys,
    questions,
    release_request,
    violations,
    wait_until_equal,
)


def test_five_marks_at_typing_speed_are_all_saved(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    ada = sheet("Ada")
    open_answer(visit.page, visit.url, ada)
    press_keys(visit.page, *["Enter", "n"] * 5)
    wait_until_equal(lambda: manual_marks(api, ada), dict.fromkeys(QUESTIONS, 1))


def test_keys_act_on_the_focused_card_regardless_of_the_pointer(
    visit: BrowserSession, api: ApiClient, sheet: Sheet
) -> None:
    ben = sheet("Ben")
    page = visit.page
    open_answer(page, visit.url, ben)
    card(page, "3").hover()
    press_keys(page, *["Enter", "n"] * 3)
    wait_until_equal(lambda: manual_marks(api, ben), {"1": 1, "2": 1, "3": 1})
    expect(card(page, "4")).to_be_focused()


def test_holding_a_key_confirms_only_one_answer(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    eve = sheet("Eve")
    page = visit.page
    open_answer(page, visit.url, eve)
    # A second `down` of a key that was not released is a repeated key event.
    page.keyboard.down("Enter")
    page.keyboard.press("n")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert manual_marks(api, eve) == {"1": 1}


def test_two_users_can_change_different_questions_of_a_sheet(
    visit: BrowserSession, api: ApiClient, sheet: Sheet, colleague: Page
) -> None:
    cleo = sheet("Cleo")
    open_answer(visit.page, visit.url, cleo, "1")
    open_answer(colleague, visit.url, cleo, "2")
    press_keys(visit.page, "0", "Enter")
    wait_until_equal(lambda: manual_marks(api, cleo), {"1": 0})
    press_keys(colleague, "2", "Enter")
    wait_until_equal(lambda: manual_marks(api, cleo), {"1": 0, "2": 2})
    # The second user sees the change of the first.
    expect(card(colleague, "1")).to_contain_text("Marked by teacher")
    expect(colleague.locator(".total strong")).to_have_text("5")


@pytest.mark.parametrize("choice", ["Keep mine (2)", "Take theirs (0)"])
def test_two_users_changing_one_question_see_both_marks(
    visit: BrowserSession, api: ApiClient, sheet: Sheet, colleague: Page, choice: str
) -> None:
    finn = sheet(f"Finn, {choice}")
    open_answer(visit.page, visit.url, finn)
    open_answer(colleague, visit.url, finn)
    press_keys(visit.page, "0", "Enter")
    wait_until_equal(lambda: manual_marks(api, finn), {"1": 0})
    press_keys(colleague, "2", "Enter")
    # Another question can still be changed.
    press_keys(colleague, "j", "2", "Enter")
    expect(card(colleague, "1").get_by_role("alert")).to_contain_text(
        "teacher has set 0 / 2 in the meantime. Yours is not saved: 2."
    )
    expect(colleague.locator("#saving")).to_contain_text("1 change not saved")
    wait_until_equal(lambda: manual_marks(api, finn), {"1": 0, "2": 2})
    assert violations(colleague) == []
    card(colleague, "1").get_by_role("button", name=choice).click()
    expect(colleague.locator("#saving")).to_have_text("All changes are saved.")
    assert manual_marks(api, finn) == {"1": 2 if choice.startswith("Keep") else 0, "2": 2}
    expect(card(colleague, "1").get_by_role("alert")).to_have_count(0)
    expect(card(colleague, "1")).to_be_focused()


def test_marks_typed_offline_are_shown_as_unsaved_and_saved_later(
    visit: BrowserSession, api: ApiClient, sheet: Sheet, context: BrowserContext
) -> None:
    dan = sheet("Dan")
    page = visit.page
    open_answer(page, visit.url, dan)
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    context.set_offline(True)
    # More failures than the attempts of one request: the queue itself retries.
    with page.expect_event("requestfailed", lambda _: len(failed) >= 6):
        press_keys(page, "0", "Enter", "n", "2", "Enter")
        for question in ("1", "2"):
            expect(card(page, question)).to_contain_text("Not saved yet: no connection")
        expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
        expect(page.locator(".total")).to_contain_text("5 / 10 50% not saved yet")
        assert violations(page) == []
    context.set_offline(False)
    wait_until_equal(lambda: manual_marks(api, dan), {"1": 0, "2": 2})
    expect(card(page, "1")).to_contain_text("Saved")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    expect(page.locator(".total")).not_to_contain_text("not saved yet")
    visit.forgive()


def test_going_to_another_sheet_loses_no_unsaved_mark(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    gil, hal = sheet("Gil"), sheet("Hal")
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    open_answer(page, visit.url, gil)
    press_keys(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    page.keyboard.press("]")
    expect(page.locator(".sheet-head h2")).to_have_text("Hal")
    press_keys(page, "2", "Enter")
    expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
    page.keyboard.press("[")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    page.unroute("**/marks/*")
    page.get_by_role("button", name="Try now").click()
    wait_until_equal(lambda: (manual_marks(api, gil), manual_marks(api, hal)), ({"1": 0}, {"1": 2}))
    visit.forgive()


def test_a_change_whose_response_is_lost_is_made_once(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    jan = sheet("Jan")
    page = visit.page
    open_answer(page, visit.url, jan)
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.fallback()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort("connectionreset")

    page.route("**/marks/*", lose_once)
    before = api._json("GET", f"/submissions/{jan}")["edition"]
    press_keys(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Marked by teacher")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert manual_marks(api, jan) == {"1": 0}
    run, edits = before.split(".")
    assert api._json("GET", f"/submissions/{jan}")["edition"] == f"{run}.{int(edits) + 1}"
    visit.forgive()


def test_a_refused_mark_is_reverted_with_its_reason(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    kim = sheet("Kim")
    page = visit.page
    open_answer(page, visit.url, kim)
    page.keyboard.press("m")
    page.keyboard.type("0.125")
    page.keyboard.press("Enter")
    alert = card(page, "1").get_by_role("alert")
    expect(alert).to_contain_text("Not saved: Question 1 can have 0 to 2 marks, with two decimals. You had set")
    expect(page.locator(".total strong")).to_have_text("5")
    alert.get_by_role("button", name="Edit").click()
    field = page.get_by_role("textbox", name="Mark for 1")
    field.fill("0.5")
    page.keyboard.press("Enter")
    wait_until_equal(lambda: manual_marks(api, kim), {"1": 0.5})
    expect(alert).to_have_count(0)
    visit.forgive()


def test_an_open_editor_survives_the_response_to_another_change(
    visit: BrowserSession, api: ApiClient, sheet: Sheet
) -> None:
    leo = sheet("Leo")
    page = visit.page
    open_answer(page, visit.url, leo)
    held = hold_first_request(page, "**/marks/*")
    press_keys(page, "0", "Enter", "j", "e")
    field = page.get_by_role("textbox", name="Answer to 2")
    page.keyboard.type(" m/s")
    page.keyboard.press("ArrowLeft")
    release_request(page, held)
    expect(card(page, "1")).to_contain_text("Marked by teacher")
    expect(field).to_be_focused()
    page.keyboard.type("!")
    expect(field).to_have_value("25 m/!s")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+Enter")
    expect(card(page, "2")).to_contain_text("Saved")
    found = questions(api, leo)["2"]
    assert (found["answer"], found["marks"]) == ("25 m/s", 2)


def test_undo_reverts_waiting_and_saved_changes(visit: BrowserSession, api: ApiClient, sheet: Sheet) -> None:
    mia = sheet("Mia")
    page = visit.page
    open_answer(page, visit.url, mia)
    held = hold_first_request(page, "**/marks/*")
    press_keys(page, "0", "Enter", "j", "2", "Enter", "u")
    expect(card(page, "2")).to_be_focused()
    expect(card(page, "2")).to_contain_text("needs review")
    release_request(page, held)
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert manual_marks(api, mia) == {"1": 0}
    assert api._json("GET", f"/submissions/{mia}")["edition"].endswith(".1")
    page.keyboard.press("u")
    expect(card(page, "1")).to_contain_text("Marked by rule")
    assert manual_marks(api, mia) == {}


def test_keys_typed_before_a_sheet_is_loaded_confirm_nothing(
    visit: BrowserSession, api: ApiClient, sheet: Sheet
) -> None:
    ola, pia = sheet("Ola"), sheet("Pia")
    page = visit.page
    open_answer(page, visit.url, ola)
    # Types without a pause until the next sheet is loaded, and once more after that.
    page.evaluate(
        """() => {
            const key = (name) => (document.activeElement ?? document.body).dispatchEvent(
                new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
            key("]");
            const typing = setInterval(() => key("2"), 20);
            new MutationObserver((_, observer) => {
                if (document.querySelector(".sheet-head h2")?.textContent !== "Pia") return;
                observer.disconnect();
                clearInterval(typing);
                setTimeout(() => { key("Enter"); document.body.dataset.typed = "yes"; });
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    expect(page.locator("body[data-typed]")).to_be_attached()
    expect(card(page, "1")).to_be_focused()
    expect(page.locator(".notice")).to_contain_text("what you typed was ignored")
    expect(page.locator(".flag", has_text="needs review")).to_have_count(5)
    expect(page.locator(".mark-field")).to_have_count(0)
    assert manual_marks(api, pia) == {}
