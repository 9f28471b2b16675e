"""`report.html` in a real browser, opened from the disk: the page's own views of what stands in the file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.models.result import SheetResult
from core.models.submission import DocumentKind
from local.cli.report import write_report
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile
from tests.browser.test_accessibility import violations
from tests.cli.sample_class import PAPER, boxes, pdf, picture, result, sheet, status_document, transcript

Open = Callable[..., Page]


def marked(path: Path, student: str, number: int, given: SheetResult | None = None) -> SubmittedFile:
    one = sheet(path, student, result=given or result())
    document = status_document(f"{number:032x}", student=student, result=(given or result()).to_dict())
    status = SubmissionStatus.from_dict(document)
    return replace(one, id=document["id"], status=status, graded_submission=status)


@pytest.fixture
def opened(context: BrowserContext, tmp_path: Path) -> Iterator[Open]:
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    def show(sheets: list[SubmittedFile], **more: Any) -> Page:
        told = {"assessment": "rivers", "title": "Rivers and rain", "made_at": "2 March 2026", "paper": PAPER, **more}
        write_report(tmp_path / "report.html", sheets=sheets, **told)
        page.goto((tmp_path / "report.html").as_uri())
        return page

    yield show
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_what_a_model_claimed_without_showing_it_stands_at_its_criterion(opened: Open, tmp_path: Path) -> None:
    said = "The model’s verdict is “met”, but it quotes nothing that shows it: no credit."
    given = result(marks_in_review=True)
    *questions, rain = given.questions
    claimed = replace(rain, criteria=(*rain.criteria[:2], replace(rain.criteria[2], note=said)))
    page = opened([marked(picture(tmp_path / "a.png"), "Mina", 1, replace(given, questions=(*questions, claimed)))])
    page.get_by_role("link", name="Look at the doubts").click()
    expect(page.locator(".criteria li").filter(has_text="names condensation")).to_contain_text(said)


def test_all_sheets_then_each_answer_beside_its_picture(opened: Open, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png")
    notes = ["Those marks are provisional."]
    page = opened([marked(image, "Mina Okafor", 1, result(marks_in_review=True)), marked(image, "Abe", 2)], notes=notes)

    expect(page.get_by_role("heading", level=1)).to_have_text("Rivers and rain")
    expect(page.locator(".facts")).to_contain_text("answer to look at")
    expect(page.get_by_text(notes[0])).to_be_visible()
    expect(page.locator(".board li")).to_have_count(2)
    expect(page.locator(".board li").first).to_contain_text("0.55 s saved")
    assert violations(page) == []

    page.get_by_role("link", name="Look at the doubts").click()
    answer = page.locator("article[data-question='3.b']")
    for words in (
        "Explain why it rains in the hills.",
        "Air goes up over the hills and gets",
        "Two of three points were found.",
        "vapour condenses as it cools",
        "vapour becomes drops",
        "Marked by key points (provisional) · confidence 55%",
        "This answer lies between two marks.",
        "Say what condensation is.",
    ):
        expect(answer).to_contain_text(words)
    expect(page.locator(".paper img")).to_be_visible()
    expect(page.locator(".box.lit")).to_have_count(len(boxes()["3.b"]))
    assert violations(page) == []


def test_it_is_walked_by_keys_and_cannot_be_changed(opened: Open, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png")
    page = opened([marked(image, "Abe", 1), marked(image, "Mina", 2, result(marks_in_review=True))])
    page.get_by_role("link", name="Abe").click()
    expect(page.locator(".sheet-head h2")).to_have_text("Abe")

    page.keyboard.press("n")
    expect(page.locator(".sheet-head h2")).to_have_text("Mina")
    expect(page.locator(".answer.lit h3")).to_have_text("3(b)")
    for key in ("m", "e", "4", "Enter", "u"):
        page.keyboard.press(key)
    expect(page.locator("input, textarea")).to_have_count(0)
    for words in ("Undo", "Erase", "Correct the reading", "is right", "Feedback"):
        expect(page.get_by_role("button", name=words)).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).not_to_contain_text("undo")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator(".sheets tbody tr")).to_have_count(2)


def test_a_corrected_reading_shows_what_had_been_read(opened: Open, tmp_path: Path) -> None:
    given = result()
    corrected = (replace(given.questions[0], read_as="<b>8"), replace(given.questions[1], read_as=""))
    page = opened([marked(picture(tmp_path / "a.png"), "Mina", 1, replace(given, questions=corrected))])
    page.get_by_role("link", name="Mina").click()
    expect(page.locator("article[data-question='1']")).to_contain_text("it had been read as <b>8")
    expect(page.locator("article[data-question='2']")).to_contain_text("nothing had been read")


def test_what_strangers_wrote_stays_text(opened: Open, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=\"document.title='run'\">"
    given = result()
    evil = replace(given.questions[3], answer=hostile, reason=hostile, feedback=hostile)
    bad = replace(given, questions=(*given.questions[:3], evil), leftover=hostile, warnings=(hostile,))
    refused = SubmittedFile(tmp_path / "x.pdf", DocumentKind.ANSWER_SHEET, "Xaver", refusal=hostile)
    paper = replace(PAPER, questions=tuple(replace(one, text=hostile) for one in PAPER.questions))

    page = opened([marked(picture(tmp_path / "a.png"), hostile, 1, bad), refused], title=hostile, paper=paper)
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    expect(page.locator(".sheets tbody tr").filter(has_text="Xaver")).to_contain_text(f"not accepted: {hostile}")
    page.locator(".sheets tbody a").first.click()
    expect(page.locator(".sheet-head h2")).to_have_text(hostile)
    expect(page.locator("article[data-question='3.b'] blockquote")).to_have_text(hostile)
    assert page.title() != "run"


def test_every_page_and_where_one_is_left_out_its_words(opened: Open, tmp_path: Path) -> None:
    long, gone = marked(pdf(tmp_path / "long.pdf", 3), "Long", 1), marked(tmp_path / "gone.png", "Gone", 2)
    long.transcript = transcript(3)
    page = opened([long, gone])
    page.get_by_role("link", name="Long").click()
    for number in (1, 2, 3):
        shown = page.get_by_alt_text(f"Page {number} of the sheet")
        page.get_by_text(f"Page {number} of 3").scroll_into_view_if_needed()
        expect(shown).to_be_visible()
    page.keyboard.press("o")
    page.get_by_role("link", name="Gone").click()
    expect(page.locator(".words")).to_contain_text("it was left out of this file")
    expect(page.locator(".words pre")).to_contain_text("12 / 4 = 3 m/s")
