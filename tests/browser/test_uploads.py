"""Uploads on the page resume after a lost connection, and a refused file is listed with its reason."""

import re

from playwright.sync_api import Route, expect

from local.cli.api_client import ApiClient
from tests.browser.conftest import BrowserSession
from tests.browser.science_class import PAPER, File, drop


def test_an_upload_resumes_after_a_lost_connection(visit: BrowserSession, api: ApiClient) -> None:
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
    expect(page.locator(".upload.paused")).to_contain_text("resumes automatically")
    expect(page.locator('.place[data-role="question_paper"]')).to_contain_text("4 questions, 6 marks", timeout=60_000)
    assert len(lost) == 2
    assert len(list(api.submissions("lost-connection"))) == 1
    visit.complaints[:] = [text for text in visit.complaints if "ERR_CONNECTION_RESET" not in text]


def test_a_large_file_is_uploaded_by_form_and_retried(visit: BrowserSession, api: ApiClient) -> None:
    """A file above the limit of a request body goes to the bucket by a form; its first request fails."""
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
    # Bytes after the end of a PDF belong to no page, but add to the size.
    drop(page, "question_paper", File("paper.pdf", PAPER + b"\n%" + b" " * 5_000_000))
    expect(page.locator('.place[data-role="question_paper"]')).to_contain_text("4 questions, 6 marks", timeout=60_000)
    assert len(lost) == 1
    (paper,) = api.submissions("large")
    assert paper.channel == "upload"
    visit.complaints[:] = [text for text in visit.complaints if "ERR_CONNECTION_RESET" not in text]


def test_a_refused_file_is_listed_with_its_reason(visit: BrowserSession, api: ApiClient) -> None:
    page = visit.page
    visit.go("a/refused")
    drop(page, "question_paper", File("notes.docx", b"PK", "application/octet-stream"))
    expect(page.locator(".notice.problem")).to_contain_text("notes.docx: only PDF, JPEG, PNG and TIFF can be read")
    drop(page, "answer_sheet", File("empty.pdf", b""))
    expect(page.locator(".upload.refused")).to_contain_text("The file is empty")
    drop(page, "answer_key", File("scheme.yaml", b"questions: 7", "application/yaml"))
    expect(page.locator(".upload.refused", has_text="scheme.yaml").get_by_role("alert")).not_to_be_empty()
    visit.complaints[:] = [text for text in visit.complaints if "422" not in text]
