"""Three doors, one submission: what receive calls, what comes in twice, what is refused."""

import hashlib
import json
import threading
from collections.abc import Callable

import pytest

from local.cli.api_client import ApiClient, ApiError
from local.cloud.aws_calls import Call
from tests.documents import encrypted_pdf, pdf_without_pages, typed_pdf
from tests.workflow.conftest import WorkflowHarness

NAME = "Ottoline Quaverfield"


def test_before_the_first_ocr_call_the_api_path_makes_two_calls_and_reading_waits_for_one(
    harness: WorkflowHarness,
) -> None:
    harness.prepare()
    hold_back(harness)
    harness.cloud.clear_calls()
    sheet = harness.scan()
    harness.ended(sheet)
    calls = harness.cloud.calls()
    assert [call.operation for call in calls if call.caller == "ReceiveFunction"] == ["PutObject", "StartExecution"]
    assert_reading_waits_for_at_most_one_get(calls)


def test_the_drop_path_makes_one_call(harness: WorkflowHarness) -> None:
    harness.prepare()
    hold_back(harness)
    harness.cloud.clear_calls()
    harness.drop("answers/Ada.png", harness.scanned())
    wait_for_sheets(harness, 1)
    calls = harness.cloud.calls()
    assert [call.operation for call in calls if call.caller == "ReceiveFunction"] == ["StartExecution"]
    assert_reading_waits_for_at_most_one_get(calls)


def assert_reading_waits_for_at_most_one_get(calls: list[Call]) -> None:
    """`hold_back` has made everything slow that reading may do beside, so what had ended by the first OCR call
    is what it waited for."""
    reading = [call for call in calls if call.caller == "ExtractFunction"]
    first = next(call for call in reading if call.operation == "DetectDocumentText")
    waited_for = [call.operation for call in reading if call.ended is not None and call.ended <= first.started]
    assert waited_for in ([], ["GetObject"])


def hold_back(harness: WorkflowHarness) -> None:
    """Every call of the reading lane but its GetObject of the document and the OCR itself takes long."""
    harness.cloud.faults.slow("dynamodb", "*", 2.0, caller="ExtractFunction")
    harness.cloud.faults.slow("s3", "*", 2.0, caller="ExtractFunction", matching={"Bucket": harness.documents})


