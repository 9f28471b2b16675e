"""The handlers accept the payloads in `events/`, the files that `sam local invoke -e` sends."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.models.submission import Submission
from core.models.transcript import Line, Page, Transcript
from grade import app as grade_app
from persist import app as persist_app
from receive import app as receive_app
from recover import app as recover_app
from results import app as results_app
from tests.integration.moto_cloud import DOCUMENTS, TEMP, MotoCloud

EVENTS = Path(__file__).parents[2] / "events"
STATES = ("extract", "persist", "grade", "prepare-paper")


def event(name: str) -> Any:
    """Return an event file with the buckets of the tests."""
    text = (EVENTS / f"{name}.json").read_text()
    text = text.replace("gradeline-temp-123456789012", TEMP).replace("gradeline-documents-123456789012", DOCUMENTS)
    return json.loads(text)


@pytest.fixture(autouse=True)
def clear_grade_caches(cloud: MotoCloud) -> None:
    grade_app.document_store.cache_clear()
    grade_app.free_text_marker.cache_clear()


@pytest.mark.parametrize("name", STATES)
def test_a_sample_state_is_canonical(name: str) -> None:
    state = event(name)
    given = {part: state[part] for part in ("contract", "submission", "file")}
    assert Submission.from_state(state).to_state() == given


def test_an_api_upload_is_accepted(cloud: MotoCloud, context: Any) -> None:
    assert receive_app.handler(event("api-upload"), context)["statusCode"] == 202
    assert len(cloud.executions()) == 1


def test_an_s3_put_is_started(cloud: MotoCloud, context: Any) -> None:
    receive_app.handler(event("s3-put"), context)
    ((_, state),) = cloud.executions().items()
    assert state["submission"]["assessment"] == "science-9"


def test_a_file_is_stored(cloud: MotoCloud, context: Any) -> None:
    state = event("persist")
    state["file"] |= {"version_id": cloud.put(state["file"]["key"], b"foo"), "size": 3}
    assert persist_app.handler(state, context)["duplicate_of"] is None


def test_a_paper_is_prepared(cloud: MotoCloud, context: Any) -> None:
    state = event("prepare-paper")
    lines = ("1. Name the gas that plants take in. [1]", "2. What is the capital of France? [2]")
    keep_transcript(cloud, state, lines)
    assert grade_app.handler(state, context)["state"] == "READY"


def test_a_sheet_without_its_paper_is_not_ready(cloud: MotoCloud, context: Any) -> None:
    state = event("grade")
    keep_transcript(cloud, state, ("1. carbon dioxide",))
    with pytest.raises(Exception, match="has not been read yet") as raised:
        grade_app.handler(state, context)
    assert type(raised.value).__name__ == "PaperNotReady"


def keep_transcript(cloud: MotoCloud, state: Any, lines: tuple[str, ...]) -> None:
    page = Page(1, "text_layer", tuple(Line(text, 100.0, (0.1, 0.1 * n, 0.8, 0.02)) for n, text in enumerate(lines, 1)))
    key = state["outcome"]["reading"]["value"]["transcript"]["key"]
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=Transcript((page,)).to_json())


@pytest.mark.parametrize(
    ("name", "state_after"),
    [("reject", "REJECTED"), ("fail", "FAILED"), ("park", "AWAITING_PAPER"), ("execution-ended", "FAILED")],
)
def test_a_terminal_state_is_written(cloud: MotoCloud, context: Any, name: str, state_after: str) -> None:
    assert recover_app.handler(event(name), context) == {"state": state_after}
    status = results_app.handler(event("get-submission"), context)
    assert json.loads(status["body"])["state"] == state_after


def test_a_release_without_a_paper_starts_nothing(cloud: MotoCloud, context: Any) -> None:
    assert recover_app.handler(event("release"), context)["released"] == 0


def test_an_unknown_submission_is_not_found(cloud: MotoCloud, context: Any) -> None:
    assert results_app.handler(event("get-submission"), context)["statusCode"] == 404
