"""A teacher corrects the question tree and the marking on the page, and sheets are graded again."""

from playwright.sync_api import expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import graded_again, violations
from tests.browser.science_class import GOOD, prepare_assessment, submit_marked_sheet


def test_labels_marks_criteria_and_options_can_be_corrected(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "tree")
    sheet = submit_marked_sheet(api, "tree", "Ada", GOOD)
    before = api._json("GET", "/assessments/tree")
    page = visit.page
    visit.go("a/tree/paper")
    page.get_by_role("button", name="Correct questions").click()
    label = page.get_by_role("textbox", name="Label of 4")
    expect(page.get_by_role("textbox", name="Label of 1", exact=True)).to_be_focused()
    assert violations(page) == []
    # Other marks for a criterion, another text of an option, and a misread label.
    page.get_by_role("textbox", name="Option 1 of 1", exact=True).fill("<b>oxygen</b>")
    page.get_by_role("spinbutton", name="Marks of criterion 1 of 4").fill("2")
    page.get_by_role("spinbutton", name="Marks of 4").fill("3")
    label.fill("5")
    page.get_by_role("button", name="Save and mark again").click()
    expect(page.locator(".notice")).to_contain_text("Saved")
    expect(page.locator(".masthead")).to_contain_text("corrected by teacher")
    expect(page.locator(".tree")).to_contain_text("<b>oxygen</b>")
    after = api._json("GET", "/assessments/tree")
    assert [one["id"] for one in after["paper"]["questions"]] == ["1", "2", "3", "5"]
    assert after["revision"] == before["revision"] + 2
    entries = {entry["id"]: entry for entry in after["scheme"]["entries"]}
    assert set(entries) == {"1", "2", "3", "5"}
    assert entries["5"]["criteria"][0]["marks"] == 2
    assert entries["1"] == next(entry for entry in before["scheme"]["entries"] if entry["id"] == "1")
    found = graded_again(api, sheet, after["revision"])
    assert [one["question"] for one in found["result"]["questions"]] == ["1", "2", "3", "5"]


def test_removing_and_adding_questions_is_saved_as_a_whole(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "tree-2")
    page = visit.page
    visit.go("a/tree-2/paper")
    page.get_by_role("button", name="Correct questions").click()
    page.get_by_role("button", name="Remove 2", exact=True).click()
    page.get_by_role("button", name="Add a question").click()
    # The label of the new question has the focus.
    new_label = page.get_by_role("textbox", name="Label of new question")
    expect(new_label).to_be_focused()
    page.keyboard.type("6")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".tree > li")).to_have_count(4)
    page.get_by_role("button", name="Correct questions").click()
    page.get_by_role("button", name="Remove 2", exact=True).click()
    page.get_by_role("button", name="Add a question").click()
    page.keyboard.type("3")
    page.get_by_role("button", name="Save and mark again").click()
    expect(page.locator(".notice.problem")).to_contain_text("two questions would have the id 3")
    page.locator("input[aria-label='Label of new question']").fill("6")
    page.get_by_role("button", name="Save and mark again").click()
    expect(page.locator(".tree > li > .node strong")).to_have_text(["1", "3", "4", "6"])
    visit.complaints[:] = [text for text in visit.complaints if "422" not in text]


def test_another_users_correction_is_not_overwritten(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "tree-3")
    page = visit.page
    visit.go("a/tree-3/paper")
    page.get_by_role("button", name="Correct questions").click()
    current = api._json("GET", "/assessments/tree-3")
    api._json("PUT", "/assessments/tree-3/paper", json={**current["paper"], "title": "Theirs"})
    page.get_by_role("textbox", name="Title of the paper").fill("Ours")
    page.get_by_role("button", name="Save and mark again").click()
    expect(page.locator(".notice.problem")).to_contain_text("Somebody else has changed this paper")
    assert api._json("GET", "/assessments/tree-3")["paper"]["title"] == "Theirs"
    visit.complaints[:] = [text for text in visit.complaints if "412" not in text]
