"""Marks typed on the page are kept: at typing speed, by two people at once, over a lost connection."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from local.client import ApiClient
from tests.browser.conftest import Sheet, Visit
from tests.browser.steps import QUESTIONS, by_person, card, eventually, hold_first, let_go, look, questions, typed
from tests.browser.test_for_everybody import violations


def test_five_marks_at_typing_speed_are_all_kept(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    ada = sheet("Ada")
    look(visit.page, visit.url, ada)
    typed(visit.page, *["Enter", "n"] * 5)
    eventually(lambda: by_person(api, ada), dict.fromkeys(QUESTIONS, 1))


def test_keys_act_on_the_focused_card_wherever_the_pointer_rests(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    ben = sheet("Ben")
    page = visit.page
    look(page, visit.url, ben)
    card(page, "3").hover()
    typed(page, *["Enter", "n"] * 3)
    eventually(lambda: by_person(api, ben), {"1": 1, "2": 1, "3": 1})
    expect(card(page, "4")).to_be_focused()


def test_a_key_that_is_held_down_agrees_to_one_answer_alone(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    eve = sheet("Eve")
    page = visit.page
    look(page, visit.url, eve)
    # A second `down` of a key that was not let go is the browser's repeat of it.
    page.keyboard.down("Enter")
    page.keyboard.press("n")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert by_person(api, eve) == {"1": 1}


def test_two_people_on_different_questions_of_one_sheet(
    visit: Visit, api: ApiClient, sheet: Sheet, colleague: Page
) -> None:
    cleo = sheet("Cleo")
    look(visit.page, visit.url, cleo, "1")
    look(colleague, visit.url, cleo, "2")
    typed(visit.page, "0", "Enter")
    eventually(lambda: by_person(api, cleo), {"1": 0})
    typed(colleague, "2", "Enter")
    eventually(lambda: by_person(api, cleo), {"1": 0, "2": 2})
    # Who was second sees what the first one did.
    expect(card(colleague, "1")).to_contain_text("Marked by teacher")
    expect(colleague.locator(".total strong")).to_have_text("5")


@pytest.mark.parametrize("choice", ["Keep mine (2)", "Take theirs (0)"])
def test_two_people_on_the_same_question_see_both_marks(
    visit: Visit, api: ApiClient, sheet: Sheet, colleague: Page, choice: str
) -> None:
    finn = sheet(f"Finn, {choice}")
    look(visit.page, visit.url, finn)
    look(colleague, visit.url, finn)
    typed(visit.page, "0", "Enter")
    eventually(lambda: by_person(api, finn), {"1": 0})
    typed(colleague, "2", "Enter")
    # Another question goes on meanwhile.
    typed(colleague, "j", "2", "Enter")
    expect(card(colleague, "1").get_by_role("alert")).to_contain_text(
        "teacher has set 0 / 2 meanwhile. Yours is not saved: 2."
    )
    expect(colleague.locator("#saving")).to_contain_text("1 change not saved")
    eventually(lambda: by_person(api, finn), {"1": 0, "2": 2})
    assert violations(colleague) == []
    card(colleague, "1").get_by_role("button", name=choice).click()
    expect(colleague.locator("#saving")).to_have_text("All changes are saved.")
    assert by_person(api, finn) == {"1": 2 if choice.startswith("Keep") else 0, "2": 2}
    expect(card(colleague, "1").get_by_role("alert")).to_have_count(0)
    expect(card(colleague, "1")).to_be_focused()


def test_marks_typed_without_a_network_are_shown_as_not_saved_and_saved_later(
    visit: Visit, api: ApiClient, sheet: Sheet, context: BrowserContext
) -> None:
    dan = sheet("Dan")
    page = visit.page
    look(page, visit.url, dan)
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    context.set_offline(True)
    # Beyond what one request is tried: the queue tries again by itself.
    with page.expect_event("requestfailed", lambda _: len(failed) >= 6):
        typed(page, "0", "Enter", "n", "2", "Enter")
        for question in ("1", "2"):
            expect(card(page, question)).to_contain_text("Not saved yet: no connection")
        expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
        expect(page.locator(".total")).to_contain_text("5 / 10 50% not saved yet")
        assert violations(page) == []
    context.set_offline(False)
    eventually(lambda: by_person(api, dan), {"1": 0, "2": 2})
    expect(card(page, "1")).to_contain_text("Saved")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    expect(page.locator(".total")).not_to_contain_text("not saved yet")
    visit.forgive()


def test_moving_to_another_sheet_loses_no_mark_that_is_not_saved(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    gil, hal = sheet("Gil"), sheet("Hal")
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    look(page, visit.url, gil)
    typed(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    page.keyboard.press("]")
    expect(page.locator(".sheet-head h2")).to_have_text("Hal")
    typed(page, "2", "Enter")
    expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
    page.keyboard.press("[")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    page.unroute("**/marks/*")
    page.get_by_role("button", name="Try now").click()
    eventually(lambda: (by_person(api, gil), by_person(api, hal)), ({"1": 0}, {"1": 2}))
    visit.forgive()


def test_a_change_whose_answer_is_lost_is_made_once(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    jan = sheet("Jan")
    page = visit.page
    look(page, visit.url, jan)
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
    typed(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Marked by teacher")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert by_person(api, jan) == {"1": 0}
    run, edits = before.split(".")
    assert api._json("GET", f"/submissions/{jan}")["edition"] == f"{run}.{int(edits) + 1}"
    visit.forgive()


def test_a_mark_that_is_refused_goes_back_with_its_reason(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    kim = sheet("Kim")
    page = visit.page
    look(page, visit.url, kim)
    page.keyboard.press("m")
    page.keyboard.type("0.125")
    page.keyboard.press("Enter")
    said = card(page, "1").get_by_role("alert")
    expect(said).to_contain_text("Not saved: Question 1 can have 0 to 2 marks, with two decimals. You had set")
    expect(page.locator(".total strong")).to_have_text("5")
    said.get_by_role("button", name="Edit").click()
    field = page.get_by_role("textbox", name="Mark for 1")
    field.fill("0.5")
    page.keyboard.press("Enter")
    eventually(lambda: by_person(api, kim), {"1": 0.5})
    expect(said).to_have_count(0)
    visit.forgive()


def test_a_text_being_typed_outlives_the_answer_to_another_change(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    leo = sheet("Leo")
    page = visit.page
    look(page, visit.url, leo)
    held = hold_first(page, "**/marks/*")
    typed(page, "0", "Enter", "j", "e")
    field = page.get_by_role("textbox", name="What the answer to 2 says")
    page.keyboard.type(" m/s")
    page.keyboard.press("ArrowLeft")
    let_go(page, held)
    expect(card(page, "1")).to_contain_text("Marked by teacher")
    expect(field).to_be_focused()
    page.keyboard.type("!")
    expect(field).to_have_value("25 m/!s")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+Enter")
    expect(card(page, "2")).to_contain_text("Saved")
    found = questions(api, leo)["2"]
    assert (found["answer"], found["marks"]) == ("25 m/s", 2)


def test_undo_takes_back_what_waits_and_what_is_saved(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    mia = sheet("Mia")
    page = visit.page
    look(page, visit.url, mia)
    held = hold_first(page, "**/marks/*")
    typed(page, "0", "Enter", "j", "2", "Enter", "u")
    expect(card(page, "2")).to_be_focused()
    expect(card(page, "2")).to_contain_text("please look")
    let_go(page, held)
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert by_person(api, mia) == {"1": 0}
    assert api._json("GET", f"/submissions/{mia}")["edition"].endswith(".1")
    page.keyboard.press("u")
    expect(card(page, "1")).to_contain_text("Marked by rule")
    assert by_person(api, mia) == {}


def test_keys_typed_before_a_sheet_is_there_do_not_agree_to_it(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    ola, pia = sheet("Ola"), sheet("Pia")
    page = visit.page
    look(page, visit.url, ola)
    # A hand that types on, without a pause, until the next sheet is there and a moment longer.
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
    expect(page.locator(".notice")).to_contain_text("what you typed was not taken")
    expect(page.locator(".flag", has_text="please look")).to_have_count(5)
    expect(page.locator(".mark-field")).to_have_count(0)
    assert by_person(api, pia) == {}
