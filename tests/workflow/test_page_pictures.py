"""The page images that a teacher sees while marking: rendered from the stored file, for its own tenant only."""

import io

import pytest
import requests
from PIL import Image

from local.cloud.local_cloud import LocalCloud
from tests.documents import picture, typed_pdf
from tests.workflow.conftest import WorkflowHarness


def get_page(harness: WorkflowHarness, path: str, token: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or harness.cloud.token()}"}
    return requests.get(harness.cloud.api_url + path, headers=headers, timeout=60)


def test_pages_of_pdfs_and_images_are_shown(harness: WorkflowHarness) -> None:
    harness.prepare()
    typed = harness.wait_until_ended(harness.send("answer_sheet", typed_pdf(["1. B", "2. True"] * 3), student="Ada"))
    photo = harness.wait_until_ended(harness.send("answer_sheet", picture(["1. B", "2. True"]), student="Ben"))

    upright = get_page(harness, f"/submissions/{typed['id']}/pages/1?longest=700")
    turned = get_page(harness, f"/submissions/{typed['id']}/pages/1?longest=700&turn=90")
    shot = get_page(harness, f"/submissions/{photo['id']}/pages/1?longest=700")

    for response in (upright, turned, shot):
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "image/jpeg"
        assert max(Image.open(io.BytesIO(response.content)).size) <= 700
    tall, wide = (Image.open(io.BytesIO(response.content)) for response in (upright, turned))
    assert tall.size == wide.size[::-1]
    assert tall.height > tall.width
    # The image has ink on it, so it is not a blank page.
    low, high = tall.convert("L").getextrema()
    assert low < 100 and high > 200


@pytest.mark.parametrize("page", ["2", "0", "99999", "x", "-1"])
def test_a_page_that_does_not_exist_is_not_found(harness: WorkflowHarness, page: str) -> None:
    found = harness.wait_until_ended(harness.send("question_paper", harness.typed_sheet("1. Why?  [2]")))
    response = get_page(harness, f"/submissions/{found['id']}/pages/{page}")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_other_tenants_cannot_see_a_page(harness: WorkflowHarness, cloud: LocalCloud) -> None:
    found = harness.wait_until_ended(harness.send("question_paper", harness.typed_sheet("1. Why?  [2]")))
    assert get_page(harness, f"/submissions/{found['id']}/pages/1").status_code == 200
    assert get_page(harness, f"/submissions/{found['id']}/pages/1", cloud.token("another")).status_code == 404


def test_a_page_that_cannot_be_rendered_is_a_described_problem(harness: WorkflowHarness) -> None:
    damaged = harness.send("answer_sheet", b"%PDF-1.4\nnothing that follows is a PDF", student="Ada")
    found = harness.wait_until_ended(damaged)
    response = get_page(harness, f"/submissions/{found['id']}/pages/1")
    assert response.status_code == 422
    assert response.json()["type"] == "urn:gradeline:problem:DamagedDocument"
