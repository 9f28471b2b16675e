"""Parser of a question tree that a teacher has corrected: every field is validated, and ids follow labels.

The body is what `GET /assessments/{id}` gives as `paper`. A node with an id of the current paper is that question; one
without an id is new. A changed label changes the id of the question and of its parts, because labels on sheets and in
schemes are found by ids. Positions on the page are taken from the current paper; totals are computed here.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from core.models import errors
from core.models.assessment import Option, Question, QuestionPaper, QuestionType
from core.models.paper_totals import check_paper_totals, sum_available_marks
from core.models.question_labels import parse_label
from core.platform.sanitize import has_control_characters
from results.marking_scheme import all_questions

_MAX_TEXT, _MAX_LABEL = 20_000, 60
_MAX_QUESTIONS, _MAX_DEPTH, _MAX_OPTIONS = 1000, 8, 26
_MAX_MARKS = 1000.0
_CONTAINER_TYPES = (QuestionType.SECTION, QuestionType.GROUP)
_ID = re.compile(r"[^\s/]{1,120}")
_QUESTION_FIELDS = {"id", "label", "type", "text", "marks", "options", "choose", "parts", "page", "box"}
_PAPER_FIELDS = {"title", "printed_total", "questions", "total_marks", "warnings"}


def parse_corrected_paper(body: str, current: QuestionPaper | None) -> QuestionPaper:
    """Parse a corrected paper. `current` is the paper that it corrects, None if there is none yet.

    Raises
    ------
    InvalidPaper
        The message names the position in the tree.
    """
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise errors.InvalidPaper("The body is not JSON.") from None
    if not isinstance(raw, dict) or not set(raw) <= _PAPER_FIELDS or not isinstance(raw.get("questions"), list):
        raise errors.InvalidPaper('Send {"questions": […]} as GET gives it, with "title" and "printed_total" if known.')
    known = {one.id: one for one in all_questions(current.questions)} if current else {}
    reader = _PaperParser(known)
    questions = tuple(reader.node(one, f"questions[{at}]", "", 1) for at, one in enumerate(raw["questions"]))
    if not questions:
        raise errors.InvalidPaper("questions: a paper has at least one question.")
    paper = QuestionPaper(
        total_marks=0.0,
        questions=questions,
        title=_parse_text(raw.get("title") or "", "title", 500),
        printed_total=_parse_marks(raw.get("printed_total"), "printed_total"),
    )
    return check_paper_totals(paper, ())


@dataclass(slots=True)
class _PaperParser:
    """`known`: the nodes of the current paper, by id."""

    known: dict[str, Question]
    _used_ids: set[str] = field(default_factory=set)
    _seen_ids: set[str] = field(default_factory=set)

    def node(self, raw: Any, location: str, parent_id: str, depth: int) -> Question:
        """Parse a node and all below it. `parent_id` is the new id of the question that it is a part of."""
        if not isinstance(raw, dict) or not set(raw) <= _QUESTION_FIELDS:
            raise errors.InvalidPaper(f"{location}: a question is an object of {', '.join(sorted(_QUESTION_FIELDS))}.")
        if depth > _MAX_DEPTH or len(self._used_ids) >= _MAX_QUESTIONS:
            raise errors.InvalidPaper(f"{location}: at most {_MAX_QUESTIONS} questions, {_MAX_DEPTH} deep.")
        current = self._current_question(raw.get("id"), location)
        label = _parse_text(raw.get("label"), f"{location}.label", _MAX_LABEL).strip()
        new_id = self._id(label, current, parent_id, location)
        raw_parts = raw.get("parts") or []
        if not isinstance(raw_parts, list):
            raise errors.InvalidPaper(f"{location}.parts: a list of questions.")
        kind = _parse_type(raw.get("type"), f"{location}.type", is_container=bool(raw_parts))
        # The ids of questions in a plain section do not contain the section's id.
        new_parent_id = parent_id if current is not None and _is_plain_section(current) else new_id
        parts = tuple(
            self.node(one, f"{location}.parts[{at}]", new_parent_id, depth + 1) for at, one in enumerate(raw_parts)
        )
        choose = _parse_choose(raw.get("choose"), f"{location}.choose", len(parts))
        return Question(
            id=new_id,
            label=label,
            type=kind,
            text=_parse_text(raw.get("text") or "", f"{location}.text", _MAX_TEXT),
            marks=_marks_of_whole(_parse_marks(raw.get("marks"), f"{location}.marks"), parts, choose),
            options=() if parts else _parse_options(raw.get("options") or [], f"{location}.options"),
            choose=choose,
            parts=parts,
            page=current.page if current else None,
            box=current.box if current else None,
        )

    def _current_question(self, raw: Any, location: str) -> Question | None:
        if raw is None:
            return None
        if not isinstance(raw, str) or raw not in self.known:
            raise errors.InvalidPaper(f"{location}.id: the paper has no such question; a new one has no id.")
        if raw in self._seen_ids:
            raise errors.InvalidPaper(f"{location}.id: {raw} is used twice.")
        self._seen_ids.add(raw)
        return self.known[raw]

    def _id(self, label: str, current: Question | None, parent_id: str, location: str) -> str:
        """The node's new id: the current one moved under its parent's new id, or one made from a changed label."""
        if current is not None and label == current.label:
            step = current.id.rpartition(".")[2]
            question_id = (
                current.id if not parent_id or current.id.startswith(f"{parent_id}.") else f"{parent_id}.{step}"
            )
        else:
            path = parse_label(label)
            if not path:
                raise errors.InvalidPaper(f"{location}.label: a label has a number or a letter.")
            question_id = ".".join(([parent_id] if parent_id else []) + [path[-1] if parent_id else "".join(path)])
        if not _ID.fullmatch(question_id) or question_id in self._used_ids:
            raise errors.InvalidPaper(f"{location}.label: two questions would have the id {question_id}.")
        self._used_ids.add(question_id)
        return question_id


def _is_plain_section(current: Question) -> bool:
    return bool(current.parts) and not current.parts[0].id.startswith(f"{current.id}.")


def _marks_of_whole(marks: float | None, parts: tuple[Question, ...], choose: int | None) -> float | None:
    """The sum of the parts' marks if every part has marks; otherwise the question's own marks."""
    if parts and all(leaf.marks is not None for part in parts for leaf in part.leaves()):
        return sum_available_marks(parts, choose)
    return marks


def _parse_text(raw: Any, location: str, max_length: int) -> str:
    if not isinstance(raw, str) or len(raw) > max_length or has_control_characters(raw):
        raise errors.InvalidPaper(f"{location}: text of at most {max_length:,} characters.")
    return raw


def _parse_marks(raw: Any, location: str) -> float | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= _MAX_MARKS:
        raise errors.InvalidPaper(f"{location}: a number from 0 to {_MAX_MARKS:g}, or null.")
    return round(float(raw), 2)


def _parse_type(raw: Any, location: str, *, is_container: bool) -> QuestionType:
    kind = next((one for one in QuestionType if one.value == raw), None)
    if kind is None or (kind in _CONTAINER_TYPES) is not is_container:
        kinds = [one.value for one in QuestionType if (one in _CONTAINER_TYPES) is is_container]
        raise errors.InvalidPaper(f"{location}: one of {', '.join(kinds)}.")
    return kind


def _parse_choose(raw: Any, location: str, parts: int) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= parts:
        raise errors.InvalidPaper(f"{location}: how many of the {parts} parts count, or null.")
    return raw


def _parse_options(raw: Any, location: str) -> tuple[Option, ...]:
    if not isinstance(raw, list) or len(raw) > _MAX_OPTIONS:
        raise errors.InvalidPaper(f"{location}: a list of at most {_MAX_OPTIONS} options.")
    options = []
    for at, one in enumerate(raw):
        if not isinstance(one, dict) or set(one) != {"label", "text"}:
            raise errors.InvalidPaper(f"{location}[{at}]: an option has label and text.")
        label = _parse_text(one["label"], f"{location}[{at}].label", _MAX_LABEL).strip()
        options.append(Option(label, _parse_text(one["text"], f"{location}[{at}].text", _MAX_TEXT)))
    labels = [option.label for option in options]
    if not all(labels) or len(set(labels)) < len(labels):
        raise errors.InvalidPaper(f"{location}: every option needs a different label.")
    return tuple(options)
