"""Erasure against moto: the tombstone is written first, then every trace is removed, and nothing late restores any."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.models.document_kinds import DocumentKind
from core.models.submission import Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from persist import app as persist_app
from receive import app as receive_app
from recover import app as recover_app
from results import app as results_app
from tests.integration.erasure_requests import create_graded_sheet, erase, status, table_text
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import (
    DOCUMENTS,
    TABLE,
    TEMP,
    MotoCloud,
)
from tests.integration.recovery import (
    BODY,
    SHA256,
    deliver_invocations,
    get_record,
    joined_state,
    list_objects,
    post_sheet,
    receive_sheet,
    record_sheet,
    sweep,
)


def test_erasure_leaves_nothing_that_names_the_student(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    encrypted_label = submission.student
    assert encrypted_label and encrypted_label in table_text(cloud)
    assert erase(cloud, context, submission.id) == 202
    assert list_objects(cloud, TEMP) == []
    assert list_objects(cloud, DOCUMENTS) == []
    left = table_text(cloud)
    assert encrypted_label not in left
    assert SHA256 not in left.replace(json.dumps({"S": SHA256}), ""), "except for the pending erasure"
    found, body = status(context, submission.id)
    assert (found, body["state"], body["student"], body["marks"]) == (200, "ERASED", None, None)
    assert (
        parse_response(results_app.handler(http_event("GET", "/assessments/bio/submissions"), context))[1][
            "submissions"
        ]
        == []
    )


def test_the_tombstone_has_times_and_no_names(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    erase(cloud, context, submission.id)
    tombstone = get_record(Table(cloud.client("dynamodb"), TABLE), submission)
    known = {"pk", "sk", "state", "run", "tenant", "assessment", "kind", "door", "received_at", "erased_at"}
    assert set(tombstone) == known | {"erasing", "pending", "pending_at"}


def test_another_tenant_cannot_erase(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    event = http_event("DELETE", f"/submissions/{submission.id}", tenant="another")
    assert results_app.handler(event, context)["statusCode"] == 404
    assert cloud.invocations == []
    assert status(context, submission.id)[1]["state"] == "GRADED"


def test_erasure_is_idempotent(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    assert [erase(cloud, context, submission.id) for _ in range(2)] == [202, 202]
    assert status(context, submission.id)[1]["state"] == "ERASED"


def test_a_submission_without_a_record_is_erased(cloud: MotoCloud, context: Any) -> None:
    _, receipt = post_sheet(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    assert erase(cloud, context, submission.id) == 202
    assert list_objects(cloud, TEMP) == []
    table = Table(cloud.client("dynamodb"), TABLE)
    assert submission_repository.create_record(table, submission, SubmissionState.READING) is False
    assert status(context, submission.id)[1]["state"] == "ERASED"


def test_late_branches_restore_nothing(cloud: MotoCloud, context: Any) -> None:
    _, receipt = post_sheet(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = record_sheet(cloud, submission)
    body = cloud.client("s3").get_object(Bucket=TEMP, Key=submission.file.key)["Body"].read()
    erase(cloud, context, submission.id)
    # The storing branch had opened the file before it was removed: its copy and its item come afterwards.
    file = receive_sheet(cloud, submission.id, body=body).to_state()["file"]
    stored = persist_app.handler({**submission.to_state(), "file": file}, context)
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=f"results/demo/{submission.id}/1.json", Body=b"{}")
    state = {**joined_state(submission, stored), "failure": {"Error": "SubmissionErased", "Cause": "{}"}}
    assert recover_app.handler({"action": "fail", "state": state}, context) == {"state": "ERASED"}
    assert recover_app.handler({"action": "tidy", "state": state}, context) == {"removed": 0, "again": False}
    assert list_objects(cloud, DOCUMENTS) == []
    assert len(table.partition(f"submission#{submission.id}")) == 1


def test_the_sweep_runs_the_second_erasure_pass_and_completes_the_tombstone(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from recover import erase as erase_module

    monkeypatch.setattr(erase_module, "LATEST_BRANCH_END", timedelta(seconds=0))
    _, receipt = post_sheet(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = record_sheet(cloud, submission)
    monkeypatch.setattr(erase_module, "LATEST_BRANCH_END", timedelta(hours=1))
    erase(cloud, context, submission.id)
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=f"documents/demo/{submission.id}", Body=b"late")
    assert "erased" not in sweep(context)
    monkeypatch.setattr(erase_module, "LATEST_BRANCH_END", timedelta(seconds=0))
    table.update(f"submission#{submission.id}", "record", "SET pending_at = :at", values={":at": "2026"})
    assert sweep(context)["erased"] == 1
    assert list_objects(cloud, DOCUMENTS) == []
    assert {"erasing", "pending"}.isdisjoint(get_record(table, submission))


def test_a_transcript_is_kept_while_another_submission_has_its_content(cloud: MotoCloud, context: Any) -> None:
    first, second = (
        create_graded_sheet(cloud, context, student="Ada"),
        create_graded_sheet(cloud, context, student="Bo", assessment="chem"),
    )
    transcript = f"transcripts/demo/{SHA256}.1-sheet.json"
    erase(cloud, context, first.id)
    assert transcript in list_objects(cloud, DOCUMENTS)
    erase(cloud, context, second.id)
    assert transcript not in list_objects(cloud, DOCUMENTS)


def test_an_erased_file_can_be_sent_again_and_is_restarted(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    erase(cloud, context, submission.id)
    code, receipt = post_sheet(context)
    assert (code, receipt["id"], receipt["run"]) == (202, submission.id, 2)
    begun = Submission.from_state(cloud.executions()[f"{submission.id}-2"])
    table = record_sheet(cloud, begun)
    found = get_record(table, begun)
    assert (found["state"], found["run"]) == ("READING", 2)
    assert "erased_at" not in found
    # Branches of the erased runs still write late.
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED) is SubmissionState.READING
    )
    assert persist_app.handler(begun.to_state(), context)["duplicate_of"] is None
    recover_app.handler({"action": "erase", "submission": submission.id}, context)
    assert len(list_objects(cloud, DOCUMENTS)) == 1


def test_a_file_sent_during_its_erasure_is_refused_for_now(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    results_app.handler(http_event("DELETE", f"/submissions/{submission.id}"), context)
    code, problem = post_sheet(context)
    assert (code, problem["type"]) == (503, "urn:gradeline:problem:ServiceUnavailable")
    deliver_invocations(cloud, context)
    assert post_sheet(context)[0] == 202


def test_two_passes_of_one_erasure_never_run_at_once(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recover import erase as erase_module

    submission = create_graded_sheet(cloud, context)
    results_app.handler(http_event("DELETE", f"/submissions/{submission.id}"), context)
    event = {"action": "erase", "submission": submission.id}
    erase_traces, other_context = (
        erase_module._erase_traces,
        SimpleNamespace(**{**vars(context), "aws_request_id": "another"}),
    )

    def erase_concurrently(tombstone: Any, lifecycle: Any) -> int:
        monkeypatch.setattr(erase_module, "_erase_traces", erase_traces)
        # If this pass ran and completed, a new file would be accepted, and removed by the pass that is still running.
        assert recover_app.handler(event, other_context) == {"removed": 0}
        assert post_sheet(context)[0] == 503
        return erase_traces(tombstone, lifecycle)

    monkeypatch.setattr(erase_module, "_erase_traces", erase_concurrently)
    assert recover_app.handler(event, context)["removed"] > 0
    assert post_sheet(context)[0] == 202


def test_a_pass_that_died_is_resumed_or_taken_over(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    results_app.handler(http_event("DELETE", f"/submissions/{submission.id}"), context)
    table, pk = Table(cloud.client("dynamodb"), TABLE), f"submission#{submission.id}"
    event = {"action": "erase", "submission": submission.id}
    dead_pass = {":who": "died", ":until": "2999"}
    table.update(pk, "record", "SET removing = :who, removing_until = :until", values=dead_pass)
    assert recover_app.handler(event, context) == {"removed": 0}
    again = SimpleNamespace(**{**vars(context), "aws_request_id": "died"})
    assert recover_app.handler(event, again)["removed"] > 0
    table.update(pk, "record", "SET removing = :who, removing_until = :until", values={**dead_pass, ":until": "2020"})
    recover_app.handler(event, context)
    assert "removing" not in get_record(table, submission)


def test_the_sweep_leaves_objects_of_the_second_of_the_erasure(cloud: MotoCloud, context: Any) -> None:
    submission = create_graded_sheet(cloud, context)
    erase(cloud, context, submission.id)
    table = Table(cloud.client("dynamodb"), TABLE)
    cloud.put(f"incoming/{submission.id}", BODY)
    [found] = cloud.client("s3").list_objects_v2(Bucket=TEMP)["Contents"]
    just_before = found["LastModified"].strftime("%Y-%m-%dT%H:%M:%S.900Z")
    values = {":at": just_before}
    table.update(f"submission#{submission.id}", "record", "SET erased_at = :at", values=values)
    sweep(context)
    assert list_objects(cloud, TEMP) == [f"incoming/{submission.id}"]


def test_a_repeated_event_of_an_erased_drop_starts_nothing(cloud: MotoCloud, context: Any) -> None:
    version = cloud.put("drop/bio/answers/Ada.pdf", BODY)
    thing = {"key": "drop/bio/answers/Ada.pdf", "versionId": version, "size": len(BODY)}
    event = {"Records": [{"eventTime": "2026-01-31T08:30:00Z", "s3": {"bucket": {"name": TEMP}, "object": thing}}]}
    receive_app.handler(event, context)
    [(name, state)] = cloud.executions().items()
    submission = Submission.from_state(state)
    record_sheet(cloud, submission)
    persist_app.handler(state, context)
    erase(cloud, context, submission.id)
    assert list_objects(cloud, TEMP) == []
    receive_app.handler(event, context)
    assert list(cloud.executions()) == [name]
    assert "Ada" not in table_text(cloud)


def test_a_duplicate_is_erased_with_its_original(cloud: MotoCloud, context: Any) -> None:
    first = create_graded_sheet(cloud, context)
    twin = Submission.from_state(
        {**first.to_state(), "submission": {**first.to_state()["submission"], "id": "f" * 32, "student": None}}
    )
    table = record_sheet(cloud, twin)
    submission_repository.write_terminal_state(
        table, twin, SubmissionState.DUPLICATE_OF, OutcomeAttributes.from_item({"duplicate_of": first.id})
    )
    erase(cloud, context, first.id)
    assert get_record(table, twin)["state"] == "ERASED"


def test_after_erasure_the_newest_remaining_paper_counts(cloud: MotoCloud, context: Any) -> None:
    table = Table(cloud.client("dynamodb"), TABLE)
    papers = []
    for number, at in ((1, "2026-01-31T08:00:00.000Z"), (2, "2026-01-31T09:00:00.000Z")):
        paper = receive_sheet(cloud, str(number))
        state = paper.to_state()
        state["submission"] |= {"kind": DocumentKind.QUESTION_PAPER.value, "received_at": at}
        paper = Submission.from_state(state)
        record_sheet(cloud, paper)
        key = f"assessments/demo/bio/paper/{paper.id}-1.json"
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=b"{}")
        assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=key, received_at=at)
        submission_repository.write_terminal_state(
            table, paper, SubmissionState.READY, OutcomeAttributes.from_item({"paper_key": key})
        )
        papers.append((paper, key))
    (older, older_key), (newer, newer_key) = papers
    erase(cloud, context, newer.id)
    assert assessment_repository.load(table, "demo", "bio").paper == older_key
    assert newer_key not in list_objects(cloud, DOCUMENTS)
    erase(cloud, context, older.id)
    assert assessment_repository.load(table, "demo", "bio").paper is None
