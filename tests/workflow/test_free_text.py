"""Free text marked by a model: one request per question, and the tenant's switch and limit apply at once."""

from typing import Any

import pytest

from tests.fake_model_server import FakeModelServer
from tests.workflow.conftest import FreeTextHarness, wait_until


def spent(harness: FreeTextHarness) -> float:
    return float(harness.api._json("GET", "/settings")["spent_usd"])


def test_the_model_gets_one_request_per_question_and_its_cost_is_stored(
    free_text: FreeTextHarness, model: FakeModelServer
) -> None:
    before = spent(free_text)
    found = free_text.grade_sheet()
    assert found["marks"] == 3
    assert found["result"]["questions"][1]["marker"] == "model:gpt-4o-mini"
    assert len(model.requests) == 1
    usage = found["result"]["usage"]
    assert (usage["calls"], usage["input_tokens"], usage["output_tokens"]) == (1, 100, 40)
    assert usage["cost_usd"] > 0
    assert found["paid"] == {"ocr_calls": 1, "model_calls": 1}
    assert spent(free_text) == pytest.approx(before + usage["cost_usd"], abs=1e-6)


def test_a_tenant_can_switch_the_model_off_at_once(free_text: FreeTextHarness, model: FakeModelServer) -> None:
    free_text.change_settings(model=False, spend_limit_usd=None)
    written = free_text.grade_sheet()["result"]["questions"][1]
    assert model.requests == []
    assert written["marker"] == "key-points"
    assert "switched off" in written["reason"]


def test_at_the_spending_limit_answers_go_to_review_and_cost_nothing(
    free_text: FreeTextHarness, model: FakeModelServer
) -> None:
    before = spent(free_text)
    free_text.change_settings(model=True, spend_limit_usd=before)
    written = free_text.grade_sheet()["result"]["questions"][1]
    assert model.requests == []
    assert "model_unavailable" in written["review"]
    assert "spending limit" in written["reason"]
    assert spent(free_text) == before


def test_a_sheet_without_a_name_finds_its_student_on_the_roster(free_text: FreeTextHarness) -> None:
    unnamed = free_text.grade_sheet(student=None, signature="Name: Amara Whitlock")
    assert unnamed["student"] is None
    assert "unknown_student" in unnamed["result"]["review"]
    roster = b"name,number\nAmara Whitlock,17\nCallum Oakes,18\n"
    response = free_text.api._json("PUT", f"/assessments/{free_text.assessment}/roster", data=roster)
    assert (response["students"], response["again"]) == (2, 1)

    def second_run() -> dict[str, Any] | None:
        status = free_text.status(unnamed["id"])
        return status if status["run"] == 2 and status["ended_at"] else None

    found = wait_until(second_run)
    assert found["student"] == "Amara Whitlock"
    assert "unknown_student" not in found["result"]["review"]
    other = free_text.grade_sheet(student=None, signature="Name: Callum Oakes")
    assert other["student"] == "Callum Oakes"
