"""The three intake channels: which calls receiving makes, what happens to repeats, and what is rejected."""

import hashlib
import json
import threading

import pytest

from local.cli.api_client import ApiClient, ApiError
from local.cloud.aws_calls import Call
from tests.documents import encrypted_pdf, pdf_without_pages, typed_pdf
from tests.workflow.conftest import WorkflowHarness, wait_until

STUDENT = "Ottoline Quaverfield"


def test_the_api_makes_two_calls_before_ocr_and_reading_at_most_one(harness: WorkflowHarness) -> None:
    harness.prepare()
    slow_down_reading(harness)
    harness.cloud.clear_calls()
    sheet = harness.send_scan()
    harness.wait_until_ended(sheet)
    calls = harness.cloud.calls()
    assert [call.operation for call in calls if call.caller == "ReceiveFunction"] == ["PutObject", "StartExecution"]
    assert_reading_waits_for_at_most_one_get(calls)


def test_the_drop_folder_makes_one_call(harness: WorkflowHarness) -> None:
    harness.prepare()
    slow_down_reading(harness)
    harness.cloud.clear_calls()
    harness.drop_file("answers/Ada.png", harness.scanned_sheet())
    harness.wait_for_sheets(1)
    calls = harness.cloud.calls()
    assert [call.operation for call in calls if call.caller == "ReceiveFunction"] == ["StartExecution"]
    assert_reading_waits_for_at_most_one_get(calls)


def assert_reading_waits_for_at_most_one_get(calls: list[Call]) -> None:
    """Checks which calls had ended by the first OCR call: only for these did reading wait.

    `slow_down_reading` has delayed all other calls that reading makes in parallel.
    """
    reading = [call for call in calls if call.caller == "ExtractFunction"]
    first = next(call for call in reading if call.operation == "DetectDocumentText")
    waited_for = [call.operation for call in reading if call.ended is not None and call.ended <= first.started]
    assert waited_for in ([], ["GetObject"])


def slow_down_reading(harness: WorkflowHarness) -> None:
    """Delays every call of the reading branch except its GetObject of the document and the OCR call."""
    harness.cloud.faults.slow("dynamodb", "*", 2.0, caller="ExtractFunction")
    harness.cloud.faults.slow("s3", "*", 2.0, caller="ExtractFunction", matching={"Bucket": harness.documents_bucket})


def test_the_same_upload_several_times_at_once_is_one_execution(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed_sheet()
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
    assert harness.wait_until_ended(receipts[0])["marks"] == 4
    assert count_sheet_executions(harness) == 1


def test_completing_an_upload_and_its_s3_event_are_one_execution(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.clear_calls()
    body = harness.typed_sheet()
    # `upload` posts the file (for which S3 sends an event) and completes it at once.
    receipt = harness.api.upload(harness.assessment, "answer_sheet", body, media_type="application/pdf", student="Ada")
    assert harness.wait_until_ended(receipt)["marks"] == 4
    wait_until(lambda: count_starts(harness) == 2)
    assert count_sheet_executions(harness) == 1


def test_an_upload_that_is_never_completed_is_started_by_its_event(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed_sheet()
    upload = harness.api._json(
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
    form = [(name, (None, value)) for name, value in upload["fields"].items()]
    response = harness.api._uploads.post(upload["url"], files=[*form, ("file", ("file", body, "application/pdf"))])
    assert response.ok
    harness.wait_for_sheets(1)
    assert upload["id"] in {found["id"] for found in harness.submissions()}


def test_an_upload_of_other_bytes_than_declared_is_rejected_by_s3(harness: WorkflowHarness) -> None:
    body = harness.typed_sheet()
    upload = harness.api._json(
        "POST",
        "/uploads",
        json={"assessment": harness.assessment, "kind": "answer_sheet", "sha256": "00" * 32, "size": len(body)},
    )
    form = [(name, (None, value)) for name, value in upload["fields"].items()]
    response = harness.api._uploads.post(upload["url"], files=[*form, ("file", ("file", body, "application/pdf"))])
    assert response.status_code == 400
    assert harness.executions() == []


def test_the_same_file_through_two_channels_is_graded_once(harness: WorkflowHarness) -> None:
    harness.prepare()
    body = harness.typed_sheet()
    first = harness.send("answer_sheet", body, student="Ada")
    assert harness.wait_until_ended(first)["marks"] == 4
    harness.drop_file("answers/Ada.pdf", body)
    harness.wait_for_sheets(2)
    other = next(
        found for found in harness.submissions() if found["kind"] == "answer_sheet" and found["id"] != first.id
    )
    assert (other["state"], other["duplicate_of"]) == ("DUPLICATE_OF", first.id)


def test_all_branches_read_the_same_version_of_an_overwritten_object(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.cloud.faults.slow("s3", "GetObject", 1.0, caller="ExtractFunction")
    harness.cloud.faults.slow("s3", "CopyObject", 1.0)
    harness.drop_file("answers/Ada.pdf", harness.typed_sheet())
    harness.drop_file("answers/Ada.pdf", harness.typed_sheet("1. A", "2. False", "3. 1 m/s"))
    harness.wait_for_sheets(2)
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
def test_a_bad_document_is_rejected_with_a_reason_and_still_stored(
    harness: WorkflowHarness, name: str, body: bytes, problem: str
) -> None:
    harness.drop_file(f"answers/{name}", body)
    harness.wait_for_sheets(1)
    (found,) = harness.submissions()
    assert (found["state"], found["reason"]["type"]) == ("REJECTED", problem)
    assert found["reason"]["message"].endswith(".")
    stored = harness.cloud.client("s3").get_object(Bucket=harness.documents_bucket, Key=f"documents/demo/{found['id']}")
    assert stored["Body"].read() == body


def test_a_token_of_another_tenant_sees_nothing(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send_sheet()
    harness.wait_until_ended(sheet)
    with ApiClient(harness.cloud.api_url, harness.cloud.token(tenant="other")) as other_tenant:
        for path in (
            f"/submissions/{sheet.id}",
            f"/submissions/{sheet.id}/transcript",
            f"/assessments/{harness.assessment}",
        ):
            with pytest.raises(ApiError) as raised:
                other_tenant._json("GET", path)
            assert raised.value.status == 404


def test_no_state_names_a_student(harness: WorkflowHarness) -> None:
    harness.prepare()
    receipt = harness.send_sheet(student=STUDENT)
    harness.wait_until_ended(receipt)
    harness.drop_file(f"answers/{STUDENT}.pdf", harness.typed_sheet("1. C"))
    harness.wait_for_sheets(2)
    stepfunctions = harness.cloud.client("stepfunctions")
    for state in harness.executions():
        arn = harness.execution_arn(receipt).replace(receipt.id, state["submission"]["id"])
        history = stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        text = json.dumps(history, default=str)
        assert "Quaverfield" not in text
        assert "Ottoline" not in text


def count_sheet_executions(harness: WorkflowHarness) -> int:
    return sum(state["submission"]["kind"] == "answer_sheet" for state in harness.executions())


def count_starts(harness: WorkflowHarness) -> int:
    return sum(call.operation == "StartExecution" for call in harness.cloud.calls())
