"""`gradeline grade` prints the address of its page and, with --keep, serves it until Ctrl-C."""

import re
import signal
from pathlib import Path
from subprocess import PIPE

import pytest
import requests

from local.cli.grade_command import GradeOptions, run
from local.cli.submitted_files import UsageError
from tests.cli.test_main import ROOT, environment, gradeline
from tests.documents import typed_pdf
from tests.processes import running_program, wait_for_group_exit
from tests.workflow.conftest import ANSWERS, PAPER, SCHEME


def test_the_page_is_served_during_and_after_grading(tmp_path: Path) -> None:
    for name, body in (("paper.pdf", PAPER), ("scheme.yaml", SCHEME.encode()), ("Ada.pdf", typed_pdf(ANSWERS))):
        (tmp_path / name).write_bytes(body)
    files = ("--paper", tmp_path / "paper.pdf", "--scheme", tmp_path / "scheme.yaml", tmp_path / "Ada.pdf")
    grade = gradeline("grade", *files, "--assessment", "bio-1", "--keep")
    with running_program(grade, stdout=PIPE, stderr=PIPE, env=environment(), cwd=ROOT) as running:
        assert running.stderr
        output: list[str] = []
        for line in running.stderr:
            output.append(line)
            if "until Ctrl-C" in line:
                break
        page_at_start, page_at_end = re.findall(r"http://127\.0\.0\.1:\d+/#/a/bio-1", "".join(output))
        assert page_at_start == page_at_end
        response = requests.get(page_at_start.partition("#")[0], timeout=30)
        assert response.status_code == 200
        assert "<title>" in response.text

        running.send_signal(signal.SIGINT)
        marks, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Ada" in marks
    assert wait_for_group_exit(running.pid)


def test_keep_is_refused_with_a_deployed_stack(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(PAPER)
    options = GradeOptions(tmp_path / "paper.pdf", [tmp_path], api="http://127.0.0.1:9", keep=True)
    with pytest.raises(UsageError, match="--keep"):
        run(options, stdout=None, stderr=None)  # type: ignore[arg-type] # it fails before it prints
