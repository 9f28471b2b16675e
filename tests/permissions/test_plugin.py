"""A call that is not allowed fails any test run; a grant that is never used fails a run of the whole suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud.role_policies import PERMISSIONS_LOG_VARIABLE
from tests.template.asl import ROOT

_FORBIDDEN_CALL_TEST = """
import json, os, pathlib
def test_calls():
    path = pathlib.Path(os.environ["GRADELINE_NEEDS_TO"]) / "1.jsonl"
    path.write_text(json.dumps(["GradeFunction", "s3:DeleteObject", "arn:aws:s3:::b/k"]))
"""
_EMPTY_TEST = "def test_nothing(): pass\n"


def _run_suite(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "suite").mkdir()
    (folder / "suite" / "test_it.py").write_text(test, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = suite\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != PERMISSIONS_LOG_VARIABLE}
    command = [sys.executable, "-m", "pytest", "-q", "--disable-plugin-autoload"]
    command += ["-p", "tests.permissions.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_call_that_is_not_allowed_fails_any_run(tmp_path: Path) -> None:
    completed = _run_suite(tmp_path, _FORBIDDEN_CALL_TEST, "suite/test_it.py")
    assert completed.returncode == pytest.ExitCode.TESTS_FAILED, completed.stdout
    assert (
        "GradeFunction needs s3:DeleteObject on arn:aws:s3:::b/k, which the template does not allow" in completed.stdout
    )
    assert "no call needed" not in completed.stdout


def test_unused_grants_fail_a_run_of_the_whole_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    completed = _run_suite(tmp_path, _EMPTY_TEST)
    assert completed.returncode == pytest.ExitCode.TESTS_FAILED, completed.stdout
    assert "ExtractFunction may do textract:DetectDocumentText to *, which no call needed" in completed.stdout


@pytest.mark.parametrize("selection", [("suite/test_it.py",), ("-k", "nothing")], ids=["a file", "a filter"])
def test_unused_grants_do_not_fail_a_partial_run(tmp_path: Path, selection: tuple[str, ...]) -> None:
    completed = _run_suite(tmp_path, _EMPTY_TEST, *selection)
    assert completed.returncode == pytest.ExitCode.OK, completed.stdout
