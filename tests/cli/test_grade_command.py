"""`gradeline grade`: its output, files, errors and exit codes, and the page that it serves."""

import csv
import io
import json
import re
import signal
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import requests

from local.cli.grade_command import GradeOptions, run
from local.cli.main import main
from local.cli.submitted_files import UsageError
from tests.cli.fake_api import FakeApi
from tests.cli.program import ROOT, environment, gradeline
from tests.cli.sample_class import pdf, picture, transcript
from tests.documents import typed_pdf
from tests.processes import running_program, wait_for_group_exit
from tests.workflow.conftest import ANSWERS, PAPER, SCHEME


@pytest.fixture
def class_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sheets"
    folder.mkdir()
    picture(folder / "Mina Okafor.png", size=(300, 420))
    pdf(folder / "Jonas Weber.pdf")
    pdf(tmp_path / "paper.pdf")
    (tmp_path / "scheme.yaml").write_text("questions: []\n")
    return tmp_path


@pytest.fixture
def marking(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A fake deployed stack that marks everything it is sent."""
    monkeypatch.setenv("GRADELINE_TOKEN", "a-token")

    def on_submit(query: dict[str, str], body: bytes) -> dict[str, Any]:
        number = f"{len(api.documents) + 1:032x}"
        api.replies["GET", f"/submissions/{number}/transcript"] = (200, transcript().to_dict())
        if query["kind"] != "answer_sheet":
            return {"state": "READY", "result": None}
        if query.get("student") == "Zed":
            reason = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
            return {"state": "REJECTED", "result": None, "reason": reason}
        return {}

    api.on_submit = on_submit
    return api


def grade(marking: FakeApi, class_folder: Path, *more: str | Path) -> int:
    return main(
        [
            *("grade", "--paper", str(class_folder / "paper.pdf"), "--scheme", str(class_folder / "scheme.yaml")),
            *(str(class_folder / "sheets"), "--api", marking.url, *map(str, more)),
        ]
    )


def test_a_folder_is_marked_and_its_marks_printed(
    marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = grade(marking, class_folder)

    out, err = capsys.readouterr()
    assert code == 0
    assert [line.split() for line in out.splitlines() if line.startswith(("Mina", "Jonas"))] == [
        ["Jonas", "Weber", "1", "2", "3", "2", "8"],
        ["Mina", "Okafor", "1", "2", "3", "2", "8"],
    ]
    assert "Mina Okafor: 8 / 11" in err, "progress is printed on stderr"
    assert [request.path for request in marking.requests][:2] == ["/assessments/paper/marking-scheme", "/submissions"]
    assert {request.query["assessment"] for request in marking.requests if request.path == "/submissions"} == {"paper"}


def test_a_paper_in_the_folder_is_not_sent_as_a_sheet(
    marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = pdf(class_folder / "sheets" / "the paper.pdf")

    main(["grade", "--paper", str(paper), str(class_folder / "sheets"), "--api", marking.url, "--json", "-"])

    document = json.loads(capsys.readouterr().out)
    assert [sheet["student"] for sheet in document["sheets"]] == ["Jonas Weber", "Mina Okafor"]
    assert document["assessment"] == "the-paper"


def test_json_output_is_one_document(marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert grade(marking, class_folder, "--json", "-", "--assessment", "rivers") == 0

    document = json.loads(capsys.readouterr().out)
    assert document["assessment"] == "rivers"
    assert [sheet["student"] for sheet in document["sheets"]] == ["Jonas Weber", "Mina Okafor"]
    assert document["sheets"][0]["result"]["max_marks"] == 11
    assert (document["marked"], document["failed"]) == (2, 0)


def test_csv_json_and_report_are_written(marking: FakeApi, class_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"

    code = grade(marking, class_folder, "--csv", out / "m.csv", "--json", out / "m.json", "--report", out / "r.html")

    assert code == 0
    rows = list(csv.DictReader(io.StringIO((out / "m.csv").read_text(encoding="utf-8-sig"))))
    assert [row["student"] for row in rows] == ["Jonas Weber", "Mina Okafor"]
    assert json.loads((out / "m.json").read_text())["marked"] == 2
    html = (out / "r.html").read_text()
    assert "Mina Okafor" in html and '"picture":"UklGR' in html, "WebP in base64"
    assert "in all (the record)" in html


def test_a_rejected_sheet_is_listed_and_the_exit_code_is_1(
    marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pdf(class_folder / "sheets" / "Zed.pdf")

    assert grade(marking, class_folder) == 1

    out = capsys.readouterr().out
    assert "Zed has no marks: The PDF asks for a password." in out
    assert "Mina Okafor" in out


def test_an_unusable_paper_stops_grading(
    marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = {"type": "NoPages", "message": "The paper has no pages."}
    marking.on_submit = lambda query, body: {"state": "REJECTED", "result": None, "reason": reason}

    assert grade(marking, class_folder) == 1

    assert "paper.pdf: The paper has no pages." in capsys.readouterr().err
    assert sum(request.path == "/submissions" for request in marking.requests) == 1, "no sheet was sent"


def test_a_scheme_error_names_the_file(
    marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = {"type": "InvalidMarkingScheme", "title": "Invalid", "detail": "line 3, questions[0].marks: …"}
    marking.replies["PUT", "/assessments/paper/marking-scheme"] = (422, failure)

    assert grade(marking, class_folder) == 2
    assert "scheme.yaml: line 3, questions[0].marks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--paper", "gone.pdf", "sheets"], "There is no file gone.pdf."),
        (["--paper", "paper.pdf", "--scheme", "gone.yaml", "sheets"], "There is no file gone.yaml."),
        (["--paper", "paper.pdf", "gone.png"], "There is no file gone.png."),
        (["--paper", "paper.pdf", "scheme.yaml"], "is not a PDF, JPEG, PNG or TIFF by its name."),
        (["--paper", "paper.pdf", "empty"], "There are no answer sheets"),
        (["--paper", "paper.pdf", "--assessment", "../x", "sheets"], "An assessment's name has"),
        (["--paper", "paper.pdf", "--api", "http://marks.example.org", "sheets"], "is not encrypted"),
    ],
)
def test_bad_usage_prints_a_sentence_and_exits_with_2(
    class_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    (class_folder / "empty").mkdir()
    monkeypatch.chdir(class_folder)
    monkeypatch.setenv("GRADELINE_TOKEN", "a-token")

    assert main(["grade", *arguments]) == 2
    out, err = capsys.readouterr()
    assert sentence in err and not out


def sparse(path: Path) -> Path:
    """Create a sparse file of 6 GB, which takes no space on the disk."""
    with path.open("wb") as out:
        out.truncate(6 << 30)
    return path


@pytest.mark.parametrize("big", ["paper.pdf", "scheme.yaml", "sheets/Mina Okafor.png"])
def test_a_named_file_above_the_limit_is_refused_before_sending(
    marking: FakeApi, class_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], big: str
) -> None:
    sparse(class_folder / big)
    monkeypatch.chdir(class_folder)
    arguments = ["--paper", "paper.pdf", "--scheme", "scheme.yaml", "sheets/Mina Okafor.png", "--api", marking.url]

    assert main(["grade", *arguments]) == 2
    assert capsys.readouterr().err == f"gradeline: {big} has {6 << 30} bytes; at most 100000000 can be read.\n"
    assert not marking.requests


def test_an_oversized_sheet_in_a_folder_is_reported_and_others_are_marked(
    marking: FakeApi, class_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sparse(class_folder / "sheets" / "Big.pdf")

    assert grade(marking, class_folder, "--csv", class_folder / "marks.csv") == 1

    out, err = capsys.readouterr()
    sentence = f"Big.pdf has {6 << 30} bytes; at most 100000000 can be read."
    assert f"Not sent: {class_folder / 'sheets' / sentence}" in err
    assert sentence in (class_folder / "marks.csv").read_text(encoding="utf-8-sig")
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("Mina", "Jonas"))] == ["Jonas", "Mina"]


def test_a_deployed_stack_needs_a_token(
    class_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GRADELINE_TOKEN", raising=False)
    sheets, paper = str(class_folder / "sheets"), str(class_folder / "paper.pdf")

    assert main(["grade", "--paper", paper, sheets, "--api", "https://127.0.0.1:9"]) == 2
    assert "Set GRADELINE_TOKEN" in capsys.readouterr().err


def test_an_unreachable_api_prints_a_sentence_and_exits_with_1(
    class_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADELINE_TOKEN", "a-token")
    monkeypatch.setattr(
        "local.cli.api_client.ApiClient.__init__.__kwdefaults__", {"max_attempts": 1, "backoff_seconds": 0.0}
    )
    sheets, paper = str(class_folder / "sheets"), str(class_folder / "paper.pdf")

    assert main(["grade", "--paper", paper, sheets, "--api", "http://127.0.0.1:9"]) == 1
    assert "http://127.0.0.1:9 cannot be reached" in capsys.readouterr().err


def test_the_page_is_served_during_and_after_grading(tmp_path: Path) -> None:
    # Enough text that no page needs OCR.
    sheet = typed_pdf([*ANSWERS, "That is all I know about science."])
    for name, body in (("paper.pdf", PAPER), ("scheme.yaml", SCHEME.encode()), ("Ada.pdf", sheet)):
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
