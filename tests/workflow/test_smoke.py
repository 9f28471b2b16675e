"""`gradeline smoke` against a running stack: success if all is well, otherwise the fault and an exit code."""

import io

import pytest
from rich.console import Console

from core.models.document_kinds import DocumentKind
from local.cli import smoke
from local.cli.api_client import ApiClient
from local.cli.mark_comparison import read_expected_sheets
from local.cli.submitted_files import SubmittedFile, UsageError
from local.cloud.local_cloud import LocalCloud
from tests.workflow.conftest import WorkflowHarness


def _run(api: str) -> tuple[int, str]:
    out = io.StringIO()
    code = smoke.run(api=api, stdout=Console(file=out, width=120), stderr=Console(file=io.StringIO()))
    return code, out.getvalue()


def test_a_stack_that_marks_correctly_passes(harness: WorkflowHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    token = harness.cloud.token("smoke")
    monkeypatch.setenv("GRADELINE_TOKEN", token)
    with ApiClient(harness.cloud.api_url, token) as api:
        # The fake model agrees with everything, so the teacher's marks are compared with those of key points.
        api._json("PUT", "/settings", json={"model": False, "spend_limit_usd": None})
    harness.cloud.clear_calls()
    code, output = _run(harness.cloud.api_url)
    assert code == 0, output
    assert f"{harness.cloud.api_url} works" in output
    posted = [call for call in harness.cloud.calls(include_clients=True) if call.operation == "PostObject"]
    assert len(posted) == 1, "one sheet was sent by a presigned upload"


def test_marks_other_than_the_teachers_and_missing_marks_are_faults() -> None:
    expected = read_expected_sheets(smoke.SAMPLES / "expected.json")[:1]
    sheet = SubmittedFile(expected[0].path, DocumentKind.ANSWER_SHEET, expected[0].student)
    verdict = smoke.check_results([sheet], expected)
    assert not verdict.succeeded
    assert verdict.faults[0].startswith("Amara Whitlock: ")
    assert "More than one mark from the expected one: Amara Whitlock 1: no mark instead of 1" in verdict.faults
    assert smoke.check_results([], []).faults == ("No mark was accepted without a review, so none could be compared.",)


def test_without_a_token_no_request_is_made(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADELINE_TOKEN", raising=False)
    with pytest.raises(UsageError, match="GRADELINE_TOKEN"):
        _run(cloud.api_url)
