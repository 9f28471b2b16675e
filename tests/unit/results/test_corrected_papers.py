"""A corrected question tree: ids follow labels, sums are ours, and what is no paper is refused with its place."""

import copy
import json
from typing import Any

import pytest

from core.models import errors
from core.models.assessment import Option, Question, QuestionPaper, QuestionType
from results.paper_correction import parse_corrected_paper


def leaf(name: str, label: str, marks: float | None, **more: Any) -> Question:
    return Question(name, label, QuestionType.TEXT, f"Text of {name}", marks, page=1, box=(0.1, 0.2, 0.3, 0.4), **more)


STANDING = QuestionPaper(
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
    return copy.deepcopy(STANDING.to_dict()) | head


def parsed(given: Any) -> QuestionPaper:
    return parse_corrected_paper(json.dumps(given), STANDING)


def test_what_is_sent_back_as_it_came_is_the_same_paper() -> None:
    made = parsed(body())
    assert made.questions == STANDING.questions
    assert (made.title, made.total_marks, made.printed_total) == ("Biology", 9.0, 10.0)
    assert made.warnings == ("The paper prints a total of 10 marks, but its questions add up to 9.",)


def test_a_corrected_label_changes_the_id_by_which_sheets_and_schemes_find_it() -> None:
    given = body()
    given["questions"][0]["parts"][1]["label"] = "(b)"
    made = parsed(given)
    assert [one.id for one in made.leaves()] == ["1.a", "1.b", "2"]
    assert made.questions[0].parts[1].box == (0.1, 0.2, 0.3, 0.4)


def test_the_parts_of_a_relabelled_question_move_with_it() -> None:
    given = body()
    given["questions"][0]["label"] = "7"
    assert [one.id for one in parsed(given).leaves()] == ["7.a", "7.6", "2"]


def test_a_corrected_mark_is_in_every_sum() -> None:
    given = body()
    given["questions"][0]["parts"][1]["marks"] = 4
    made = parsed(given)
    assert (made.questions[0].marks, made.total_marks, made.warnings) == (6.0, 10.0, ())


def test_of_parts_to_choose_from_the_dearest_are_what_it_is_worth() -> None:
    given = body()
    given["questions"][0]["choose"] = 1
    assert parsed(given).questions[0].marks == 3.0


def test_marks_that_nobody_shared_out_stay_with_the_whole() -> None:
    given = body()
    for part in given["questions"][0]["parts"]:
        part["marks"] = None
    assert parsed(given).questions[0].marks == 5.0


def test_a_question_may_be_added_and_one_that_is_none_taken_out() -> None:
    given = body()
    del given["questions"][0]["parts"][0]
    given["questions"].append({"label": "Q3.", "type": "numeric", "marks": 1})
    made = parsed(given)
    assert [one.id for one in made.leaves()] == ["1.6", "2", "3"]
    assert made.questions[2].box is None


def test_a_paper_may_be_written_where_none_was_read() -> None:
    made = parse_corrected_paper(json.dumps({"questions": [{"label": "1", "type": "text", "marks": 2}]}), None)
    assert (made.total_marks, [one.id for one in made.leaves()]) == (2.0, ["1"])


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("questions",), [], "at least one"),
        (("questions",), {}, "Send"),
        (("extra",), 1, "Send"),
        (("printed_total",), "ten", "printed_total: a number"),
        (("questions", 0), 3, "questions[0]: a question is an object"),
        (("questions", 0, "surprise"), 3, "questions[0]: a question is an object"),
        (("questions", 0, "id"), "9", "no such question"),
        (("questions", 1, "id"), "1", "stands here twice"),
        (("questions", 1, "label"), "1", "two questions would be called 1"),
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
        (("questions", 1, "options"), [{"label": "A", "text": "x"}, {"label": "A", "text": "y"}], "a label of its own"),
        (("questions", 1, "options"), [{"label": "A"}], "has label and text"),
        (("questions", 1, "options"), "AB", "a list"),
        (("questions", 1, "parts"), "AB", "a list"),
    ],
)
def test_what_is_no_paper_is_refused_with_its_place(where: tuple[Any, ...], value: Any, said: str) -> None:
    given: Any = body()
    at = given
    for step in where[:-1]:
        at = at[step]
    at[where[-1]] = value
    with pytest.raises(errors.InvalidPaper) as refused:
        parsed(given)
    assert said in refused.value.message


@pytest.mark.parametrize("text", ["", "[", "[]", "3", "[" * 100_000, '{"questions": [{"marks": 1' + "0" * 5000 + "}]}"])
def test_what_is_no_tree_at_all_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidPaper):
        parse_corrected_paper(text, STANDING)


def test_a_tree_without_end_is_refused() -> None:
    node: dict[str, Any] = {"label": "a", "type": "text"}
    for _ in range(9):
        node = {"label": "a", "type": "group", "parts": [node]}
    with pytest.raises(errors.InvalidPaper, match="deep"):
        parsed({"questions": [node]})
    many = [{"label": str(number), "type": "text"} for number in range(1, 1003)]
    with pytest.raises(errors.InvalidPaper, match="at most 1000"):
        parsed({"questions": many})
