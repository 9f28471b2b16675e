"""API bodies: two calls and no more, one submission per file, refusals by name."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from receive import app as receive_app
from tests.integration.intake_requests import PDF, SUBMIT, drop_file, multipart_body, submit
from tests.integration.moto_cloud import TEMP, MotoCloud


def test_a_file_is_stored_and_started_with_two_calls(cloud: MotoCloud, context: Any) -> None:
    status, receipt = submit(context)
    assert status == 202
    assert cloud.calls == ["PutObject", "StartExecution"]
    (name, state), *others = cloud.executions().items()
    assert not others
    assert name == f"{receipt['id']}-1"
    file = state["file"]
    stored = cloud.client("s3").get_object(Bucket=TEMP, Key=file["key"], VersionId=file["version_id"])
    assert stored["Body"].read() == PDF
    assert file["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_a_file_removed_during_its_repeat_is_written_again(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object is stored durably and removed between the refused put and the head request."""
    _, first = submit(context)
    s3 = receive_app.intake_context().s3
    head_object = s3.head_object

    def remove_then_head(**request: Any) -> Any:
        monkeypatch.setattr(s3, "head_object", head_object)
        for version in cloud.client("s3").list_object_versions(Bucket=TEMP)["Versions"]:
            cloud.client("s3").delete_object(Bucket=TEMP, Key=version["Key"], VersionId=version["VersionId"])
        return head_object(**request)

    monkeypatch.setattr(s3, "head_object", remove_then_head)
    status, again = submit(context)
    assert (status, again["id"]) == (202, first["id"])
    assert len(cloud.executions()) == 1


def test_the_same_upload_twice_is_one_submission_with_one_pinned_version(cloud: MotoCloud, context: Any) -> None:
    first, second = submit(context), submit(context)
    assert first[1]["id"] == second[1]["id"]
    assert len(cloud.executions()) == 1
    versions = cloud.client("s3").list_object_versions(Bucket=TEMP)["Versions"]
    assert len(versions) == 1


def test_a_retry_after_a_lost_start_starts_with_the_same_input(
    cloud: MotoCloud, context: Any, monkeypatch: Any
) -> None:
    intake_context = receive_app.intake_context()
    inputs: list[dict[str, Any]] = []

    def lost(submission: Any) -> bool:
        inputs.append(submission.to_state())
        raise ConnectionError("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(
            receive_app,
            "intake_context",
            lambda: replace(intake_context, starter=replace(intake_context.starter, start=lost)),
        )
        assert submit(context)[0] == 500
    status, receipt = submit(context)
    assert status == 202
    assert cloud.executions() == {f"{receipt['id']}-1": inputs[0]}


def test_another_student_or_assessment_is_another_submission(cloud: MotoCloud, context: Any) -> None:
    ids = {
        submit(context, query={**SUBMIT, **change})[1]["id"] for change in ({}, {"student": "B"}, {"assessment": "c"})
    }
    ids.add(submit(context, tenant="other")[1]["id"])
    assert len(ids) == 4


@pytest.mark.parametrize("name", ["José", "Zoë Müller", "François", "Łukasz", "李雷"])
def test_names_are_accepted_in_any_script(cloud: MotoCloud, context: Any, name: str) -> None:
    raw = submit(context, query={**SUBMIT, "student": name})
    form = multipart_body({**SUBMIT, "student": name}, PDF)
    formed = submit(context, form, query={}, headers={"content-type": "multipart/form-data; boundary=edge"})
    assert (raw[0], formed[0]) == (202, 202)
    assert raw[1]["id"] == formed[1]["id"]


def test_one_name_is_one_student_however_its_accents_are_encoded(cloud: MotoCloud, context: Any) -> None:
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    ids = {submit(context, query={**SUBMIT, "student": name})[1]["id"] for name in (composed, decomposed)}
    assert len(ids) == 1


def test_no_state_and_no_key_names_the_student(cloud: MotoCloud, context: Any) -> None:
    submit(context)
    drop_file(cloud, context, "drop/biology-1/answers/Ada Lovelace.pdf")
    everything = json.dumps(cloud.executions())
    assert "Ada" not in everything
    assert "Lovelace" not in everything


def test_a_form_is_equal_to_a_raw_body(cloud: MotoCloud, context: Any) -> None:
    raw = submit(context)[1]["id"]
    form = multipart_body({**SUBMIT}, PDF)
    status, receipt = submit(context, form, query={}, headers={"content-type": "multipart/form-data; boundary=edge"})
    assert (status, receipt["id"]) == (202, raw)


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"query": {"kind": "answer_sheet"}}, 400, "MissingAssessment"),
        ({"query": {**SUBMIT, "assessment": "../x"}}, 400, "InvalidAssessment"),
        ({"query": {**SUBMIT, "kind": "essay"}}, 400, "UnknownKind"),
        ({"query": {**SUBMIT, "student": "../../etc"}}, 400, "InvalidStudent"),
        ({"query": {**SUBMIT, "student": "A\u0000"}}, 400, "InvalidStudent"),
        ({"query": {**SUBMIT, "student": "bad \ufffd bytes"}}, 400, "InvalidHeader"),
        ({"body": b""}, 422, "EmptyFile"),
        ({"body": b"MZ\x90 a program"}, 415, "UnsupportedFileType"),
        ({"body": b"\x89PNG\r\n\x1a\n...."}, 415, "FileTypeMismatch"),
        ({"body": b"%PDF-" + b"0" * 4_400_000}, 413, "PayloadTooLarge"),
        ({"headers": {"content-type": "application/p\xe9df"}}, 400, "InvalidHeader"),
        ({"tenant": None}, 403, "NotPermitted"),
    ],
)
def test_a_bad_request_is_refused_by_name_and_leaves_nothing(
    cloud: MotoCloud, context: Any, change: dict[str, Any], status: int, problem: str
) -> None:
    found, body = submit(context, **change)
    assert (found, body["type"]) == (status, f"urn:gradeline:problem:{problem}")
    assert body["detail"].endswith((".", ")."))
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (multipart_body({**SUBMIT}, PDF, name=b"sheet\xff.pdf"), "InvalidHeader"),
        (multipart_body({"student": ""}, PDF, value=b"\xff\xfe"), "InvalidHeader"),
        (multipart_body({**SUBMIT}, PDF, name=b"sheet.png"), "FileTypeMismatch"),
        (b"no form at all", "InvalidUpload"),
        (b'--edge\r\nContent-Disposition: form-data; name="assessment"\r\n\r\nx\r\n--edge--\r\n', "InvalidUpload"),
    ],
)
def test_a_bad_form_is_refused_by_name(cloud: MotoCloud, context: Any, body: bytes, problem: str) -> None:
    _, found = submit(context, body, query=SUBMIT, headers={"content-type": "multipart/form-data; boundary=edge"})
    assert found["type"] == f"urn:gradeline:problem:{problem}"
    assert cloud.calls == []
