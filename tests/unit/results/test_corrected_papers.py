"""A corrected question tree: ids follow labels, totals are computed, and errors name the position."""

import copy
import json
from typing import Any

import pytest

from core.models import errors
from core.models.assessment import Option, Question, QuestionPaper, QuestionType
from results.paper_correction import parse_corrected_paper


def leaf(name: str, label: str, marks: float | None, **more: Any) -> Question:
    return Question(name, label, QuestionType.TEXT, f"Text of {name}", marks, page=1, box=(0.1, 0.2, 0.3, 0.4), **more)


CURRENT_PAPER = QuestionPaper(
    total_marks=9.0,
    questions=(
        Question(
            "1",
            "1",
            QuestionType.GROUP,
            "Of plants:",
            5.0,
            parts=(leaf("1.a", "(a)", 2.0), leaf("1.6", "(6)", 3.0)),
        ),
        Question("2", "2", QuestionType.CHOICE, "Which?", 4.0, (Option("A", "x"), Option("B", "y"))),
    ),
    title="Biology",
    printed_total=10.0,
)


def body(**head: Any) -> dict[str, Any]:
    return copy.deepcopy(CURRENT_PAPER.to_dict()) | head


def parse(correction: Any) -> QuestionPaper:
    return parse_corrected_paper(json.dumps(correction), CURRENT_PAPER)


def test_an_unchanged_correction_gives_the_same_paper() -> None:
    paper = parse(body())
    assert paper.questions == CURRENT_PAPER.questions
    assert (paper.title, paper.total_marks, paper.printed_total) == ("Biology", 9.0, 10.0)
    assert paper.warnings == ("The paper prints a total of 10 marks, but its questions add up to 9.",)


def test_a_changed_label_changes_the_question_id() -> None:
    correction = body()
    correction["questions"][0]["parts"][1]["label"] = "(b)"
    paper = parse(correction)
    assert [one.id for one in paper.leaves()] == ["1.a", "1.b", "2"]
    assert paper.questions[0].parts[1].box == (0.1, 0.2, 0.3, 0.4)


def test_part_ids_follow_the_label_of_their_question() -> None:
    correction = body()
    correction["questions"][0]["label"] = "7"
    assert [one.id for one in parse(correction).leaves()] == ["7.a", "7.6", "2"]


def test_a_corrected_mark_is_in_every_total() -> None:
    correction = body()
    correction["questions"][0]["parts"][1]["marks"] = 4
    paper = parse(correction)
    assert (paper.questions[0].marks, paper.total_marks, paper.warnings) == (6.0, 10.0, ())


def test_a_choice_is_worth_its_highest_marked_parts() -> None:
    correction = body()
    correction["questions"][0]["choose"] = 1
    assert parse(correction).questions[0].marks == 3.0


def test_a_question_keeps_its_marks_if_parts_have_none() -> None:
    correction = body()
    for part in correction["questions"][0]["parts"]:
        part["marks"] = None
    assert parse(correction).questions[0].marks == 5.0


def test_questions_can_be_added_and_removed() -> None:
    correction = body()
    del correction["questions"][0]["parts"][0]
    correction["questions"].append({"label": "Q3.", "type": "numeric", "marks": 1})
    paper = parse(correction)
    assert [one.id for one in paper.leaves()] == ["1.6", "2", "3"]
    assert paper.questions[2].box is None


def test_a_paper_can_be_created_where_none_was_read() -> None:
    paper = parse_corrected_paper(json.dumps({"questions": [{"label": "1", "type": "text", "marks": 2}]}), None)
    assert (paper.total_marks, [one.id for one in paper.leaves()]) == (2.0, ["1"])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("questions",), [], "at least one"),
        (("questions",), {}, "Send"),
        (("extra",), 1, "Send"),
        (("printed_total",), "ten", "printed_total: a number"),
        (("questions", 0), 3, "questions[0]: a question is an object"),
        (("questions", 0, "surprise"), 3, "questions[0]: a question is an object"),
        (("questions", 0, "id"), "9", "no such question"),
        (("questions", 1, "id"), "1", "is used twice"),
        (("questions", 1, "label"), "1", "two questions would have the id 1"),
        (("questions", 1, "label"), "–", "has a number or a letter"),
        (("questions", 1, "label"), 2, "questions[1].label: text"),
        (("questions", 1, "text"), "a\x00b", "questions[1].text: text"),
        (("questions", 1, "text"), "w" * 20_001, "questions[1].text: text"),
        (("questions", 1, "type"), "group", "questions[1].type: one of choice"),
        (("questions", 0, "type"), "text", "questions[0].type: one of section, group"),
        (("questions", 1, "marks"), -1, "questions[1].marks: a number"),
        (("questions", 1, "marks"), True, "questions[1].marks: a number"),
        (("questions", 1, "marks"), 1e9, "questions[1].marks: a number"),
        (("questions", 0, "choose"), 3, "how many of the 2 parts"),
        (("questions", 0, "choose"), 0, "how many of the 2 parts"),
        (("questions", 1, "options"), [{"label": "A", "text": "x"}, {"label": "A", "text": "y"}], "a different label"),
        (("questions", 1, "options"), [{"label": "A"}], "has label and text"),
        (("questions", 1, "options"), "AB", "a list"),
        (("questions", 1, "parts"), "AB", "a list"),
    ],
)
def test_an_invalid_field_is_refused_with_its_position(path: tuple[Any, ...], value: Any, message: str) -> None:
    correction: Any = body()
    node = correction
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    with pytest.raises(errors.InvalidPaper) as refused:
        parse(correction)
    assert message in refused.value.message


@pytest.mark.parametrize("text", ["", "[", "[]", "3", "[" * 100_000, '{"questions": [{"marks": 1' + "0" * 5000 + "}]}"])
def test_a_body_that_is_not_a_tree_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidPaper):
        parse_corrected_paper(text, CURRENT_PAPER)


def test_a_tree_too_deep_or_too_large_is_refused() -> None:
    node: dict[str, Any] = {"label": "a", "type": "text"}
    for _ in range(9):
        node = {"label": "a", "type": "group", "parts": [node]}
    with pytest.raises(errors.InvalidPaper, match="deep"):
        parse({"questions": [node]})
    many = [{"label": str(number), "type": "text"} for number in range(1, 1003)]
    with pytest.raises(errors.InvalidPaper, match="at most 1000"):
        parse({"questions": many})
