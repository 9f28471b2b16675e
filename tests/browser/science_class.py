"""A science test with a paper, a scheme and answer sheets, and the steps to upload them by the API or the page."""

import base64
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from local.cli.api_client import ApiClient
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
# Each of these sheets has one answer that needs review: its unit is missing.
GOOD = ("1. B", "2. True", "3. 12.5", "4. Metal is a better conductor so heat leaves the hand faster")
WEAK = ("1. A", "2. True", "3. 12.5", "4. Because it is cold")


@dataclass(frozen=True)
class File:
    name: str
    body: bytes
    media_type: str = "application/pdf"


def drop(page: Page, place: str, *files: File) -> None:
    """Drop files on one of the three drop zones."""
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


def prepare_assessment(api: ApiClient, assessment: str) -> None:
    api.put_scheme(assessment, SCHEME, "application/yaml")
    paper = api.submit(assessment, "question_paper", PAPER, media_type="application/pdf")
    assert api.submission(paper.id, wait=20).state == "READY"


def submit_marked_sheet(api: ApiClient, assessment: str, student: str, lines: tuple[str, ...]) -> str:
    """Submit a sheet and wait for its marks; returns its id."""
    body = picture([f"{student} of {assessment}", *lines])
    receipt = api.submit(assessment, "answer_sheet", body, media_type="image/png", student=student)
    for _ in range(6):
        if api.submission(receipt.id, wait=10).ended:
            return receipt.id
    raise AssertionError("the sheet was not marked")


def sheet_row(page: Page, student: str) -> Locator:
    return page.locator(".sheets tbody tr", has_text=student)
