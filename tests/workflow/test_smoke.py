"""`gradeline smoke` against a running stack: well where it is well, and a fault is said and is the exit code."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from local import smoke
from local.cloud.local_cloud import LocalCloud
from local.deliveries import UsageError
from tests.workflow.conftest import Flow


def _run(api: str, samples: Path = smoke.SAMPLES) -> tuple[int, str]:
    out = io.StringIO()
    code = smoke.run(api=api, stdout=Console(file=out, width=120), stderr=Console(file=io.StringIO()), samples=samples)
    return code, out.getvalue()


def test_a_stack_that_marks_as_it_should_passes(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", flow.cloud.token("smoke"))
    flow.cloud.clear_calls()
    code, said = _run(flow.cloud.api_url)
    assert code == 0, said
    assert f"{flow.cloud.api_url} does its job" in said
    posted = [call for call in flow.cloud.calls(everybody=True) if call.operation == "PostObject"]
    assert len(posted) == 1, "one sheet went by a presigned upload"


def test_marks_that_are_not_the_teachers_fail(flow: Flow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", flow.cloud.token("smoke"))
    samples = Path(shutil.copytree(smoke.SAMPLES, tmp_path / "samples"))
    expected = json.loads((samples / "expected.json").read_text(encoding="utf-8"))
    for sheet in expected["sheets"]:
        sheet["questions"][0]["marks"] += 5
    (samples / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    code, said = _run(flow.cloud.api_url, samples)
    assert code == 1
    assert "More than one mark apart" in said
    assert "does not do its job" in said


def test_without_a_token_nothing_is_asked(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADELINE_TOKEN", raising=False)
    with pytest.raises(UsageError, match="GRADELINE_TOKEN"):
        _run(cloud.api_url)
