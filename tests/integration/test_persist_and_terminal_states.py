"""The store lane, the endings and the parked, against moto."""

import hashlib
import json
from typing import Any

import pytest

from core.models.submission import DocumentKind, IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.table import RECORD_SK, Table, submission_pk
from persist import app as persist_door
from recover import app as recover_door
from tests.integration.conftest import DOCUMENTS, TABLE, TEMP, MotoCloud

BODY = b"%PDF-1.7 a sheet"
SHA256 = hashlib.sha256(BODY).hexdigest()


def received(cloud: MotoCloud, name: str = "1", sha256: str | None = SHA256, body: bytes = BODY) -> Submission:
    """A submission whose bytes lie in the temp bucket."""
    submission_id = name.rjust(32, "0")
    key = f"incoming/{submission_id}"
    version = cloud.put(key, body)
    file = SourceFile(TEMP, key, version, len(body), sha256, "application/pdf")
    return Submission(
        submission_id,
        1,
        "demo",
        "bio",
        DocumentKind.ANSWER_SHEET,
        None,
        IntakeChannel.API,
        "2026-01-31T08:30:00.125Z",
        file,
    )


def recorded(cloud: MotoCloud, submission: Submission, state: SubmissionState = SubmissionState.READING) -> Table:
    """Its record, as the state machine's own write leaves it."""
    table = Table(cloud.client("dynamodb"), TABLE)
    submission_repository.create_record(table, submission, state, {})
    return table


def state_of(table: Table, submission: Submission) -> dict[str, Any]:
    found = table.get(submission_pk(submission.id), RECORD_SK)
    assert found is not None
    return found


# ── the store lane ───────────────────────────────────────────────────────────────────────────────


def test_the_copy_carries_the_checksum_of_what_was_received(cloud: MotoCloud, context: Any) -> None:
    value = persist_door.handler(received(cloud).to_state(), context)
    assert value["sha256"] == SHA256
    kept = cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=value["key"], VersionId=value["version_id"])
    assert kept["Body"].read() == BODY
    assert value["duplicate_of"] is None


def test_every_lane_reads_the_pinned_version_also_when_the_object_is_overwritten(
    cloud: MotoCloud, context: Any
) -> None:
    submission = received(cloud)
    cloud.put(submission.file.key, b"%PDF-1.7 something else")
    value = persist_door.handler(submission.to_state(), context)
    assert value["sha256"] == SHA256


def test_a_copy_that_stands_is_verified_and_not_made_again(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    first = persist_door.handler(submission.to_state(), context)
    cloud.calls.clear()
    second = persist_door.handler(submission.to_state(), context)
    assert "CopyObject" not in cloud.calls
    assert second["version_id"] == first["version_id"]


def test_a_later_run_finds_the_durable_copy_as_its_source(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    first = persist_door.handler(submission.to_state(), context)
    kept = SourceFile(DOCUMENTS, first["key"], first["version_id"], len(BODY), SHA256, "application/pdf")
    second = persist_door.handler(submission.for_run(2, kept).to_state(), context)
    assert (second["sha256"], second["version_id"]) == (SHA256, first["version_id"])


def test_a_copy_with_another_checksum_than_declared_is_not_accepted(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud, sha256="00" * 32)
    with pytest.raises(Exception, match="declared on receipt") as raised:
        persist_door.handler(submission.to_state(), context)
    assert type(raised.value).__name__ == "CopyNotVerified"


def test_one_content_of_one_student_is_claimed_once(cloud: MotoCloud, context: Any) -> None:
    first, second = received(cloud, "1"), received(cloud, "2", sha256=None)
    assert persist_door.handler(first.to_state(), context)["duplicate_of"] is None
    assert persist_door.handler(second.to_state(), context)["duplicate_of"] == first.id
    assert persist_door.handler(first.to_state(), context)["duplicate_of"] is None


def test_a_failed_holder_gives_its_claim_to_who_sends_the_file_again(cloud: MotoCloud, context: Any) -> None:
    first, second = received(cloud, "1"), received(cloud, "2", sha256=None)
    persist_door.handler(first.to_state(), context)
    recorded(cloud, first, SubmissionState.FAILED)
    assert persist_door.handler(second.to_state(), context)["duplicate_of"] is None
    assert persist_door.handler(first.to_state(), context)["duplicate_of"] == second.id


# ── endings ──────────────────────────────────────────────────────────────────────────────────────


def test_an_ending_is_written_once_and_found_again(cloud: MotoCloud) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED, {"marks": 3.5})
        is SubmissionState.GRADED
    )
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.FAILED) is SubmissionState.GRADED
    )
    assert state_of(table, submission)["marks"] == 3.5


