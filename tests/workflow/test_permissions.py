"""The roles are in force in every test of the real stack; here they are seen to be as narrow as the calls.

The whole run is held against the template by tests/permissions/plugin.py. That this would find a fault is shown on
templates with one: a grant taken out, a grant put in.
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
def needed(cloud: LocalCloud) -> set[RequiredPermission]:
    """What one sheet and its paper needed, and whatever ran before it."""
    with ApiClient(cloud.api_url, cloud.token()) as api:
        harness = WorkflowHarness(cloud, api, "test-permissions")
        harness.prepare()
        assert harness.ended(harness.scan())["state"] in ("GRADED", "NEEDS_REVIEW")
        api._json("GET", f"/assessments/{harness.assessment}/submissions")
    return read_required_permissions(Path(os.environ[PERMISSIONS_LOG_VARIABLE]))


def altered(folder: Path, *edits: tuple[str, str]) -> Path:
    text = TEMPLATE.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    shutil.copytree(ROOT / "statemachine", folder / "statemachine")
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_sheet_needs_nothing_that_is_not_allowed(needed: set[RequiredPermission]) -> None:
    assert missing_grants(needed, granted_permissions()) == []


def test_each_grant_that_is_used_is_missed_when_it_is_taken_out(needed: set[RequiredPermission]) -> None:
    given = granted_permissions()
    used = [grant for grant in given if any(grant.covers(need) for need in needed)]
    assert {grant.principal for grant in used} >= {
        "ReceiveFunction",
        "ExtractFunction",
        "GradeFunction",
        "stepfunctions",
    }
    for grant in used:
        rest = [other for other in given if other != grant]
        assert any(grant.action in sentence for sentence in missing_grants(needed, rest)), grant


@pytest.mark.parametrize(
    ("edit", "missed", "idle"),
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
def test_a_template_with_a_needed_action_taken_out_or_a_needless_one_put_in_is_found(
    needed: set[RequiredPermission], tmp_path: Path, edit: tuple[str, str], missed: str | None, idle: str
) -> None:
    given = granted_permissions(altered(tmp_path, edit))
    sentences = missing_grants(needed, given)
    if missed is None:
        assert sentences == []
    else:
        assert any(sentence.startswith(missed) for sentence in sentences), sentences
    assert any(sentence.startswith(idle) for sentence in unused_grants(needed, given, load_reviewed_grants()))


def test_the_reviewed_list_holds_nothing_in_vain(needed: set[RequiredPermission]) -> None:
    given = granted_permissions()
    gone = ReviewedGrant("GradeFunction", "s3:DeleteObject", "/results/*", "it was there once")
    seen = ReviewedGrant("ExtractFunction", "textract:DetectDocumentText", "*", "wrong: it is called")
    found = stale_reviewed_grants(needed, given, [*load_reviewed_grants(), gone, seen])
    assert [sentence.split(": ", 1)[1] for sentence in found] == [
        "nothing allows GradeFunction s3:DeleteObject on /results/*",
        "ExtractFunction textract:DetectDocumentText on * was seen; strike it out",
    ]
    assert all(len(entry.reason) > 20 for entry in load_reviewed_grants())


def test_who_asks_for_more_than_a_role_allows_is_refused(harness: WorkflowHarness) -> None:
    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "NoFunction", "aws_secret_access_key": "local"}
        return boto3.client(service, endpoint_url=harness.cloud.endpoint_url, region_name="us-east-1", **keys)

    with pytest.raises(ClientError, match="AccessDenied"):
        client("s3").delete_object(Bucket=harness.documents, Key="results/x")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client("dynamodb").scan(TableName=harness.cloud.stack.table)


def test_a_refused_drop_has_a_report_beside_it(harness: WorkflowHarness) -> None:
    harness.drop("answers/Ada.docx", b"PK not a scan")
    s3, key = harness.cloud.client("s3"), f"drop/{harness.assessment}/answers/Ada.docx.refused.json"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = s3.list_objects_v2(Bucket=harness.temp, Prefix=f"drop/{harness.assessment}/").get("Contents", [])
        if key in [one["Key"] for one in found]:
            return
        time.sleep(0.05)
    raise AssertionError("no report was written")


def test_a_kept_copy_that_was_written_over_is_made_again_from_its_own_version(harness: WorkflowHarness) -> None:
    """A run that starts from what was kept copies within the bucket where the newest version is another one."""
    body = harness.typed()
    receipt = harness.send("answer_sheet", body, student="Ada")
    harness.ended(receipt)
    s3, key = harness.cloud.client("s3"), f"documents/demo/{receipt.id}"
    kept = s3.head_object(Bucket=harness.documents, Key=key)["VersionId"]
    s3.put_object(Bucket=harness.documents, Key=key, Body=b"something else", Metadata={"source-version": "none"})
    [state] = [found for found in harness.executions() if found["submission"]["id"] == receipt.id]
    state["file"] |= {"bucket": harness.documents, "key": key, "version_id": kept}
    stored = harness.cloud.invoke("PersistFunction", state)
    assert stored["sha256"] == state["file"]["sha256"], stored
    assert s3.get_object(Bucket=harness.documents, Key=key)["Body"].read() == body


def test_a_teacher_reads_what_was_read(harness: WorkflowHarness) -> None:
    harness.prepare()
    sheet = harness.sheet()
    harness.ended(sheet)
    transcript = harness.api._json("GET", f"/submissions/{sheet.id}/transcript")
    assert transcript["pages"]
