"""The ways in: two calls and no more, one submission for one file, named refusals."""

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from core.platform.clock import now
from core.storage.encryption import TextCipher
from receive import app as door
from tests.integration.conftest import SECRET, TEMP, MotoCloud
from tests.integration.http_events import http_event, parse_response

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SUBMIT = {"assessment": "biology-1", "kind": "answer_sheet", "student": "Ada Lovelace"}


def submit(context: Any, body: bytes = PDF, query: dict[str, str] | None = None, **more: Any) -> tuple[int, Any]:
    headers = more.pop("headers", {"content-type": "application/pdf"})
    event = http_event(
        "POST", "/submissions", query=SUBMIT if query is None else query, body=body, headers=headers, **more
    )
    return parse_response(door.handler(event, context))


def test_an_upload_is_kept_and_started_with_two_calls(cloud: MotoCloud, context: Any) -> None:
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


def test_a_file_that_is_tidied_away_while_it_comes_again_is_written_again(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the put that finds it standing and the look at it, it is read, kept and removed."""
    _, first = submit(context)
    s3 = door.intake_context().s3
    look = s3.head_object

    def tidied(**asked: Any) -> Any:
        monkeypatch.setattr(s3, "head_object", look)
        for version in cloud.client("s3").list_object_versions(Bucket=TEMP)["Versions"]:
            cloud.client("s3").delete_object(Bucket=TEMP, Key=version["Key"], VersionId=version["VersionId"])
        return look(**asked)

    monkeypatch.setattr(s3, "head_object", tidied)
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
    desk = door.intake_context()
    inputs: list[dict[str, Any]] = []

    def lost(submission: Any) -> bool:
        inputs.append(submission.to_state())
        raise ConnectionError("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(door, "intake_context", lambda: replace(desk, starter=replace(desk.starter, start=lost)))
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
def test_names_are_taken_as_they_are_written(cloud: MotoCloud, context: Any, name: str) -> None:
    raw = submit(context, query={**SUBMIT, "student": name})
    form = multipart({**SUBMIT, "student": name}, PDF)
    formed = submit(context, form, query={}, headers={"content-type": "multipart/form-data; boundary=edge"})
    assert (raw[0], formed[0]) == (202, 202)
    assert raw[1]["id"] == formed[1]["id"]


def test_one_name_is_one_student_however_its_accents_are_stored(cloud: MotoCloud, context: Any) -> None:
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    ids = {submit(context, query={**SUBMIT, "student": name})[1]["id"] for name in (composed, decomposed)}
    assert len(ids) == 1


def test_no_state_and_no_key_names_the_student(cloud: MotoCloud, context: Any) -> None:
    submit(context)
    drop(cloud, context, "drop/biology-1/answers/Ada Lovelace.pdf")
    everything = json.dumps(cloud.executions())
    assert "Ada" not in everything
    assert "Lovelace" not in everything


def test_a_form_carries_the_same_as_a_raw_body(cloud: MotoCloud, context: Any) -> None:
    raw = submit(context)[1]["id"]
    form = multipart({**SUBMIT}, PDF)
    status, receipt = submit(context, form, query={}, headers={"content-type": "multipart/form-data; boundary=edge"})
    assert (status, receipt["id"]) == (202, raw)


def multipart(fields: dict[str, str], body: bytes, name: bytes = b"sheet.pdf", value: bytes | None = None) -> bytes:
    parts = [
        b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (key.encode(), value or text.encode())
        for key, text in fields.items()
    ]
    parts.append(
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%s\r\n--edge--\r\n" % (name, body)
    )
    return b"".join(parts)


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
def test_a_bad_upload_is_refused_by_name_and_leaves_nothing(
    cloud: MotoCloud, context: Any, change: dict[str, Any], status: int, problem: str
) -> None:
    found, body = submit(context, **change)
    assert (found, body["type"]) == (status, f"urn:gradeline:problem:{problem}")
    assert body["detail"].endswith((".", ")."))
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (multipart({**SUBMIT}, PDF, name=b"sheet\xff.pdf"), "InvalidHeader"),
        (multipart({"student": ""}, PDF, value=b"\xff\xfe"), "InvalidHeader"),
        (multipart({**SUBMIT}, PDF, name=b"sheet.png"), "FileTypeMismatch"),
        (b"no form at all", "InvalidUpload"),
        (b'--edge\r\nContent-Disposition: form-data; name="assessment"\r\n\r\nx\r\n--edge--\r\n', "InvalidUpload"),
    ],
)
def test_a_bad_form_is_refused_by_name(cloud: MotoCloud, context: Any, body: bytes, problem: str) -> None:
    _, found = submit(context, body, query=SUBMIT, headers={"content-type": "multipart/form-data; boundary=edge"})
    assert found["type"] == f"urn:gradeline:problem:{problem}"
    assert cloud.calls == []


# ── uploads ──────────────────────────────────────────────────────────────────────────────────────


def ask_upload(context: Any, **change: Any) -> tuple[int, Any]:
    body = {
        **SUBMIT,
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "size": len(PDF),
        "media_type": "application/pdf",
        **change,
    }
    return parse_response(door.handler(http_event("POST", "/uploads", body=json.dumps(body).encode()), context))


def put_upload(cloud: MotoCloud, ticket: dict[str, Any], body: bytes = PDF) -> str:
    fields = ticket["fields"]
    return cloud.put(
        fields["key"], body, Metadata={"receipt": fields["x-amz-meta-receipt"]}, ContentType=fields["Content-Type"]
    )


def complete(context: Any, upload_id: str, tenant: str = "demo") -> tuple[int, Any]:
    return parse_response(door.handler(http_event("POST", f"/uploads/{upload_id}/complete", tenant=tenant), context))


def test_an_upload_form_takes_exactly_the_declared_bytes(cloud: MotoCloud, context: Any) -> None:
    status, ticket = ask_upload(context)
    assert status == 201
    policy = json.loads(base64.b64decode(ticket["fields"]["policy"]))["conditions"]
    assert ["content-length-range", len(PDF), len(PDF)] in policy
    assert {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(PDF).digest()).decode()} in policy
    assert {"x-amz-meta-receipt": ticket["fields"]["x-amz-meta-receipt"]} in policy
    assert ticket["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert cloud.calls == []


def test_half_a_character_is_refused_in_words_that_can_be_sent(cloud: MotoCloud, context: Any) -> None:
    body = json.dumps({**SUBMIT, "sha256": "0" * 64, "size": 1, "media_type": "\ud800"}).encode()
    told = door.handler(http_event("POST", "/uploads", body=body), context)
    assert told is not None and told["statusCode"] == 415
    assert told["body"].encode()


def test_complete_beside_its_event_is_one_execution(cloud: MotoCloud, context: Any) -> None:
    _, ticket = ask_upload(context)
    version = put_upload(cloud, ticket)
    door.handler(s3_event(ticket["fields"]["key"], version, len(PDF)), context)
    status, receipt = complete(context, ticket["id"])
    door.handler(s3_event(ticket["fields"]["key"], version, len(PDF)), context)
    assert (status, receipt["id"]) == (202, ticket["id"])
    assert list(cloud.executions()) == [f"{ticket['id']}-1"]


def test_of_two_uploads_in_one_of_s3s_seconds_the_later_is_the_newer(cloud: MotoCloud, context: Any) -> None:
    asked: dict[str, str] = {}
    for number in range(4):
        since = now()
        body = PDF + b"%" + bytes(f"{number}", "ascii")
        _, ticket = ask_upload(context, sha256=hashlib.sha256(body).hexdigest(), size=len(body))
        asked[f"{ticket['id']}-1"] = since
        version = put_upload(cloud, ticket, body)
        assert complete(context, ticket["id"])[0] == 202
        # Its event gives the same input.
        door.handler(s3_event(ticket["fields"]["key"], version, len(body)), context)
    started = cloud.executions()
    received = [started[name]["submission"]["received_at"] for name in asked]
    assert received == sorted(received)
    assert all(at >= since for at, since in zip(received, asked.values(), strict=True))


def test_an_upload_and_an_api_body_of_one_file_are_one_submission(cloud: MotoCloud, context: Any) -> None:
    _, ticket = ask_upload(context)
    assert submit(context)[1]["id"] == ticket["id"]


def test_a_receipt_that_was_not_sealed_here_starts_nothing(cloud: MotoCloud, context: Any) -> None:
    upload_id = "0" * 32
    forged = json.dumps({"tenant": "victim", "assessment": "a", "kind": "answer_sheet", "student": None})
    version = cloud.put(f"uploads/{upload_id}", PDF, Metadata={"receipt": forged})
    door.handler(s3_event(f"uploads/{upload_id}", version, len(PDF)), context)
    assert complete(context, upload_id, tenant="victim")[0] == 404
    assert cloud.executions() == {}


def test_an_event_of_an_upload_that_cannot_be_looked_at_is_delivered_again(cloud: MotoCloud, context: Any) -> None:
    with pytest.raises(Exception, match="HeadObject"):
        door.handler(s3_event("uploads/" + "0" * 32, "none", 9), context)


def test_complete_before_the_file_says_so(cloud: MotoCloud, context: Any) -> None:
    _, ticket = ask_upload(context)
    status, body = complete(context, ticket["id"])
    assert (status, body["type"]) == (409, "urn:gradeline:problem:UploadIncomplete")
    assert cloud.executions() == {}


def test_an_upload_is_not_seen_by_another_tenant(cloud: MotoCloud, context: Any) -> None:
    _, ticket = ask_upload(context)
    put_upload(cloud, ticket)
    assert complete(context, ticket["id"], tenant="other")[0] == 404
    assert complete(context, "../../drop/x")[0] == 404
    assert cloud.executions() == {}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sha256": "abc"}, "InvalidUpload"),
        ({"sha256": None}, "InvalidUpload"),
        ({"size": True}, "InvalidUpload"),
        ({"size": 0}, "EmptyFile"),
        ({"size": 200_000_000}, "FileTooLarge"),
        ({"media_type": "text/html"}, "UnsupportedFileType"),
        ({"assessment": ""}, "MissingAssessment"),
        ({"assessment": 7}, "InvalidUpload"),
        ({"kind": "essay"}, "UnknownKind"),
    ],
)
def test_a_bad_upload_request_is_refused_by_name(
    cloud: MotoCloud, context: Any, change: dict[str, Any], problem: str
) -> None:
    assert ask_upload(context, **change)[1]["type"] == f"urn:gradeline:problem:{problem}"


# ── the drop folder ──────────────────────────────────────────────────────────────────────────────


def s3_event(key: str, version: str, size: int) -> dict[str, Any]:
    from urllib.parse import quote_plus

    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-01-31T08:30:00.125Z",
        "s3": {
            "bucket": {"name": TEMP},
            "object": {"key": quote_plus(key, safe="/"), "versionId": version, "size": size, "eTag": "0" * 32},
        },
    }
    return {"Records": [record]}


def drop(cloud: MotoCloud, context: Any, key: str, body: bytes = PDF, times: int = 1) -> str:
    version = cloud.put(key, body)
    for _ in range(times):
        door.handler(s3_event(key, version, len(body)), context)
    return version


def test_a_drop_is_started_with_one_call(cloud: MotoCloud, context: Any) -> None:
    version = drop(cloud, context, "drop/biology-1/answers/Zoë Müller+1.pdf")
    assert cloud.calls == ["StartExecution"]
    ((name, state),) = cloud.executions().items()
    assert state["file"]["version_id"] == version
    assert state["submission"]["kind"] == "answer_sheet"
    cipher, submission_id = TextCipher(SECRET.encode()), name.removesuffix("-1")
    assert cipher.decrypt(state["submission"]["student"], associated_data=submission_id) == "Zoë Müller+1"
    assert (
        cipher.decrypt(state["file"]["key"], associated_data=submission_id) == "drop/biology-1/answers/Zoë Müller+1.pdf"
    )


def test_a_doubled_event_is_one_execution_and_a_new_version_another(cloud: MotoCloud, context: Any) -> None:
    drop(cloud, context, "drop/biology-1/answers/Ada.pdf", times=3)
    assert len(cloud.executions()) == 1
    drop(cloud, context, "drop/biology-1/answers/Ada.pdf")
    assert len(cloud.executions()) == 2


@pytest.mark.parametrize(
    ("key", "body", "problem"),
    [
        ("drop/stray.pdf", PDF, "InvalidDropKey"),
        ("drop/a/answers/sub/Ada.pdf", PDF, "InvalidDropKey"),
        ("drop/a/answers/Ada.exe", PDF, "InvalidDropKey"),
        ("drop/a/answers/.pdf", PDF, "InvalidDropKey"),
        ("drop/../answers/Ada.pdf", PDF, "InvalidDropKey"),
        ("drop/a/answers/..Ada.pdf", PDF, "InvalidDropKey"),
        ("drop/a/notes.pdf", PDF, "InvalidDropKey"),
        ("drop/a/answers/Ada.pdf", b"", "EmptyFile"),
    ],
)
def test_a_drop_outside_the_grammar_is_refused_visibly_and_kept(
    cloud: MotoCloud, context: Any, key: str, body: bytes, problem: str
) -> None:
    drop(cloud, context, key, body)
    s3 = cloud.client("s3")
    report = json.loads(s3.get_object(Bucket=TEMP, Key=key + ".refused.json")["Body"].read())
    assert report["refused"] == problem
    assert s3.get_object(Bucket=TEMP, Key=key)["Body"].read() == body
    assert cloud.executions() == {}


def test_our_own_reports_and_folder_markers_are_left_alone(cloud: MotoCloud, context: Any) -> None:
    drop(cloud, context, "drop/a/stray.pdf.refused.json", b"{}")
    drop(cloud, context, "drop/a/", b"")
    assert cloud.calls == []


def test_one_bad_record_does_not_take_its_neighbours_along(cloud: MotoCloud, context: Any) -> None:
    good = cloud.put("drop/a/answers/Ada.pdf", PDF)
    records = [
        *s3_event("drop/stray.pdf", cloud.put("drop/stray.pdf", PDF), 9)["Records"],
        *s3_event("uploads/" + "0" * 32, "none", 9)["Records"],
        *s3_event("drop/a/answers/Ada.pdf", good, len(PDF))["Records"],
    ]
    with pytest.raises(Exception, match="HeadObject"):
        door.handler({"Records": records}, context)
    assert len(cloud.executions()) == 1
