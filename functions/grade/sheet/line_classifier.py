"""Classifies the lines of a sheet: header form, page furniture, and lines that may be answers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.models.transcript import Line, Transcript
from grade.answer import AnswerLine
from grade.language.text_cleaning import clean_line
from grade.lazy_pattern import LazyPattern

_FIELD = (
    r"(?:(?:student|candidate|pupil|full|your)(?:['’]?s)?\s+)?(?:name|roll(?:\s*(?:no|number|num|#))?"
    r"|(?:student|candidate|reg(?:istration|n)?|enrol+ment|index|seat|exam)\s*(?:id|no|number|#)|id(?:\s*no)?"
    r"|class|grade|form|div(?:ision)?|date|subject|school|teacher|set|std|batch|course|sheet|page)"
)
_TEXT_FIELD = r"(?i:(?:(?:student|candidate|pupil|full|your)(?:['’]?s)?\s+)?name|subject|school|teacher|course)"
_WORDS = r"[A-Z][\w.'’-]*(?:[ ]+[A-Z][\w.'’-]*){0,4}"
_NUMBER = (
    r"(?:\d{1,2}(?:st|nd|rd|th)?[ ]+[A-Z][a-z]{2,8}\.?,?[ ]+\d{2,4}|(?:[A-Z]{0,4}[-/]?\d[\w/.-]*|[IVX]{1,5}|[A-Z])"
    r"(?:[ ]?[-–]?[ ]?[A-Z])?(?!\w))"
)
_PAIR = (
    rf"(?:{_TEXT_FIELD}\s*[:=_–-][\s:=_.–-]*(?:{_WORDS})?|(?i:name)\s+{_WORDS}[ ]+[A-Z][\w.'’-]*"
    rf"|(?i:{_FIELD})\s*(?:[:=#_.–-]+\s*(?:{_NUMBER})?|(?=\S*\d|\s\S*\d)\s*{_NUMBER}))"
)
_STUDENT_FIELD = LazyPattern(rf"^\W*{_FIELD}\s*\.?\s*[:=_]", re.IGNORECASE)
"""A line that starts with a form field and its separator. Without one the word may start a sentence ("form water")."""
_FILLED_FIELDS = LazyPattern(rf"^\W*{_PAIR}(?:[\s,;|/–-]+{_PAIR}){{0,5}}\W*$")
"""A line that holds nothing but form fields and their values: a name, or a number or class."""
_MAX_HEADER_LINE_LENGTH = 160
_HEADER_LINES, _MIN_HEADER_SIMILARITY = 6, 90.0
_STUDENT_NAME = LazyPattern(
    r"(?:^|\b)(?:(?:student|candidate|pupil|full"
    r"|your)(?:['’]?s)?\s+)?name\b\s*[:=\-–_.]*\s*(?P<name>[^\W\d_][^\d:=_]*?)"
    rf"(?=\s*$|\s{{2,}}|[,;|/(]|\s+(?:{_FIELD})\b|\s+\d)",
    re.IGNORECASE,
)
_STUDENT_NUMBER = LazyPattern(
    r"\b(?:roll|(?:student|candidate|reg(?:istration|n)?|enrol+ment|index|seat|exam))\s*\.?\s*(?:id|no|number|num"
    r"|#)?\b\s*[.:#=\-–_]*\s*"
    r"(?P<number>[A-Z]{0,4}[-/]?\d[\w/-]*)|\bid(?:\s*no)?\b\s*[.:#=\-–]+\s*(?P<id>[A-Z]{0,4}[-/]?\d[\w/-]*)",
    re.IGNORECASE,
)
_NAME_LIKE = LazyPattern(
    r"^(?P<name>[A-Z][\w'’-]+(?:\s+(?:[A-Z]\.?|[a-z]{1,3}|[A-Z][\w'’-]+)){1,3})\s*[,;–-]?\s*"
    r"(?:\(?(?:class|grade|form|year)?\s*[0-9lIO]{1,2}\s?[A-Za-z]?\)?)?\s*$"
)
_CLASS_ALONE = re.compile(
    r"^\W*(?:(?i:class|grade|form|year|std)\s*\d{1,2}\s?[-–]?\s?[A-Z]?|[1-9l][0-9lO]?[-–]?[A-Z])\W*$"
)
_PAGE = LazyPattern(
    r"^[\W_]*(?:page|pg|p|sheet|side)\.?\s*\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?[\W_]*$|^[-–—]\s*\d{1,2}\s*[-–—]$"
    r"|^\W*(?:p\.?\s?t\.?\s?o\.?|continued(?: overleaf| on next page)?|turn over|the end|end)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ExcludedLine:
    """A line that is no part of an answer.

    `position`: the number of answer lines before it. `certain`: it cannot be an answer. `in_header`: it was classified
    as part of the form at the head of the sheet, which holds only above the sheet's first label.
    """

    position: int
    line: AnswerLine
    certain: bool = True
    in_header: bool = False


@dataclass(frozen=True, slots=True)
class ClassifiedLines:
    """`answer_lines`: the lines that may be answers. `excluded`: all other lines of the sheet."""

    answer_lines: tuple[AnswerLine, ...]
    excluded: tuple[ExcludedLine, ...]


def classify_lines(transcript: Transcript) -> ClassifiedLines:
    """Classifies every line of the transcript, in reading order."""
    answer_lines: list[AnswerLine] = []
    excluded: list[ExcludedLine] = []
    first = next((page.number for page in transcript.pages if page.lines), None)
    headers: list[str] = []
    for page in transcript.pages:
        for line_index, line in enumerate(page.lines):
            answer_line = AnswerLine(page.number, line)
            text = clean_line(line.text)
            found: ExcludedLine | None = None
            if not text or _PAGE.match(text):
                found = ExcludedLine(
                    len(answer_lines), answer_line, not text or _is_certain_page_furniture(text, page.number)
                )
            elif line_index < _HEADER_LINES and page.number == first:
                found = _classify_header_line(len(answer_lines), answer_line, page.lines, line_index)
                headers += [text] if found is not None else []
            elif line_index < _HEADER_LINES and _is_form_field(text):
                repeated = any(fuzz.ratio(text, head) >= _MIN_HEADER_SIMILARITY for head in headers)
                # Below a label only a name or a number is certainly not the start of an answer.
                found = (
                    ExcludedLine(len(answer_lines), answer_line, repeated)
                    if repeated or _is_filled_form_field(text)
                    else None
                )
            if found is None:
                answer_lines.append(answer_line)
            else:
                excluded.append(found)
    return ClassifiedLines(tuple(answer_lines), tuple(excluded))


def read_student_identity(lines: Iterable[AnswerLine]) -> str | None:
    """The student's name and number from the lines of the form at the head of the sheet; None without either."""
    names: list[str] = []
    numbers: list[str] = []
    for line in lines:
        _collect_student_identity(clean_line(line.line.text), names, numbers)
    identity = names[:1] + [number for number in numbers[:1] if number not in "".join(names[:1])]
    return ", ".join(identity) or None


