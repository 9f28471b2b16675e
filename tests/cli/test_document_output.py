"""Output and exit codes of `gradeline questions`, `extract` and `evaluate`."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.cli.main import main
from tests.documents import typed_pdf


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
