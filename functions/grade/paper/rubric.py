"""What a heading or an instruction says about the questions under it: how many count, what each is worth."""

import re
from dataclasses import dataclass, field

from grade.paper.marks_printed import NUM, UNIT, PrintedMarks, find_marks, number
from grade.paper.question_type import says_true_false

_WORDS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_COUNT = rf"(\d{{1,2}}|{'|'.join(list(_WORDS)[1:])})"


@dataclass(frozen=True, slots=True)
class Rubric:
    """`choose` of the questions from `span` (first, last question number; None for all under the heading).
    `each`: marks a question, except for those in `each_except`. `excluded`: numbers that are not answered.
    `negative`: marks taken off for a wrong answer, None where the paper does not say how many."""

    choose: int | None = None
    span: tuple[int, int] | None = None
    each: float | None = None
    each_except: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()
    total: PrintedMarks | None = None
    choice: bool = False
    true_false: bool = False
    negative_marking: bool = False
    negative: float | None = None
    equal_marks: bool = False
    quotes: tuple[str, ...] = field(default=())

    def __bool__(self) -> bool:
        return self != Rubric()


_ANY = re.compile(
    rf"\b(?:answer|attempt|do|solve|choose|select|write|complete|discuss|explain"
    rf"|describe)\b[^.\n]{{0,40}}?\bany\s+{_COUNT}\b",
    re.IGNORECASE,
)
_ANY_PLAIN = re.compile(
    rf"(?:^|[(\[]|,\s)any\s+{_COUNT}\b(?!\s+(?:reasons?|examples?|points?|ways?|uses?|of (?:its|their)))", re.IGNORECASE
)
_ONLY = re.compile(
    rf"\b(?:answer|attempt|do|choose|select)\s+(?:only\s+)?{_COUNT}\s+(?:only\s+)?"
    r"(?:\(\d+\)\s*)?(?:(?:of|from|out of)\s+(?:\w+\s+questions|the|these|them|questions?|following|any|this|section"
    r"|part)"
    r"|questions?\b(?!\s*\d))",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\banswer\s+either\b|\beither\s+question\b", re.IGNORECASE)
_SPAN = re.compile(
    r"\b(?:from|of|between)?\s*(?:questions?|q\.?\s?nos?\.?|q)\s*(\d{1,2})\s*(?:to|–|-|—|and|through)\s*(?:question"
    r"|q)?\s*(\d{1,2})",
    re.IGNORECASE,
)
_EACH = re.compile(
    rf"\b(?:each|every|all)\b[^.\n]{{0,40}}?\b(?:carr(?:y|ies)|is worth|are worth|worth|has|have|of)\s+({NUM}"
    rf"|{'|'.join(list(_WORDS)[1:])})"
    rf"\s*\(?[^.\n]{{0,8}}?{UNIT}"
    rf"|\b({NUM}|{'|'.join(list(_WORDS)[1:])})\s*{UNIT}\s*(?:for\s+)?(?:each|per\s+question|apiece|every)\b",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r"\bexcept(?:ing)?\s+(?:for\s+)?((?:q(?:uestions?|\.)?\s*(?:nos?\.?)?\s*\d{1,2}(?:\s*(?:,|and"
    r"|&)\s*)?)+(?:\s*\d{1,2})*)",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"multiple[- ]choice|\bMCQs?\b|choose the (?:correct|right|best|most)|(?:select|tick|circle|mark"
    r"|pick) the (?:correct|right|best)"
    r"|correct (?:option|alternative)|objective type",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"negative\s+mark|marks?\s+(?:will\s+be\s+|is\s+|are\s+)?(?:deduct|subtract|taken off)|(?:deduct"
    r"|lose)\w*\b[^.\n]{0,30}\bmark|penalt(?:y|ies)\s+(?:of|for)",
    re.IGNORECASE,
)
_NEGATIVE_VALUE = re.compile(rf"(?<![\d.])[−–-]?\s*({NUM}|\d\s*/\s*\d)\s*(?:of (?:a|the) )?{UNIT}?", re.IGNORECASE)
_NO_NEGATIVE = re.compile(
    r"\bno\s+(?:negative|penalt|marks?\s+(?:will be|are)\s+(?:deduct|lost))|not\s+be\s+(?:deduct|penal)", re.IGNORECASE
)


def read_rubric(text: str) -> Rubric:
    """What the text says about the questions it stands above."""
    choose, span = _choice_of(text)
    each, each_except = _each(text)
    excluded: frozenset[int] = frozenset()
    found = _EXCEPT.search(text)
    named = frozenset(int(n) for n in re.findall(r"\d{1,2}", found[1])) if found else frozenset()
    if named and each is None and re.search(r"\b(?:answer|attempt)\b[^.]{0,40}except", text, re.IGNORECASE):
        excluded = named
    elif named:
        each_except = named
    total = next(
        (m for line in text.split("\n") for m in find_marks(line) if not m.per_part and not _speaks_of_each(line, m)),
        None,
    )
    negative_marking = bool(_NEGATIVE.search(text)) and not _NO_NEGATIVE.search(text)
    return Rubric(
        choose=choose,
        span=span,
        each=each,
        each_except=each_except,
        excluded=excluded,
        total=total,
        choice=bool(_CHOICE.search(text)),
        true_false=says_true_false(text),
        negative_marking=negative_marking,
        negative=_negative_value(text) if negative_marking else None,
        equal_marks=bool(re.search(r"\b(?:all|the)?\s*questions?\s+carry\s+equal\s+marks", text, re.IGNORECASE)),
    )


def _speaks_of_each(text: str, marks: PrintedMarks) -> bool:
    """Whether the marks stand in a sentence about each of the questions."""
    before = re.split(r"[.;!?\n]", text[: marks.start])[-1]
    return bool(re.search(r"\b(?:each|every|per|carry|carries)\b", before, re.IGNORECASE))


def _count(text: str) -> int:
    return int(_WORDS[text.lower()]) if text.lower() in _WORDS else int(text)


def _choice_of(text: str) -> tuple[int | None, tuple[int, int] | None]:
    choose = None
    for pattern in (_ANY, _ANY_PLAIN, _ONLY):
        if found := pattern.search(text):
            choose = _count(found[1])
            break
    if choose is None and _EITHER.search(text):
        choose = 1
    if choose is None:
        return None, None
    found = _SPAN.search(text)
    return choose, (int(found[1]), int(found[2])) if found and int(found[1]) < int(found[2]) else None


def _each(text: str) -> tuple[float | None, frozenset[int]]:
    found = _EACH.search(text)
    if found is None:
        return next((m.value for m in find_marks(text) if m.per_part), None), frozenset()
    return number(found[1] or found[2]), frozenset()


def _negative_value(text: str) -> float | None:
    """How much a wrong answer costs, from the sentence that speaks of it."""
    for sentence in re.split(r"(?<=[.;!?])\s+|\n", text):
        if not (found := _NEGATIVE.search(sentence)):
            continue
        for value in _NEGATIVE_VALUE.finditer(sentence):
            if "/" in value[1]:
                above, below = (float(part) for part in value[1].split("/"))
                return above / below if below else None
            if found or value:
                return number(value[1])
    return None
