"""What a teacher does on the page, done in a browser: drop, watch, look, change, take home."""

import base64
import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import release_request
from tests.documents import picture, typed_pdf

PAPER = typed_pdf(
    [
        "Science test    Total: 6 marks",
        "1. Which gas do plants take in?  [1]",
        "A  oxygen",
        "B  carbon dioxide",
        "C  nitrogen",
        "2. True or false: sound travels faster in water than in air.  [1]",
        "3. A car drives 150 m in 12 s. Calculate its speed. Give the unit.  [2]",
        "4. Why does metal feel colder than wood?  [2]",
    ]
)
SCHEME = b"""
questions:
  - {question: "1", type: choice, marks: 1, answer: B}
  - {question: "2", type: true_false, marks: 1, answer: true}
  - {question: "3", type: numeric, marks: 2, answer: 12.5, unit: m/s, tolerance: 1%}
  - question: "4"
    type: text
    marks: 2
    criteria:
      - {text: Metal is a better conductor than wood, marks: 1}
      - {text: Heat leaves the hand faster, marks: 1}
"""
# Each of them wants a person for one answer: a unit that is missing.
GOOD = ("1. B", "2. True", "3. 12.5", "4. Metal is a better conductor so heat leaves the hand faster")
WEAK = ("1. A", "2. True", "3. 12.5", "4. Because it is cold")


@dataclass(frozen=True)
class File:
    name: str
    body: bytes
    media_type: str = "application/pdf"


def drop(page: Page, place: str, *files: File) -> None:
    """Files dropped on one of the three places, as a hand with a mouse drops them."""
    handle = page.evaluate_handle(
        """(files) => {
            const data = new DataTransfer();
            for (const { name, type, body } of files) {
                const bytes = Uint8Array.from(atob(body), (one) => one.charCodeAt(0));
                data.items.add(new File([bytes], name, { type }));
            }
            return data;
        }""",
        [{"name": one.name, "type": one.media_type, "body": base64.b64encode(one.body).decode()} for one in files],
    )
    page.locator(f'.place[data-role="{place}"]').dispatch_event("drop", {"dataTransfer": handle})


def prepare(api: ApiClient, assessment: str) -> None:
    api.put_scheme(assessment, SCHEME, "application/yaml")
    paper = api.submit(assessment, "question_paper", PAPER, media_type="application/pdf")
    assert api.submission(paper.id, wait=20).state == "READY"


def marked(api: ApiClient, assessment: str, student: str, lines: tuple[str, ...]) -> str:
    """A marked sheet; its id."""
    body = picture([f"{student} of {assessment}", *lines])
    receipt = api.submit(assessment, "answer_sheet", body, media_type="image/png", student=student)
    for _ in range(6):
        if api.submission(receipt.id, wait=10).ended:
            return receipt.id
    raise AssertionError("the sheet was not marked")


def row(page: Page, student: str) -> Locator:
    return page.locator(".sheets tbody tr", has_text=student)


def test_a_class_from_the_drop_to_the_csv(visit: BrowserSession, tmp_path: Path) -> None:
    page = visit.page
    visit.go()
    page.get_by_label("A new assessment").fill("class-10a")
    page.get_by_role("button", name="Begin").click()
    drop(page, "question_paper", File("paper.pdf", PAPER))
    drop(page, "answer_key", File("scheme.yaml", SCHEME, "application/yaml"))
    sheets = [File(f"{name}.png", picture([name, *GOOD]), "image/png") for name in ("Ada", "Ben")]
    drop(page, "answer_sheet", *sheets)

    # The lanes are seen while they run, side by side.
    lanes = page.locator(".board li", has_text="Ada").locator("svg.lanes")
    expect(lanes.locator(".lane.reading")).to_be_visible()
    expect(lanes.locator(".lane.storing")).to_be_visible()
    for name in ("Ada", "Ben"):
        expect(row(page, name).locator("td").nth(4)).to_have_text("1", timeout=60_000)
    expect(page.locator(".board li", has_text="Ada")).to_contain_text("marked")
    expect(page.locator(".uploads li")).to_have_count(0)

    # To the first doubtful answer: its lines are lit on the page, its mark is changed by keyboard.
    page.get_by_role("link", name="Look at 2 answers").click()
    doubt = page.locator("article.answer.lit")
    expect(doubt.get_by_role("heading")).to_have_text("3")
    expect(page.locator(".overlay .box.lit")).to_be_visible()
    expect(page.locator(".paper img")).to_be_visible()
    total = page.locator(".sheet-head .total strong")
    before = float(total.inner_text())
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(total).to_have_text(f"{before + 1:g}")
    expect(doubt).to_contain_text("Marked by teacher")
    expect(doubt).to_contain_text("the machine gave 1")

    # On to the other sheet's, agreed with; then home, where everything is still there after a reload.
    page.keyboard.press("n")
    expect(page.locator(".sheet-head h2")).to_have_text("Ben")
    expect(page.locator("article.answer.lit").get_by_role("heading")).to_have_text("3")
    page.keyboard.press("Enter")
    expect(page.locator("nav.bar")).to_contain_text("nothing to look at")
    page.keyboard.press("o")
    page.reload()
    expect(row(page, "Ada").locator(".sum").first).to_have_text(f"{before + 1:g}")
    expect(page.locator(".facts .look")).to_have_count(0)

    with page.expect_download() as download:
        page.get_by_role("button", name="Marks as CSV").click()
    saved = tmp_path / "marks.csv"
    download.value.save_as(saved)
    found = {one["student"]: one for one in csv.DictReader(saved.open())}
    assert found["Ada"]["Q3"] == "2"
    assert found["Ada"]["state"] == "GRADED"
    assert float(found["Ada"]["marks"]) == before + 1


