"""`report.html` in a real browser, opened from disk: the page's own views with the data of the file."""

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from core.models.document_kinds import DocumentKind
from local.cli.submitted_files import SubmittedFile
from tests.browser.conftest import OpenReport
from tests.browser.page_steps import violations
from tests.browser.report_files import marked_file
from tests.cli.sample_class import PAPER, boxes, pdf, picture, result, transcript


def test_a_model_verdict_without_evidence_is_noted_at_its_criterion(open_report: OpenReport, tmp_path: Path) -> None:
    note = "The model’s verdict is “met”, but it quotes nothing that shows it: no credit."
    given = result(marks_in_review=True)
    *questions, rain = given.questions
    claimed = replace(rain, criteria=(*rain.criteria[:2], replace(rain.criteria[2], note=note)))
    page = open_report(
        [marked_file(picture(tmp_path / "a.png"), "Mina", 1, replace(given, questions=(*questions, claimed)))]
    )
    page.get_by_role("link", name="Review answers").click()
    expect(page.locator(".criteria li").filter(has_text="names condensation")).to_contain_text(note)


def test_the_report_shows_all_sheets_and_each_answer_with_its_image(open_report: OpenReport, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png")
    notes = ["Those marks are provisional."]
    page = open_report(
        [marked_file(image, "Mina Okafor", 1, result(marks_in_review=True)), marked_file(image, "Abe", 2)], notes=notes
    )

    expect(page.get_by_role("heading", level=1)).to_have_text("Rivers and rain")
    expect(page.locator(".facts")).to_contain_text("answer to review")
    expect(page.get_by_text(notes[0])).to_be_visible()
    expect(page.locator(".board li")).to_have_count(2)
    expect(page.locator(".board li").first).to_contain_text("0.55 s saved")
    assert violations(page) == []

    page.get_by_role("link", name="Review answers").click()
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


def test_the_report_is_navigable_by_keys_and_read_only(open_report: OpenReport, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png")
    page = open_report([marked_file(image, "Abe", 1), marked_file(image, "Mina", 2, result(marks_in_review=True))])
    page.get_by_role("link", name="Abe").click()
    expect(page.locator(".sheet-head h2")).to_have_text("Abe")

    page.keyboard.press("n")
    expect(page.locator(".sheet-head h2")).to_have_text("Mina")
    expect(page.locator(".answer.lit h3")).to_have_text("3(b)")
    for key in ("m", "e", "4", "Enter", "u"):
        page.keyboard.press(key)
    expect(page.locator("input, textarea")).to_have_count(0)
    for words in ("Undo", "Erase", "Correct the answer text", "Confirm", "Feedback"):
        expect(page.get_by_role("button", name=words)).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).not_to_contain_text("undo")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator(".sheets tbody tr")).to_have_count(2)


def test_a_corrected_answer_shows_the_recognised_text(open_report: OpenReport, tmp_path: Path) -> None:
    given = result()
    corrected = (replace(given.questions[0], read_as="<b>8"), replace(given.questions[1], read_as=""))
    page = open_report([marked_file(picture(tmp_path / "a.png"), "Mina", 1, replace(given, questions=corrected))])
    page.get_by_role("link", name="Mina").click()
    expect(page.locator("article[data-question='1']")).to_contain_text("recognised as <b>8")
    expect(page.locator("article[data-question='2']")).to_contain_text("nothing was recognised")


def test_untrusted_text_is_never_markup(open_report: OpenReport, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=\"document.title='run'\">"
    given = result()
    evil = replace(given.questions[3], answer=hostile, reason=hostile, feedback=hostile)
    bad = replace(given, questions=(*given.questions[:3], evil), leftover=hostile, warnings=(hostile,))
    refused = SubmittedFile(tmp_path / "x.pdf", DocumentKind.ANSWER_SHEET, "Xaver", refusal=hostile)
    paper = replace(PAPER, questions=tuple(replace(one, text=hostile) for one in PAPER.questions))

    page = open_report([marked_file(picture(tmp_path / "a.png"), hostile, 1, bad), refused], title=hostile, paper=paper)
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    expect(page.locator(".sheets tbody tr").filter(has_text="Xaver")).to_contain_text(f"not accepted: {hostile}")
    page.locator(".sheets tbody a").first.click()
    expect(page.locator(".sheet-head h2")).to_have_text(hostile)
    expect(page.locator("article[data-question='3.b'] blockquote")).to_have_text(hostile)
    assert page.title() != "run"


def test_every_page_is_shown_or_its_text_if_left_out(open_report: OpenReport, tmp_path: Path) -> None:
    long, gone = marked_file(pdf(tmp_path / "long.pdf", 3), "Long", 1), marked_file(tmp_path / "gone.png", "Gone", 2)
    long.transcript = transcript(3)
    page = open_report([long, gone])
    page.get_by_role("link", name="Long").click()
    for number in (1, 2, 3):
        shown = page.get_by_alt_text(f"Page {number} of the sheet")
        page.get_by_text(f"Page {number} of 3").scroll_into_view_if_needed()
        expect(shown).to_be_visible()
    page.keyboard.press("o")
    page.get_by_role("link", name="Gone").click()
    expect(page.locator(".words")).to_contain_text("it was left out of this file")
    expect(page.locator(".words pre")).to_contain_text("12 / 4 = 3 m/s")
