"""The storing branch, terminal states and parked sheets, against moto."""

import json
from typing import Any

import pytest

from core.models.submission import SourceFile, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from persist import app as persist_app
from recover import app as recover_app
from tests.integration.moto_cloud import DOCUMENTS, TABLE, MotoCloud
from tests.integration.recovery import BODY, SHA256, get_record, load_record, receive_sheet, record_sheet, set_paper


def test_the_copy_has_the_checksum_of_the_received_file(cloud: MotoCloud, context: Any) -> None:
    value = persist_app.handler(receive_sheet(cloud).to_state(), context)
    assert value["sha256"] == SHA256
    stored_object = cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=value["key"], VersionId=value["version_id"])
    assert stored_object["Body"].read() == BODY
    assert value["duplicate_of"] is None


def test_the_pinned_version_is_stored_after_the_object_is_overwritten(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    cloud.put(submission.file.key, b"%PDF-1.7 something else")
    value = persist_app.handler(submission.to_state(), context)
    assert value["sha256"] == SHA256


def test_an_existing_copy_is_verified_and_not_repeated(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    first = persist_app.handler(submission.to_state(), context)
    cloud.calls.clear()
    second = persist_app.handler(submission.to_state(), context)
    assert "CopyObject" not in cloud.calls
    assert second["version_id"] == first["version_id"]


def test_a_later_run_finds_the_durable_copy_as_its_source(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    first = persist_app.handler(submission.to_state(), context)
    stored_object = SourceFile(DOCUMENTS, first["key"], first["version_id"], len(BODY), SHA256, "application/pdf")
    second = persist_app.handler(submission.for_run(2, stored_object).to_state(), context)
    assert (second["sha256"], second["version_id"]) == (SHA256, first["version_id"])


def test_a_copy_with_another_checksum_than_declared_is_refused(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud, sha256="00" * 32)
    with pytest.raises(Exception, match="declared on receipt") as raised:
        persist_app.handler(submission.to_state(), context)
    assert type(raised.value).__name__ == "CopyNotVerified"


def test_one_content_of_one_student_is_claimed_once(cloud: MotoCloud, context: Any) -> None:
    first, second = receive_sheet(cloud, "1"), receive_sheet(cloud, "2", sha256=None)
    assert persist_app.handler(first.to_state(), context)["duplicate_of"] is None
    assert persist_app.handler(second.to_state(), context)["duplicate_of"] == first.id
    assert persist_app.handler(first.to_state(), context)["duplicate_of"] is None


def test_a_failed_submissions_claim_passes_to_a_repeat_of_the_file(cloud: MotoCloud, context: Any) -> None:
    first, second = receive_sheet(cloud, "1"), receive_sheet(cloud, "2", sha256=None)
    persist_app.handler(first.to_state(), context)
    record_sheet(cloud, first, SubmissionState.FAILED)
    assert persist_app.handler(second.to_state(), context)["duplicate_of"] is None
    assert persist_app.handler(first.to_state(), context)["duplicate_of"] == second.id


def test_a_terminal_state_is_written_once(cloud: MotoCloud) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    assert (
        submission_repository.write_terminal_state(
            table, submission, SubmissionState.GRADED, OutcomeAttributes.from_item({"marks": 3.5})
        )
        is SubmissionState.GRADED
    )
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.FAILED) is SubmissionState.GRADED
    )
    assert get_record(table, submission)["marks"] == 3.5


def test_a_late_terminal_state_of_an_older_run_is_dropped(cloud: MotoCloud) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission, SubmissionState.FAILED)
    submission_repository.create_record(table, submission.for_run(2), SubmissionState.READING)
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED) is SubmissionState.READING
    )
    assert get_record(table, submission)["run"] == 2


def test_a_terminal_state_without_a_record_creates_it(cloud: MotoCloud) -> None:
    submission = receive_sheet(cloud)
    table = Table(cloud.client("dynamodb"), TABLE)
    assert (
        submission_repository.write_terminal_state(
            table,
            submission,
            SubmissionState.FAILED,
            OutcomeAttributes.from_item({"failure": {"type": "X", "message": "y"}}),
        )
        is SubmissionState.FAILED
    )
    assert get_record(table, submission)["assessment"] == "bio"