def test_the_same_upload_twice_at_once_is_one_execution(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed()
    receipts = []
    threads = [
        threading.Thread(target=lambda: receipts.append(harness.send("answer_sheet", body, student="Ada")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({receipt.id for receipt in receipts}) == 1
    assert harness.ended(receipts[0])["marks"] == 4
    assert sheets(harness) == 1


def test_complete_beside_its_s3_event_is_one_execution(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    body = harness.typed()
    # `upload` posts the file (S3 tells of it by an event of its own) and completes it at once.
    receipt = harness.api.upload(harness.assessment, "answer_sheet", body, media_type="application/pdf", student="Ada")
    assert harness.ended(receipt)["marks"] == 4
    wait_until(lambda: starts(harness) == 2)
    assert sheets(harness) == 1


def test_an_upload_that_nobody_completes_is_started_by_its_event(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed()
    ticket = harness.api._json(
        "POST",
        "/uploads",
        json={
            "assessment": harness.assessment,
            "kind": "answer_sheet",
            "student": "Ada",
            "sha256": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            "media_type": "application/pdf",
        },
    )
    form = [(name, (None, value)) for name, value in ticket["fields"].items()]
    answer = harness.api._uploads.post(ticket["url"], files=[*form, ("file", ("file", body, "application/pdf"))])
    assert answer.ok
    wait_for_sheets(harness, 1)
    assert ticket["id"] in {found["id"] for found in harness.submissions()}


def test_an_upload_of_other_bytes_than_declared_is_refused_by_s3(harness: WorkflowHarness) -> None:
    body = harness.typed()
    ticket = harness.api._json(
        "POST",
        "/uploads",
        json={"assessment": harness.assessment, "kind": "answer_sheet", "sha256": "00" * 32, "size": len(body)},
    )
    form = [(name, (None, value)) for name, value in ticket["fields"].items()]
    answer = harness.api._uploads.post(ticket["url"], files=[*form, ("file", ("file", body, "application/pdf"))])
    assert answer.status_code == 400
    assert harness.executions() == []


def test_the_same_file_through_two_doors_is_graded_once(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed()
    first = harness.send("answer_sheet", body, student="Ada")
    assert harness.ended(first)["marks"] == 4
    harness.drop("answers/Ada.pdf", body)
    wait_for_sheets(harness, 2)
    other = next(
        found for found in harness.submissions() if found["kind"] == "answer_sheet" and found["id"] != first.id
    )
    assert (other["state"], other["duplicate_of"]) == ("DUPLICATE_OF", first.id)


def test_every_lane_sees_the_same_bytes_when_the_object_is_overwritten_meanwhile(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("s3", "GetObject", 1.0, caller="ExtractFunction")
    harness.cloud.faults.slow("s3", "CopyObject", 1.0)
    harness.drop("answers/Ada.pdf", harness.typed())
    harness.drop("answers/Ada.pdf", harness.typed("1. A", "2. False", "3. 1 m/s"))
    wait_for_sheets(harness, 2)
    marks = sorted(found["marks"] for found in harness.submissions() if found["kind"] == "answer_sheet")
    assert marks == [0, 4]


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("locked.pdf", encrypted_pdf(), "EncryptedDocument"),
        ("none.pdf", pdf_without_pages(), "NoPages"),
        ("lies.png", typed_pdf(("a page",)), "FileTypeMismatch"),
        ("program.pdf", b"MZ\x90\x00 not a document", "UnsupportedFileType"),
        ("broken.pdf", b"%PDF-1.7\nnothing that follows is a PDF", "DamagedDocument"),
    ],
)
def test_a_bad_document_is_rejected_in_words_and_still_kept(
    harness: WorkflowHarness, name: str, body: bytes, problem: str
) -> None:
    harness.drop(f"answers/{name}", body)
    wait_for_sheets(harness, 1)
    (found,) = harness.submissions()
    assert (found["state"], found["reason"]["type"]) == ("REJECTED", problem)
    assert found["reason"]["message"].endswith(".")
    kept = harness.cloud.client("s3").get_object(Bucket=harness.documents, Key=f"documents/demo/{found['id']}")
    assert kept["Body"].read() == body


def test_a_token_of_another_tenant_sees_nothing(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.sheet()
    harness.ended(sheet)
    with ApiClient(harness.cloud.api_url, harness.cloud.token(tenant="other")) as stranger:
        for path in (
            f"/submissions/{sheet.id}",
            f"/submissions/{sheet.id}/transcript",
            f"/assessments/{harness.assessment}",
        ):
            with pytest.raises(ApiError) as refused:
                stranger._json("GET", path)
            assert refused.value.status == 404


def test_no_state_names_a_student(harness: WorkflowHarness) -> None:
    harness.prepare()
    receipt = harness.sheet(student=NAME)
    harness.ended(receipt)
    harness.drop(f"answers/{NAME}.pdf", harness.typed("1. C"))
    wait_for_sheets(harness, 2)
    stepfunctions = harness.cloud.client("stepfunctions")
    for state in harness.executions():
        arn = harness.execution_arn(receipt).replace(receipt.id, state["submission"]["id"])
        history = stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        told = json.dumps(history, default=str)
        assert "Quaverfield" not in told
        assert "Ottoline" not in told


def sheets(harness: WorkflowHarness) -> int:
    return sum(state["submission"]["kind"] == "answer_sheet" for state in harness.executions())


def starts(harness: WorkflowHarness) -> int:
    return sum(call.operation == "StartExecution" for call in harness.cloud.calls())


def wait_for_sheets(harness: WorkflowHarness, count: int) -> None:
    """Until so many sheets of this assessment have ended."""

    def ended() -> bool:
        found = [one for one in harness.submissions() if one["kind"] == "answer_sheet"]
        return len(found) == count and all(one["ended_at"] for one in found)

    wait_until(ended)


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it has not come to pass in a minute")
