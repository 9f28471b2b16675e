"""The execution's state: each branch's result survives encoding, and merged states decode as they are or were."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.models.document_kinds import DocumentKind
from core.models.execution_state import AsyncJob, ExecutionState, ReadingResult, StepError, StoringResult
from core.models.stored_file import StoredFile
from core.models.submission import IntakeChannel, SourceFile, Submission

STARTED, ENDED = "2030-05-06T07:08:09.000Z", "2030-05-06T07:08:10.500Z"
SUBMISSION = Submission(
    id="0" * 32,
    run=1,
    tenant="demo",
    assessment="bio",
    kind=DocumentKind.ANSWER_SHEET,
    student=None,
    channel=IntakeChannel.API,
    received_at=STARTED,
    file=SourceFile("temp", "incoming/a", "v1", 9),
)
READING = ReadingResult(
    transcript_bucket="documents",
    transcript_key="transcripts/demo/a.json",
    sha256="aa",
    pages=3,
    text_layer_pages=1,
    ocr_pages=2,
    lines=40,
    warnings=1,
    from_cache=False,
    started_at=STARTED,
    first_ocr_at=STARTED,
    ended_at=ENDED,
)
STORING = StoringResult(
    StoredFile("documents", "documents/demo/a", "v2", "aa", 9), duplicate_of=None, started_at=STARTED, ended_at=ENDED
)
STORED_STATES = Path(__file__).parents[2] / "integration" / "stored_by_0_1" / "states.json"


def succeeded(value: dict[str, Any]) -> dict[str, Any]:
    """A branch's result as the state machine's ResultSelector wraps it."""
    return {"ok": True, "value": value}


def merged(reading: dict[str, Any], stored: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The state after the join of the branches."""
    persistence = {"stored": stored, "recorded": {"ok": True, "repeated": False}}
    return {**SUBMISSION.to_state(), "outcome": {"reading": reading, "persistence": persistence}, **more}


def test_a_branchs_result_is_decoded_as_it_was_encoded() -> None:
    state = json.loads(json.dumps(merged(succeeded(READING.to_state()), succeeded(STORING.to_state()))))
    assert ExecutionState.from_state(state) == ExecutionState(SUBMISSION, reading=READING, storing=STORING)


def test_the_first_state_has_no_outcome() -> None:
    assert ExecutionState.from_state(SUBMISSION.to_state()) == ExecutionState(SUBMISSION)


def test_an_asynchronous_job_is_decoded_as_it_was_encoded() -> None:
    job = AsyncJob("1", "IN_PROGRESS", STARTED, 3)
    state = {**SUBMISSION.to_state(), "job": job.to_state()}
    assert ExecutionState.from_state(state).job == job


def test_a_failed_branch_has_its_error_instead_of_a_result() -> None:
    failed = {"ok": False, "fault": "document", "error": "NoPages", "cause": '{"errorMessage": "No page."}'}
    state = ExecutionState.from_state(merged(failed, {"ok": False, "error": "X", "cause": "y"}))
    assert state.reading == StepError("NoPages", '{"errorMessage": "No page."}')
    assert state.storing == StepError("X", "y")
    with pytest.raises(ValueError, match="reading"):
        assert state.reading_result
    with pytest.raises(ValueError, match="storing"):
        assert state.storing_result


def test_a_caught_error_is_the_failure_with_or_without_a_cause() -> None:
    branches = (succeeded(READING.to_state()), succeeded(STORING.to_state()))
    with_cause = merged(*branches, failure={"Error": "States.Timeout", "Cause": "late"})
    assert ExecutionState.from_state(with_cause).failure == StepError("States.Timeout", "late")
    without = merged(*branches, failure={"Error": "States.Timeout"})
    assert ExecutionState.from_state(without).failure == StepError("States.Timeout", "")


def test_every_state_of_version_0_1_encodes_to_what_it_was_decoded_from() -> None:
    states = [state for run in json.loads(STORED_STATES.read_text()).values() for state in run["entered"].values()]
    assert len(states) > 20
    for state in states:
        decoded = ExecutionState.from_state(state)
        assert decoded.submission.to_state() == {name: state[name] for name in ("contract", "submission", "file")}
        outcome = state.get("outcome")
        if outcome is None:
            continue
        assert decoded.storing_result.to_state() == outcome["persistence"]["stored"]["value"]
        if outcome["reading"]["ok"]:
            assert decoded.reading_result.to_state() == outcome["reading"]["value"]
        else:
            assert decoded.reading == StepError(outcome["reading"]["error"], outcome["reading"]["cause"])
