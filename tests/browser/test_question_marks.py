"""The marks available for a question are changed on the page: they take effect even if the marking scheme states them,
and the page shows the source of the number."""

from playwright.sync_api import expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import card, graded_again, manual_marks, violations, wait_until_equal
from tests.browser.science_class import GOOD, prepare_assessment, submit_marked_sheet

SCHEME_WITH_MARKS = b"""
questions:
  - {question: "1", type: choice, marks: 1, answer: B}
  - {question: "2", type: true_false, answer: true}
  - {question: "3", type: numeric, marks: 3, answer: 12.5, unit: m/s, tolerance: 1%}
  - {question: "4", type: text, model_answer: Metal is a better conductor than wood}
"""


def test_changed_marks_override_those_of_the_scheme(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "worth")
    sheet = submit_marked_sheet(api, "worth", "Ada", GOOD)
    # The paper prints 2.
    api.put_scheme("worth", SCHEME_WITH_MARKS, "application/yaml")
    page = visit.page
    visit.go("a/worth/paper")
    question = page.locator(".tree > li", has_text="A car drives")
    expect(question.locator(".node")).to_contain_text("3 from the marking scheme; the paper prints 2")
    expect(page.locator(".masthead")).to_contain_text("7 marks")
    expect(page.locator(".reviews")).to_contain_text("3 is used")

    page.get_by_role("button", name="Correct questions").click()
    field = page.get_by_role("spinbutton", name="Marks of 3")
    expect(field).to_have_value("3")
    editing = page.locator(".edit-node", has=field)
    expect(editing).to_contain_text("from the marking scheme; the paper prints 2")
    # A number from the paper has no note on its source.
    expect(page.get_by_role("spinbutton", name="Marks of 2")).to_have_value("1")
    assert violations(page) == []
    field.fill("7")
    page.get_by_role("button", name="Save and mark again").click()
    expect(question.locator(".node")).to_contain_text("7")
    expect(question.locator(".node")).not_to_contain_text("the paper prints")
    expect(page.locator(".masthead")).to_contain_text("11 marks")

    assessment = api._json("GET", "/assessments/worth")
    assert next(one["marks"] for one in assessment["scheme"]["entries"] if one["id"] == "3") == 7
    assert assessment["maximum_marks"]["total"] == 11
    found = graded_again(api, sheet, assessment["revision"])
    assert {one["question"]: one["max_marks"] for one in found["result"]["questions"]}["3"] == 7
    assert found["max_marks"] == 11
    visit.go("a/worth")
    expect(page.locator(".sheets thead")).to_contain_text("3/ 7")
    expect(page.locator(".facts")).to_contain_text("11")
    expect(page.locator(".place[data-role=question_paper]")).to_contain_text("4 questions, 11 marks")


def test_marks_stated_only_by_the_paper_are_changed_in_the_paper(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "worth-2")
    api.put_scheme("worth-2", SCHEME_WITH_MARKS, "application/yaml")
    page = visit.page
    visit.go("a/worth-2/paper")
    page.get_by_role("button", name="Correct questions").click()
    page.get_by_role("spinbutton", name="Marks of 2").fill("4")
    page.get_by_role("button", name="Save and mark again").click()
    expect(page.locator(".masthead")).to_contain_text("10 marks")
    assessment = api._json("GET", "/assessments/worth-2")
    assert next(one for one in assessment["maximum_marks"]["questions"] if one["question"] == "2") == {
        "question": "2",
        "marks": 4,
        "source": "paper",
        "printed": 4,
    }
    assert next(one["marks"] for one in assessment["scheme"]["entries"] if one["id"] == "2") is None


def test_a_mark_above_the_new_maximum_cannot_be_confirmed(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "worth-3")
    sheet = submit_marked_sheet(api, "worth-3", "Ada", GOOD)
    edition = api._json("GET", f"/submissions/{sheet}")["edition"]
    manual_mark = {"json": {"marks": 2}, "headers": {"If-Match": f'"{edition}"'}}
    api._json("PATCH", f"/submissions/{sheet}/marks/3", **manual_mark)
    api.put_scheme("worth-3", SCHEME_WITH_MARKS.replace(b"marks: 3", b"marks: 1"), "application/yaml")
    graded_again(api, sheet, api._json("GET", "/assessments/worth-3")["revision"])
    page = visit.page
    page.goto(f"{visit.url}/#/a/worth-3/s/{sheet}/3")
    answer = card(page, "3")
    expect(answer).to_be_focused()
    expect(answer.locator(".awarded")).to_have_text("2 / 1")
    expect(answer).to_contain_text("needs review")
    expect(answer.get_by_role("button", name="Confirm")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("2 is more than question 3 is worth now. Set another mark.")
    expect(page.locator("#saving")).to_be_empty()
    answer.get_by_role("button", name="Set another mark").click()
    page.get_by_role("textbox", name="Mark for 3").fill("1")
    page.keyboard.press("Enter")
    wait_until_equal(lambda: manual_marks(api, sheet), {"3": 1})
    expect(answer).not_to_contain_text("needs review")