def test_a_rejection_keeps_its_message(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    cause = json.dumps({"errorMessage": "The PDF asks for a password.", "errorType": "EncryptedDocument"})
    state = {
        **submission.to_state(),
        "outcome": {"reading": {"ok": False, "fault": "document", "error": "EncryptedDocument", "cause": cause}},
    }
    assert recover_app.handler({"action": "reject", "state": state}, context) == {"state": "REJECTED"}
    found = get_record(table, submission)
    assert found["failure"] == {"type": "EncryptedDocument", "message": "The PDF asks for a password."}


def test_an_execution_that_timed_out_becomes_failed(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    event = {"detail": {"status": "TIMED_OUT", "input": json.dumps(submission.to_state())}}
    assert recover_app.handler(event, context) == {"state": "FAILED"}
    assert get_record(table, submission)["failure"]["type"] == "Execution.TIMED_OUT"


def test_a_sheet_before_its_paper_is_parked_and_released_once(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    assert recover_app.handler({"action": "park", "state": submission.to_state()}, context) == {
        "state": "AWAITING_PAPER"
    }
    assert cloud.executions() == {}
    set_paper(table)
    release = {"action": "release", "tenant": "demo", "assessment": "bio"}
    assert recover_app.handler(release, context)["released"] == 1
    recover_app.handler(release, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_a_sheet_parked_as_its_paper_arrives_is_released(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    set_paper(table)
    recover_app.handler({"action": "park", "state": submission.to_state()}, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_the_next_release_starts_a_claimed_run(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    recover_app.handler({"action": "park", "state": submission.to_state()}, context)
    submission_repository.claim_next_run(table, load_record(table, submission))
    set_paper(table)
    recover_app.handler({"action": "release", "tenant": "demo", "assessment": "bio"}, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_sheets_graded_against_an_older_revision_are_graded_again(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    set_paper(table)
    submission_repository.write_terminal_state(
        table, submission, SubmissionState.GRADED, OutcomeAttributes.from_item({"revision": 1})
    )
    release = {"action": "release", "tenant": "demo", "assessment": "bio"}
    assert recover_app.handler(release, context)["released"] == 0
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "scheme", key="assessments/demo/bio/scheme/s.json", received_at="2026-02-01"
    )
    assert recover_app.handler(release, context)["released"] == 1


def test_a_second_release_starts_nothing_while_a_run_is_in_progress(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    recover_app.handler({"action": "park", "state": submission.to_state()}, context)
    set_paper(table)
    table.put({"pk": "assessment#demo#bio", "sk": f"parked#{submission.id}", "submission_id": submission.id})
    submission_repository.create_record(table, submission.for_run(2), SubmissionState.READING)
    release = {"action": "release", "tenant": "demo", "assessment": "bio"}
    assert recover_app.handler(release, context)["released"] == 0


def test_a_waiting_sheet_without_its_parking_item_is_released(cloud: MotoCloud, context: Any) -> None:
    submission = receive_sheet(cloud)
    table = record_sheet(cloud, submission)
    submission_repository.write_terminal_state(table, submission, SubmissionState.AWAITING_PAPER)
    set_paper(table)
    recover_app.handler({"action": "release", "tenant": "demo", "assessment": "bio"}, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_the_newest_paper_counts_even_if_an_older_one_completes_later(cloud: MotoCloud) -> None:
    table = Table(cloud.client("dynamodb"), TABLE)
    set_paper(table, "newer", "2026-01-31T10:00:00.000Z")
    set_paper(table, "older", "2026-01-31T09:00:00.000Z")
    set_paper(table, "newer", "2026-01-31T10:00:00.000Z")
    current = assessment_repository.load(table, "demo", "bio")
    assert current.paper == "assessments/demo/bio/paper/newer.json"
    assert current.revision == 1
