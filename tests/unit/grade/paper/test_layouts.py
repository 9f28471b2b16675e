"""Papers of clearly different layouts (`tests/papers`), each compared with a hand-written truth."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.models.assessment import Question, QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.transcript import Transcript
from extract.document_reader import read_document
from extract.sandbox.process import Sandbox
from grade.paper.paper_parser import parse_paper
from tests.papers.pdf_transcripts import read_pdf
from tests.unit.extract.document_factory import TextractJson

PAPERS = Path(__file__).parents[3] / "papers"
NAMES = sorted(path.stem for path in (PAPERS / "truth").glob("*.json"))


def load_truth(name: str) -> dict[str, Any]:
    return json.loads((PAPERS / "truth" / f"{name}.json").read_text("utf-8"))


def all_nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *all_nodes(question.parts))]


def _read_as_extraction_does() -> dict[str, Transcript]:
    """Read the papers as the extract step does. Every page has a trustworthy text layer, so OCR is never called."""
    sandbox = Sandbox()

    def reject_ocr(_: bytes) -> dict[str, Any]:
        raise AssertionError("a page went to OCR")

    try:
        return {
            name: read_document(
                (PAPERS / "pdf" / f"{name}.pdf").read_bytes(),
                ocr=TextractJson(reject_ocr),
                kind=DocumentKind.QUESTION_PAPER,
                sandbox=sandbox,
            )
            for name in NAMES
        }
    finally:
        sandbox.close()


@pytest.fixture(scope="module", params=["cells", "joined", "product"])
def papers(request: pytest.FixtureRequest) -> dict[str, QuestionPaper]:
    """Every paper, read in three ways: adjacent text as separate lines, as one line, and by the extract step."""
    if request.param == "product":
        read = _read_as_extraction_does()
    else:
        read = {name: read_pdf(PAPERS / "pdf" / f"{name}.pdf", join=request.param == "joined") for name in NAMES}
    return {name: parse_paper(transcript) for name, transcript in read.items()}


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_marks_match_the_truth(papers: dict[str, QuestionPaper], name: str) -> None:
    truth, paper = load_truth(name), papers[name]
    assert [[q.id, q.label, q.marks] for q in all_nodes(paper.questions)] == truth["questions"]
    assert (paper.total_marks, paper.printed_total) == (truth["total"], truth["printed_total"])


@pytest.mark.parametrize("name", NAMES)
def test_choices_types_and_options_match_the_truth(papers: dict[str, QuestionPaper], name: str) -> None:
    truth = load_truth(name)
    found = {q.id: q for q in all_nodes(papers[name].questions)}
    assert {q.id: q.choose for q in found.values() if q.choose} == truth.get("choose", {})
    assert {identity: found[identity].type.value for identity in truth["types"]} == truth["types"]
    options = {i: [f"{option.label} {option.text}" for option in found[i].options] for i in truth.get("options", {})}
    assert options == truth.get("options", {})


@pytest.mark.parametrize("name", NAMES)
def test_only_expected_warnings_are_raised(papers: dict[str, QuestionPaper], name: str) -> None:
    expected = load_truth(name).get("warns", [])
    warnings = papers[name].warnings
    assert len(warnings) == len(expected)
    assert all(word in warning for word, warning in zip(expected, warnings, strict=True))


def test_at_least_fifteen_layouts_exist_and_each_has_a_truth() -> None:
    assert len(NAMES) >= 15
    assert sorted(path.stem for path in (PAPERS / "pdf").glob("*.pdf")) == NAMES
