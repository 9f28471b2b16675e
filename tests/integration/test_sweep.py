"""The sweep and clean-up after lost events, against moto: whatever is pending is found and continued."""

import hashlib
import json
from typing import Any
from unittest.mock import Mock

import pytest

from core.models.submission import Submission, SubmissionState
from core.platform.clock import format_timestamp
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from persist import app as persist_app
from receive import app as receive_app
from recover import app as recover_app
from recover.orphaned_uploads import UploadedObject
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import (
    DOCUMENTS,
    TABLE,
    TEMP,
    MotoCloud,
)
from tests.integration.recovery import (
    BODY,
    deliver_invocations,
    get_record,
    joined_state,
    list_objects,
    load_record,
    post_sheet,
    receive_sheet,
    record_sheet,
    set_paper,
    stop_execution,
    sweep,
)


def test_the_received_object_is_removed_once_its_copy_is_confirmed(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    record_sheet(cloud, submission, SubmissionState.GRADED)
    stored = persist_app.handler(submission.to_state(), context)
    event = {"action": "tidy", "state": joined_state(submission, stored)}
    assert recover_app.handler(event, context)["removed"] == 1
    assert list_objects(cloud, TEMP) == []
    assert list_objects(cloud, DOCUMENTS) == [stored["key"]]
    recover_app.handler(event, context)
    assert list_objects(cloud, DOCUMENTS) == [stored["key"]]


@pytest.mark.parametrize("wrong", [{"sha256": "00" * 32}, {"version_id": "another"}, {"key": "documents/demo/none"}])
def test_the_received_object_stays_if_its_copy_is_wrong(cloud: MotoCloud, context: Any, wrong: dict[str, str]) -> None:
    submission = receive_sheet(cloud)
    record_sheet(cloud, submission, SubmissionState.GRADED)
    stored = persist_app.handler(submission.to_state(), context)
    event = {"action": "tidy", "state": joined_state(submission, {**stored, **wrong})}
    assert recover_app.handler(event, context)["removed"] == 0
    assert list_objects(cloud, TEMP) == [submission.file.key]


def test_a_scheme_set_while_a_sheet_is_graded_grades_it_again(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    set_paper(table)
    stored = persist_app.handler(submission.to_state(), context)
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "scheme", key="assessments/demo/bio/scheme/s.json", received_at="2026-02-01"
    )
    # The release of the scheme found the sheet still in progress.
    recover_app.handler({"action": "release", "tenant": "demo", "assessment": "bio"}, context)
    assert cloud.executions() == {}
    submission_repository.write_terminal_state(
        table, submission, SubmissionState.GRADED, OutcomeAttributes.from_item({"revision": 1})
    )
    assert recover_app.handler({"action": "tidy", "state": joined_state(submission, stored)}, context)["again"] is True
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_an_object_without_an_execution_is_started_from_the_object_alone(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_context = receive_app.intake_context()
    with monkeypatch.context() as patch:
        failing = Mock(side_effect=ConnectionError("lost"))
        patch.setattr(receive_app.executions, "start_execution", failing)
        receive_app.intake_context.cache_clear()
        assert post_sheet(context)[0] == 500
    receive_app.intake_context.cache_clear()
    assert intake_context is not None
    assert cloud.executions() == {}
    assert sweep(context)["started"] == 1
    deliver_invocations(cloud, context)
    [(name, state)] = cloud.executions().items()
    assert state["submission"]["door"] == "api"
    assert sweep(context).get("started", 0) == 0
    status, receipt = post_sheet(context)
    assert (status, f"{receipt['id']}-1") == (202, name)
    assert list(cloud.executions()) == [name]


def test_a_drop_whose_event_was_lost_is_started(cloud: MotoCloud, context: Any) -> None:
    cloud.put("drop/bio/answers/Zoë (2) +.pdf", BODY)
    assert sweep(context)["started"] == 1
    deliver_invocations(cloud, context)
    [state] = cloud.executions().values()
    assert (state["submission"]["door"], state["submission"]["assessment"]) == ("drop", "bio")
    assert sweep(context).get("started", 0) == 0


@pytest.mark.parametrize("lost", [0, 1])
def test_of_two_drops_in_one_second_the_later_is_newer(cloud: MotoCloud, context: Any, lost: int) -> None:
    """S3's listings have whole seconds, its events milliseconds."""
    key = "drop/bio/answers/Ada.pdf"
    versions = [cloud.put(key, BODY), cloud.put(key, BODY + b"%")]
    second = cloud.client("s3").head_object(Bucket=TEMP, Key=key, VersionId=versions[1 - lost])["LastModified"]
    response = UploadedObject(key, versions[1 - lost], len(BODY), format_timestamp(second), is_latest=False).event(TEMP)
    receive_app.handler(
        {"Records": [response | {"eventTime": format_timestamp(second.replace(microsecond=500_000))}]}, context
    )
    assert sweep(context)["started"] == 1
    deliver_invocations(cloud, context)
    receive_sheet = {
        state["file"]["version_id"]: state["submission"]["received_at"] for state in cloud.executions().values()
    }
    assert receive_sheet[versions[0]] < receive_sheet[versions[1]]


def test_a_finished_upload_whose_event_was_lost_is_started(cloud: MotoCloud, context: Any) -> None:
    request = {
        "assessment": "bio",
        "kind": "answer_sheet",
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "size": len(BODY),
        "media_type": "application/pdf",
    }
    _, upload = parse_response(
        receive_app.handler(http_event("POST", "/uploads", body=json.dumps(request).encode()), context)
    )
    metadata = {name.removeprefix("x-amz-meta-"): value for name, value in upload["fields"].items() if "meta" in name}
    cloud.put(f"uploads/{upload['id']}", BODY, Metadata=metadata)
    assert sweep(context)["started"] == 1
    deliver_invocations(cloud, context)
    assert list(cloud.executions()) == [f"{upload['id']}-1"]


def test_a_refused_drop_is_refused_once(cloud: MotoCloud, context: Any) -> None:
    cloud.put("drop/notes.txt", b"no document")
    assert sweep(context)["started"] == 1
    deliver_invocations(cloud, context)
    assert sweep(context).get("started", 0) == 0
    assert sorted(list_objects(cloud, TEMP)) == ["drop/notes.txt", "drop/notes.txt.refused.json"]


def test_the_sweep_removes_what_clean_up_left(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    record_sheet(cloud, submission, SubmissionState.GRADED)
    persist_app.handler(submission.to_state(), context)
    assert sweep(context)["removed"] == 1
    assert list_objects(cloud, TEMP) == []


def test_the_object_of_a_failure_before_storing_stays(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    record_sheet(cloud, submission, SubmissionState.FAILED)
    assert sweep(context).get("removed", 0) == 0
    assert list_objects(cloud, TEMP) == [submission.file.key]


def test_an_object_in_use_is_not_removed(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    record_sheet(cloud, submission)
    persist_app.handler(submission.to_state(), context)
    sweep(context)
    assert list_objects(cloud, TEMP) == [submission.file.key]


def test_a_stopped_execution_becomes_failed_without_its_event(cloud: MotoCloud, context: Any) -> None:
    _, receipt = post_sheet(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = record_sheet(cloud, submission)
    stop_execution(cloud, submission.execution_name)
    assert sweep(context)["finalised"] == 1
    assert get_record(table, submission)["state"] == "FAILED"
    assert sweep(context)["failed"] == 1


def test_a_stopped_execution_without_a_record_is_recorded_as_failed(cloud: MotoCloud, context: Any) -> None:
    _, receipt = post_sheet(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    stop_execution(cloud, submission.execution_name)
    assert sweep(context)["finalised"] == 1
    table = Table(cloud.client("dynamodb"), TABLE)
    assert get_record(table, submission)["state"] == "FAILED"
    assert recover_app.handler({"action": "resume", "after": None}, context) == {
        "resumed": [submission.id],
        "next": None,
    }
    assert sorted(cloud.executions()) == [f"{submission.id}-1", f"{submission.id}-2"]


def test_a_record_without_an_execution_is_started_again(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    record_sheet(cloud, submission)
    assert sweep(context)["started"] == 1
    assert list(cloud.executions()) == [f"{submission.id}-2"]
    sweep(context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_the_sweep_starts_a_claimed_run(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED)
    submission_repository.claim_next_run(table, load_record(table, submission))
    assert sweep(context)["started"] == 1
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_a_terminal_state_does_not_hide_a_later_claimed_run(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    submission_repository.claim_next_run(table, load_record(table, submission))
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED) is SubmissionState.GRADED
    )
    assert sweep(context)["started"] == 1


def test_a_parked_sheet_is_released_when_its_paper_is_ready(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    recover_app.handler({"action": "park", "state": submission.to_state()}, context)
    assert sweep(context)["waiting_for_paper"] == 1
    set_paper(table)
    found = sweep(context)
    assert found.get("released", 0) + found.get("releases", 0) >= 1
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_the_sweep_makes_up_for_a_lost_release(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    set_paper(table)
    submission_repository.write_terminal_state(
        table, submission, SubmissionState.GRADED, OutcomeAttributes.from_item({"revision": 0})
    )
    assert sweep(context)["releases"] == 1
    assert list(cloud.executions()) == [f"{submission.id}-2"]
    assert sweep(context).get("releases", 0) == 0


def test_the_scheduled_sweep_resumes_where_it_stopped(cloud: MotoCloud, context: Any) -> None:
    for number in range(60):
        cloud.put(f"drop/bio/answers/{number:02}.pdf", BODY)
    context.get_remaining_time_in_millis = lambda: 1000
    event = {"action": "sweep", "older_than_seconds": -2}
    pieces = []
    for _ in range(12):
        pieces.append(recover_app.handler(event, context))
        if pieces[-1]["next"] is None:
            break
    assert sum(piece.get("started", 0) for piece in pieces) == 60
    assert len(pieces) > 2
    assert pieces[-1]["next"] is None


def test_recent_objects_are_left_alone(cloud: MotoCloud, context: Any) -> None:
    cloud.put("drop/bio/answers/Ada.pdf", BODY)
    assert "started" not in recover_app.handler({"action": "sweep", "after": None}, context)


def test_dead_letters_are_counted(cloud: MotoCloud, context: Any) -> None:
    sqs = cloud.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="stack-dead-ends")["QueueUrl"], MessageBody="{}")
    assert sweep(context)["dead_ends"] == 1


def test_marks_are_kept_if_only_the_announcement_failed(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    persist_app.handler(submission.to_state(), context)
    submission_repository.write_terminal_state(
        table, submission, SubmissionState.GRADED, OutcomeAttributes.from_item({"marks": 3})
    )
    detail = {"status": "FAILED", "error": "NotAnnounced", "input": json.dumps(submission.to_state())}
    assert recover_app.handler({"detail": detail}, context) == {"state": "GRADED"}
    assert get_record(table, submission)["marks"] == 3
    assert list_objects(cloud, TEMP) == []
