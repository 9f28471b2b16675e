"""Parses a model answer's text into criteria: the words before each "(1)" or "[1 mark]" earn that mark."""

import re
from dataclasses import replace

from core.models.assessment import Criterion, SchemeEntry
from grade.paper.printed_marks import MARKS_UNIT_PATTERN, NUMBER_PATTERN, parse_number

_POINT = re.compile(
    rf"[\[(]\s*(?:(?P<plain>{NUMBER_PATTERN})|(?P<marks>{NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}[^)\]]{{0,20}}"
    rf"|[MABC](?P<code>\d))\s*[\])]\s*(?:[*x×]\s*(?P<times>\d))?|\s(?-i:[MABC])(?P<board>\d)(?=\s*(?:$|\n))"
    rf"|(?:[✓✔]\s*)+|\s[-–—=]\s*(?P<dash>{NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}(?=\s*(?:$|\n|[.;]))",
    re.IGNORECASE,
)
_BULLETS = re.compile(r"^[\s;,.:•●▪‣*\-–—]+|[\s;,:]+$")
_ACCEPT = re.compile(r"(?:^|[\n.;(\[]\s*)(?:also\s+)?(?:accept|allow)\b\s*:?\s*|\bor equivalent\b", re.IGNORECASE)
_REMARK = re.compile(r"^\W*(?:also\s+)?(?:do not accept|accept|allow|ignore|reject|not|note)\b", re.IGNORECASE)
_TOTAL = re.compile(
    rf"[\[(]?\s*(?:total|max(?:imum)?\.?)\s*:?\s*({NUMBER_PATTERN})\s*(?:{MARKS_UNIT_PATTERN})?\s*[\])]?|[\[(]\s*({NUMBER_PATTERN})\s*{MARKS_UNIT_PATTERN}\s*[\])]",
    re.IGNORECASE,
)


def parse_criteria(name: str, text: str) -> SchemeEntry:
    """Build the entry for the question `name` with the model answer `text`."""
    opening = re.match(rf"^\s*[\[(]\s*({NUMBER_PATTERN})\s*(?:{MARKS_UNIT_PATTERN})\s*[\])]\s*", text, re.IGNORECASE)
    marks = parse_number(opening[1]) if opening else None
    if opening:
        text = text[opening.end() :]
    points = list(_POINT.finditer(text))
    if any(point["marks"] for point in points):
        # Where some points say "marks", a plain number in brackets is code or a reference.
        points = [point for point in points if not point["plain"]]
    criteria = _build_criteria(text, points)
    plain = re.sub(r"[ \t]+", " ", _TOTAL.sub(" ", _remove_points(text, points))).strip()
    if len(criteria) < 2:
        lone = criteria[0].marks if criteria and points and not text[points[-1].end() :].strip() else None
        return SchemeEntry(name, marks=marks if marks is not None else lone, model_answer=plain)
    return SchemeEntry(name, marks=marks, model_answer=plain, criteria=criteria)


def _remove_points(text: str, points: list[re.Match[str]]) -> str:
    """Remove the marks of these points. Other numbers in brackets stay."""
    kept, position = [], 0
    for point in points:
        kept.append(text[position : point.start()])
        position = point.end()
    return " ".join([*kept, text[position:]])


def _build_criteria(text: str, points: list[re.Match[str]]) -> tuple[Criterion, ...]:
    criteria: list[Criterion] = []
    start = 0
    for point in [*points, None]:
        lines = text[start : point.start() if point else len(text)].split("\n")
        while lines and (not lines[0].strip() or (criteria and _REMARK.match(lines[0]))):
            remark = lines.pop(0)
            if criteria and (accepted := _parse_accepted(remark)):
                criteria[-1] = replace(criteria[-1], accept=(*criteria[-1].accept, *accepted))
        if point is None:
            break
        start = point.end()
        if len(lines) > 1 and lines[0].rstrip().endswith(":"):
            lines.pop(0)  # "Any three of:" above the points
        phrase = _BULLETS.sub("", " ".join(_TOTAL.sub(" ", " ".join(lines)).split()))
        if re.search(r"\w", phrase):
            words, *more = _ACCEPT.split(phrase)
            wordings = tuple(wording for part in more for wording in _split_wordings(part))
            criteria.append(Criterion(words.strip(" .;,").rstrip("(") or phrase, _point_marks(point), wordings))
    return tuple(criteria)


def _parse_accepted(remark: str) -> tuple[str, ...]:
    """Return the wordings that a marker's remark allows; none where it forbids."""
    found = re.match(r"^\W*(?:also\s+)?(?:accept|allow)\b\s*:?\s*(.+)$", remark, re.IGNORECASE)
    return _split_wordings(found[1]) if found else ()


def _split_wordings(text: str) -> tuple[str, ...]:
    return tuple(phrase for part in re.split(r"\s*[;/]\s*|\s+or\s+", text) if (phrase := part.strip(" .()\"'“”")))


def _point_marks(point: re.Match[str]) -> float:
    phrase = point["plain"] or point["marks"] or point["code"] or point["board"] or point["dash"]
    if phrase is None:
        return float(len(re.findall(r"[✓✔]", point[0])))
    return parse_number(phrase) * (int(point["times"]) if point["times"] else 1)
