"""Free text by a model, all the way: asked once a question, switched off and capped by the tenant at once."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud.local_cloud import LocalCloud
from tests.documents import picture, typed_pdf
from tests.fake_model_server import FakeModelServer
from tests.workflow.conftest import WorkflowHarness

PAPER = typed_pdf(
    [
        "Physics test    Total: 3 marks",
        "1. Which one is a metal?  [1]",
        "A  oak",
        "B  iron",
        "2. Why does metal feel cold?  [2]",
    ]
)
SCHEME = b"""
questions:
  - {question: "1", type: choice, marks: 1, answer: B}
  - question: "2"
    type: text
    marks: 2
    criteria:
      - {text: Metal is a better conductor than wood, marks: 1}
      - {text: Heat leaves the hand faster, marks: 1}
"""
ANSWER = "2. It conducts so the hand loses heat quickly"


@pytest.fixture
def physics(harness: WorkflowHarness, model: FakeModelServer) -> Iterator[WorkflowHarness]:
    harness.api.put_scheme(harness.assessment, SCHEME, "application/yaml")
    assert harness.ended(harness.send("question_paper", PAPER))["state"] == "READY"
    model.requests.clear()
    yield harness
    settings(harness, model=True, spend_limit_usd=None)


def settings(harness: WorkflowHarness, **chosen: Any) -> dict[str, Any]:
    return harness.api._json("PUT", "/settings", json=chosen)


def spent(harness: WorkflowHarness) -> float:
    return float(harness.api._json("GET", "/settings")["spent_usd"])


def sheet(harness: WorkflowHarness, *, student: str | None = "Ada", signed: str = "") -> dict[str, Any]:
    lines = [signed or f"Sheet of {harness.assessment}", "1. B", ANSWER]
    return harness.ended(harness.send("answer_sheet", picture(lines), student=student))


def test_the_model_is_asked_once_a_question_and_its_cost_is_kept(
    physics: WorkflowHarness, model: FakeModelServer
) -> None:
    before = spent(physics)
    found = sheet(physics)
    assert found["marks"] == 3
    assert found["result"]["questions"][1]["marker"] == "model:gpt-4o-mini"
    assert len(model.requests) == 1
    usage = found["result"]["usage"]
    assert (usage["calls"], usage["input_tokens"], usage["output_tokens"]) == (1, 100, 40)
    assert usage["cost_usd"] > 0
    assert found["paid"] == {"ocr_calls": 1, "model_calls": 1}
    assert spent(physics) == pytest.approx(before + usage["cost_usd"], abs=1e-6)


def test_a_tenant_that_switches_the_model_off_is_obeyed_at_once(
    physics: WorkflowHarness, model: FakeModelServer
) -> None:
    settings(physics, model=False, spend_limit_usd=None)
    written = sheet(physics)["result"]["questions"][1]
    assert model.requests == []
    assert written["marker"] == "key-points"
    assert "switched off" in written["reason"]


def test_a_limit_that_is_reached_sends_answers_to_a_person_and_costs_nothing(
    physics: WorkflowHarness, model: FakeModelServer
) -> None:
    before = spent(physics)
    settings(physics, model=True, spend_limit_usd=before)
    written = sheet(physics)["result"]["questions"][1]
    assert model.requests == []
    assert "model_unavailable" in written["review"]
    assert "spending limit" in written["reason"]
    assert spent(physics) == before


def test_a_sheet_without_a_name_finds_its_student_on_the_roster(physics: WorkflowHarness, cloud: LocalCloud) -> None:
    del cloud
    unnamed = sheet(physics, student=None, signed="Name: Amara Whitlock")
    assert unnamed["student"] is None
    assert "unknown_student" in unnamed["result"]["review"]
    roster = b"name,number\nAmara Whitlock,17\nCallum Oakes,18\n"
    answer = physics.api._json("PUT", f"/assessments/{physics.assessment}/roster", data=roster)
    assert (answer["students"], answer["again"]) == (2, 1)
    deadline = time.monotonic() + 60
    while True:
        found = physics.status(unnamed["id"])
        if (found["run"] == 2 and found["ended_at"]) or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert (found["run"], found["student"]) == (2, "Amara Whitlock")
    assert "unknown_student" not in found["result"]["review"]
    other = sheet(physics, student=None, signed="Name: Callum Oakes")
    assert other["student"] == "Callum Oakes"
