"""Properties of the split that hold for every transcript."""

from collections import Counter

from hypothesis import given

from core.models.transcript import Transcript
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.examples import examples
from tests.papers.strategies import transcripts
from tests.papers.transcript_factory import one_page_transcript

PAPER = parse_paper(
    one_page_transcript(
        "SECTION A",
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "2. Calculate the speed. [2]",
        "SECTION B",
        "1. Explain how a plant makes its food. [5]",
        "2. Answer any two of the following.",
        "    (a) Explain why the sky is blue. [5]",
        "    (b) Explain why leaves fall in autumn. [5]",
        "        (i) Name a tree. [1]",
        "        (ii) Name a leaf. [1]",
        "    (c) Explain why ice floats. [5]",
    )
)


def characters(text: str) -> Counter[str]:
    return Counter("".join(text.split()))


@examples(80)
@given(transcripts())
def test_no_text_is_lost(transcript: Transcript) -> None:
    sheet = split_into_answers(transcript, PAPER)
    written = sum((characters(line.text) for page in transcript.pages for line in page.lines), Counter[str]())
    kept = sum((characters(line.line.text) for line in sheet.leftover), Counter[str]())
    for answer in sheet.answers:
        kept += sum((characters(line.line.text) for line in answer.lines), Counter[str]())
    assert kept == written


@examples(80)
@given(transcripts())
def test_answers_belong_to_leaves_of_the_paper_and_attempts_count_from_one(transcript: Transcript) -> None:
    sheet = split_into_answers(transcript, PAPER)
    assert {answer.question for answer in sheet.answers} <= {leaf.id for leaf in PAPER.leaves()}
    for question in {answer.question for answer in sheet.answers}:
        attempts = [answer.attempt for answer in sheet.answers if answer.question == question]
        assert attempts == list(range(1, len(attempts) + 1))


@examples(40)
@given(transcripts(), transcripts())
def test_any_sheet_can_be_split_by_any_paper(transcript: Transcript, paper: Transcript) -> None:
    sheet = split_into_answers(transcript, parse_paper(paper))
    assert all(answer.text or answer.review for answer in sheet.answers)
