"""Marking schemes written by people: the parsed fields, and the error messages with their line numbers."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.assessment import Criterion, MarkingScheme, QuestionType, SchemeEntry
from core.models.errors import InvalidMarkingScheme
from core.models.question_types.definition import MARKED_TYPES
from core.models.scheme.entry_fields import CRITERION_FIELDS, QUESTION_FIELDS
from core.models.scheme.json_schema import build_schema
from core.models.scheme.scheme_parser import SCHEME_FIELDS, parse_scheme
from tests.papers.json_schema import is_valid

SCHEMA = build_schema()

YAML = """\
title: Year 9 Science
rounding: 0.5
questions:
  - question: "1"
    type: choice
    marks: 1
    answer: B
    negative: 0.25
  - question: 2
    type: choice
    answer: [A, C]
    partial: true
  - question: 2.10
    type: true_false
    answer: no
  - question: "3"
    type: numeric
    marks: 2
    answer: 9.80
    unit: m/s^2
    tolerance: 2 %
    range: [9.7, 9.9]
    significant_figures: 2
  - question: "5(a)"
    type: text
    marks: 3
    model_answer: "Plants make food."
    criteria:
      - text: names photosynthesis
        marks: 1
        accept: [photosynthesis, photo-synthesis]
      - text: names light
        marks: 2
        accept: sunlight
