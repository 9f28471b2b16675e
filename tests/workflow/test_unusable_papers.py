"""A question paper that cannot be used is told at once, to everything that waits for it; another one releases that."""

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


def about(harness: WorkflowHarness) -> dict[str, Any]:
    return harness.api.assessment(harness.assessment)


@pytest.mark.parametrize("body", [letter, blank, photograph, answers])
def test_a_paper_without_questions_ends_at_once_and_its_sheets_are_told(
    harness: WorkflowHarness, body: Callable[[WorkflowHarness], bytes]
) -> None:
    sheet = harness.sheet()
    assert harness.ended(sheet)["reason"] is None, "nothing is wrong yet: no paper has been sent"

    paper = harness.ended(harness.send("question_paper", body(harness)))
    assert (paper["state"], paper["reason"]["type"]) == ("REJECTED", "NoQuestionsFound")
    assert "No question was found" in paper["reason"]["message"] and "Send another file" in paper["reason"]["message"]
    assert harness.api.transcript(paper["id"]).pages, "what was read can be looked at"

    for waiting in (harness.status(sheet.id), harness.submissions()[0]):
        assert (waiting["state"], waiting["reason"]["type"]) == ("AWAITING_PAPER", "PaperNotReady")
        assert paper["reason"]["message"] in waiting["reason"]["message"]
    assert about(harness)["paper_problem"] == {"submission": paper["id"], **paper["reason"]}


def test_the_next_good_paper_releases_the_sheets(harness: WorkflowHarness) -> None:
    sheet = harness.sheet()
    harness.ended(harness.send("question_paper", letter(harness)))

    harness.prepare()

    graded = harness.ended(sheet, but_not="AWAITING_PAPER")
    assert (graded["state"], graded["reason"]) == ("GRADED", None)
    assert about(harness)["paper_problem"] is None


def test_a_paper_without_questions_does_not_take_the_good_one_away(harness: WorkflowHarness) -> None:
    harness.prepare()
    good = about(harness)

    harness.wait_until_execution_ends(late := harness.send("question_paper", letter(harness)))

    found = about(harness)
    assert (found["paper"], found["revision"]) == (good["paper"], good["revision"])
    assert found["paper_problem"]["submission"] == late.id
    assert "still counts" in found["paper_problem"]["message"]
    assert harness.ended(harness.sheet())["state"] == "GRADED"


def test_a_teacher_who_then_corrects_the_paper_that_counts_is_told_no_more(harness: WorkflowHarness) -> None:
    harness.prepare()
    harness.wait_until_execution_ends(harness.send("question_paper", letter(harness)))
    assert about(harness)["paper_problem"] is not None

    harness.api._json("PUT", f"/assessments/{harness.assessment}/paper", json=about(harness)["paper"])
    assert about(harness)["paper_problem"] is None

    harness.wait_until_execution_ends(harness.send("question_paper", blank(harness)))
    assert about(harness)["paper_problem"] is not None, "the next wrong file is told again"


def test_sheets_are_told_of_a_paper_that_cannot_be_read_as_well(harness: WorkflowHarness) -> None:
    harness.ended(sheet := harness.sheet())
    paper = harness.ended(harness.send("question_paper", encrypted_pdf([harness.assessment])))

    assert paper["reason"]["type"] == "EncryptedDocument"
    assert paper["reason"]["message"] in harness.status(sheet.id)["reason"]["message"]


def test_sheets_are_told_of_a_paper_that_failed_until_it_is_run_again(harness: WorkflowHarness) -> None:
    harness.ended(sheet := harness.sheet())
    harness.cloud.faults.fail("textract", "DetectDocumentText", "AccessDeniedException", status=400)
    scan = harness.send("question_paper", picture([harness.assessment, "1. Name a gas. [1]", "2. Name a metal. [1]"]))
    assert harness.ended(scan)["state"] == "FAILED"
    assert harness.status(sheet.id)["reason"]["type"] == "PaperNotReady"

    harness.cloud.faults.clear()
    harness.resume(scan)

    assert harness.ended(scan, but_not="FAILED")["state"] == "READY"
    assert harness.ended(sheet, but_not="AWAITING_PAPER")["result"]


def test_a_key_without_an_answer_says_so_and_no_sheet_waits_for_it(harness: WorkflowHarness) -> None:
    harness.prepare()
    key = harness.ended(harness.send("answer_key", letter(harness)))

    assert (key["state"], key["reason"]["type"]) == ("REJECTED", "NoAnswersFound")
    assert harness.ended(harness.sheet())["state"] == "GRADED"


def test_a_key_that_says_nothing_without_its_paper_is_read_again_when_that_comes(harness: WorkflowHarness) -> None:
    key = harness.send(
        "answer_key", typed_pdf([f"Answers, class {harness.assessment}", "1. B", "2. True", "3. 12.5 m/s"])
    )
    ended = harness.ended(key)
    assert ended["reason"]["type"] == "NoAnswersFound" and "read again" in ended["reason"]["message"]

    harness.ended(harness.send("question_paper", PAPER))

    assert harness.ended(key, but_not="REJECTED")["state"] == "READY"
    assert len(about(harness)["scheme"]["entries"]) == 3


def test_the_command_line_ends_at_once_with_the_sentence(
    harness: WorkflowHarness,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    (tmp_path / "letter.pdf").write_bytes(letter(harness))
    (tmp_path / "Ada.pdf").write_bytes(harness.typed())
    command = ["grade", "--paper", str(tmp_path / "letter.pdf"), str(tmp_path / "Ada.pdf"), "--api", cloud.api_url]

    assert main([*command, "--assessment", harness.assessment]) == 1

    out, err = capsys.readouterr()
    assert "letter.pdf: No question was found in this file." in err and not out
    assert [one["kind"] for one in harness.submissions()] == ["question_paper"], "no sheet was sent to wait in vain"


def test_the_command_line_marks_by_a_key_that_is_a_document(
    harness: WorkflowHarness,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    key = typed_pdf([f"Answers, class {harness.assessment}", "1. B", "2. True", "3. 12.5 m/s"])
    for name, body in (("paper.pdf", PAPER), ("key.pdf", key), ("Ada.pdf", harness.typed())):
        (tmp_path / name).write_bytes(body)
    command = ["grade", "--paper", str(tmp_path / "paper.pdf"), "--key", str(tmp_path / "key.pdf")]

    assert main([*command, str(tmp_path / "Ada.pdf"), "--api", cloud.api_url, "--assessment", harness.assessment]) == 0
    assert "Ada" in capsys.readouterr().out
    (status,) = [one for one in harness.submissions() if one["kind"] == "answer_key"]
    assert harness.status(status["id"])["paper"] is None, "a key is no question paper"


def test_the_command_line_ends_for_a_key_without_an_answer(
    harness: WorkflowHarness,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    for name, body in (("paper.pdf", PAPER), ("letter.pdf", letter(harness)), ("Ada.pdf", harness.typed())):
        (tmp_path / name).write_bytes(body)
    command = ["grade", "--paper", str(tmp_path / "paper.pdf"), "--key", str(tmp_path / "letter.pdf")]

    assert main([*command, str(tmp_path / "Ada.pdf"), "--api", cloud.api_url, "--assessment", harness.assessment]) == 1
    assert "letter.pdf: No answer was found in this file." in capsys.readouterr().err
