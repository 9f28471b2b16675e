"""The lines of a sheet told apart: who wrote it, what a teacher wrote on it, furniture, and the rest."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.transcript import Line, Transcript
from grade.answer import AnswerLine
from grade.words.late import Late
from grade.words.plain import clean

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
_STUDENT_FIELD = Late(rf"^\W*{_FIELD}\s*\.?\s*[:=_]", re.IGNORECASE)
"""A line that begins with a field of a form. Without a sign behind it the word may begin a sentence ("form water")."""
_FILLED_FIELDS = Late(rf"^\W*{_PAIR}(?:[\s,;|/–-]+{_PAIR}){{0,5}}\W*$")
"""A line that holds nothing but fields and what belongs in them: a name, or a number or class."""
_LONGEST_HEAD_LINE = 160
_HEAD_LINES, _SAME_HEAD = 6, 90.0
_NAMED = Late(
    r"(?:^|\b)(?:(?:student|candidate|pupil|full"
    r"|your)(?:['’]?s)?\s+)?name\b\s*[:=\-–_.]*\s*(?P<name>[^\W\d_][^\d:=_]*?)"
    rf"(?=\s*$|\s{{2,}}|[,;|/(]|\s+(?:{_FIELD})\b|\s+\d)",
    re.IGNORECASE,
)
_NUMBERED = Late(
    r"\b(?:roll|(?:student|candidate|reg(?:istration|n)?|enrol+ment|index|seat|exam))\s*\.?\s*(?:id|no|number|num"
    r"|#)?\b\s*[.:#=\-–_]*\s*"
    r"(?P<number>[A-Z]{0,4}[-/]?\d[\w/-]*)|\bid(?:\s*no)?\b\s*[.:#=\-–]+\s*(?P<id>[A-Z]{0,4}[-/]?\d[\w/-]*)",
    re.IGNORECASE,
)
_NAME_LIKE = Late(
    r"^(?P<name>[A-Z][\w'’-]+(?:\s+(?:[A-Z]\.?|[a-z]{1,3}|[A-Z][\w'’-]+)){1,3})\s*[,;–-]?\s*"
    r"(?:\(?(?:class|grade|form|year)?\s*[0-9lIO]{1,2}\s?[A-Za-z]?\)?)?\s*$"
)
_CLASS_ALONE = re.compile(
    r"^\W*(?:(?i:class|grade|form|year|std)\s*\d{1,2}\s?[-–]?\s?[A-Z]?|[1-9l][0-9lO]?[-–]?[A-Z])\W*$"
)
_PAGE = Late(
    r"^[\W_]*(?:page|pg|p|sheet|side)\.?\s*\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?[\W_]*$|^[-–—]\s*\d{1,2}\s*[-–—]$"
    r"|^\W*(?:p\.?\s?t\.?\s?o\.?|continued(?: overleaf| on next page)?|turn over|the end|end)\W*$",
    re.IGNORECASE,
)
_TICKS = "✓✔☑✅✗✘❌☒"
_TEACHER = Late(
    rf"^\W*(?:(?:total|score|marks?(?:\s+obtained)?|grand\s+total|result)\s*[:=]?\s*)?\d{{1,3}}(?:\.\d"
    rf"|½)?\s*/\s*\d{{1,3}}\W*$"
    rf"|^[{_TICKS}√\s]+$|^\s*[-−–+]\s*(?:\d(?:\.5)?|½)\s*$|^\s*(?:good|well done|very good|excellent|see me"
    rf"|v\.?\s?good|nice|wrong|poor)\s*[!.]*\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AsideLine:
    """A line that was taken for no answer. `before`: how many of the written lines stand before it. `certain`: it
    can be none. `in_head`: that holds only above the first label of the sheet."""

    before: int
    line: AnswerLine
    certain: bool = True
    in_head: bool = False


@dataclass(frozen=True, slots=True)
class SheetLines:
    """`written` is what may be answers; `aside` everything else that stands on the sheet."""

    written: tuple[AnswerLine, ...]
    aside: tuple[AsideLine, ...]


def sort_lines(transcript: Transcript) -> SheetLines:
    written: list[AnswerLine] = []
    aside: list[AsideLine] = []
    first = next((page.number for page in transcript.pages if page.lines), None)
    heads: list[str] = []
    for page in transcript.pages:
        for place, line in enumerate(page.lines):
            kept = AnswerLine(page.number, line)
            text = clean(line.text)
            found: AsideLine | None = None
            if not text or _PAGE.match(text):
                found = AsideLine(len(written), kept, not text or _is_furniture(text, page.number))
            elif place < _HEAD_LINES and page.number == first:
                found = _head_line(len(written), kept, page.lines, place)
                heads += [text] if found is not None else []
            elif place < _HEAD_LINES and _is_field(text):
                repeated = any(fuzz.ratio(text, head) >= _SAME_HEAD for head in heads)
                # Below a label only a name or a number is surely no answer's beginning.
                found = AsideLine(len(written), kept, repeated) if repeated or _is_filled(text) else None
            if found is None:
                written.append(kept)
            else:
                aside.append(found)
    return SheetLines(tuple(written), tuple(aside))


def student_of(lines: Iterable[AnswerLine]) -> str | None:
    """The student's name and number, as the lines of a form at the head of the sheet say them."""
    names: list[str] = []
    numbers: list[str] = []
    for line in lines:
        _read_student(clean(line.line.text), names, numbers)
    said = names[:1] + [number for number in numbers[:1] if number not in "".join(names[:1])]
    return ", ".join(said) or None