def _is_form_field(text: str) -> bool:
    return bool(_STUDENT_FIELD.match(text)) or _is_filled_form_field(text)


def _is_filled_form_field(text: str) -> bool:
    return len(text) <= _MAX_HEADER_LINE_LENGTH and bool(_FILLED_FIELDS.match(text))


def _is_certain_page_furniture(text: str, page: int) -> bool:
    """Whether a line that looks like a page number or a page's end certainly is: "- 5 -" or "end" may be an answer."""
    number = re.search(r"\d+", text)
    if number is None:
        return not re.fullmatch(r"\W*end\W*", text, re.IGNORECASE)
    return int(number[0]) == page or bool(re.match(r"\W*(?:page|pg)\b", text, re.IGNORECASE))


def _classify_header_line(
    position: int, line: AnswerLine, lines: Sequence[Line], line_index: int
) -> ExcludedLine | None:
    """The line as part of the form at the head of the sheet; None where it is no part of it."""
    text = clean_line(line.line.text)
    filled = _is_filled_form_field(text)
    if filled or _STUDENT_FIELD.match(text) or _is_student_number_or_class(lines, line_index, text):
        return ExcludedLine(position, line, filled, in_header=True)
    return None


def _is_student_number_or_class(lines: Sequence[Line], line_index: int, text: str) -> bool:
    """Whether it is a roll number, or a class on a line of its own under a name."""
    if line_index > 2:
        return False
    if _STUDENT_NUMBER.match(text):
        return True
    above = clean_line(lines[line_index - 1].text) if line_index else ""
    below = clean_line(lines[line_index + 1].text) if line_index + 1 < len(lines) else ""
    named = _is_form_field(above) or bool(_NAME_LIKE.match(above))
    # "1B" over "2C" are answers, not classes.
    return named and bool(_CLASS_ALONE.match(text)) and not _CLASS_ALONE.match(below)


def _collect_student_identity(text: str, names: list[str], numbers: list[str]) -> None:
    if (found := _STUDENT_NAME.search(text)) and len(found["name"].strip()) > 1:
        names.append(found["name"].strip(" .-–_"))
    if found := _STUDENT_NUMBER.search(text):
        numbers.append(found["number"] or found["id"])


def parse_student_name(text: str) -> str | None:
    """The student's name from a line of its own above all answers ("Tobias Renner, class 10B"), else None."""
    found = _NAME_LIKE.match(clean_line(text))
    return found["name"].strip() if found else None
