"""A question tree as a teacher corrects it: checked field by field, its ids after its labels.

The body is what `GET /assessments/{id}` gives as `paper`. A node with an id of the paper that stands is that question;
one without is new. A label that was changed changes the id with it, and those of its parts: labels on sheets and in
schemes are found by ids. Places on the page are kept from the paper that stands; sums are ours.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core import errors
from core.assessment import Option, Question, QuestionPaper, QuestionType
from core.labels import label_path
from core.sums import checked, worth_of

_LONGEST, _LONGEST_LABEL = 20_000, 60
_MOST_NODES, _DEEPEST, _MOST_OPTIONS = 1000, 8, 26
_MOST_MARKS = 1000.0
_HOLDING = (QuestionType.SECTION, QuestionType.GROUP)
_ID = re.compile(r"[^\s/]{1,120}")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_FIELDS = {"id", "label", "type", "text", "marks", "options", "choose", "parts", "page", "box"}
_HEAD = {"title", "printed_total", "questions", "total_marks", "warnings"}


def parse_paper(body: str, standing: QuestionPaper | None) -> QuestionPaper:
    """The corrected paper. `standing` is the one that is corrected, None where there is none yet.

    Raises
    ------
    InvalidPaper
        With the place in the tree where it is wrong.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise errors.InvalidPaper("The body is no JSON.") from None
    if not isinstance(given, dict) or not set(given) <= _HEAD or not isinstance(given.get("questions"), list):
        raise errors.InvalidPaper('Send {"questions": […]} as GET gives it, with "title" and "printed_total" if known.')
    known = {one.id: one for one in _all(standing.questions)} if standing else {}
    reader = _Reader(known)
    questions = tuple(reader.node(one, f"questions[{at}]", "", 1) for at, one in enumerate(given["questions"]))
    if not questions:
        raise errors.InvalidPaper("questions: a paper asks at least one.")
    paper = QuestionPaper(
        total_marks=0.0,
        questions=questions,
        title=_text(given.get("title") or "", "title", 500),
        printed_total=_marks(given.get("printed_total"), "printed_total"),
    )
    return checked(paper, ())


def _all(questions: tuple[Question, ...]) -> Iterator[Question]:
    for one in questions:
        yield one
        yield from _all(one.parts)


@dataclass(slots=True)
class _Reader:
    """`known`: the nodes of the paper that stands, by id."""

    known: dict[str, Question]
    _made: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def node(self, given: Any, where: str, above: str, depth: int) -> Question:
        """A node and all below it. `above` is the new id of the question that it is a part of."""
        if not isinstance(given, dict) or not set(given) <= _FIELDS:
            raise errors.InvalidPaper(f"{where}: a question is an object of {', '.join(sorted(_FIELDS))}.")
        if depth > _DEEPEST or len(self._made) >= _MOST_NODES:
            raise errors.InvalidPaper(f"{where}: at most {_MOST_NODES} questions, {_DEEPEST} deep.")
        standing = self._standing(given.get("id"), where)
        label = _text(given.get("label"), f"{where}.label", _LONGEST_LABEL).strip()
        own = self._id(label, standing, above, where)
        listed = given.get("parts") or []
        if not isinstance(listed, list):
            raise errors.InvalidPaper(f"{where}.parts: a list of questions.")
        kind = _type(given.get("type"), f"{where}.type", holds=bool(listed))
        # A section that only gathers questions gives them no step of its own.
        under = above if standing is not None and _gathers(standing) else own
        parts = tuple(self.node(one, f"{where}.parts[{at}]", under, depth + 1) for at, one in enumerate(listed))
        choose = _choose(given.get("choose"), f"{where}.choose", len(parts))
        return Question(
            id=own,
            label=label,
            type=kind,
            text=_text(given.get("text") or "", f"{where}.text", _LONGEST),
            marks=_worth(_marks(given.get("marks"), f"{where}.marks"), parts, choose),
            options=() if parts else _options(given.get("options") or [], f"{where}.options"),
            choose=choose,
            parts=parts,
            page=standing.page if standing else None,
            box=standing.box if standing else None,
        )

    def _standing(self, given: Any, where: str) -> Question | None:
        if given is None:
            return None
        if not isinstance(given, str) or given not in self.known:
            raise errors.InvalidPaper(f"{where}.id: the paper has no such question; a new one has no id.")
        if given in self._seen:
            raise errors.InvalidPaper(f"{where}.id: {given} stands here twice.")
        self._seen.add(given)
        return self.known[given]

    def _id(self, label: str, standing: Question | None, above: str, where: str) -> str:
        """The id that stands, moved under the new one of its parent; after a new label, made from that."""
        if standing is not None and label == standing.label:
            step = standing.id.rpartition(".")[2]
            whole = standing.id if not above or standing.id.startswith(f"{above}.") else f"{above}.{step}"
        else:
            path = label_path(label)
            if not path:
                raise errors.InvalidPaper(f"{where}.label: a label has a number or a letter.")
            whole = ".".join(([above] if above else []) + [path[-1] if above else "".join(path)])
        if not _ID.fullmatch(whole) or whole in self._made:
            raise errors.InvalidPaper(f"{where}.label: two questions would be called {whole}.")
        self._made.add(whole)
        return whole


def _gathers(standing: Question) -> bool:
    return bool(standing.parts) and not standing.parts[0].id.startswith(f"{standing.id}.")


def _worth(marks: float | None, parts: tuple[Question, ...], choose: int | None) -> float | None:
    """What a person gives the parts is what the whole is worth; its own marks count where they are not shared out."""
    if parts and all(leaf.marks is not None for part in parts for leaf in part.leaves()):
        return worth_of(parts, choose)
    return marks


def _text(given: Any, where: str, longest: int) -> str:
    if not isinstance(given, str) or len(given) > longest or _NO_TEXT.search(given):
        raise errors.InvalidPaper(f"{where}: text of at most {longest:,} characters.")
    return given


def _marks(given: Any, where: str) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= _MOST_MARKS:
        raise errors.InvalidPaper(f"{where}: a number from 0 to {_MOST_MARKS:g}, or null.")
    return round(float(given), 2)


def _type(given: Any, where: str, *, holds: bool) -> QuestionType:
    kind = next((one for one in QuestionType if one.value == given), None)
    if kind is None or (kind in _HOLDING) is not holds:
        kinds = [one.value for one in QuestionType if (one in _HOLDING) is holds]
        raise errors.InvalidPaper(f"{where}: one of {', '.join(kinds)}.")
    return kind


def _choose(given: Any, where: str, parts: int) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= parts:
        raise errors.InvalidPaper(f"{where}: how many of the {parts} parts count, or null.")
    return given


def _options(given: Any, where: str) -> tuple[Option, ...]:
    if not isinstance(given, list) or len(given) > _MOST_OPTIONS:
        raise errors.InvalidPaper(f"{where}: a list of at most {_MOST_OPTIONS} options.")
    options = []
    for at, one in enumerate(given):
        if not isinstance(one, dict) or set(one) != {"label", "text"}:
            raise errors.InvalidPaper(f"{where}[{at}]: an option has label and text.")
        label = _text(one["label"], f"{where}[{at}].label", _LONGEST_LABEL).strip()
        options.append(Option(label, _text(one["text"], f"{where}[{at}].text", _LONGEST)))
    labels = [option.label for option in options]
    if not all(labels) or len(set(labels)) < len(labels):
        raise errors.InvalidPaper(f"{where}: every option has a label of its own.")
    return tuple(options)
