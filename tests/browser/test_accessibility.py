"""The page is accessible: with axe-core, without a mouse, on a small screen, and with two hundred sheets."""

import uuid
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.encryption import TextCipher
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from local.cli.api_client import ApiClient
from local.cloud.local_cloud import LocalCloud
from tests.browser.conftest import BrowserSession
from tests.browser.page_steps import violations
from tests.browser.science_class import GOOD, prepare_assessment, sheet_row, submit_marked_sheet

QUESTIONS = 12


@pytest.fixture(scope="module")
def marked_sheet(cloud: LocalCloud) -> tuple[str, str]:
    """An assessment with one marked sheet, one of whose answers needs review; its name and the sheet's id."""
    name = "for-everybody"
    with ApiClient(cloud.api_url, cloud.token()) as api:
        prepare_assessment(api, name)
        return name, submit_marked_sheet(api, name, "Ada", GOOD)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation_in_any_view(
    cloud: LocalCloud, context: BrowserContext, marked_sheet: tuple[str, str], scheme: Any
) -> None:
    name, sheet = marked_sheet
    page = context.new_page()
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for address, selector in (
        ("", "h1"),
        ("a/not-begun", ".places"),
        (f"a/{name}", ".sheets tbody tr"),
        (f"a/{name}/paper", ".tree li"),
        (f"a/{name}/s/{sheet}", ".paper img"),
    ):
        page.goto(f"{cloud.api_url}/#/{address}")
        expect(page.locator(selector).first).to_be_visible()
        assert violations(page) == [], address
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == [], "keys"
    page.close()


def test_every_control_is_reachable_by_keyboard(visit: BrowserSession, marked_sheet: tuple[str, str]) -> None:
    name, _ = marked_sheet
    page = visit.page
    visit.go(f"a/{name}")
    expect(page.locator(".sheets tbody tr")).to_have_count(1)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.textContent || document.activeElement.id).trim()"))
    for wanted in ("Marks as CSV", "Ada", "Review 1 answer", "choose-answer_sheet", "choose-question_paper", "find"):
        assert wanted in reached, (wanted, reached)


def test_the_page_fits_a_phone_screen(
    cloud: LocalCloud, context: BrowserContext, marked_sheet: tuple[str, str]
) -> None:
    name, sheet = marked_sheet
    page = context.new_page()
    page.set_viewport_size({"width": 375, "height": 740})
    for address, selector in (("", "h1"), (f"a/{name}", ".sheets tbody tr"), (f"a/{name}/s/{sheet}", ".paper img")):
        page.goto(f"{cloud.api_url}/#/{address}")
        expect(page.locator(selector).first).to_be_visible()
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, address
    page.close()


def test_unchanged_rows_of_two_hundred_sheets_are_not_redrawn(visit: BrowserSession, cloud: LocalCloud) -> None:
    write_sheets(cloud, "two-hundred", 200)
    page = visit.page
    visit.go("a/two-hundred")
    expect(page.locator(".sheets tbody tr")).to_have_count(200)
    # The list is polled; elements that have not changed must not be touched.
    page.evaluate(
        """() => {
            window.touched = 0;
            new MutationObserver((all) => (window.touched += all.length)).observe(
                document.querySelector(".sheets tbody"), { childList: true, subtree: true, characterData: true });
        }"""
    )
    with page.expect_response(lambda answer: "/submissions?" in answer.url, timeout=30_000):
        pass
    page.wait_for_timeout(300)
    assert page.evaluate("window.touched") == 0
    page.get_by_label("only those to review").check()
    expect(page.locator(".sheets tbody tr")).to_have_count(100)
    page.get_by_label("Find a student").fill("student 07")
    expect(page.locator(".sheets tbody tr")).to_have_count(3)
    page.get_by_role("button", name="Total").click()
    totals = [float(text) for text in page.locator(".sheets tbody tr td.sum:nth-child(2)").all_inner_texts()]
    assert totals == sorted(totals, reverse=True)


def test_another_tenant_sees_nothing(cloud: LocalCloud, context: BrowserContext, marked_sheet: tuple[str, str]) -> None:
    name, sheet = marked_sheet
    page = context.new_page()
    page.route(
        "**/config.json",
        lambda route: route.fulfill(json={"apiUrl": "", "token": cloud.token("elsewhere", "stranger"), "local": True}),
    )
    page.goto(f"{cloud.api_url}/#/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Assessments")
    expect(page.locator(".cards li")).to_have_count(0)
    page.goto(f"{cloud.api_url}/#/a/{name}")
    expect(page.locator(".places")).to_be_visible()
    expect(sheet_row(page, "Ada")).to_have_count(0)
    page.goto(f"{cloud.api_url}/#/a/{name}/s/{sheet}")
    expect(page.locator(".page-message")).to_contain_text("There is no")
    page.close()


def write_sheets(cloud: LocalCloud, assessment: str, number: int) -> None:
    """Write the records of marked sheets to the table; every second sheet needs review."""
    function = cloud.stack.functions["ResultsFunction"].environment
    table = Table(cloud.client("dynamodb"), function["TABLE"])
    cipher = TextCipher(function["IDENTITY_SECRET"].encode())
    assessment_repository.register_assessment(table, "demo", assessment)
    for index in range(number):
        submission_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{assessment}/{index}").hex
        student = cipher.encrypt(f"Student {index // 5:02d}-{index % 5}", associated_data=submission_id)
        file = SourceFile("temp", f"incoming/{submission_id}", "v", 1, "ab" * 32, "application/pdf")
        at = f"2026-01-31T08:{index // 60:02d}:{index % 60:02d}.000Z"
        one = Submission(
            submission_id, 1, "demo", assessment, DocumentKind.ANSWER_SHEET, student, IntakeChannel.API, at, file
        )
        questions = [
            {
                "question": str(asked),
                "label": str(asked),
                "marks": (index + asked) % 3,
                "max_marks": 2,
                "review": ["borderline"] if index % 2 and asked == 1 else [],
                "counted": True,
                "answered": True,
            }
            for asked in range(1, QUESTIONS + 1)
        ]
        state = SubmissionState.NEEDS_REVIEW if index % 2 else SubmissionState.GRADED
        marks = sum(question["marks"] for question in questions)
        attributes = {"marks": marks, "max_marks": 2 * QUESTIONS, "question_marks": questions, "review": []}
        submission_repository.create_record(table, one, state, OutcomeAttributes.from_item(attributes))
