"""Malformed and hostile files are accepted or refused by name in time, and the next document is read.

A short run with the same files each time; `make fuzz` runs with as many new files as requested.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.extract.fuzzing import MAX_MEGABYTES, MAX_SECONDS, FuzzRun
from tests.unit.extract.malicious_files import malicious_files

MALICIOUS_FILES = malicious_files()
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def run() -> FuzzRun:
    return FuzzRun()


@pytest.mark.parametrize("name", MALICIOUS_FILES)
def test_a_malicious_file_is_handled_and_the_next_is_read(name: str, run: FuzzRun) -> None:
    run.read(MALICIOUS_FILES[name])
    run.check_valid_document()


def test_200_damaged_files_are_handled_and_the_next_is_read() -> None:
    """Runs in a process of its own, so that its peak memory can be measured."""
    command = [sys.executable, "-m", "tests.unit.extract.fuzzing", "--files", "200", "--seed", "1"]
    path = os.pathsep.join([str(ROOT / "functions"), str(ROOT)])
    completed = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    report = json.loads(completed.stdout)
    assert report["broken"] == []
    assert report["files"] >= 200
    assert len(report["endings"]) > 2, "some must be refused, or nothing was damaged"
    assert report["endings"]["accepted"] > 20
    assert report["slowest_seconds"] < MAX_SECONDS
    assert 20 < report["peak_megabytes"] < MAX_MEGABYTES
