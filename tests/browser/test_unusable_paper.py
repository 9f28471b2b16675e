"""A question paper that cannot be used: the page reports it at the paper and at the sheets, with a remedy."""

from playwright.sync_api import expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.science_class import PAPER, File, drop
from tests.documents import typed_pdf

LETTER = typed_pdf(["Dear parents,", "in May we go to the museum. Please bring a rain coat.", "Yours, A. Brown"])
SHEET = typed_pdf(["1. B", "2. True", "3. 12.5 m/s", "4. Metal is a better conductor"])
NOTHING = "No question was found in this file."


def test_a_wrong_file_is_reported_and_replaced_by_the_right_one(visit: BrowserSession) -> None:
    page = visit.page
    visit.go("a/wrong-paper")
    drop(page, "answer_sheet", File("Ada.pdf", SHEET))
    row = page.locator("table.marks tbody tr")
    expect(row).to_contain_text("waiting for its question paper")
    expect(row).not_to_contain_text("cannot be used")

    drop(page, "question_paper", File("letter.pdf", LETTER))

    paper = page.locator('.place[data-role="question_paper"]')
    expect(paper.locator(".problem")).to_contain_text(NOTHING)
    expect(paper.locator(".problem")).to_contain_text("Send another file")
    expect(row).to_contain_text(f"The question paper cannot be used: {NOTHING}")
    expect(row).to_contain_text("The sheet is kept; it is marked when another question paper is there.")
    expect(page.locator('.place[data-role="answer_sheet"]')).to_contain_text("1 sheet waits for another question paper")
    visit.go("a/wrong-paper/paper")
    expect(page.locator(".page-message")).to_contain_text(NOTHING)

    visit.go("a/wrong-paper")
    drop(page, "question_paper", File("paper.pdf", PAPER))

    expect(paper).to_contain_text("4 questions, 6 marks")
    expect(paper.locator(".problem")).to_have_count(0)
    expect(row.get_by_role("link", name="Ada")).to_be_visible()


def test_a_wrong_file_does_not_replace_a_good_paper(visit: BrowserSession) -> None:
    visit.go("a/kept-paper")
    drop(visit.page, "question_paper", File("paper.pdf", PAPER))
    paper = visit.page.locator('.place[data-role="question_paper"]')
    expect(paper).to_contain_text("4 questions, 6 marks")

    drop(visit.page, "question_paper", File("letter.pdf", LETTER))

    expect(paper.locator(".problem")).to_contain_text("The question paper that was there before still counts.")
    expect(paper).to_contain_text("4 questions, 6 marks")


def test_an_erased_key_does_not_hide_the_problem_of_an_earlier_one(visit: BrowserSession, api: ApiClient) -> None:
    visit.go("a/erased-key")
    drop(visit.page, "question_paper", File("paper.pdf", PAPER))
    key = visit.page.locator('.place[data-role="answer_key"]')
    expect(visit.page.locator('.place[data-role="question_paper"]')).to_contain_text("4 questions, 6 marks")
    drop(visit.page, "answer_key", File("letter.pdf", LETTER))
    expect(key.locator(".problem")).to_contain_text("No answer was found")

    other = api.submit("erased-key", "answer_key", typed_pdf(["Another letter."]), media_type="application/pdf")
    api._json("DELETE", f"/submissions/{other.id}")
    visit.page.reload()

    expect(visit.page.locator('.place[data-role="question_paper"]')).to_contain_text("4 questions, 6 marks")
    expect(key.locator(".problem")).to_contain_text("No answer was found")
