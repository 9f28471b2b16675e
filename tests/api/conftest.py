"""The real API on the local cloud, with a graded sheet in it."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from local.cli.api_client import ApiClient
from local.cloud.local_cloud import LocalCloud
from tests.documents import typed_pdf
from tests.ocr_engine import FastOcrEngine
from tests.workflow.conftest import ANSWERS, PAPER, SCHEME, WorkflowHarness


@dataclass(frozen=True)
class Api:
    """The API's address, a teacher's token, and the ids of existing resources."""

    url: str
    token: str
    submissions: tuple[str, ...]
    assessment: str


# One cloud per process: this package's cloud stops before the next package's starts.
@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    # Its logs are kept, to investigate a response of 500.
    folder = tmp_path_factory.mktemp("cloud")
    reader = FastOcrEngine(folder / "ocr.log")
    cloud = LocalCloud(folder=folder, reader=reader)
    with closing(reader), cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        harness = WorkflowHarness(cloud, client, f"api-{uuid.uuid4().hex[:8]}")
        client.put_scheme(harness.assessment, SCHEME.encode(), "application/yaml")
        paper = client.submit(harness.assessment, "question_paper", PAPER, media_type="application/pdf")
        harness.wait_until_ended(paper)
        sheet = client.submit(
            harness.assessment, "answer_sheet", typed_pdf(ANSWERS), media_type="application/pdf", student="Ada"
        )
        assert harness.wait_until_ended(sheet)["state"] == "GRADED"
        yield Api(cloud.api_url, cloud.token(), (paper.id, sheet.id), harness.assessment)