def test_a_change_is_undone(visit: BrowserSession, api: ApiClient) -> None:
    prepare(api, "undo")
    sheet = marked(api, "undo", "Ada", GOOD)
    page = visit.page
    visit.go(f"a/undo/s/{sheet}/1")
    total = page.locator(".sheet-head .total strong")
    before = total.inner_text()
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(total).not_to_have_text(before)
    page.keyboard.press("u")
    expect(total).to_have_text(before)
    expect(page.locator("article.answer").first).to_contain_text("Marked by rule")
    # A mark that the question cannot have stays in the field, with what it can have.
    page.keyboard.press("m")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("0 to 1")
    page.keyboard.press("Escape")
    expect(total).to_have_text(before)


def test_a_reading_is_corrected_marked_again_and_undone(visit: BrowserSession, api: ApiClient) -> None:
    prepare(api, "misread")
    sheet = marked(api, "misread", "Ada", GOOD)
    page = visit.page
    visit.go(f"a/misread/s/{sheet}/1")
    first = page.locator("article.answer").first
    total = page.locator(".sheet-head .total strong")
    before = float(total.inner_text())
    words = first.locator("blockquote").inner_text()
    page.keyboard.press("e")
    field = page.get_by_role("textbox", name="What the answer to 1 says")
    expect(field).to_be_focused()
    expect(field).to_have_value(words)
    # Other keys are letters here, and Escape leaves everything as it was.
    page.keyboard.type("nnn")
    page.keyboard.press("Escape")
    expect(first.locator("blockquote")).to_have_text(words)
    page.keyboard.press("e")
    field.fill("A  <b>oxygen</b>")
    page.keyboard.press("Control+Enter")
    expect(total).to_have_text(f"{before - 1:g}")
    expect(first.locator("blockquote")).to_have_text("A  <b>oxygen</b>")
    expect(first.locator(".read")).to_contain_text("corrected by teacher")
    expect(first.locator(".read del")).to_have_text(words)
    expect(first).to_be_focused()
    page.reload()
    expect(first.locator(".read del")).to_have_text(words)
    page.keyboard.press("e")
    field.fill(words)
    page.get_by_role("button", name="Mark again").click()
    expect(total).to_have_text(f"{before:g}")
    page.keyboard.press("u")
    expect(first.locator("blockquote")).to_have_text("A  <b>oxygen</b>")
    expect(total).to_have_text(f"{before - 1:g}")


def test_marking_begins_before_the_pages_are_there(visit: BrowserSession, api: ApiClient) -> None:
    prepare(api, "quick-hands")
    sheet = marked(api, "quick-hands", "Ada", GOOD)
    page = visit.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/transcript*", hold)
    visit.go(f"a/quick-hands/s/{sheet}/1")
    total = page.locator(".sheet-head .total strong")
    before = float(total.inner_text())
    page.keyboard.press("0")
    # What was read comes while the mark is being typed: it goes on being typed.
    release_request(page, held)
    expect(page.locator(".overlay .box.lit")).to_be_visible()
    page.keyboard.press("Enter")
    expect(total).to_have_text(f"{before - 1:g}")


