"""Malformed and hostile files: each ends as accepted or as a named refusal in time, and the next one is read.

A short run with the same files each time; `make fuzz` makes new ones for as long as it is told to.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.extract.fuzzing import MAX_MEGABYTES, MAX_SECONDS, FuzzRun
from tests.unit.extract.malicious_files import malicious_files

HARMFUL = malicious_files()
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def run() -> FuzzRun:
    return FuzzRun()


@pytest.mark.parametrize("name", HARMFUL)
def test_file_written_to_do_harm_ends_well_and_the_next_is_read(name: str, run: FuzzRun) -> None:
    run.read(HARMFUL[name])
    run.check_valid_document()


def test_two_hundred_damaged_and_senseless_files_end_well_and_the_next_is_read() -> None:
    """In a process of its own, whose memory at its highest is its own as well."""
    command = [sys.executable, "-m", "tests.unit.extract.fuzzing", "--files", "200", "--seed", "1"]
    path = os.pathsep.join([str(ROOT / "functions"), str(ROOT)])
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["broken"] == []
    assert report["files"] >= 200
    assert len(report["endings"]) > 2, "some are beyond reading, or nothing was damaged"
    assert report["endings"]["accepted"] > 20
    assert report["slowest_seconds"] < MAX_SECONDS
    assert 20 < report["peak_megabytes"] < MAX_MEGABYTES
