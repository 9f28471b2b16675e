"""resume and sweep from the command line: everything by pieces, and words for what was not done."""

import io
from typing import Any

import pytest
from rich.console import Console

from local.cli import recovery
from local.cli.main import main


class Recover:
    """Answers as the function does, a piece a call."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(event)
        return self.answers.pop(0)


@pytest.fixture
def out() -> Console:
    return Console(file=io.StringIO(), width=120)


def said(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_all_that_failed_is_run_again_piece_by_piece(out: Console) -> None:
    invoke_recover = Recover({"resumed": ["a", "b"], "next": {"pk": "b"}}, {"resumed": ["c"], "next": None})
    assert recovery.resume([], invoke_recover=invoke_recover, stdout=out) == 0
    assert invoke_recover.asked == [{"action": "resume", "after": None}, {"action": "resume", "after": {"pk": "b"}}]
    assert "3 failed submissions run again" in said(out)


def test_what_was_named_and_not_started_is_told(out: Console) -> None:
    assert recovery.resume(["a", "b"], invoke_recover=Recover({"resumed": ["a"], "next": None}), stdout=out) == 1
    assert "b was not started" in said(out)


def test_a_sweep_adds_up_its_pieces(out: Console) -> None:
    invoke_recover = Recover(
        {"started": 2, "failed": 4, "next": {"pk": "x"}}, {"started": 1, "failed": 4, "next": None}
    )
    assert recovery.sweep(invoke_recover=invoke_recover, stdout=out) == 0
    words = said(out).split()
    assert words[words.index("started") + 1] == "3"
    assert words[words.index("failed") + 1] == "4"


def test_a_sweep_that_finds_nothing_says_so(out: Console) -> None:
    recovery.sweep(invoke_recover=Recover({"started": 0, "next": None}), stdout=out)
    assert "Nothing waits" in said(out)


def test_without_a_cloud_it_says_what_to_do(capsys: Any) -> None:
    assert main(["sweep", "--url", "http://127.0.0.1:9"]) == 1
    assert "gradeline serve" in capsys.readouterr().err
