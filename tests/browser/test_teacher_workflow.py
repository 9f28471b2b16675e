"""A teacher's workflow in a browser: upload, watch progress, review, change marks, export."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import release_request
from tests.browser.science_class import (
    GOOD,
    PAPER,
    SCHEME,
    File,
    drop,
    prepare_assessment,
    sheet_row,
    submit_marked_sheet,
)
from tests.documents import picture


def test_a_class_is_graded_from_upload_to_csv(visit: BrowserSession, tmp_path: Path) -> None:
    page = visit.page
    visit.go()
    page.get_by_label("New assessment").fill("class-10a")
    page.get_by_role("button", name="Create").click()
    drop(page, "question_paper", File("paper.pdf", PAPER))
    drop(page, "answer_key", File("scheme.yaml", SCHEME, "application/yaml"))
    sheets = [File(f"{name}.png", picture([name, *GOOD]), "image/png") for name in ("Ada", "Ben")]
    drop(page, "answer_sheet", *sheets)

    # The branches are shown while they run in parallel.
    chart = page.locator(".board li", has_text="Ada").locator("svg.branch-chart")
    expect(chart.locator(".branch.reading")).to_be_visible()
    expect(chart.locator(".branch.storing")).to_be_visible()
    for name in ("Ada", "Ben"):
        expect(sheet_row(page, name).locator("td").nth(4)).to_have_text("1", timeout=60_000)
    expect(page.locator(".board li", has_text="Ada")).to_contain_text("marked")
    expect(page.locator(".uploads li")).to_have_count(0)

    # The first answer to review: its lines are highlighted, and its mark is changed by keyboard.
    page.get_by_role("link", name="Review 2 answers").click()
    answer = page.locator("article.answer.lit")
    expect(answer.get_by_role("heading")).to_have_text("3")
    expect(page.locator(".overlay .box.lit")).to_be_visible()
    expect(page.locator(".paper img")).to_be_visible()
    total = page.locator(".sheet-head .total strong")
    before = float(total.inner_text())
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(total).to_have_text(f"{before + 1:g}")
    expect(answer).to_contain_text("Marked by teacher")
    expect(answer).to_contain_text("automatic mark 1")

    # The mark on the other sheet is confirmed; then the overview still has both after a reload.
    page.keyboard.press("n")
    expect(page.locator(".sheet-head h2")).to_have_text("Ben")
    expect(page.locator("article.answer.lit").get_by_role("heading")).to_have_text("3")
    page.keyboard.press("Enter")
    expect(page.locator("nav.bar")).to_contain_text("nothing to review")
    page.keyboard.press("o")
    page.reload()
    expect(sheet_row(page, "Ada").locator(".sum").first).to_have_text(f"{before + 1:g}")
    expect(page.locator(".facts .look")).to_have_count(0)

    with page.expect_download() as download:
        page.get_by_role("button", name="Marks as CSV").click()
    saved = tmp_path / "marks.csv"
    download.value.save_as(saved)
    found = {one["student"]: one for one in csv.DictReader(saved.open())}
    assert found["Ada"]["Q3"] == "2"
    assert found["Ada"]["state"] == "GRADED"
    assert float(found["Ada"]["marks"]) == before + 1


def test_a_change_can_be_undone(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "undo")
    sheet = submit_marked_sheet(api, "undo", "Ada", GOOD)
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
    # A mark that the question cannot have stays in the field, with the valid range.
    page.keyboard.press("m")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("0 to 1")
    page.keyboard.press("Escape")
    expect(total).to_have_text(before)


def test_an_answer_is_corrected_marked_again_and_undone(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "misread")
    sheet = submit_marked_sheet(api, "misread", "Ada", GOOD)
    page = visit.page
    visit.go(f"a/misread/s/{sheet}/1")
    first = page.locator("article.answer").first
    total = page.locator(".sheet-head .total strong")
    before = float(total.inner_text())
    words = first.locator("blockquote").inner_text()
    page.keyboard.press("e")
    field = page.get_by_role("textbox", name="Answer to 1")
    expect(field).to_be_focused()
    expect(field).to_have_value(words)
    # Shortcut keys are plain letters here, and Escape cancels.
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


def test_marking_can_begin_before_the_pages_are_loaded(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "quick-hands")
    sheet = submit_marked_sheet(api, "quick-hands", "Ada", GOOD)
    page = visit.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/transcript*", hold)
    visit.go(f"a/quick-hands/s/{sheet}/1")
    total = page.locator(".sheet-head .total strong")
    before = float(total.inner_text())
    page.keyboard.press("0")
    # The transcript arrives while the mark is being typed, and does not interrupt it.
    release_request(page, held)
    expect(page.locator(".overlay .box.lit")).to_be_visible()
    page.keyboard.press("Enter")
    expect(total).to_have_text(f"{before - 1:g}")


def test_another_users_change_is_not_overwritten(visit: BrowserSession, api: ApiClient) -> None:
    prepare_assessment(api, "two-people")
    sheet = submit_marked_sheet(api, "two-people", "Ada", GOOD)
    page = visit.page
    visit.go(f"a/two-people/s/{sheet}/1")
    expect(page.locator(".paper img")).to_be_visible()
    api._json("PATCH", f"/submissions/{sheet}/marks/1", json={"marks": 0.5})
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    alert = page.locator("article[data-question='1']").get_by_role("alert")
    expect(alert).to_contain_text("teacher has set 0.5 / 1 in the meantime. Yours is not saved: 0.")
    assert [one.marks for one in api.submission(sheet).result.questions][:3] == [0.5, 1, 1]  # type: ignore[union-attr]
    visit.complaints[:] = [text for text in visit.complaints if "412" not in text]


@pytest.mark.parametrize("name", ["<img src=x onerror=document.title='owned'>", "=HYPERLINK(1)", "Ωmega 李 <b>"])
def test_a_students_name_is_never_markup(visit: BrowserSession, api: ApiClient, name: str) -> None:
    assessment = f"names-{abs(hash(name)) % 1000}"
    prepare_assessment(api, assessment)
    sheet = submit_marked_sheet(api, assessment, name, ("1. <script>B</script>", *GOOD[1:]))
    page = visit.page
    visit.go(f"a/{assessment}")
    expect(sheet_row(page, name)).to_be_visible()
    visit.go(f"a/{assessment}/s/{sheet}")
    expect(page.locator(".sheet-head h2")).to_have_text(name)
    assert page.locator("#content img[src='x'], #content script, #content b:not(.option b)").count() == 0
    assert "owned" not in page.title() or name in page.title()
