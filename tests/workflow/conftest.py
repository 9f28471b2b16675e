"""Fixtures with the real state machine and the real handlers on one local cloud for all tests of this folder."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from local.cli.api_client import AcceptedSubmission, ApiClient
from local.cli.execution_timeline import ExecutionTimeline, read_history, timeline_from_history
from local.cloud.local_cloud import LocalCloud
from tests.documents import picture, typed_pdf
from tests.fake_model_server import FakeModelServer
from tests.ocr_engine import FastOcrEngine

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
    """One assessment on the local cloud, and the requests and queries that a test makes."""

    cloud: LocalCloud
    api: ApiClient
    assessment: str

    def prepare(self) -> None:
        """Sends scheme and paper and waits until the paper is ready."""
        self.api.put_scheme(self.assessment, SCHEME.encode(), "application/yaml")
        paper = self.send("question_paper", PAPER)
        status = self.wait_until_ended(paper)
        assert status["state"] == "READY", status
        self.wait_until_execution_ends(paper)

    def wait_until_execution_ends(self, receipt: AcceptedSubmission) -> None:
        """Returns when the execution has ended, with everything that follows the result (its event, clean-up)."""
        stepfunctions, arn = self.cloud.client("stepfunctions"), self.execution_arn(receipt)
        for _ in range(300):
            if stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING":
                return
            time.sleep(0.2)
        raise AssertionError(f"{arn} is still running")

    def send(
        self, kind: str, body: bytes, *, student: str | None = None, media_type: str | None = None
    ) -> AcceptedSubmission:
        declared = media_type or {b"%PDF": "application/pdf", b"\x89PNG": "image/png"}.get(body[:4], "")
        return self.api.submit(self.assessment, kind, body, media_type=declared, student=student)

    def send_sheet(self, *lines: str, student: str = "Ada") -> AcceptedSubmission:
        """Sends a typed sheet. Its content is new each time: stored transcripts would be reused."""
        return self.send("answer_sheet", self.typed_sheet(*lines), student=student)

    def typed_sheet(self, *lines: str) -> bytes:
        """Returns a typed sheet with the assessment's name in it."""
        return typed_pdf([f"Science test, class {self.assessment}", *(lines or ANSWERS), "That is all I know."])

    def send_scan(self, student: str = "Ada") -> AcceptedSubmission:
        """Sends a scanned sheet to the API."""
        return self.send("answer_sheet", self.scanned_sheet(), student=student)

    def scanned_sheet(self) -> bytes:
        """Returns a scanned sheet with the assessment's name in it."""
        return picture([f"Science test, class {self.assessment}", *ANSWERS])

    def wait_until_ended(self, receipt: AcceptedSubmission, *, other_than: str = "") -> dict[str, Any]:
        """Returns a submission's status once it has ended (in a state other than `other_than`)."""
        for _ in range(20):
            found = self.status(receipt.id, wait=10)
            if found["ended_at"] and found["state"] != other_than:
                return found
        raise AssertionError(f"{receipt.id} has not ended: {found}")

    def status(self, submission_id: str, wait: int = 0) -> dict[str, Any]:
        return self.api._json("GET", f"/submissions/{submission_id}", headers={"Prefer": f"wait={wait}"})

    def drop_file(self, key: str, body: bytes) -> str:
        """Puts a file into the drop folder and returns its VersionId."""
        s3, key = self.cloud.client("s3"), f"drop/{self.assessment}/{key}"
        put = s3.put_object(Bucket=self.temp_bucket, Key=key, Body=body)
        return str(put["VersionId"])

    def submissions(self) -> list[dict[str, Any]]:
        listing = self.api._json("GET", f"/assessments/{self.assessment}/submissions")
        found: list[dict[str, Any]] = listing["submissions"]
        return found

    def wait_for_sheets(self, count: int) -> None:
        """Waits until this assessment has `count` sheets and all have ended."""

        def all_ended() -> bool:
            sheets = [entry for entry in self.submissions() if entry["kind"] == "answer_sheet"]
            return len(sheets) == count and all(sheet["ended_at"] for sheet in sheets)

        wait_until(all_ended)

    @property
    def temp_bucket(self) -> str:
        return self.cloud.stack.bucket("TempBucket")

    @property
    def documents_bucket(self) -> str:
        return self.cloud.stack.bucket("DocumentsBucket")

    def execution_arn(self, receipt: AcceptedSubmission, run: int = 1) -> str:
        machine = self.cloud.stack.state_machine_arn.replace(":stateMachine:", ":execution:")
        return f"{machine}:{receipt.id}-{run}"

    def history(self, receipt: AcceptedSubmission, run: int = 1) -> list[dict[str, Any]]:
        return read_history(self.cloud.client("stepfunctions"), self.execution_arn(receipt, run))

    def timeline(self, receipt: AcceptedSubmission, run: int = 1) -> ExecutionTimeline:
        return timeline_from_history(self.history(receipt, run))

    def executions(self) -> list[dict[str, Any]]:
        """Returns the inputs of this assessment's executions."""
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
        response = self.cloud.client("lambda").invoke(FunctionName=function, Payload=payload)
        assert json.loads(response["Payload"].read())["resumed"] == [receipt.id]


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Polls a condition and returns its first true value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"the condition did not hold within {seconds} s")


