"""`gradeline resume` and `gradeline sweep`: paging, totals, and messages about what was not started."""

import io
from typing import Any

import pytest
from rich.console import Console

from local.cli import recovery
from local.cli.main import main


class FakeRecover:
    """Stands in for the `recover` function: one prepared answer per call."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        return self.answers.pop(0)


@pytest.fixture
def out() -> Console:
    return Console(file=io.StringIO(), width=120)


def printed(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_all_failed_submissions_are_resumed_page_by_page(out: Console) -> None:
    invoke_recover = FakeRecover({"resumed": ["a", "b"], "next": {"pk": "b"}}, {"resumed": ["c"], "next": None})
    assert recovery.resume([], invoke_recover=invoke_recover, stdout=out) == 0
    assert invoke_recover.events == [{"action": "resume", "after": None}, {"action": "resume", "after": {"pk": "b"}}]
    assert "3 failed submissions run again" in printed(out)


def test_a_submission_that_was_not_started_is_reported(out: Console) -> None:
    assert recovery.resume(["a", "b"], invoke_recover=FakeRecover({"resumed": ["a"], "next": None}), stdout=out) == 1
    assert "b was not started" in printed(out)


def test_a_sweep_adds_up_the_counts_of_its_pages(out: Console) -> None:
    invoke_recover = FakeRecover(
        {"started": 2, "failed": 4, "next": {"stage": "run", "place": None}}, {"started": 1, "failed": 4, "next": None}
    )
    assert recovery.sweep(invoke_recover=invoke_recover, stdout=out) == 0
    words = printed(out).split()
    assert words[words.index("started") + 1] == "3"
    assert words[words.index("failed") + 1] == "4"


def test_a_sweep_without_findings_prints_a_sentence(out: Console) -> None:
    recovery.sweep(invoke_recover=FakeRecover({"started": 0, "next": None}), stdout=out)
    assert "Nothing is waiting" in printed(out)


def test_an_unreachable_cloud_prints_a_hint(capsys: Any) -> None:
    assert main(["sweep", "--url", "http://127.0.0.1:9"]) == 1
    assert "gradeline serve" in capsys.readouterr().err
