"""Roles are enforced in every test of the real stack; here they are shown to be as narrow as the calls.

tests/permissions/plugin.py compares the whole test run with the template. That it would find a fault is shown here on
templates with one: a grant removed, a grant added.
"""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cli.api_client import ApiClient
from local.cloud.local_cloud import LocalCloud
from local.cloud.required_permissions import RequiredPermission
from local.cloud.role_policies import PERMISSIONS_LOG_VARIABLE, read_required_permissions
from tests.permissions.grant_checks import (
    ReviewedGrant,
    granted_permissions,
    load_reviewed_grants,
    missing_grants,
    stale_reviewed_grants,
    unused_grants,
)
from tests.template.asl import ROOT
from tests.template.cloudformation import TEMPLATE
from tests.workflow.conftest import WorkflowHarness


@pytest.fixture(scope="module")
def required(cloud: LocalCloud) -> set[RequiredPermission]:
    """The permissions that one sheet, its paper and everything before them required."""
    with ApiClient(cloud.api_url, cloud.token()) as api:
        harness = WorkflowHarness(cloud, api, "test-permissions")
        harness.prepare()
        assert harness.wait_until_ended(harness.send_scan())["state"] in ("GRADED", "NEEDS_REVIEW")
        api._json("GET", f"/assessments/{harness.assessment}/submissions")
    return read_required_permissions(Path(os.environ[PERMISSIONS_LOG_VARIABLE]))


def copy_stack(folder: Path, *edits: tuple[str, str]) -> Path:
    """Copies the state machine and the template with the edits, and returns the template's path."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    shutil.copytree(ROOT / "statemachine", folder / "statemachine")
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_sheet_requires_nothing_that_is_not_granted(required: set[RequiredPermission]) -> None:
    assert missing_grants(required, granted_permissions()) == []


def test_each_used_grant_is_missed_when_it_is_removed(required: set[RequiredPermission]) -> None:
    grants = granted_permissions()
    used = [grant for grant in grants if any(grant.covers(permission) for permission in required)]
    assert {grant.principal for grant in used} >= {
        "ReceiveFunction",
        "ExtractFunction",
        "GradeFunction",
        "stepfunctions",
    }
    for grant in used:
        rest = [other for other in grants if other != grant]
        assert any(grant.action in sentence for sentence in missing_grants(required, rest)), grant


@pytest.mark.parametrize(
    ("edit", "missed", "unused"),
    [
        (
            ("textract:DetectDocumentText", "textract:AnalyzeDocument"),
            "ExtractFunction needs textract:DetectDocumentText on *",
            "ExtractFunction may do textract:AnalyzeDocument to *",
        ),
        (
            ("Action: events:PutEvents", "Action: [events:PutEvents, events:PutRule]"),
            None,
            "stepfunctions may do events:PutRule to arn:aws:events:us-east-1:123456789012:event-bus/default",
        ),
        (
            ("${AWS::AccountId}/transcripts/*", "${AWS::AccountId}/copies/*"),
            "GradeFunction needs s3:GetObject on arn:aws:s3:::gradeline-local-documents-123456789012/transcripts/",
            "GradeFunction may do s3:GetObject to arn:aws:s3:::gradeline-local-documents-123456789012/copies/*",
        ),
        (
            ("${Table.Arn}/index/by-assessment", "${Table.Arn}/index/by-student"),
            "ResultsFunction needs dynamodb:Query on "
            "arn:aws:dynamodb:us-east-1:123456789012:table/gradeline-local-Table/index/by-assessment",
            "ResultsFunction may do dynamodb:Query to "
            "arn:aws:dynamodb:us-east-1:123456789012:table/gradeline-local-Table/index/by-student",
        ),
    ],
)
def test_a_missing_grant_and_an_unused_one_are_found(
    required: set[RequiredPermission], tmp_path: Path, edit: tuple[str, str], missed: str | None, unused: str
) -> None:
    grants = granted_permissions(copy_stack(tmp_path, edit))
    sentences = missing_grants(required, grants)
    if missed is None:
        assert sentences == []
    else:
        assert any(sentence.startswith(missed) for sentence in sentences), sentences
    assert any(sentence.startswith(unused) for sentence in unused_grants(required, grants, load_reviewed_grants()))


def test_stale_entries_of_the_reviewed_list_are_found(required: set[RequiredPermission]) -> None:
    grants = granted_permissions()
    removed = ReviewedGrant("GradeFunction", "s3:DeleteObject", "/results/*", "it was there once")
    used = ReviewedGrant("ExtractFunction", "textract:DetectDocumentText", "*", "wrong: it is called")
    found = stale_reviewed_grants(required, grants, [*load_reviewed_grants(), removed, used])
    assert [sentence.split(": ", 1)[1] for sentence in found] == [
        "nothing allows GradeFunction s3:DeleteObject on /results/*",
        "ExtractFunction textract:DetectDocumentText on * was used; remove the entry",
    ]
    assert all(len(entry.reason) > 20 for entry in load_reviewed_grants())


def test_calls_beyond_a_role_are_denied(harness: WorkflowHarness) -> None:
    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "NoFunction", "aws_secret_access_key": "local"}
        return boto3.client(service, endpoint_url=harness.cloud.endpoint_url, region_name="us-east-1", **keys)

    with pytest.raises(ClientError, match="AccessDenied"):
        client("s3").delete_object(Bucket=harness.documents_bucket, Key="results/x")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client("dynamodb").scan(TableName=harness.cloud.stack.table)


def test_a_rejected_drop_gets_a_report_next_to_it(harness: WorkflowHarness) -> None:
    harness.drop_file("answers/Ada.docx", b"PK not a scan")
    s3, key = harness.cloud.client("s3"), f"drop/{harness.assessment}/answers/Ada.docx.refused.json"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = s3.list_objects_v2(Bucket=harness.temp_bucket, Prefix=f"drop/{harness.assessment}/").get("Contents", [])
        if key in [entry["Key"] for entry in found]:
            return
        time.sleep(0.05)
    raise AssertionError("no report was written")


def test_an_overwritten_stored_copy_is_restored_from_its_version(harness: WorkflowHarness) -> None:
    """A run that starts from the stored file copies within the bucket if the newest version is another one."""
    body = harness.typed_sheet()
    receipt = harness.send("answer_sheet", body, student="Ada")
    harness.wait_until_ended(receipt)
    s3, key = harness.cloud.client("s3"), f"documents/demo/{receipt.id}"
    version_id = s3.head_object(Bucket=harness.documents_bucket, Key=key)["VersionId"]
    s3.put_object(Bucket=harness.documents_bucket, Key=key, Body=b"something else", Metadata={"source-version": "none"})
    [state] = [found for found in harness.executions() if found["submission"]["id"] == receipt.id]
    state["file"] |= {"bucket": harness.documents_bucket, "key": key, "version_id": version_id}
    stored = harness.cloud.invoke("PersistFunction", state)
    assert stored["sha256"] == state["file"]["sha256"], stored
    assert s3.get_object(Bucket=harness.documents_bucket, Key=key)["Body"].read() == body


def test_a_teacher_can_read_the_transcript(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.send_sheet()
    harness.wait_until_ended(sheet)
    transcript = harness.api._json("GET", f"/submissions/{sheet.id}/transcript")
    assert transcript["pages"]
