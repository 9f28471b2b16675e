"""`gradeline grade` says where its page is, and with --keep leaves it there until Ctrl-C."""

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


def test_the_page_is_there_while_and_after_it_works(tmp_path: Path) -> None:
    for name, body in (("paper.pdf", PAPER), ("scheme.yaml", SCHEME.encode()), ("Ada.pdf", typed_pdf(ANSWERS))):
        (tmp_path / name).write_bytes(body)
    files = ("--paper", tmp_path / "paper.pdf", "--scheme", tmp_path / "scheme.yaml", tmp_path / "Ada.pdf")
    grade = gradeline("grade", *files, "--assessment", "bio-1", "--keep")
    with running_program(grade, stdout=PIPE, stderr=PIPE, env=environment(), cwd=ROOT) as running:
        assert running.stderr
        told: list[str] = []
        for line in running.stderr:
            told.append(line)
            if "until Ctrl-C" in line:
                break
        page, kept = re.findall(r"http://127\.0\.0\.1:\d+/#/a/bio-1", "".join(told))
        assert page == kept
        answer = requests.get(page.partition("#")[0], timeout=30)
        assert answer.status_code == 200
        assert "<title>" in answer.text

        running.send_signal(signal.SIGINT)
        marks, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Ada" in marks
    assert wait_for_group_exit(running.pid)


def test_a_deployed_stack_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(PAPER)
    request = GradeOptions(tmp_path / "paper.pdf", [tmp_path], api="http://127.0.0.1:9", keep=True)
    with pytest.raises(UsageError, match="--keep"):
        run(request, stdout=None, stderr=None)  # type: ignore[arg-type] # it gets nowhere near them
