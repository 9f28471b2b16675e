"""Marks typed on the page are kept: at typing speed, by two people at once, over a lost connection and a reload."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from local.client import ApiClient
from local.cloud.local_cloud import LocalCloud
from tests.browser.conftest import Visit
from tests.browser.test_for_everybody import violations
from tests.browser.test_signing_in import Issuer
from tests.documents import typed_pdf

QUESTIONS = ("1", "2", "3", "4", "5")
PAPER = typed_pdf(
    ["Speed test    Total: 10 marks"]
    + [f"{number}. A car drives {number}50 m in 10 s. Calculate its speed. Give the unit.  [2]" for number in QUESTIONS]
)
SCHEME = "questions:\n" + "".join(
    f'  - {{question: "{number}", type: numeric, marks: 2, answer: {number}5, unit: m/s}}\n' for number in QUESTIONS
)
TYPING_MS = 40

Sheet = Callable[[str], str]


@pytest.fixture(scope="module")
def sheet(cloud: LocalCloud) -> Iterator[Sheet]:
    """Makes a marked sheet of a student in the assessment "speed": each of its five answers is to be looked at,
    because the unit is missing. Gives its id."""
    with ApiClient(cloud.api_url, cloud.token()) as api:
        api.put_scheme("speed", SCHEME.encode(), "application/yaml")
        paper = api.submit("speed", "question_paper", PAPER, media_type="application/pdf")
        assert api.submission(paper.id, wait=20).state == "READY"

        def made(student: str) -> str:
            body = typed_pdf([student, *(f"{number}. {number}5" for number in QUESTIONS)])
            receipt = api.submit("speed", "answer_sheet", body, media_type="application/pdf", student=student)
            for _ in range(6):
                if api.submission(receipt.id, wait=10).ended:
                    break
            found = questions(api, receipt.id)
            assert [(one["marks"], one["review"]) for one in found.values()] == [(1, ["borderline"])] * 5
            return receipt.id

        yield made


@pytest.fixture
def colleague(browser: Any, cloud: LocalCloud) -> Iterator[Page]:
    """Another teacher of the same school, in a browser of her own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(30_000)
    token = cloud.token(name="colleague")
    config = {"apiUrl": "", "token": token, "local": True}
    context.route("**/config.json", lambda route: route.fulfill(json=config))
    yield context.new_page()
    context.close()


def questions(api: ApiClient, sheet: str) -> dict[str, dict[str, Any]]:
    """The questions of a sheet as the server has them."""
    return {one["question"]: one for one in api._json("GET", f"/submissions/{sheet}")["result"]["questions"]}


def by_person(api: ApiClient, sheet: str) -> dict[str, float]:
    """The marks that a person has set, by question."""
    return {name: one["marks"] for name, one in questions(api, sheet).items() if one["marker"] == "person"}


def eventually(given: Callable[[], Any], wanted: Any) -> None:
    """Waits until the server has it."""
    until = time.monotonic() + 30
    while (found := given()) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    assert found == wanted


def card(page: Page, question: str) -> Any:
    return page.locator(f"article[data-question='{question}']")


def look(page: Page, url: str, sheet: str, question: str = "1") -> None:
    """To an answer of a sheet; returns when it has the focus."""
    page.goto(f"{url}/#/a/speed/s/{sheet}/{question}")
    expect(card(page, question)).to_be_focused()


def typed(page: Page, *keys: str) -> None:
    """Keys at a pace that hands have."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(TYPING_MS)


def hold_first(page: Page, address: str) -> list[Route]:
    """Holds the first request to an address until the test lets it go on; gives where it appears."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route(address, hold)
    return held


def without_network_errors(visit: Visit) -> None:
    """A browser itself complains of requests that were cut or refused."""
    expected = ("net::ERR_", "412", "422", "503")
    visit.complaints[:] = [text for text in visit.complaints if not any(part in text for part in expected)]


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


