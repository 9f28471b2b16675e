"""What holds for every document, however torn."""

from hypothesis import given, settings

from core.models.assessment import Question, QuestionPaper
from core.models.transcript import Transcript
from grade.paper.paper_parser import parse_paper
from grade.scheme.answer_key_parser import parse_answer_key
from grade.scheme.scheme_entries import apply_schemes
from tests.papers.strategies import transcripts


def nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *nodes(question.parts))]


@settings(max_examples=150, deadline=None)
@given(transcripts())
def test_a_paper_is_read_or_warned_about_and_never_raises(transcript: Transcript) -> None:
    paper = parse_paper(transcript)
    assert paper.questions or paper.warnings
    assert all(warning.endswith(".") for warning in paper.warnings)
    assert QuestionPaper.from_dict(paper.to_dict()) == paper


@settings(max_examples=100, deadline=None)
@given(transcripts())
def test_ids_are_unique_or_a_warning_says_so(transcript: Transcript) -> None:
    paper = parse_paper(transcript)
    ids = [question.id for question in nodes(paper.questions)]
    assert len(ids) == len(set(ids)) or any("More than one question is called" in warning for warning in paper.warnings)


@settings(max_examples=100, deadline=None)
@given(transcripts(), transcripts())
def test_a_key_is_read_and_joined_and_never_raises(document: Transcript, sheet: Transcript) -> None:
    paper = parse_paper(sheet)
    joined, scheme = apply_schemes(paper, parse_answer_key(document, paper), parse_answer_key(document))
    leaves = {leaf.id for leaf in joined.leaves()}
    assert {entry.question for entry in scheme.entries} <= leaves
    assert joined.total_marks >= 0
