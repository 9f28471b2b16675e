"""Papers of clearly different layouts (`tests/papers`), each against a truth that was written by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.models.assessment import Question, QuestionPaper
from core.models.submission import DocumentKind
from core.models.transcript import Transcript
from extract.document_reader import read_document
from extract.ocr.textract import TextractResponse
from extract.sandbox.process import Sandbox
from grade.paper.paper_parser import parse_paper
from tests.papers.pdf_transcripts import read_pdf

PAPERS = Path(__file__).parents[3] / "papers"
NAMES = sorted(path.stem for path in (PAPERS / "truth").glob("*.json"))


def truth_of(name: str) -> dict[str, Any]:
    return json.loads((PAPERS / "truth" / f"{name}.json").read_text("utf-8"))


def nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *nodes(question.parts))]


def _read_by_the_product() -> dict[str, Transcript]:
    """As the extract lane reads them: every page has a text layer that can be trusted, so OCR is never asked."""
    sandbox = Sandbox()

    def refuse(*_: object) -> TextractResponse:
        raise AssertionError("a page went to OCR")

    try:
        return {
            name: read_document(
                (PAPERS / "pdf" / f"{name}.pdf").read_bytes(),
                ocr=refuse,
                kind=DocumentKind.QUESTION_PAPER,
                sandbox=sandbox,
            )
            for name in NAMES
        }
    finally:
        sandbox.close()


@pytest.fixture(scope="module", params=["cells", "joined", "product"])
def papers(request: pytest.FixtureRequest) -> dict[str, QuestionPaper]:
    """Every paper, read with what stands side by side as lines of its own, as one line, and by the product."""
    if request.param == "product":
        read = _read_by_the_product()
    else:
        read = {name: read_pdf(PAPERS / "pdf" / f"{name}.pdf", join=request.param == "joined") for name in NAMES}
    return {name: parse_paper(transcript) for name, transcript in read.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_label_and_mark_is_right(papers: dict[str, QuestionPaper], name: str) -> None:
    truth, paper = truth_of(name), papers[name]
    assert [[q.id, q.label, q.marks] for q in nodes(paper.questions)] == truth["questions"]
    assert (paper.total_marks, paper.printed_total) == (truth["total"], truth["printed_total"])


@pytest.mark.parametrize("name", NAMES)
def test_choices_types_and_options_are_right(papers: dict[str, QuestionPaper], name: str) -> None:
    truth = truth_of(name)
    found = {q.id: q for q in nodes(papers[name].questions)}
    assert {q.id: q.choose for q in found.values() if q.choose} == truth.get("choose", {})
    assert {identity: found[identity].type.value for identity in truth["types"]} == truth["types"]
    said = {i: [f"{option.label} {option.text}" for option in found[i].options] for i in truth.get("options", {})}
    assert said == truth.get("options", {})


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_that_holds_no_doubt_brings_no_warning(papers: dict[str, QuestionPaper], name: str) -> None:
    expected = truth_of(name).get("warns", [])
    warnings = papers[name].warnings
    assert len(warnings) == len(expected)
    assert all(word in warning for word, warning in zip(expected, warnings, strict=True))


def test_there_are_at_least_fifteen_layouts_and_each_has_its_truth() -> None:
    assert len(NAMES) >= 15
    assert sorted(path.stem for path in (PAPERS / "pdf").glob("*.pdf")) == NAMES