@pytest.mark.parametrize(("choice", "kept"), [("Keep mine (2)", 2), ("Take theirs (0)", 0)])
def test_two_people_on_the_same_question_see_both_marks(
    visit: Visit, api: ApiClient, sheet: Sheet, colleague: Page, choice: str, kept: float
) -> None:
    finn = sheet(f"Finn {kept}")
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
    assert by_person(api, finn) == {"1": kept, "2": 2}
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
    typed(page, "0", "Enter", "n", "2", "Enter")
    for question in ("1", "2"):
        expect(card(page, question)).to_contain_text("Not saved yet: no connection")
    expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
    expect(page.locator(".total")).to_contain_text("5 / 10 50% not saved yet")
    assert violations(page) == []
    # Beyond what one request is tried: the queue tries again by itself.
    while len(failed) < 6:
        page.wait_for_timeout(50)
    context.set_offline(False)
    eventually(lambda: by_person(api, dan), {"1": 0, "2": 2})
    expect(card(page, "1")).to_contain_text("Saved")
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    expect(page.locator(".total")).not_to_contain_text("not saved yet")
    without_network_errors(visit)


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
    without_network_errors(visit)


def test_a_reload_asks_and_loses_no_mark_that_is_not_saved(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    ida = sheet("Ida")
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    look(page, visit.url, ida)
    typed(page, "0", "Enter", "n", "2", "Enter")
    expect(page.locator("#saving")).to_contain_text("2 changes: Not saved yet")
    said: list[str] = []
    page.once("dialog", lambda dialog: (said.append(dialog.type), dialog.accept()))
    page.reload()
    assert said == ["beforeunload"]
    expect(card(page, "1")).to_contain_text("Not saved yet")
    expect(page.locator(".total strong")).to_have_text("5")
    assert by_person(api, ida) == {}
    page.unroute("**/marks/*")
    page.get_by_role("button", name="Try now").click()
    eventually(lambda: by_person(api, ida), {"1": 0, "2": 2})
    # Nothing of it stays in the browser, and nothing is asked any more.
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert page.evaluate("sessionStorage.length") == 0
    page.once("dialog", lambda dialog: (said.append(dialog.type), dialog.accept()))
    page.reload()
    assert said == ["beforeunload"]
    without_network_errors(visit)


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
    without_network_errors(visit)


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
    without_network_errors(visit)


def test_a_text_being_typed_outlives_the_answer_to_another_change(visit: Visit, api: ApiClient, sheet: Sheet) -> None:
    leo = sheet("Leo")
    page = visit.page
    look(page, visit.url, leo)
    held = hold_first(page, "**/marks/*")
    typed(page, "0", "Enter", "j", "e")
    field = page.get_by_role("textbox", name="What the answer to 2 says")
    page.keyboard.type(" m/s")
    page.keyboard.press("ArrowLeft")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
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
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("#saving")).to_have_text("All changes are saved.")
    assert by_person(api, mia) == {"1": 0}
    assert api._json("GET", f"/submissions/{mia}")["edition"].endswith(".1")
    page.keyboard.press("u")
    expect(card(page, "1")).to_contain_text("Marked by rule")
    assert by_person(api, mia) == {}


def test_a_typed_mark_is_asked_for_before_the_sheet_is_left(visit: Visit, sheet: Sheet) -> None:
    nora = sheet("Nora")
    page = visit.page
    look(page, visit.url, nora)
    typed(page, "2")
    card(page, "2").click()
    field = page.get_by_role("textbox", name="Mark for 1")
    expect(field).to_have_value("2")
    expect(card(page, "1").get_by_role("alert")).to_contain_text("Not saved yet")
    assert asked(page, lambda: page.keyboard.press("o"), stay=True) == "confirm"
    expect(field).to_have_value("2")
    assert page.url.endswith(f"/s/{nora}/1")
    assert asked(page, lambda: page.keyboard.press("o"), stay=False) == "confirm"
    expect(page.locator(".sheets tbody tr").first).to_be_visible()