def _is_field(text: str) -> bool:
    return bool(_STUDENT_FIELD.match(text)) or _is_filled(text)


def _is_filled(text: str) -> bool:
    return len(text) <= _LONGEST_HEAD_LINE and bool(_FILLED_FIELDS.match(text))


def _is_furniture(text: str, page: int) -> bool:
    """Whether a line that looks like a page number or its like is one for certain: "- 5 -" or "end" may answer."""
    number = re.search(r"\d+", text)
    if number is None:
        return not re.fullmatch(r"\W*end\W*", text, re.IGNORECASE)
    return int(number[0]) == page or bool(re.match(r"\W*(?:page|pg)\b", text, re.IGNORECASE))


def _head_line(before: int, line: AnswerLine, lines: Sequence[Line], place: int) -> AsideLine | None:
    """The line as one of the form at the head of the sheet, if it is one."""
    text = clean(line.line.text)
    filled = _is_filled(text)
    if filled or _STUDENT_FIELD.match(text) or _in_the_head(lines, place, text):
        return AsideLine(before, line, filled, in_head=True)
    return None


def _in_the_head(lines: Sequence[Line], place: int, text: str) -> bool:
    """A roll number, or a class on a line of its own under a name."""
    if place > 2:
        return False
    if _NUMBERED.match(text):
        return True
    above = clean(lines[place - 1].text) if place else ""
    below = clean(lines[place + 1].text) if place + 1 < len(lines) else ""
    named = _is_field(above) or bool(_NAME_LIKE.match(above))
    # "1B" over "2C" are answers, not classes.
    return named and bool(_CLASS_ALONE.match(text)) and not _CLASS_ALONE.match(below)


def _read_student(text: str, names: list[str], numbers: list[str]) -> None:
    if (found := _NAMED.search(text)) and len(found["name"].strip()) > 1:
        names.append(found["name"].strip(" .-–_"))
    if found := _NUMBERED.search(text):
        numbers.append(found["number"] or found["id"])


def name_in_head(text: str) -> str | None:
    """A student's name on a line of its own above all answers ("Tobias Renner, class 10B")."""
    found = _NAME_LIKE.match(clean(text))
    return found["name"].strip() if found else None


def is_teachers(text: str) -> bool:
    """Whether a whole line looks like a teacher's mark: "3/5", a tick, "-1"."""
    return bool(_TEACHER.match(text))


def without_ticks(text: str) -> str:
    return re.sub(rf"\s*[{_TICKS}]+\s*", " ", text).strip()


_STRUCK = re.compile(r"~~.*?~~|(?:.\u0336)+|(?:.\u0335)+", re.DOTALL)
_STROKES = re.compile(r"^[\s\-–—_=~xX#/\\|*]{5,}$")
_CANCELLED = re.compile(
    r"\b(?:crossed out|cancel+ed|scrap this|ignore (?:this|above|the above)|please ignore)\b", re.IGNORECASE
)


def without_struck(text: str) -> tuple[str, bool]:
    """The text without what is visibly crossed out, and whether something was."""
    kept = _STRUCK.sub(" ", text)
    if _STROKES.match(kept):
        return "", True
    return kept.strip(), kept != text or bool(_CANCELLED.search(text))
