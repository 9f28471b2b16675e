"""A question paper that cannot be used is told at once, to everything that waits for it; another one releases that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cli import main
from local.cloud.local_cloud import LocalCloud
from tests.documents import encrypted_pdf, picture, typed_pdf
from tests.workflow.conftest import PAPER, Flow


def letter(flow: Flow) -> bytes:
    return typed_pdf([f"Class {flow.assessment}", "Dear parents,", "we go to the museum in May.", "Yours, A. Brown"])


def blank(flow: Flow) -> bytes:
    return typed_pdf([])


def photograph(flow: Flow) -> bytes:
    return picture([flow.assessment, "meow"])


def answers(flow: Flow) -> bytes:
    return typed_pdf([f"Answers, class {flow.assessment}", "1 B", "2 C", "3 A"])


def about(flow: Flow) -> dict[str, Any]:
    return flow.api.assessment(flow.assessment)


@pytest.mark.parametrize("body", [letter, blank, photograph, answers])
def test_a_paper_without_questions_ends_at_once_and_its_sheets_are_told(
    flow: Flow, body: Callable[[Flow], bytes]
) -> None:
    sheet = flow.sheet()
    assert flow.ended(sheet)["reason"] is None, "nothing is wrong yet: no paper has been sent"

    paper = flow.ended(flow.send("question_paper", body(flow)))
    assert (paper["state"], paper["reason"]["type"]) == ("REJECTED", "NoQuestionsFound")
    assert "No question was found" in paper["reason"]["message"] and "Send another file" in paper["reason"]["message"]
    assert flow.api.transcript(paper["id"]).pages, "what was read can be looked at"

    for waiting in (flow.status(sheet.id), flow.submissions()[0]):
        assert (waiting["state"], waiting["reason"]["type"]) == ("AWAITING_PAPER", "PaperNotReady")
        assert paper["reason"]["message"] in waiting["reason"]["message"]
    assert about(flow)["paper_problem"] == {"submission": paper["id"], **paper["reason"]}


def test_the_next_good_paper_releases_the_sheets(flow: Flow) -> None:
    sheet = flow.sheet()
    flow.ended(flow.send("question_paper", letter(flow)))

    flow.prepare()

    graded = flow.ended(sheet, but_not="AWAITING_PAPER")
    assert (graded["state"], graded["reason"]) == ("GRADED", None)
    assert about(flow)["paper_problem"] is None


def test_a_paper_without_questions_does_not_take_the_good_one_away(flow: Flow) -> None:
    flow.prepare()
    good = about(flow)

    flow.rested(late := flow.send("question_paper", letter(flow)))

    found = about(flow)
    assert (found["paper"], found["revision"]) == (good["paper"], good["revision"])
    assert found["paper_problem"]["submission"] == late.id
    assert "still counts" in found["paper_problem"]["message"]
    assert flow.ended(flow.sheet())["state"] == "GRADED"


def test_a_teacher_who_then_corrects_the_paper_that_counts_is_told_no_more(flow: Flow) -> None:
    flow.prepare()
    flow.rested(flow.send("question_paper", letter(flow)))
    assert about(flow)["paper_problem"] is not None

    flow.api._json("PUT", f"/assessments/{flow.assessment}/paper", json=about(flow)["paper"])
    assert about(flow)["paper_problem"] is None

    flow.rested(flow.send("question_paper", blank(flow)))
    assert about(flow)["paper_problem"] is not None, "the next wrong file is told again"


def test_sheets_are_told_of_a_paper_that_cannot_be_read_as_well(flow: Flow) -> None:
    flow.ended(sheet := flow.sheet())
    paper = flow.ended(flow.send("question_paper", encrypted_pdf([flow.assessment])))

    assert paper["reason"]["type"] == "EncryptedDocument"
    assert paper["reason"]["message"] in flow.status(sheet.id)["reason"]["message"]


def test_sheets_are_told_of_a_paper_that_failed_until_it_is_run_again(flow: Flow) -> None:
    flow.ended(sheet := flow.sheet())
    flow.cloud.faults.fail("textract", "DetectDocumentText", "AccessDeniedException", status=400)
    scan = flow.send("question_paper", picture([flow.assessment, "1. Name a gas. [1]", "2. Name a metal. [1]"]))
    assert flow.ended(scan)["state"] == "FAILED"
    assert flow.status(sheet.id)["reason"]["type"] == "PaperNotReady"

    flow.cloud.faults.clear()
    flow.resume(scan)

    assert flow.ended(scan, but_not="FAILED")["state"] == "READY"
    assert flow.ended(sheet, but_not="AWAITING_PAPER")["result"]


def test_a_key_without_an_answer_says_so_and_no_sheet_waits_for_it(flow: Flow) -> None:
    flow.prepare()
    key = flow.ended(flow.send("answer_key", letter(flow)))

    assert (key["state"], key["reason"]["type"]) == ("REJECTED", "NoAnswersFound")
    assert flow.ended(flow.sheet())["state"] == "GRADED"


def test_a_key_that_says_nothing_without_its_paper_is_read_again_when_that_comes(flow: Flow) -> None:
    key = flow.send("answer_key", typed_pdf([f"Answers, class {flow.assessment}", "1. B", "2. True", "3. 12.5 m/s"]))
    ended = flow.ended(key)
    assert ended["reason"]["type"] == "NoAnswersFound" and "read again" in ended["reason"]["message"]

    flow.ended(flow.send("question_paper", PAPER))

    assert flow.ended(key, but_not="REJECTED")["state"] == "READY"
    assert len(about(flow)["scheme"]["entries"]) == 3


def test_the_command_line_ends_at_once_with_the_sentence(
    flow: Flow,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    (tmp_path / "letter.pdf").write_bytes(letter(flow))
    (tmp_path / "Ada.pdf").write_bytes(flow.typed())
    command = ["grade", "--paper", str(tmp_path / "letter.pdf"), str(tmp_path / "Ada.pdf"), "--api", cloud.api_url]

    assert main([*command, "--assessment", flow.assessment]) == 1

    out, err = capsys.readouterr()
    assert "letter.pdf: No question was found in this file." in err and not out
    assert [one["kind"] for one in flow.submissions()] == ["question_paper"], "no sheet was sent to wait in vain"


def test_the_command_line_marks_by_a_key_that_is_a_document(
    flow: Flow, cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    key = typed_pdf([f"Answers, class {flow.assessment}", "1. B", "2. True", "3. 12.5 m/s"])
    for name, body in (("paper.pdf", PAPER), ("key.pdf", key), ("Ada.pdf", flow.typed())):
        (tmp_path / name).write_bytes(body)
    command = ["grade", "--paper", str(tmp_path / "paper.pdf"), "--key", str(tmp_path / "key.pdf")]

    assert main([*command, str(tmp_path / "Ada.pdf"), "--api", cloud.api_url, "--assessment", flow.assessment]) == 0
    assert "Ada" in capsys.readouterr().out
    (status,) = [one for one in flow.submissions() if one["kind"] == "answer_key"]
    assert flow.status(status["id"])["paper"] is None, "a key is no question paper"


def test_the_command_line_ends_for_a_key_without_an_answer(
    flow: Flow,
    cloud: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", cloud.token())
    for name, body in (("paper.pdf", PAPER), ("letter.pdf", letter(flow)), ("Ada.pdf", flow.typed())):
        (tmp_path / name).write_bytes(body)
    command = ["grade", "--paper", str(tmp_path / "paper.pdf"), "--key", str(tmp_path / "letter.pdf")]

    assert main([*command, str(tmp_path / "Ada.pdf"), "--api", cloud.api_url, "--assessment", flow.assessment]) == 1
    assert "letter.pdf: No answer was found in this file." in capsys.readouterr().err
