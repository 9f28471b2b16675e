"""The page pictures that a teacher marks beside: drawn from the stored file, for its own tenant alone."""

import io

import pytest
import requests
from PIL import Image

from local.cloud.local_cloud import LocalCloud
from tests.documents import picture, typed_pdf
from tests.workflow.conftest import WorkflowHarness


def get(harness: WorkflowHarness, path: str, token: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or harness.cloud.token()}"}
    return requests.get(harness.cloud.api_url + path, headers=headers, timeout=60)


def test_a_page_of_a_pdf_and_a_picture_are_shown_as_they_are_held(harness: WorkflowHarness) -> None:
    harness.prepare()
    typed = harness.ended(harness.send("answer_sheet", typed_pdf(["1. B", "2. True"] * 3), student="Ada"))
    photo = harness.ended(harness.send("answer_sheet", picture(["1. B", "2. True"]), student="Ben"))

    upright = get(harness, f"/submissions/{typed['id']}/pages/1?longest=700")
    turned = get(harness, f"/submissions/{typed['id']}/pages/1?longest=700&turn=90")
    shot = get(harness, f"/submissions/{photo['id']}/pages/1?longest=700")

    for answer in (upright, turned, shot):
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert max(Image.open(io.BytesIO(answer.content)).size) <= 700
    tall, wide = (Image.open(io.BytesIO(answer.content)) for answer in (upright, turned))
    assert tall.size == wide.size[::-1]
    assert tall.height > tall.width
    # There is ink on it: a blank page would be no picture of this sheet.
    low, high = tall.convert("L").getextrema()
    assert low < 100 and high > 200


@pytest.mark.parametrize("page", ["2", "0", "99999", "x", "-1"])
def test_a_page_that_is_not_there_is_not_found(harness: WorkflowHarness, page: str) -> None:
    found = harness.ended(harness.send("question_paper", harness.typed("1. Why?  [2]")))
    answer = get(harness, f"/submissions/{found['id']}/pages/{page}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_nobody_else_sees_it(harness: WorkflowHarness, cloud: LocalCloud) -> None:
    found = harness.ended(harness.send("question_paper", harness.typed("1. Why?  [2]")))
    assert get(harness, f"/submissions/{found['id']}/pages/1").status_code == 200
    assert get(harness, f"/submissions/{found['id']}/pages/1", cloud.token("another")).status_code == 404


def test_what_cannot_be_drawn_is_said_in_words(harness: WorkflowHarness) -> None:
    found = harness.ended(harness.send("answer_sheet", b"%PDF-1.4\nnothing that follows is a PDF", student="Ada"))
    answer = get(harness, f"/submissions/{found['id']}/pages/1")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:gradeline:problem:DamagedDocument"