def test_somebody_elses_change_is_not_overwritten(visit: BrowserSession, api: ApiClient) -> None:
    prepare(api, "two-people")
    sheet = marked(api, "two-people", "Ada", GOOD)
    page = visit.page
    visit.go(f"a/two-people/s/{sheet}/1")
    expect(page.locator(".paper img")).to_be_visible()
    api._json("PATCH", f"/submissions/{sheet}/marks/1", json={"marks": 0.5})
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    said = page.locator("article[data-question='1']").get_by_role("alert")
    expect(said).to_contain_text("teacher has set 0.5 / 1 meanwhile. Yours is not saved: 0.")
    assert [one.marks for one in api.submission(sheet).result.questions][:3] == [0.5, 1, 1]  # type: ignore[union-attr]
    visit.complaints[:] = [text for text in visit.complaints if "412" not in text]


def test_an_upload_goes_on_by_itself_after_a_lost_connection(visit: BrowserSession, api: ApiClient) -> None:
    page = visit.page
    visit.go("a/lost-connection")
    lost: list[str] = []

    def refuse_twice(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route(re.compile(r"/submissions\?"), refuse_twice)
    drop(page, "question_paper", File("paper.pdf", PAPER))
    expect(page.locator(".upload.paused")).to_contain_text("goes on by itself")
    expect(page.locator('.place[data-role="question_paper"]')).to_contain_text("4 questions, 6 marks", timeout=60_000)
    assert len(lost) == 2
    assert len(list(api.submissions("lost-connection"))) == 1
    visit.complaints[:] = [text for text in visit.complaints if "ERR_CONNECTION_RESET" not in text]


def test_a_large_file_goes_by_a_presigned_form_and_is_sent_again(visit: BrowserSession, api: ApiClient) -> None:
    """Over what an API body takes: a form to the bucket, lost once on its way."""
    page = visit.page
    visit.go("a/large")
    lost: list[str] = []

    def refuse_once(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route(re.compile(r"-temp-"), refuse_once)
    # What follows a PDF's end belongs to no page, but counts as bytes.
    drop(page, "question_paper", File("paper.pdf", PAPER + b"\n%" + b" " * 5_000_000))
    expect(page.locator('.place[data-role="question_paper"]')).to_contain_text("4 questions, 6 marks", timeout=60_000)
    assert len(lost) == 1
    (paper,) = api.submissions("large")
    assert paper.channel == "upload"
    visit.complaints[:] = [text for text in visit.complaints if "ERR_CONNECTION_RESET" not in text]


def test_what_cannot_be_read_is_said_beside_the_file(visit: BrowserSession, api: ApiClient) -> None:
    page = visit.page
    visit.go("a/refused")
    drop(page, "question_paper", File("notes.docx", b"PK", "application/octet-stream"))
    expect(page.locator(".notice.problem")).to_contain_text("notes.docx: only PDF, JPEG, PNG and TIFF can be read")
    drop(page, "answer_sheet", File("empty.pdf", b""))
    expect(page.locator(".upload.refused")).to_contain_text("The file is empty")
    drop(page, "answer_key", File("scheme.yaml", b"questions: 7", "application/yaml"))
    expect(page.locator(".upload.refused", has_text="scheme.yaml").get_by_role("alert")).not_to_be_empty()
    visit.complaints[:] = [text for text in visit.complaints if "422" not in text]


@pytest.mark.parametrize("name", ["<img src=x onerror=document.title='owned'>", "=HYPERLINK(1)", "Ωmega 李 <b>"])
def test_a_name_is_text_wherever_it_stands(visit: BrowserSession, api: ApiClient, name: str) -> None:
    assessment = f"names-{abs(hash(name)) % 1000}"
    prepare(api, assessment)
    sheet = marked(api, assessment, name, ("1. <script>B</script>", *GOOD[1:]))
    page = visit.page
    visit.go(f"a/{assessment}")
    expect(row(page, name)).to_be_visible()
    visit.go(f"a/{assessment}/s/{sheet}")
    expect(page.locator(".sheet-head h2")).to_have_text(name)
    assert page.locator("#content img[src='x'], #content script, #content b:not(.option b)").count() == 0
    assert "owned" not in page.title() or name in page.title()
