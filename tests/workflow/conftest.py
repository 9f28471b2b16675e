"""The real state machine and the real handlers on the local cloud, one for all tests of this folder."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.cli.api_client import AcceptedSubmission, ApiClient
from local.cli.execution_timeline import ExecutionTimeline, read_history, timeline_from_history
from local.cloud.local_cloud import LocalCloud
from tests.documents import picture, typed_pdf
from tests.fake_model_server import FakeModelServer

PAPER = typed_pdf(
    [
        "Science test    Total: 4 marks",
        "1. Which gas do plants take in?  [1]",
        "A  oxygen",
        "B  carbon dioxide",
        "C  nitrogen",
        "2. True or false: sound travels faster in water than in air.  [1]",
        "3. A car drives 150 m in 12 s. Calculate its speed. Give the unit.  [2]",
    ]
)
SCHEME = """
questions:
  - {question: "1", type: choice, marks: 1, answer: B}
  - {question: "2", type: true_false, marks: 1, answer: true}
  - {question: "3", type: numeric, marks: 2, answer: 12.5, unit: m/s, tolerance: 1%}
"""
ANSWERS = ("1. B", "2. True", "3. 12.5 m/s")


@dataclass
class WorkflowHarness:
    """One assessment of its own on the local cloud, and what a test asks of it."""

    cloud: LocalCloud
    api: ApiClient
    assessment: str

    def prepare(self) -> None:
        """Scheme and paper, read and ready."""
        self.api.put_scheme(self.assessment, SCHEME.encode(), "application/yaml")
        paper = self.send("question_paper", PAPER)
        ended = self.ended(paper)
        assert ended["state"] == "READY", ended
        self.wait_until_execution_ends(paper)

    def wait_until_execution_ends(self, receipt: AcceptedSubmission) -> None:
        """Returns when the execution is over: what follows the answer (its event, tidying) is done as well."""
        stepfunctions, arn = self.cloud.client("stepfunctions"), self.execution_arn(receipt)
        for _ in range(600):
            if stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING":
                return
            time.sleep(0.1)
        raise AssertionError(f"{arn} still runs")

    def send(
        self, kind: str, body: bytes, *, student: str | None = None, media_type: str | None = None
    ) -> AcceptedSubmission:
        declared = media_type or {b"%PDF": "application/pdf", b"\x89PNG": "image/png"}.get(body[:4], "")
        return self.api.submit(self.assessment, kind, body, media_type=declared, student=student)

    def sheet(self, *lines: str, student: str = "Ada") -> AcceptedSubmission:
        # Its own content each time: what was read before is never read again.
        return self.send("answer_sheet", self.typed(*lines), student=student)

    def typed(self, *lines: str) -> bytes:
        """A typed sheet of this assessment's own."""
        return typed_pdf([f"Science test, class {self.assessment}", *(lines or ANSWERS), "That is all I know."])

    def scan(self, student: str = "Ada") -> AcceptedSubmission:
        """A scanned sheet of this assessment's own, sent to the API."""
        return self.send("answer_sheet", self.scanned(), student=student)

    def scanned(self) -> bytes:
        return picture([f"Science test, class {self.assessment}", *ANSWERS])

    def ended(self, receipt: AcceptedSubmission, *, but_not: str = "") -> dict[str, Any]:
        """A submission's status once it has ended (in another state than `but_not`)."""
        for _ in range(20):
            found = self.status(receipt.id, wait=10)
            if found["ended_at"] and found["state"] != but_not:
                return found
        raise AssertionError(f"{receipt.id} has not ended: {found}")

    def status(self, submission_id: str, wait: int = 0) -> dict[str, Any]:
        return self.api._json("GET", f"/submissions/{submission_id}", headers={"Prefer": f"wait={wait}"})

    def drop(self, key: str, body: bytes) -> str:
        """Put a file into the drop folder; its VersionId."""
        put = self.cloud.client("s3").put_object(Bucket=self.temp, Key=f"drop/{self.assessment}/{key}", Body=body)
        return str(put["VersionId"])

    def submissions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api._json("GET", f"/assessments/{self.assessment}/submissions")[
            "submissions"
        ]
        return found

    @property
    def temp(self) -> str:
        return self.cloud.stack.bucket("TempBucket")

    @property
    def documents(self) -> str:
        return self.cloud.stack.bucket("DocumentsBucket")

    def execution_arn(self, receipt: AcceptedSubmission, run: int = 1) -> str:
        machine = self.cloud.stack.state_machine_arn.replace(":stateMachine:", ":execution:")
        return f"{machine}:{receipt.id}-{run}"

    def history(self, receipt: AcceptedSubmission, run: int = 1) -> list[dict[str, Any]]:
        return read_history(self.cloud.client("stepfunctions"), self.execution_arn(receipt, run))

    def timeline(self, receipt: AcceptedSubmission, run: int = 1) -> ExecutionTimeline:
        return timeline_from_history(self.history(receipt, run))

    def executions(self) -> list[dict[str, Any]]:
        """The inputs of this assessment's executions."""
        stepfunctions = self.cloud.client("stepfunctions")
        pages = stepfunctions.get_paginator("list_executions").paginate(
            stateMachineArn=self.cloud.stack.state_machine_arn
        )
        inputs = [
            json.loads(stepfunctions.describe_execution(executionArn=run["executionArn"])["input"])
            for page in pages
            for run in page["executions"]
        ]
        return [state for state in inputs if state["submission"]["assessment"] == self.assessment]

    def resume(self, receipt: AcceptedSubmission) -> None:
        function = self.cloud.stack.functions["RecoverFunction"].name
        payload = json.dumps({"action": "resume", "submissions": [receipt.id]}).encode()
        answer = self.cloud.client("lambda").invoke(FunctionName=function, Payload=payload)
        assert json.loads(answer["Payload"].read())["resumed"] == [receipt.id]


# One cloud a process: this folder's ends before the next folder's begins.
@pytest.fixture(scope="package")
def model() -> Iterator[FakeModelServer]:
    """The model's server; it agrees with every criterion."""
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="package")
def cloud(model: FakeModelServer) -> Iterator[LocalCloud]:
    parameters = {"DropTenant": "demo", "Model": "gpt-4o-mini", "ModelBaseUrl": model.base_url}
    with LocalCloud(ocr_processes=1, parameters=parameters, environment={"OPENAI_API_KEY": "k"}) as running:
        yield running


@pytest.fixture
def harness(cloud: LocalCloud) -> Iterator[WorkflowHarness]:
    with ApiClient(cloud.api_url, cloud.token()) as api:
        yield WorkflowHarness(cloud, api, f"test-{uuid.uuid4().hex[:12]}")
    cloud.faults.clear()
