"""The command line: arguments, output on stdout and stderr, and exit codes."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from local.cli.main import main
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import pdf, picture, transcript
from tests.documents import typed_pdf
from tests.processes import running_program, wait_for_group_exit

ROOT = Path(__file__).parent.parent.parent


def gradeline(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "local", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"}


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


@pytest.mark.parametrize(
    "arguments",
    [[], ["mark"], ["grade"], ["demo", "--port", "99999"], ["serve", "--port", "x"], ["grade", "--pap", "x", "y"]],
)
def test_unknown_arguments_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as completed:
        main(arguments)

    assert completed.value.code == 2
    assert "usage: gradeline" in capsys.readouterr().err


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


@pytest.fixture
def small_paper(tmp_path: Path) -> Path:
    path = tmp_path / "small.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for number, text in enumerate(
        ("Rivers and rain", "1. Name the largest ocean. [2]", "2. Explain why it rains in the hills. [3]")
    ):
        canvas.drawString(60, 780 - 40 * number, text)
    canvas.save()
    return path


def test_questions_as_json(small_paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", str(small_paper), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["total_marks"] == 5
    assert [(question["label"], question["marks"]) for question in found["questions"]] == [("1", 2), ("2", 3)]
    assert set(found["questions"][0]) >= {"label", "marks", "type", "text", "choose", "parts"}
    assert isinstance(found["warnings"], list)


def test_questions_as_text(small_paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", str(small_paper)]) == 0

    out = capsys.readouterr().out
    assert "1  [2]  text  Name the largest ocean." in out and "2 questions, 5 marks" in out


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_paper_without_questions_exits_with_1(
    tmp_path: Path, form: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(typed_pdf(["Dear parents,", "the school is closed on Monday.", "Yours sincerely"]))
    assert main(["questions", str(path), *form]) == 1

    assert "No numbered questions were found" in capsys.readouterr().out


def test_extract_as_json(small_paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", str(small_paper), "--json"]) == 0

    (page,) = json.loads(capsys.readouterr().out)["pages"]
    assert page["number"] == 1
    assert set(page["lines"][0]) == {"text", "confidence", "box", "handwriting"}


def test_evaluate_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.csv").write_text(
        "question,reference,answer,max_marks,human_marks\n"
        "Why does it rain?,Vapour cools and condenses into drops that fall,vapour cools and condenses to drops,3,2\n"
        "Why does it rain?,Vapour cools and condenses into drops that fall,because of clouds,3,0\n"
    )

    assert main(["evaluate", str(tmp_path / "m.csv"), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 2
    measures = {"qwk", "exact", "within_one", "mae", "rmse", "pearson", "review_share", "confusion", "accepted"}
    assert set(found) >= {"n", "marker"} | measures


def test_evaluate_names_missing_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.csv").write_text("a,b\n1,2\n")

    assert main(["evaluate", str(tmp_path / "m.csv")]) == 2
    assert "human_marks" in capsys.readouterr().err


def textract_response(text: str) -> dict[str, Any]:
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.03}
    corners = [{"X": 0.1, "Y": 0.1}, {"X": 0.6, "Y": 0.1}, {"X": 0.6, "Y": 0.13}, {"X": 0.1, "Y": 0.13}]
    geometry = {"BoundingBox": box, "Polygon": corners}
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": [
            {"BlockType": "PAGE", "Id": "p", "Geometry": geometry, "Relationships": [{"Type": "CHILD", "Ids": ["l"]}]},
            {
                "BlockType": "LINE",
                "Id": "l",
                "Text": text,
                "Confidence": 99.1,
                "Geometry": geometry,
                "Relationships": [{"Type": "CHILD", "Ids": ["w"]}],
            },
            {"BlockType": "WORD", "Id": "w", "Text": text, "Confidence": 99.1, "Geometry": geometry},
        ],
    }


def test_saved_textract_responses_are_read_without_a_cloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.json").write_text(json.dumps(textract_response("Condensation")))

    assert main(["extract", "--textract-response", str(tmp_path / "r.json"), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["text"] == "Condensation"
    assert found["pages"][0]["source"] == "textract"


@pytest.mark.parametrize("body", ["not json", "[]"])
def test_an_invalid_textract_response_is_bad_usage(
    tmp_path: Path, body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.json").write_text(body)

    assert main(["extract", "--textract-response", str(tmp_path / "r.json")]) == 2
    assert "r.json" in capsys.readouterr().err


def test_an_unreadable_file_prints_a_sentence_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"\x89PNG\r\n\x1a\n....")

    assert main(["extract", str(tmp_path / "a.pdf")]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("gradeline: ") and "Traceback" not in err and not out


def test_a_closed_pipe_prints_no_error(small_paper: Path) -> None:
    running = subprocess.Popen(
        gradeline("questions", small_paper), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    )
    assert running.stdout and running.stderr
    running.stdout.close()
    error = running.stderr.read()

    assert running.wait(30) == 141
    assert error == b""


def test_a_taken_port_prints_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        completed = subprocess.run(
            gradeline("demo", "--port", port), capture_output=True, text=True, env=environment(), cwd=ROOT, check=False
        )

    assert completed.returncode == 2
    assert f"Port {port}" in completed.stderr and "Traceback" not in completed.stderr


def test_ctrl_c_ends_serve_and_all_its_processes(tmp_path: Path) -> None:
    serve = gradeline("serve", "--port", 0, "--folder", tmp_path / "here")
    with running_program(serve, stdout=PIPE, stderr=PIPE, env=environment(), cwd=ROOT) as running:
        assert running.stdout
        first = running.stdout.readline()
        deadline = time.monotonic() + 20
        while not (tmp_path / "here" / "token").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=20)

    assert "Ctrl-C stops it" in first
    assert running.returncode == 130
    assert "Traceback" not in error and "Stopped." in error
    assert (tmp_path / "here" / "drop" / "README.txt").exists()
    assert oct((tmp_path / "here" / "token").stat().st_mode)[-3:] == "600"
    assert wait_for_group_exit(running.pid)