def test_edits_of_the_paper_are_asked_for_before_they_are_lost(visit: Visit, sheet: Sheet) -> None:
    page = visit.page
    visit.go("a/speed/paper")
    page.get_by_role("button", name="Correct questions").click()
    title = page.get_by_role("textbox", name="Title of the paper")
    title.press_sequentially("A better title")
    edited = title.input_value()
    link = page.locator("#trail").get_by_role("link", name="speed")
    assert asked(page, link.click, stay=True) == "confirm"
    expect(title).to_have_value(edited)
    assert page.url.endswith("#/a/speed/paper")
    reload = "() => void setTimeout(() => location.reload())"
    assert asked(page, lambda: page.evaluate(reload), stay=True) == "beforeunload"
    expect(title).to_have_value(edited)
    assert asked(page, link.click, stay=False) == "confirm"
    expect(page.locator(".places")).to_be_visible()
    # Without edits nobody is asked: a dialog would fail the click that follows.
    visit.go("a/speed/paper")
    page.get_by_role("button", name="Correct questions").click()
    page.locator("#trail").get_by_role("link", name="speed").click()
    expect(page.locator(".places")).to_be_visible()


def test_edits_of_the_settings_are_asked_for_before_they_are_lost(visit: Visit) -> None:
    page = visit.page
    visit.go()
    page.get_by_text("Settings", exact=True).click()
    limit = page.get_by_role("spinbutton", name="At most this many dollars")
    limit.fill("77")
    page.get_by_label("A new assessment").fill("elsewhere")
    begin = page.get_by_role("button", name="Begin")
    assert asked(page, begin.click, stay=True) == "confirm"
    expect(limit).to_have_value("77")
    assert asked(page, begin.click, stay=False) == "confirm"
    expect(page.locator(".places")).to_be_visible()


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


def test_signing_out_asks_and_then_leaves_nothing(
    visit: Visit, sheet: Sheet, cloud: LocalCloud, context: BrowserContext
) -> None:
    issuer = Issuer(cloud, f"{cloud.api_url}/issuer")
    issuer.serve(context)
    page = visit.page
    page.route("**/marks/*", lambda route: route.abort())
    look(page, visit.url, sheet("Quin"))
    typed(page, "0", "Enter")
    expect(card(page, "1")).to_contain_text("Not saved yet")
    out = page.get_by_role("button", name="Sign out")
    assert asked(page, out.click, stay=True) == "confirm"
    expect(card(page, "1")).to_contain_text("Not saved yet")
    assert asked(page, out.click, stay=False) == "confirm"
    page.wait_for_url(f"{issuer.address}/logout?**")
    assert page.evaluate("sessionStorage.length") == 0
    without_network_errors(visit)


def test_a_sign_in_that_has_ended_loses_no_mark_and_asks_nothing(
    visit: Visit, api: ApiClient, sheet: Sheet, cloud: LocalCloud, context: BrowserContext
) -> None:
    issuer = Issuer(cloud, f"{cloud.api_url}/issuer")
    issuer.serve(context)
    rob = sheet("Rob")
    page = visit.page
    look(page, visit.url, rob)
    issuer.forgets = True
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
    typed(page, "0", "Enter")
    # The issuer is played by this test: it answers while the page is waited for, not while the server is asked.
    expect(card(page, "1")).to_contain_text("Marked by teacher")
    assert by_person(api, rob) == {"1": 0}
    assert [asked["response_type"] for asked in issuer.asked if "response_type" in asked] == ["code", "code"]
    assert dialogs == []
    expected = ("401", "400")
    visit.complaints[:] = [text for text in visit.complaints if not any(part in text for part in expected)]


def asked(page: Page, does: Callable[[], Any], *, stay: bool) -> str:
    """The kind of dialog that something raises, answered."""
    page.once("dialog", lambda dialog: dialog.dismiss() if stay else dialog.accept())
    with page.expect_event("dialog") as raised:
        does()
    kind: str = raised.value.type
    return kind
