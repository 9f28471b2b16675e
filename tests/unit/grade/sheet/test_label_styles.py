"""A sheet whose labels are in one style is split completely, in whatever order it was answered."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.examples import examples
from tests.papers.transcript_factory import one_page_transcript

PAPER = parse_paper(
    one_page_transcript(
        "1. Which gas do plants take in? [1]",
        "    A) oxygen",
        "    B) carbon dioxide",
        "2. Write true or false. (2 marks)",
        "    (a) Sound needs a medium.",
        "    (b) Light needs a medium.",
        "3. A car travels 100 m in 5 s. Calculate its speed. [2]",
        "4. Explain how a plant makes its food. [5]",
        "5. Study the cell.",
        "    (a) Name part X. [1]",
        "    (b) Describe what part X does. [3]",
        "        (i) Explain how it makes energy. [2]",
        "        (ii) Name the gas it needs. [1]",
        "    (c) Explain why a root cell has no chloroplast. [2]",
        "6. Describe how the heart pumps blood. [5]",
    )
)
ANSWERS = {
    "1": ["B", "carbon dioxide"],
    "2.a": ["true", "T"],
    "2.b": ["false", "False"],
    "3": ["20 m/s", "speed = 100 / 5\n= 20 m/s", "v = s/t = 100/5\n20 metres per second"],
    "4": ["Plants use light.\nThey make sugar from water and a gas.", "by photosynthesis in the leaf"],
    "5.a": ["mitochondrion", "It is the nucleus."],
    "5.b.i": ["It burns sugar with oxygen.", "respiration"],
    "5.b.ii": ["oxygen", "O2"],
    "5.c": ["A root gets no light\nso it needs none.", "it is under the ground"],
    "6": [
        "The left side pushes the blood round the body.\nValves stop it from running back.",
        "It beats about 70 times a minute.",
    ],
}
LabelStyle = Callable[[list[str]], str]


def _bracketed_parts(steps: list[str]) -> str:
    return "".join(f"({step})" for step in steps)


LABEL_STYLES: dict[str, LabelStyle] = {
    "Q3)": lambda path: (
        f"Q{path[0]}{_bracketed_parts(path[1:])})" if len(path) == 1 else f"Q{path[0]}{_bracketed_parts(path[1:])}"
    ),
    "Q.3": lambda path: f"Q.{path[0]} {_bracketed_parts(path[1:])}".strip() + ".",
    "3.": lambda path: f"{path[0]}. {' '.join(step + ')' for step in path[1:])}".strip(),
    "3)": lambda path: f"{path[0]}){' '.join('(' + step + ')' for step in path[1:])}",
    "3a)": lambda path: f"{''.join(path[:2])}){_bracketed_parts(path[2:])}",
    "3.a.": lambda path: ".".join(path) + ".",
    "Ans 3(a)": lambda path: f"Ans {path[0]}{_bracketed_parts(path[1:])}",
    "Answer 3 (a):": lambda path: f"Answer {path[0]} {_bracketed_parts(path[1:])}:",
    "Question 3 a": lambda path: f"Question {path[0]} {' '.join(step + '.' for step in path[1:])}".strip(),
    "(3)(a)": _bracketed_parts,
}


@examples(100)
@given(
    st.sampled_from(sorted(LABEL_STYLES)),
    st.permutations(sorted(ANSWERS)),
    st.integers(1, 10),
    st.data(),
)
def test_every_answer_is_found_under_its_question(
    style: str, order: list[str], count: int, data: st.DataObject
) -> None:
    expected = {question: data.draw(st.sampled_from(ANSWERS[question]), label=question) for question in order[:count]}
    lines = [f"{LABEL_STYLES[style](question.split('.'))} {text}" for question, text in expected.items()]
    sheet = split_into_answers(
        one_page_transcript("Name: Asha Example", *"\n".join(lines).split("\n"), handwriting=True), PAPER
    )
    assert {answer.question: answer.text for answer in sheet.answers} == expected
    assert [line.line.text for line in sheet.leftover] == ["Name: Asha Example"]


@examples(40)
@given(st.sampled_from(sorted(LABEL_STYLES)), st.lists(st.integers(0, 1), min_size=10, max_size=10))
def test_page_breaks_do_not_change_the_answers(style: str, breaks: list[int]) -> None:
    lines = [f"{LABEL_STYLES[style](question.split('.'))} {texts[0]}" for question, texts in ANSWERS.items()]
    pages: list[list[str]] = [[]]
    for line, turn in zip(lines, breaks, strict=True):
        if turn and pages[-1]:
            pages.append([])
        pages[-1] += line.split("\n")
    from tests.papers.transcript_factory import transcript_of_pages

    broken = split_into_answers(transcript_of_pages(*(tuple(page) for page in pages), handwriting=True), PAPER)
    unbroken = split_into_answers(one_page_transcript(*"\n".join(lines).split("\n"), handwriting=True), PAPER)
    assert [(a.question, a.text) for a in broken.answers] == [(a.question, a.text) for a in unbroken.answers]
