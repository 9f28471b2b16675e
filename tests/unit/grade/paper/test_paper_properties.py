"""Properties that hold for every document, however damaged."""

from hypothesis import given

from core.models.assessment import Question, QuestionPaper
from core.models.transcript import Transcript
from grade.paper.paper_parser import parse_paper
from grade.scheme.answer_key_parser import parse_answer_key
from grade.scheme.scheme_entries import apply_schemes
from tests.papers.examples import examples
from tests.papers.strategies import transcripts


def all_nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *all_nodes(question.parts))]


@examples(80)
@given(transcripts())
def test_parsing_a_paper_gives_questions_or_warnings_and_never_raises(transcript: Transcript) -> None:
    paper = parse_paper(transcript)
    assert paper.questions or paper.warnings
    assert all(warning.endswith(".") for warning in paper.warnings)
    assert QuestionPaper.from_dict(paper.to_dict()) == paper


@examples(60)
@given(transcripts())
def test_ids_are_unique_or_a_warning_is_given(transcript: Transcript) -> None:
    paper = parse_paper(transcript)
    ids = [question.id for question in all_nodes(paper.questions)]
    assert len(ids) == len(set(ids)) or any("More than one question is called" in warning for warning in paper.warnings)


@examples(60)
@given(transcripts(), transcripts())
def test_parsing_and_applying_a_key_never_raises(document: Transcript, sheet: Transcript) -> None:
    paper = parse_paper(sheet)
    merged, scheme = apply_schemes(paper, parse_answer_key(document, paper), parse_answer_key(document))
    leaves = {leaf.id for leaf in merged.leaves()}
    assert {entry.question for entry in scheme.entries} <= leaves
    assert merged.total_marks >= 0
