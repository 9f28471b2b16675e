"""`gradeline smoke` against a running stack: well where it is well, and a fault is said and is the exit code."""

import io

import pytest
from rich.console import Console

from core.submission import Kind
from local import smoke
from local.client import ApiClient
from local.cloud.local_cloud import LocalCloud
from local.comparison import read_expected
from local.deliveries import Delivery, UsageError
from tests.workflow.conftest import Flow


def _run(api: str) -> tuple[int, str]:
    out = io.StringIO()
    code = smoke.run(api=api, stdout=Console(file=out, width=120), stderr=Console(file=io.StringIO()))
    return code, out.getvalue()


def test_a_stack_that_marks_as_it_should_passes(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    token = flow.cloud.token("smoke")
    monkeypatch.setenv("GRADELINE_TOKEN", token)
    with ApiClient(flow.cloud.api_url, token) as api:
        # The stand-in for a model agrees with everything; the teacher's marks are held against key points.
        api._json("PUT", "/settings", json={"model": False, "spend_limit_usd": None})
    flow.cloud.clear_calls()
    code, said = _run(flow.cloud.api_url)
    assert code == 0, said
    assert f"{flow.cloud.api_url} does its job" in said
    posted = [call for call in flow.cloud.calls(everybody=True) if call.operation == "PostObject"]
    assert len(posted) == 1, "one sheet went by a presigned upload"


def test_marks_that_are_not_the_teachers_and_sheets_without_any_are_faults() -> None:
    expected = read_expected(smoke.SAMPLES / "expected.json")[:1]
    sheet = Delivery(expected[0].path, Kind.ANSWER_SHEET, expected[0].student)
    verdict = smoke.judge([sheet], expected)
    assert not verdict.well
    assert verdict.faults[0].startswith("Amara Whitlock: ")
    assert "More than one mark apart: Amara Whitlock 1: no mark instead of 1" in verdict.faults
    assert smoke.judge([], []).faults == ("Everything was left to a person: nothing could be compared.",)


def test_without_a_token_nothing_is_asked(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADELINE_TOKEN", raising=False)
    with pytest.raises(UsageError, match="GRADELINE_TOKEN"):
        _run(cloud.api_url)
