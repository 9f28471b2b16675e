"""The drop folder: one call starts an object, other keys are refused with a report, our own objects are ignored."""

import json
from typing import Any

import pytest

from core.storage.encryption import TextCipher
from receive import app as receive_app
from tests.integration.intake_requests import PDF, drop_file, s3_event
from tests.integration.moto_cloud import SECRET, TEMP, MotoCloud


def test_a_drop_is_started_with_one_call(cloud: MotoCloud, context: Any) -> None:
    version = drop_file(cloud, context, "drop/biology-1/answers/Zoë Müller+1.pdf")
    assert cloud.calls == ["StartExecution"]
    ((name, state),) = cloud.executions().items()
    assert state["file"]["version_id"] == version
    assert state["submission"]["kind"] == "answer_sheet"
    cipher, submission_id = TextCipher(SECRET.encode()), name.removesuffix("-1")
    assert cipher.decrypt(state["submission"]["student"], associated_data=submission_id) == "Zoë Müller+1"
    assert (
        cipher.decrypt(state["file"]["key"], associated_data=submission_id) == "drop/biology-1/answers/Zoë Müller+1.pdf"
    )


def test_a_repeated_event_is_one_execution_and_a_new_version_another(cloud: MotoCloud, context: Any) -> None:
    drop_file(cloud, context, "drop/biology-1/answers/Ada.pdf", times=3)
    assert len(cloud.executions()) == 1
    drop_file(cloud, context, "drop/biology-1/answers/Ada.pdf")
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
def test_an_invalid_drop_is_refused_with_a_report_and_kept(
    cloud: MotoCloud, context: Any, key: str, body: bytes, problem: str
) -> None:
    drop_file(cloud, context, key, body)
    s3 = cloud.client("s3")
    report = json.loads(s3.get_object(Bucket=TEMP, Key=key + ".refused.json")["Body"].read())
    assert report["refused"] == problem
    assert s3.get_object(Bucket=TEMP, Key=key)["Body"].read() == body
    assert cloud.executions() == {}


def test_reports_and_folder_markers_are_ignored(cloud: MotoCloud, context: Any) -> None:
    drop_file(cloud, context, "drop/a/stray.pdf.refused.json", b"{}")
    drop_file(cloud, context, "drop/a/", b"")
    assert cloud.calls == []


def test_one_failing_record_does_not_affect_the_others(cloud: MotoCloud, context: Any) -> None:
    good = cloud.put("drop/a/answers/Ada.pdf", PDF)
    records = [
        *s3_event("drop/stray.pdf", cloud.put("drop/stray.pdf", PDF), 9)["Records"],
        *s3_event("uploads/" + "0" * 32, "none", 9)["Records"],
        *s3_event("drop/a/answers/Ada.pdf", good, len(PDF))["Records"],
    ]
    with pytest.raises(Exception, match="HeadObject"):
        receive_app.handler({"Records": records}, context)
    assert len(cloud.executions()) == 1
