"""At the end of a run: what is called and not allowed fails any; what is allowed and never called, a whole one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud.role_policies import PERMISSIONS_LOG_VARIABLE
from tests.template.asl import ROOT

_CALLS = """
import json, os, pathlib
def test_calls():
    path = pathlib.Path(os.environ["GRADELINE_NEEDS_TO"]) / "1.jsonl"
    path.write_text(json.dumps(["GradeFunction", "s3:DeleteObject", "arn:aws:s3:::b/k"]))
"""
_QUIET = "def test_nothing(): pass\n"


def _suite(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "suite").mkdir()
    (folder / "suite" / "test_it.py").write_text(test, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = suite\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name != PERMISSIONS_LOG_VARIABLE}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.permissions.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_call_that_is_not_allowed_fails_any_run(tmp_path: Path) -> None:
    ended = _suite(tmp_path, _CALLS, "suite/test_it.py")
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    assert "GradeFunction needs s3:DeleteObject on arn:aws:s3:::b/k, which the template does not allow" in ended.stdout
    assert "no call needed" not in ended.stdout


def test_a_whole_run_that_leaves_rights_unused_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = _suite(tmp_path, _QUIET)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    assert "ExtractFunction may do textract:DetectDocumentText to *, which no call needed" in ended.stdout


@pytest.mark.parametrize("chosen", [("suite/test_it.py",), ("-k", "nothing")], ids=["a file", "a filter"])
def test_a_part_of_the_suite_says_nothing_of_what_it_did_not_call(tmp_path: Path, chosen: tuple[str, ...]) -> None:
    ended = _suite(tmp_path, _QUIET, *chosen)
    assert ended.returncode == pytest.ExitCode.OK, ended.stdout
