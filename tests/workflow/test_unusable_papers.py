"""An unusable question paper is reported at once, also on waiting sheets, and another paper releases these."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cli.main import main
from local.cloud.local_cloud import LocalCloud
from tests.documents import encrypted_pdf, picture, typed_pdf
from tests.workflow.conftest import PAPER, WorkflowHarness


def letter(harness: WorkflowHarness) -> bytes:
    return typed_pdf([f"Class {harness.assessment}", "Dear parents,", "we go to the museum in May.", "Yours, A. Brown"])


def blank(harness: WorkflowHarness) -> bytes:
    return typed_pdf([])


def photograph(harness: WorkflowHarness) -> bytes:
    return picture([harness.assessment, "meow"])


def answers(harness: WorkflowHarness) -> bytes:
    return typed_pdf([f"Answers, class {harness.assessment}", "1 B", "2 C", "3 A"])


def get_assessment(harness: WorkflowHarness) -> dict[str, Any]:
    return harness.api.assessment(harness.assessment).document


@pytest.mark.parametrize("body", [letter, blank, photograph, answers])
def test_a_paper_without_questions_is_rejected_and_reported_on_its_sheets(
    harness: WorkflowHarness, body: Callable[[WorkflowHarness], bytes]
) -> None:
    sheet = harness.send_sheet()
    assert harness.wait_until_ended(sheet)["reason"] is None, "no paper has been sent, so nothing is wrong yet"

    paper = harness.wait_until_ended(harness.send("question_paper", body(harness)))
    assert (paper["state"], paper["reason"]["type"]) == ("REJECTED", "NoQuestionsFound")
    assert "No question was found" in paper["reason"]["message"] and "Send another file" in paper["reason"]["message"]
    assert harness.api.transcript(paper["id"]).pages, "the transcript can still be read"

    for waiting in (harness.status(sheet.id), harness.submissions()[0]):
        assert (waiting["state"], waiting["reason"]["type"]) == ("AWAITING_PAPER", "PaperNotReady")
        assert paper["reason"]["message"] in waiting["reason"]["message"]
    assert get_assessment(harness)["paper_problem"] == {"submission": paper["id"], **paper["reason"]}


def test_the_next_good_paper_releases_the_sheets(harness: WorkflowHarness) -> None:
    sheet = harness.send_sheet()
    harness.wait_until_ended(harness.send("question_paper", letter(harness)))

    harness.prepare()

    graded = harness.wait_until_ended(sheet, other_than="AWAITING_PAPER")
    assert (graded["state"], graded["reason"]) == ("GRADED", None)
    assert get_assessment(harness)["paper_problem"] is None


def test_a_paper_without_questions_does_not_replace_a_good_one(harness: WorkflowHarness) -> None:
    harness.prepare()
    good = get_assessment(harness)

    harness.wait_until_execution_ends(later := harness.send("question_paper", letter(harness)))

    found = get_assessment(harness)
    assert (found["paper"], found["revision"]) == (good["paper"], good["revision"])
    assert found["paper_problem"]["submission"] == later.id
    assert "still counts" in found["paper_problem"]["message"]
    assert harness.wait_until_ended(harness.send_sheet())["state"] == "GRADED"


def test_correcting_the_current_paper_clears_the_problem(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.wait_until_execution_ends(harness.send("question_paper", letter(harness)))
    assert get_assessment(harness)["paper_problem"] is not None

    harness.api._json("PUT", f"/assessments/{harness.assessment}/paper", json=get_assessment(harness)["paper"])
    assert get_assessment(harness)["paper_problem"] is None

    harness.wait_until_execution_ends(harness.send("question_paper", blank(harness)))
    assert get_assessment(harness)["paper_problem"] is not None, "the next wrong file is reported again"


def test_an_unreadable_paper_is_reported_on_its_sheets(harness: WorkflowHarness) -> None:
    harness.wait_until_ended(sheet := harness.send_sheet())
    paper = harness.wait_until_ended(harness.send("question_paper", encrypted_pdf([harness.assessment])))

    assert paper["reason"]["type"] == "EncryptedDocument"
    assert paper["reason"]["message"] in harness.status(sheet.id)["reason"]["message"]


def test_a_failed_paper_is_reported_on_its_sheets_until_it_is_resumed(harness: WorkflowHarness) -> None:
    harness.wait_until_ended(sheet := harness.send_sheet())
    harness.cloud.faults.fail("textract", "DetectDocumentText", "AccessDeniedException", status=400)
    scan = harness.send("question_paper", picture([harness.assessment, "1. Name a gas. [1]", "2. Name a metal. [1]"]))
    assert harness.wait_until_ended(scan)["state"] == "FAILED"
    assert harness.status(sheet.id)["reason"]["type"] == "PaperNotReady"

    harness.cloud.faults.clear()
    harness.resume(scan)

    assert harness.wait_until_ended(scan, other_than="FAILED")["state"] == "READY"
    assert harness.wait_until_ended(sheet, other_than="AWAITING_PAPER")["result"]


def test_an_answer_key_without_answers_is_rejected_and_no_sheet_waits(harness: WorkflowHarness) -> None:
    harness.prepare()
    key = harness.wait_until_ended(harness.send("answer_key", letter(harness)))

    assert (key["state"], key["reason"]["type"]) == ("REJECTED", "NoAnswersFound")
    assert harness.wait_until_ended(harness.send_sheet())["state"] == "GRADED"


def test_an_answer_key_that_needs_its_paper_is_read_again_when_that_arrives(harness: WorkflowHarness) -> None:
    key = harness.send(
        "answer_key", typed_pdf([f"Answers, class {harness.assessment}", "1. B", "2. True", "3. 12.5 m/s"])
    )
    status = harness.wait_until_ended(key)
    assert status["reason"]["type"] == "NoAnswersFound" and "read again" in status["reason"]["message"]

    harness.wait_until_ended(harness.send("question_paper", PAPER))

    assert harness.wait_until_ended(key, other_than="REJECTED")["state"] == "READY"
    assert len(get_assessment(harness)["scheme"]["entries"]) == 3


def test_the_command_line_reports_an_unusable_paper_at_once(
    harness: WorkflowHarness,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    (tmp_path / "letter.pdf").write_bytes(letter(harness))
    (tmp_path / "Ada.pdf").write_bytes(harness.typed_sheet())
    command = ["grade", "--paper", str(tmp_path / "letter.pdf"), str(tmp_path / "Ada.pdf"), "--api", cloud.api_url]

    assert main([*command, "--assessment", harness.assessment]) == 1

    out, err = capsys.readouterr()
    assert "letter.pdf: No question was found in this file." in err and not out
    assert [entry["kind"] for entry in harness.submissions()] == ["question_paper"], "no sheet was sent"


def test_the_command_line_marks_with_a_document_as_answer_key(
    harness: WorkflowHarness,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    key = typed_pdf([f"Answers, class {harness.assessment}", "1. B", "2. True", "3. 12.5 m/s"])
    for name, body in (("paper.pdf", PAPER), ("key.pdf", key), ("Ada.pdf", harness.typed_sheet())):
        (tmp_path / name).write_bytes(body)
    command = ["grade", "--paper", str(tmp_path / "paper.pdf"), "--key", str(tmp_path / "key.pdf")]

    assert main([*command, str(tmp_path / "Ada.pdf"), "--api", cloud.api_url, "--assessment", harness.assessment]) == 0
    assert "Ada" in capsys.readouterr().out
    (status,) = [entry for entry in harness.submissions() if entry["kind"] == "answer_key"]
    assert harness.status(status["id"])["paper"] is None, "an answer key is no question paper"


def test_the_command_line_rejects_an_answer_key_without_answers(
    harness: WorkflowHarness,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    for name, body in (("paper.pdf", PAPER), ("letter.pdf", letter(harness)), ("Ada.pdf", harness.typed_sheet())):
        (tmp_path / name).write_bytes(body)
    command = ["grade", "--paper", str(tmp_path / "paper.pdf"), "--key", str(tmp_path / "letter.pdf")]

    assert main([*command, str(tmp_path / "Ada.pdf"), "--api", cloud.api_url, "--assessment", harness.assessment]) == 1
    assert "letter.pdf: No answer was found in this file." in capsys.readouterr().err