# A process can run one cloud only, so this folder's cloud stops before another folder's starts.
@pytest.fixture(scope="package")
def model() -> Iterator[FakeModelServer]:
    """A fake model server that agrees with every criterion."""
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="package")
def cloud(model: FakeModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    parameters = {"DropTenant": "demo", "Model": "gpt-4o-mini", "ModelBaseUrl": model.base_url, "TextractTps": "10"}
    reader = FastOcrEngine(tmp_path_factory.mktemp("ocr") / "ocr.log")
    running = LocalCloud(reader=reader, parameters=parameters, environment={"OPENAI_API_KEY": "k"})
    with closing(reader), running:
        yield running


@pytest.fixture
def harness(cloud: LocalCloud) -> Iterator[WorkflowHarness]:
    with ApiClient(cloud.api_url, cloud.token()) as api:
        yield WorkflowHarness(cloud, api, f"test-{uuid.uuid4().hex[:12]}")
    cloud.faults.clear()


FREE_TEXT_PAPER = typed_pdf(
    [
        "Physics test    Total: 3 marks",
        "1. Which one is a metal?  [1]",
        "A  oak",
        "B  iron",
        "2. Why does metal feel cold?  [2]",
    ]
)
FREE_TEXT_SCHEME = b"""
questions:
  - {question: "1", type: choice, marks: 1, answer: B}
  - question: "2"
    type: text
    marks: 2
    criteria:
      - {text: Metal is a better conductor than wood, marks: 1}
      - {text: Heat leaves the hand faster, marks: 1}
"""
FREE_TEXT_ANSWER = "2. It conducts so the hand loses heat quickly"


class FreeTextHarness(WorkflowHarness):
    """An assessment with a question that the model marks."""

    def change_settings(self, **settings: Any) -> dict[str, Any]:
        return self.api._json("PUT", "/settings", json=settings)

    def grade_sheet(self, *, student: str | None = "Ada", signature: str = "") -> dict[str, Any]:
        """Sends a sheet and returns its status once it has ended; `signature` is its first line."""
        lines = [signature or f"Sheet of {self.assessment}", "1. B", FREE_TEXT_ANSWER]
        return self.wait_until_ended(self.send("answer_sheet", picture(lines), student=student))


@pytest.fixture
def free_text(harness: WorkflowHarness, model: FakeModelServer) -> Iterator[FreeTextHarness]:
    harness.api.put_scheme(harness.assessment, FREE_TEXT_SCHEME, "application/yaml")
    assert harness.wait_until_ended(harness.send("question_paper", FREE_TEXT_PAPER))["state"] == "READY"
    model.requests.clear()
    free_text = FreeTextHarness(harness.cloud, harness.api, harness.assessment)
    yield free_text
    free_text.change_settings(model=True, spend_limit_usd=None)
