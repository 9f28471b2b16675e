"""Three doors, one submission: what receive calls, what comes in twice, what is refused."""

import json
import threading

import pytest

from local.client import ApiError
from tests.documents import encrypted_pdf, pdf_without_pages, picture, typed_pdf
from tests.workflow.conftest import ANSWERS, Flow

NAME = "Ottoline Quaverfield"


def test_before_the_first_ocr_call_the_api_path_makes_two_calls_and_reading_waits_for_one(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.forget_calls()
    sheet = flow.send("answer_sheet", picture([*ANSWERS, "api"]), student="Ada")
    flow.ended(sheet)
    calls = flow.cloud.calls()
    assert [call.operation for call in calls if call.caller == "ReceiveFunction"] == ["PutObject", "StartExecution"]
    assert_reading_waits_for_at_most_one_get(calls)


def test_the_drop_path_makes_one_call(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.forget_calls()
    flow.drop("answers/Ada.png", picture([*ANSWERS, "drop"]))
    wait_for_sheets(flow, 1)
    calls = flow.cloud.calls()
    assert [call.operation for call in calls if call.caller == "ReceiveFunction"] == ["StartExecution"]
    assert_reading_waits_for_at_most_one_get(calls)


def assert_reading_waits_for_at_most_one_get(calls) -> None:  # type: ignore[no-untyped-def]
    reading = [call for call in calls if call.caller == "ExtractFunction"]
    first = next(call for call in reading if call.operation == "DetectDocumentText")
    waited_for = [call for call in reading if call.ended is not None and call.ended <= first.started]
    assert [call.operation for call in waited_for if call.operation == "GetObject"] in ([], ["GetObject"])
    # Anything else that ended by then ran beside the GetObject, not after it.
    gets = [call for call in waited_for if call.operation == "GetObject"]
    for call in waited_for:
        if call.operation != "GetObject":
            assert gets
            assert call.started <= (gets[0].ended or 0)


def test_the_same_upload_twice_at_once_is_one_execution(flow: Flow) -> None:
    flow.prepare()
    body = typed_pdf(ANSWERS)
    receipts = []
    threads = [
        threading.Thread(target=lambda: receipts.append(flow.send("answer_sheet", body, student="Ada")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({receipt.id for receipt in receipts}) == 1
    assert flow.ended(receipts[0])["marks"] == 4
    assert sheets(flow) == 1


def test_complete_beside_its_s3_event_is_one_execution(flow: Flow) -> None:
    flow.prepare()
    body = typed_pdf(ANSWERS)
    # `upload` posts the file (S3 tells of it by an event of its own) and completes it at once.
    receipt = flow.api.upload(flow.assessment, "answer_sheet", body, media_type="application/pdf", student="Ada")
    assert flow.ended(receipt)["marks"] == 4
    flow.cloud.settle()
    assert sheets(flow) == 1


def test_an_upload_that_nobody_completes_is_started_by_its_event(flow: Flow) -> None:
    flow.prepare()
    body = typed_pdf(ANSWERS)
    flow.cloud.faults.fail("lambda", "Invoke", "ServiceException", times=0)
    ticket = flow.api._json(
        "POST",
        "/uploads",
        json={
            "assessment": flow.assessment,
            "kind": "answer_sheet",
            "student": "Ada",
            "sha256": __import__("hashlib").sha256(body).hexdigest(),
            "size": len(body),
            "media_type": "application/pdf",
        },
    )
    form = [(name, (None, value)) for name, value in ticket["fields"].items()]
    answer = flow.api._uploads.post(ticket["url"], files=[*form, ("file", ("file", body, "application/pdf"))])
    assert answer.ok
    wait_for_sheets(flow, 1)
    assert flow.submissions()[-1]["id"] == ticket["id"]


def test_an_upload_of_other_bytes_than_declared_is_refused_by_s3(flow: Flow) -> None:
    body = typed_pdf(ANSWERS)
    ticket = flow.api._json(
        "POST",
        "/uploads",
        json={"assessment": flow.assessment, "kind": "answer_sheet", "sha256": "00" * 32, "size": len(body)},
    )
    form = [(name, (None, value)) for name, value in ticket["fields"].items()]
    answer = flow.api._uploads.post(ticket["url"], files=[*form, ("file", ("file", body, "application/pdf"))])
    assert answer.status_code == 400
    assert flow.executions() == []


def test_the_same_file_through_two_doors_is_graded_once(flow: Flow) -> None:
    flow.prepare()
    body = typed_pdf(ANSWERS)
    first = flow.send("answer_sheet", body, student="Ada")
    assert flow.ended(first)["marks"] == 4
    flow.drop("answers/Ada.pdf", body)
    wait_for_sheets(flow, 2)
    other = next(found for found in flow.submissions() if found["kind"] == "answer_sheet" and found["id"] != first.id)
    assert (other["state"], other["duplicate_of"]) == ("DUPLICATE_OF", first.id)


def test_every_lane_sees_the_same_bytes_when_the_object_is_overwritten_meanwhile(flow: Flow) -> None:
    flow.prepare()
    flow.cloud.faults.slow("s3", "GetObject", 1.0, caller="ExtractFunction")
    flow.cloud.faults.slow("s3", "CopyObject", 1.0)
    flow.drop("answers/Ada.pdf", typed_pdf(ANSWERS))
    flow.drop("answers/Ada.pdf", typed_pdf(("1. A", "2. False", "3. 1 m/s")))
    wait_for_sheets(flow, 2)
    marks = sorted(found["marks"] for found in flow.submissions() if found["kind"] == "answer_sheet")
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
def test_a_bad_document_is_rejected_in_words_and_still_kept(flow: Flow, name: str, body: bytes, problem: str) -> None:
    flow.drop(f"answers/{name}", body)
    wait_for_sheets(flow, 1)
    (found,) = flow.submissions()
    assert (found["state"], found["reason"]["type"]) == ("REJECTED", problem)
    assert found["reason"]["message"].endswith(".")
    kept = flow.cloud.client("s3").get_object(Bucket=flow.documents, Key=f"documents/demo/{found['id']}")
    assert kept["Body"].read() == body


def test_a_token_of_another_tenant_sees_nothing(flow: Flow) -> None:
    flow.prepare()
    sheet = flow.sheet()
    flow.ended(sheet)
    from local.client import ApiClient

    with ApiClient(flow.cloud.api_url, flow.cloud.token(tenant="other")) as stranger:
        for path in (
            f"/submissions/{sheet.id}",
            f"/submissions/{sheet.id}/transcript",
            f"/assessments/{flow.assessment}",
        ):
            with pytest.raises(ApiError) as refused:
                stranger._json("GET", path)
            assert refused.value.status == 404


def test_no_state_names_a_student(flow: Flow) -> None:
    flow.prepare()
    receipt = flow.send("answer_sheet", typed_pdf(ANSWERS), student=NAME)
    flow.ended(receipt)
    flow.drop(f"answers/{NAME}.pdf", typed_pdf((*ANSWERS, "another attempt")))
    wait_for_sheets(flow, 2)
    stepfunctions = flow.cloud.client("stepfunctions")
    for state in flow.executions():
        arn = flow.execution_arn(receipt).replace(receipt.id, state["submission"]["id"])
        history = stepfunctions.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        told = json.dumps(history, default=str)
        assert "Quaverfield" not in told
        assert "Ottoline" not in told


def sheets(flow: Flow) -> int:
    return sum(state["submission"]["kind"] == "answer_sheet" for state in flow.executions())


def wait_for_sheets(flow: Flow, count: int) -> None:
    """Until so many sheets of this assessment have ended."""
    for _ in range(600):
        found = [one for one in flow.submissions() if one["kind"] == "answer_sheet"]
        if len(found) == count and all(one["ended_at"] for one in found):
            return
        threading.Event().wait(0.1)
    raise AssertionError(f"not ended: {found}")
