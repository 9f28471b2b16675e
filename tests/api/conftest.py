"""The real API on the local cloud, with something to ask for in it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.cli.api_client import ApiClient
from local.cloud.local_cloud import LocalCloud
from tests.documents import typed_pdf
from tests.workflow.conftest import ANSWERS, PAPER, SCHEME, WorkflowHarness


@dataclass(frozen=True)
class Api:
    """The API's address and a teacher's token; ids that are there, by what they name."""

    url: str
    token: str
    submissions: tuple[str, ...]
    assessment: str


# One cloud a process: this folder's ends before the next folder's begins.
@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    # Its logs stay behind, for whoever wants to know why something came back as 500.
    folder = tmp_path_factory.mktemp("cloud")
    with LocalCloud(folder=folder, ocr_processes=1) as cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        harness = WorkflowHarness(cloud, client, f"api-{uuid.uuid4().hex[:8]}")
        client.put_scheme(harness.assessment, SCHEME.encode(), "application/yaml")
        paper = client.submit(harness.assessment, "question_paper", PAPER, media_type="application/pdf")
        harness.wait_until_ended(paper)
        sheet = client.submit(
            harness.assessment, "answer_sheet", typed_pdf(ANSWERS), media_type="application/pdf", student="Ada"
        )
        assert harness.wait_until_ended(sheet)["state"] == "GRADED"
        yield Api(cloud.api_url, cloud.token(), (paper.id, sheet.id), harness.assessment)
