"""Every question type is whole: a definition, a marking if it is objective, and its place in what is published."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from core.models.assessment import QuestionType
from core.models.question_types.definition import CONTAINER_TYPES, MARKED_TYPES, get_definition, is_objective
from core.models.scheme.scheme_parser import parse_scheme
from docs import draw_question_types
from results.page_documents import page_documents

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("question_type", MARKED_TYPES)
def test_the_example_of_a_type_is_a_valid_entry(question_type: QuestionType) -> None:
    example = get_definition(question_type).example
    [entry] = parse_scheme(f"questions:\n  - {example}\n").entries
    assert entry.type is question_type
    assert get_definition(question_type).has_answer(entry)


@pytest.mark.parametrize("question_type", [one for one in MARKED_TYPES if is_objective(one)])
def test_an_objective_type_has_its_marking_in_a_module_of_its_name(question_type: QuestionType) -> None:
    assert callable(import_module(f"grade.question_types.{question_type.value}").mark)


@pytest.mark.parametrize("question_type", CONTAINER_TYPES)
def test_a_type_with_parts_has_no_definition(question_type: QuestionType) -> None:
    with pytest.raises(KeyError):
        get_definition(question_type)
    assert not is_objective(question_type)


def test_the_editor_offers_all_types() -> None:
    offered = json.loads(page_documents()["question-types.json"])
    assert {one["name"] for one in offered} == {one.value for one in MARKED_TYPES}


def test_the_table_in_the_docs_is_current() -> None:
    text = draw_question_types.PAGE.read_text(encoding="utf-8")
    assert draw_question_types.page(text) == text, "run: make schema"


def test_preparing_a_paper_imports_no_marking() -> None:
    code = (
        "import sys; from grade.paper.question_type_detection import guess_type; guess_type('What is 2 + 2?', ())\n"
        "print([name for name in sys.modules if name.startswith('grade.question_types.')])"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() == "[]"
