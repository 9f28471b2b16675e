"""Runs whole submissions on one local cloud through its API, timed from the execution's own history."""

import itertools
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from benchmarks.flow import sheet_documents
from local.cli.api_client import AcceptedSubmission, ApiClient
from local.cli.execution_timeline import read_history, timeline_from_history
from local.cloud.local_cloud import LocalCloud
from local.cloud.step_functions_service import describe_execution

StateMachineVariant = Literal["side by side", "sequential"]
ASSESSMENT = "benchmark"
_SEQUENTIAL = Path(__file__).parent / "sequential.asl.yaml"
# The limit of an HTTP API body; larger files are uploaded to S3 by a form.
_MAX_BODY_BYTES = 4_400_000
_POLL_SECONDS = 0.02
_TIMEOUT_SECONDS = 900.0


class SubmissionRunner:
    """Runs submissions of one assessment.

    The state machine variant is selected at each start by updating the definition of the same state machine, so that
    both flows use the same warm workers.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._stepfunctions = cloud.client("stepfunctions")
        self.copies = itertools.count(1)
        self._starting = threading.Lock()
        self._definitions: dict[str, str] = {}
        self._current: str = "side by side"

    def prepare(self) -> None:
        """Submit the scheme and the paper, and wait until the paper has been read."""
        with self.api() as api:
            api.put_scheme(ASSESSMENT, sheet_documents.scheme(), "application/yaml")
            accepted = api.submit(ASSESSMENT, "question_paper", sheet_documents.paper(), media_type="application/pdf")
            self._wait_for_end(self.arn(accepted))
            paper = api.assessment(ASSESSMENT).paper
        if paper is None or len(paper.questions) != sheet_documents.QUESTIONS:
            raise RuntimeError("the benchmark's paper was not read correctly")

    def api(self) -> ApiClient:
        return ApiClient(self._cloud.api_url, self._cloud.token())

    def arn(self, accepted: AcceptedSubmission) -> str:
        machine = self._cloud.stack.state_machine_arn.replace(":stateMachine:", ":execution:")
        return f"{machine}:{accepted.id}-{accepted.run}"

    # ── one submission ───────────────────────────────────────────────────────────────────────────

    def run(self, machine: StateMachineVariant, path: str) -> dict[str, Any]:
        """Send one sheet and wait for its marks. Seconds count from the first byte sent."""
        body = sheet_documents.with_copy_number(Path(path).read_bytes(), next(self.copies))
        with self.api() as api:
            with self._starting:
                self._use_definition(machine)
                sent_at = time.time()
                accepted = self._send(api, body)
                accepted_at = time.time()
            arn = self.arn(accepted)
            self._wait_for_end(arn)
            status = api._json("GET", f"/submissions/{accepted.id}")
        return self._timings(status, arn, sent_at, accepted_at) | {"id": accepted.id, "bytes": len(body)}

    def _send(self, api: ApiClient, body: bytes) -> AcceptedSubmission:
        student = uuid.uuid4().hex
        send = api.submit if len(body) <= _MAX_BODY_BYTES else api.upload
        return send(ASSESSMENT, "answer_sheet", body, media_type="application/pdf", student=student)

    def _use_definition(self, machine: StateMachineVariant) -> None:
        if machine == self._current:
            return
        if machine not in self._definitions:
            definition_file = _SEQUENTIAL if machine == "sequential" else None
            self._definitions[machine] = self._cloud.stack.state_machine(definition_file)[1]
        self._stepfunctions.update_state_machine(
            stateMachineArn=self._cloud.stack.state_machine_arn, definition=self._definitions[machine]
        )
        self._current = machine

    def _timings(self, status: dict[str, Any], arn: str, sent_at: float, accepted_at: float) -> dict[str, Any]:
        history = read_history(self._stepfunctions, arn)
        timeline = timeline_from_history(history)
        spans = timeline.spans
        first_ocr_at = status["lanes"]["reading"]["first_ocr_at"]
        if status["state"] not in ("GRADED", "NEEDS_REVIEW"):
            raise RuntimeError(f"a sheet ended as {status['state']}: {status['reason']}")
        started_at = history[0]["timestamp"].timestamp()
        return {
            "end_to_end": spans["grading"].end.timestamp() - sent_at,
            "receive": accepted_at - sent_at,
            # From the execution's start, which is when the file is accepted.
            "first_ocr": datetime.fromisoformat(first_ocr_at).timestamp() - started_at if first_ocr_at else None,
            "first_ocr_from_sent": datetime.fromisoformat(first_ocr_at).timestamp() - sent_at if first_ocr_at else None,
            "lanes": {name: span.seconds for name, span in spans.items()},
            "until_grading": spans["grading"].start.timestamp() - started_at,
            "saved": timeline.saved_seconds,
            "saved_by_status": status["timeline"]["saved_ms"],
            "ocr_pages": status["file"]["pages"],
        }

    def _wait_for_end(self, arn: str) -> None:
        """Wait without calling the network, so that waiting does not disturb the measurement."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            described = describe_execution(arn)
            status = str(getattr(described["status"], "value", described["status"]))
            if status == "SUCCEEDED":
                return
            if status != "RUNNING":
                raise RuntimeError(f"an execution ended as {status}: {described.get('error')} {described.get('cause')}")
            time.sleep(_POLL_SECONDS)
        raise RuntimeError("an execution has not ended")

    # ── the empty state machine ───────────────────────────────────────────────────────────────────────

    def run_empty(self) -> dict[str, Any]:
        """Run one execution, started directly. Returns the seconds from its start to the end of grading."""
        arn = self._start_bare(f"empty-{next(self.copies)}")
        self._wait_for_end(arn)
        history = read_history(self._stepfunctions, arn)
        started_at = history[0]["timestamp"]
        return {"seconds": (timeline_from_history(history).spans["grading"].end - started_at).total_seconds()}

    def _start_bare(self, name: str) -> str:
        submission = {"id": name, "run": 1, "tenant": "t", "assessment": "a", "kind": "answer_sheet"}
        submission |= {"student": "", "door": "api", "received_at": "2026-01-01T00:00:00.000Z"}
        file = {"bucket": "b", "key": "k", "version_id": "v", "size": 1, "sha256": None, "media_type": None}
        state = json.dumps({"contract": 1, "submission": submission, "file": file})
        started = self._stepfunctions.start_execution(
            stateMachineArn=self._cloud.stack.state_machine_arn, name=f"{name}-1", input=state
        )
        return str(started["executionArn"])

    # ── many submissions at once ─────────────────────────────────────────────────────────────────────────────

    def run_many(self, count: int, path: str) -> dict[str, Any]:
        """Send `count` sheets at once. Returns the seconds until all have marks, and how many have none."""
        body = Path(path).read_bytes()
        bodies = [sheet_documents.with_copy_number(body, next(self.copies)) for _ in range(count)]
        started_at = time.time()
        with self.api() as api, ThreadPoolExecutor(min(count, 16)) as senders:
            submissions = list(senders.map(lambda one: self._send(api, one), bodies))
            accepted_after = time.time() - started_at
            lost = 0
            for submission in submissions:
                try:
                    self._wait_for_end(self.arn(submission))
                except RuntimeError:
                    lost += 1
            seconds = time.time() - started_at
            found = {one["id"]: one for one in self._marked(api)}
        unmarked = sum(submission.id not in found for submission in submissions)
        return {"seconds": seconds, "accepted": accepted_after, "lost": max(lost, unmarked), "count": count}

    def run_many_empty(self, count: int) -> dict[str, Any]:
        """Run `count` executions at once, with handlers that do nothing."""
        started_at = time.time()
        with ThreadPoolExecutor(min(count, 16)) as starters:
            names = [f"many-{next(self.copies)}" for _ in range(count)]
            arns = list(starters.map(self._start_bare, names))
        for arn in arns:
            self._wait_for_end(arn)
        return {"seconds": time.time() - started_at, "count": count}

    def _marked(self, api: ApiClient) -> list[dict[str, Any]]:
        marked: list[dict[str, Any]] = []
        query: dict[str, str] = {}
        while True:
            page = api._json("GET", f"/assessments/{ASSESSMENT}/submissions", params=query)
            marked += [one for one in page["submissions"] if one["state"] in ("GRADED", "NEEDS_REVIEW")]
            if not page["next"]:
                return marked
            query = {"next": page["next"]}