"""


def test_every_field_is_parsed() -> None:
    assert parse_scheme(YAML) == MarkingScheme(
        title="Year 9 Science",
        rounding=0.5,
        entries=(
            SchemeEntry("1", QuestionType.CHOICE, 1, ("B",), negative=0.25),
            SchemeEntry("2", QuestionType.CHOICE, None, ("A", "C"), partial=True),
            SchemeEntry("2.10", QuestionType.TRUE_FALSE, None, ("false",)),
            SchemeEntry(
                "3",
                QuestionType.NUMERIC,
                2,
                ("9.80",),
                unit="m/s^2",
                tolerance="2%",
                range=(9.7, 9.9),
                significant_figures=2,
            ),
            SchemeEntry(
                "5(a)",
                QuestionType.TEXT,
                3,
                model_answer="Plants make food.",
                criteria=(
                    Criterion("names photosynthesis", 1, ("photosynthesis", "photo-synthesis")),
                    Criterion("names light", 2, ("sunlight",)),
                ),
            ),
        ),
    )


def test_json_and_yaml_parse_to_the_same_scheme() -> None:
    document = {
        "title": "T",
        "questions": [
            {"question": "1", "type": "choice", "marks": 1, "answer": "B"},
            {"question": "2", "type": "text", "criteria": [{"text": "né en 1879 \U0001f600", "marks": 1}]},
        ],
    }
    read = [parse_scheme(json.dumps(document, indent=indent)) for indent in (None, 2, "\t")]
    assert read[0] == read[1] == read[2]
    assert read[0].entries[1].criteria[0].text == "né en 1879 \U0001f600"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("questions:\n  - question: 1\n    marks: two\n", "Line 3: question 1, field marks: must be a number."),
        (
            "questions:\n  - question: 1\n    mark: 2\n",
            "Line 3: question 1: `mark` is not a field. Did you mean `marks`?",
        ),
        (
            "questions:\n  - question: 1\n    type: essay\n",
            f"Line 3: question 1, field type: must be one of {', '.join(MARKED_TYPES)}.",
        ),
        (
            "questions:\n  - question: 1\n    type: text\n    answer: B\n",
            "Line 4: question 1, field answer: does not apply to a text question"
            f" (only to {QUESTION_FIELDS['answer']}).",
        ),
        (
            "questions:\n  - question: 1\n    type: true_false\n    answer: maybe\n",
            "Line 4: question 1, field answer: must be true or false.",
        ),
        (
            "questions:\n  - question: 1\n    range: [3, 2]\n",
            "Line 3: question 1, field range: the lowest number stands first.",
        ),
        (
            "questions:\n  - question: 1\n    tolerance: some\n",
            "Line 3: question 1, field tolerance: must be a number that is not negative (0.1) or a percentage (2%).",
        ),
        (
            "questions:\n  - question: 1\n    criteria:\n      - text: a\n        marks: -1\n",
            "Line 5: question 1, field criteria[1].marks: must be between 0 and 1000.",
        ),
        (
            "questions:\n  - question: 1\n    criteria:\n      - marks: 1\n",
            "Line 4: question 1, field criteria[1].text: is missing.",
        ),
        ("questions:\n  - marks: 1\n", "Line 2: entry 1: `question` is missing: name its label or id."),
        (
            "questions:\n  - question: 5(a)\n  - question: 5a\n  - question: Q5 (a)\n",
            "Line 4: question Q5 (a): was given before, on line 2.",
        ),
        (
            "questions:\n  - question: 1\n    type: pattern\n    answer: '[a'\n",
            "Line 4: question 1, field answer: is not a regular expression",
        ),
        ("questions:\n  - question: 1\n   marks: 2\n", "Line 3: this is not valid YAML"),
        ('{"questions": [\n  {"question": "1",}\n]}', "Line 2: this is not valid JSON"),
        ("title: x\n", "Line 1: `questions` is missing."),
        ("questions: []\n", "Line 1: field questions: must be a list with an entry for each question."),
        ("- a\n", "Line 1: a marking scheme starts with `questions:`."),
        ("", "The marking scheme is empty."),
        ("questions:\n  - &a {question: 1}\n  - *a\n", "Line 3: aliases (*name) are not read here."),
        ("a: " + "[" * 5000 + "]" * 5000, "The marking scheme is nested too deeply."),
        ("questions: " + "x" * 600_000, "The marking scheme is longer than 512 KB."),
        ("rounding: 0\nquestions:\n  - question: 1\n", "Line 1: field rounding: must be the step"),
        ("questions:\n  - question: 1\n    marks: 1\n    marks: 2\n", "Line 4: question 1: `marks` is given twice."),
        ("questions:\n  - question: 1\n    marks: .inf\n", "Line 3: question 1, field marks: must be a number."),
    ],
)
def test_an_error_names_line_question_and_field(text: str, sentence: str) -> None:
    with pytest.raises(InvalidMarkingScheme) as raised:
        parse_scheme(text)
    assert sentence in raised.value.message


def test_all_errors_are_reported_together() -> None:
    with pytest.raises(InvalidMarkingScheme) as raised:
        parse_scheme("questions:\n  - question: 1\n    marks: x\n  - question: 2\n    type: y\n")
    assert [line.split(":")[0] for line in raised.value.message.split("\n")] == ["Line 3", "Line 5"]


def test_criteria_with_a_wrong_sum_give_a_warning() -> None:
    scheme = parse_scheme("questions:\n  - question: 1\n    marks: 3\n    criteria:\n      - {text: a, marks: 1}\n")
    assert scheme.warnings == ("The criteria of question 1 add up to 1 marks, the question is worth 3.",)


def test_the_published_schema_names_the_parsed_fields() -> None:
    assert set(SCHEMA["properties"]) == set(SCHEME_FIELDS)
    question, criterion = SCHEMA["$defs"]["question"], SCHEMA["$defs"]["criterion"]
    assert list(question["properties"]) == list(QUESTION_FIELDS)
    assert list(criterion["properties"]) == list(CRITERION_FIELDS)
    assert question["properties"]["type"]["enum"] == [*map(str, MARKED_TYPES), None]
    for rule in question["allOf"]:
        kind = rule["if"]["properties"]["type"]["const"]
        null_fields = {
            name for name, constraint in rule["then"]["properties"].items() if constraint == {"type": "null"}
        }
        applying = {
            name for name, types in QUESTION_FIELDS.items() if types == "every type" or kind in types.split(", ")
        }
        assert null_fields == set(QUESTION_FIELDS) - applying


# Numeric strings with an exponent ("1e3") are accepted by the parser, but not promised by the schema.
_SCALARS = st.one_of(
    st.sampled_from(
        ["B", "true", "False", "12.5", "2%", "0.1 %", "no", "-3", " ", "", "maybe", "text", "1000", "1001"]
    ),
    st.integers(-2, 1002),
    st.floats(-2, 1002, allow_nan=False).map(lambda number: round(number, 2) + 0.0),
    st.booleans(),
    st.none(),
)
_ANYTHING = st.one_of(_SCALARS, st.lists(_SCALARS, max_size=3), st.just({}))
_CRITERION = st.fixed_dictionaries(
    {}, optional={"text": _SCALARS, "marks": _SCALARS, "accept": _ANYTHING, "more": _SCALARS}
)
_PLAUSIBLE = {
    "type": st.sampled_from([*map(str, MARKED_TYPES), "essay", None, 3]),
    "marks": _SCALARS,
    "answer": _ANYTHING,
    "partial": _SCALARS,
    "negative": _SCALARS,
    "unit": _ANYTHING,
    "tolerance": _SCALARS,
    "range": st.one_of(_ANYTHING, st.just([1, 2]), st.just(["1", 2.5])),
    "significant_figures": _SCALARS,
    "model_answer": _ANYTHING,
    "criteria": st.one_of(_ANYTHING, st.lists(_CRITERION, max_size=2)),
}
_ENTRY = st.dictionaries(st.sampled_from([*_PLAUSIBLE, "extra"]), st.none(), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries(
        {"question": st.just("1"), **{name: _PLAUSIBLE.get(name, _SCALARS) for name in names}}
    )
)


@settings(max_examples=400, deadline=None)
@given(_ENTRY, st.sampled_from([{}, {"title": "T"}, {"title": []}, {"rounding": 0.5}, {"rounding": 0}, {"other": 1}]))
def test_the_published_schema_accepts_what_the_parser_accepts(
    entry: dict[str, Any], document_fields: dict[str, Any]
) -> None:
    document = {**document_fields, "questions": [entry]}
    try:
        parse_scheme(json.dumps(document))
        accepted = True
    except InvalidMarkingScheme as refusal:
        accepted = False
        not_in_schema = ("the lowest number stands first", "not a regular expression")
        if any(words in refusal.message for words in not_in_schema):
            return
    assert is_valid(document, SCHEMA) == accepted
