"""Erasure against moto: a tombstone first, then every trace, and nothing late brings anything back."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.models.submission import DocumentKind, Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.table import Table
from persist import app as persist_door
from receive import app as receive_door
from recover import app as recover_door
from results import app as results_door
from tests.integration.conftest import DOCUMENTS, TABLE, TEMP, MotoCloud
from tests.integration.http_events import http_event, parse_response
from tests.integration.test_persist_and_terminal_states import BODY, SHA256, received, recorded, state_of
from tests.integration.test_sweep import deliver, joined, objects, post, sweep


def erase(cloud: MotoCloud, context: Any, submission_id: str) -> int:
    asked = http_event("DELETE", f"/submissions/{submission_id}")
    code: int = results_door.handler(asked, context)["statusCode"]
    deliver(cloud, context)
    return code


def status(context: Any, submission_id: str) -> tuple[int, Any]:
    return parse_response(results_door.handler(http_event("GET", f"/submissions/{submission_id}"), context))


def everything(cloud: MotoCloud) -> str:
    """All that the table holds, as text."""
    return json.dumps(cloud.client("dynamodb").scan(TableName=TABLE)["Items"], default=str)


def graded(cloud: MotoCloud, context: Any, **query: str) -> Submission:
    """A sheet that came through the API, was stored, read and graded."""
    _, receipt = post(context, **query)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = recorded(cloud, submission)
    persist_door.handler(submission.to_state(), context)
    transcript, result = f"transcripts/demo/{SHA256}.1-sheet.json", f"results/demo/{submission.id}/1.json"
    for key in (transcript, result):
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=b"{}")
    table.put({"pk": f"submission#{submission.id}", "sk": "lane#0001#reading", "pages_total": 1})
    table.put({"pk": f"submission#{submission.id}", "sk": "anything else", "student": "Ada"})
    submission_repository.write_terminal_state(
        table, submission, SubmissionState.GRADED, {"result_key": result, "transcript_key": transcript, "marks": 1}
    )
    return submission


def test_nothing_that_names_the_student_is_left(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    sealed = submission.student
    assert sealed and sealed in everything(cloud)
    assert erase(cloud, context, submission.id) == 202
    assert objects(cloud, TEMP) == []
    assert objects(cloud, DOCUMENTS) == []
    left = everything(cloud)
    assert sealed not in left
    assert SHA256 not in left.replace(json.dumps({"S": SHA256}), ""), "but for the erasure that is still to come"
    found, body = status(context, submission.id)
    assert (found, body["state"], body["student"], body["marks"]) == (200, "ERASED", None, None)
    assert (
        parse_response(results_door.handler(http_event("GET", "/assessments/bio/submissions"), context))[1][
            "submissions"
        ]
        == []
    )


def test_the_audit_line_says_when_and_nothing_of_whom(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    erase(cloud, context, submission.id)
    tombstone = state_of(Table(cloud.client("dynamodb"), TABLE), submission)
    known = {"pk", "sk", "state", "run", "tenant", "assessment", "kind", "door", "received_at", "erased_at"}
    assert set(tombstone) == known | {"erasing", "pending", "pending_at"}


def test_another_tenant_erases_nothing(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    asked = http_event("DELETE", f"/submissions/{submission.id}", tenant="another")
    assert results_door.handler(asked, context)["statusCode"] == 404
    assert cloud.told == []
    assert status(context, submission.id)[1]["state"] == "GRADED"


def test_erasing_twice_is_erasing_once(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    assert [erase(cloud, context, submission.id) for _ in range(2)] == [202, 202]
    assert status(context, submission.id)[1]["state"] == "ERASED"


def test_what_is_not_recorded_yet_is_erased_too(cloud: MotoCloud, context: Any) -> None:
    _, receipt = post(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    assert erase(cloud, context, submission.id) == 202
    assert objects(cloud, TEMP) == []
    table = Table(cloud.client("dynamodb"), TABLE)
    assert submission_repository.create_record(table, submission, SubmissionState.READING, {}) is False
    assert status(context, submission.id)[1]["state"] == "ERASED"


def test_late_lanes_bring_nothing_back(cloud: MotoCloud, context: Any) -> None:
    _, receipt = post(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = recorded(cloud, submission)
    body = cloud.client("s3").get_object(Bucket=TEMP, Key=submission.file.key)["Body"].read()
    erase(cloud, context, submission.id)
    # The storing lane had opened the file before it went: its copy and its item come afterwards.
    file = received(cloud, submission.id, body=body).to_state()["file"]
    stored = persist_door.handler({**submission.to_state(), "file": file}, context)
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=f"results/demo/{submission.id}/1.json", Body=b"{}")
    state = {**joined(submission, stored), "failure": {"Error": "SubmissionErased", "Cause": "{}"}}
    assert recover_door.handler({"action": "fail", "state": state}, context) == {"state": "ERASED"}
    assert recover_door.handler({"action": "tidy", "state": state}, context) == {"removed": 0, "again": False}
    assert objects(cloud, DOCUMENTS) == []
    assert len(table.partition(f"submission#{submission.id}")) == 1


def test_the_second_erasure_comes_with_the_sweep_and_leaves_no_bookkeeping(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from recover import erase as erasing

    monkeypatch.setattr(erasing, "LATEST_BRANCH_END", timedelta(seconds=0))
    _, receipt = post(context)
    submission = Submission.from_state(cloud.executions()[f"{receipt['id']}-1"])
    table = recorded(cloud, submission)
    monkeypatch.setattr(erasing, "LATEST_BRANCH_END", timedelta(hours=1))
    erase(cloud, context, submission.id)
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=f"documents/demo/{submission.id}", Body=b"late")
    assert "erased" not in sweep(context)
    monkeypatch.setattr(erasing, "LATEST_BRANCH_END", timedelta(seconds=0))
    table.update(f"submission#{submission.id}", "record", "SET pending_at = :at", values={":at": "2026"})
    assert sweep(context)["erased"] == 1
    assert objects(cloud, DOCUMENTS) == []
    assert {"erasing", "pending"}.isdisjoint(state_of(table, submission))


def test_the_transcript_stays_while_another_submission_has_the_same_content(cloud: MotoCloud, context: Any) -> None:
    first, second = graded(cloud, context, student="Ada"), graded(cloud, context, student="Bo", assessment="chem")
    transcript = f"transcripts/demo/{SHA256}.1-sheet.json"
    erase(cloud, context, first.id)
    assert transcript in objects(cloud, DOCUMENTS)
    erase(cloud, context, second.id)
    assert transcript not in objects(cloud, DOCUMENTS)


def test_the_same_file_may_be_sent_again_and_begins_anew(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    erase(cloud, context, submission.id)
    code, receipt = post(context)
    assert (code, receipt["id"], receipt["run"]) == (202, submission.id, 2)
    begun = Submission.from_state(cloud.executions()[f"{submission.id}-2"])
    table = recorded(cloud, begun)
    found = state_of(table, begun)
    assert (found["state"], found["run"]) == ("READING", 2)
    assert "erased_at" not in found
    # The first life's lanes are as late as ever.
    assert (
        submission_repository.write_terminal_state(table, submission, SubmissionState.GRADED) is SubmissionState.READING
    )
    assert persist_door.handler(begun.to_state(), context)["duplicate_of"] is None
    recover_door.handler({"action": "erase", "submission": submission.id}, context)
    assert len(objects(cloud, DOCUMENTS)) == 1


def test_what_is_sent_while_the_erasure_is_at_work_is_asked_for_again(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    results_door.handler(http_event("DELETE", f"/submissions/{submission.id}"), context)
    code, problem = post(context)
    assert (code, problem["type"]) == (503, "urn:gradeline:problem:ServiceUnavailable")
    deliver(cloud, context)
    assert post(context)[0] == 202


def test_two_passes_of_one_erasure_are_never_at_work_at_once(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recover import erase as erasing

    submission = graded(cloud, context)
    results_door.handler(http_event("DELETE", f"/submissions/{submission.id}"), context)
    asked = {"action": "erase", "submission": submission.id}
    sweep_away, other = erasing._erase_traces, SimpleNamespace(**{**vars(context), "aws_request_id": "another"})

    def meanwhile(tombstone: Any, lifecycle: Any) -> int:
        monkeypatch.setattr(erasing, "_erase_traces", sweep_away)
        # Had it been at work and ended, a new file would come in, and go with what this pass still removes.
        assert recover_door.handler(asked, other) == {"removed": 0}
        assert post(context)[0] == 503
        return sweep_away(tombstone, lifecycle)

    monkeypatch.setattr(erasing, "_erase_traces", meanwhile)
    assert recover_door.handler(asked, context)["removed"] > 0
    assert post(context)[0] == 202


def test_a_pass_that_died_goes_on_under_its_name_or_is_overtaken(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    results_door.handler(http_event("DELETE", f"/submissions/{submission.id}"), context)
    table, pk = Table(cloud.client("dynamodb"), TABLE), f"submission#{submission.id}"
    asked = {"action": "erase", "submission": submission.id}
    died = {":who": "died", ":until": "2999"}
    table.update(pk, "record", "SET removing = :who, removing_until = :until", values=died)
    assert recover_door.handler(asked, context) == {"removed": 0}
    again = SimpleNamespace(**{**vars(context), "aws_request_id": "died"})
    assert recover_door.handler(asked, again)["removed"] > 0
    table.update(pk, "record", "SET removing = :who, removing_until = :until", values={**died, ":until": "2020"})
    recover_door.handler(asked, context)
    assert "removing" not in state_of(table, submission)


def test_what_comes_in_the_second_of_the_erasure_is_left_to_its_door(cloud: MotoCloud, context: Any) -> None:
    submission = graded(cloud, context)
    erase(cloud, context, submission.id)
    table = Table(cloud.client("dynamodb"), TABLE)
    cloud.put(f"incoming/{submission.id}", BODY)
    [found] = cloud.client("s3").list_objects_v2(Bucket=TEMP)["Contents"]
    just_before = found["LastModified"].strftime("%Y-%m-%dT%H:%M:%S.900Z")
    values = {":at": just_before}
    table.update(f"submission#{submission.id}", "record", "SET erased_at = :at", values=values)
    sweep(context)
    assert objects(cloud, TEMP) == [f"incoming/{submission.id}"]


def test_a_doubled_event_of_an_erased_drop_starts_nothing(cloud: MotoCloud, context: Any) -> None:
    version = cloud.put("drop/bio/answers/Ada.pdf", BODY)
    thing = {"key": "drop/bio/answers/Ada.pdf", "versionId": version, "size": len(BODY)}
    event = {"Records": [{"eventTime": "2026-01-31T08:30:00Z", "s3": {"bucket": {"name": TEMP}, "object": thing}}]}
    receive_door.handler(event, context)
    [(name, state)] = cloud.executions().items()
    submission = Submission.from_state(state)
    recorded(cloud, submission)
    persist_door.handler(state, context)
    erase(cloud, context, submission.id)
    assert objects(cloud, TEMP) == []
    receive_door.handler(event, context)
    assert list(cloud.executions()) == [name]
    assert "Ada" not in everything(cloud)


def test_a_duplicate_goes_with_the_submission_that_it_is(cloud: MotoCloud, context: Any) -> None:
    first = graded(cloud, context)
    twin = Submission.from_state(
        {**first.to_state(), "submission": {**first.to_state()["submission"], "id": "f" * 32, "student": None}}
    )
    table = recorded(cloud, twin)
    submission_repository.write_terminal_state(table, twin, SubmissionState.DUPLICATE_OF, {"duplicate_of": first.id})
    erase(cloud, context, first.id)
    assert state_of(table, twin)["state"] == "ERASED"


def test_an_erased_paper_leaves_the_shelf_to_the_newest_that_is_left(cloud: MotoCloud, context: Any) -> None:
    table = Table(cloud.client("dynamodb"), TABLE)
    papers = []
    for number, at in ((1, "2026-01-31T08:00:00.000Z"), (2, "2026-01-31T09:00:00.000Z")):
        paper = received(cloud, str(number))
        state = paper.to_state()
        state["submission"] |= {"kind": DocumentKind.QUESTION_PAPER.value, "received_at": at}
        paper = Submission.from_state(state)
        recorded(cloud, paper)
        key = f"assessments/demo/bio/paper/{paper.id}-1.json"
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=b"{}")
        assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=key, received_at=at)
        submission_repository.write_terminal_state(table, paper, SubmissionState.READY, {"paper_key": key})
        papers.append((paper, key))
    (older, older_key), (newer, newer_key) = papers
    erase(cloud, context, newer.id)
    assert assessment_repository.load(table, "demo", "bio").paper == older_key
    assert newer_key not in objects(cloud, DOCUMENTS)
    erase(cloud, context, older.id)
    assert assessment_repository.load(table, "demo", "bio").paper is None