def test_a_late_ending_of_an_older_run_is_dropped(cloud: MotoCloud) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission, SubmissionState.FAILED)
    submission_repository.create_record(table, submission.for_run(2), SubmissionState.READING, {})
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED) is SubmissionState.READING
    )
    assert state_of(table, submission)["run"] == 2


def test_an_ending_without_a_record_makes_one(cloud: MotoCloud) -> None:
    submission = received(cloud)
    table = Table(cloud.client("dynamodb"), TABLE)
    assert (
        submission_repository.write_terminal_state(
            table, submission, SubmissionState.FAILED, {"failure": {"type": "X", "message": "y"}}
        )
        is SubmissionState.FAILED
    )
    assert state_of(table, submission)["assessment"] == "bio"


def test_a_rejection_keeps_the_sentence_for_the_teacher(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    cause = json.dumps({"errorMessage": "The PDF asks for a password.", "errorType": "EncryptedDocument"})
    state = {
        **submission.to_state(),
        "outcome": {"reading": {"ok": False, "fault": "document", "error": "EncryptedDocument", "cause": cause}},
    }
    assert recover_door.handler({"action": "reject", "state": state}, context) == {"state": "REJECTED"}
    found = state_of(table, submission)
    assert found["failure"] == {"type": "EncryptedDocument", "message": "The PDF asks for a password."}


def test_an_execution_that_ended_without_a_word_gets_its_ending(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    event = {"detail": {"status": "TIMED_OUT", "input": json.dumps(submission.to_state())}}
    assert recover_door.handler(event, context) == {"state": "FAILED"}
    assert state_of(table, submission)["failure"]["type"] == "Execution.TIMED_OUT"


# ── the parked ───────────────────────────────────────────────────────────────────────────────────


def paper_arrives(table: Table, name: str = "p1", at: str = "2026-01-31T09:00:00.000Z") -> None:
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "paper", key=f"assessments/demo/bio/paper/{name}.json", received_at=at
    )


def test_a_sheet_before_its_paper_waits_and_is_released_once(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    assert recover_door.handler({"action": "park", "state": submission.to_state()}, context) == {
        "state": "AWAITING_PAPER"
    }
    assert cloud.executions() == {}
    paper_arrives(table)
    release = {"action": "release", "tenant": "demo", "assessment": "bio"}
    assert recover_door.handler(release, context)["released"] == 1
    recover_door.handler(release, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_a_sheet_whose_paper_came_in_that_moment_does_not_wait_for_ever(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    paper_arrives(table)
    recover_door.handler({"action": "park", "state": submission.to_state()}, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_a_claimed_run_that_never_began_is_started_by_the_next_release(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    recover_door.handler({"action": "park", "state": submission.to_state()}, context)
    submission_repository.claim_next_run(table, state_of(table, submission))
    paper_arrives(table)
    recover_door.handler({"action": "release", "tenant": "demo", "assessment": "bio"}, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_sheets_graded_against_an_older_revision_go_through_again(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    paper_arrives(table)
    submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED, {"revision": 1})
    release = {"action": "release", "tenant": "demo", "assessment": "bio"}
    assert recover_door.handler(release, context)["released"] == 0
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "scheme", key="assessments/demo/bio/scheme/s.json", received_at="2026-02-01"
    )
    assert recover_door.handler(release, context)["released"] == 1


def test_a_second_release_starts_nothing_while_the_first_run_is_under_way(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    recover_door.handler({"action": "park", "state": submission.to_state()}, context)
    paper_arrives(table)
    table.put({"pk": "assessment#demo#bio", "sk": f"parked#{submission.id}", "submission_id": submission.id})
    submission_repository.create_record(table, submission.for_run(2), SubmissionState.READING, {})
    release = {"action": "release", "tenant": "demo", "assessment": "bio"}
    assert recover_door.handler(release, context)["released"] == 0


def test_a_sheet_that_waits_without_its_parking_item_is_released_too(cloud: MotoCloud, context: Any) -> None:
    submission = received(cloud)
    table = recorded(cloud, submission)
    submission_repository.write_terminal_state(table, submission, SubmissionState.AWAITING_PAPER)
    paper_arrives(table)
    recover_door.handler({"action": "release", "tenant": "demo", "assessment": "bio"}, context)
    assert list(cloud.executions()) == [f"{submission.id}-2"]


def test_the_newest_paper_counts_even_if_an_older_one_ends_later(cloud: MotoCloud) -> None:
    table = Table(cloud.client("dynamodb"), TABLE)
    paper_arrives(table, "newer", "2026-01-31T10:00:00.000Z")
    paper_arrives(table, "older", "2026-01-31T09:00:00.000Z")
    paper_arrives(table, "newer", "2026-01-31T10:00:00.000Z")
    current = assessment_repository.load(table, "demo", "bio")
    assert current.paper == "assessments/demo/bio/paper/newer.json"
    assert current.revision == 1
