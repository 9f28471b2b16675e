"""A model answer's text read into criteria: the words before each "(1)" or "[1 mark]" earn that mark."""

import re
from dataclasses import replace

from core.assessment import Criterion, SchemeEntry
from grade.paper.marks_printed import NUM, UNIT, number

_POINT = re.compile(
    rf"[\[(]\s*(?:(?P<plain>{NUM})|(?P<marks>{NUM})\s*{UNIT}[^)\]]{{0,20}}"
    rf"|[MABC](?P<code>\d))\s*[\])]\s*(?:[*x×]\s*(?P<times>\d))?|\s(?-i:[MABC])(?P<board>\d)(?=\s*(?:$|\n))"
    rf"|(?:[✓✔]\s*)+|\s[-–—=]\s*(?P<dash>{NUM})\s*{UNIT}(?=\s*(?:$|\n|[.;]))",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[\s;,.:•●▪‣*\-–—]+|[\s;,:]+$")
_ACCEPT = re.compile(r"(?:^|[\n.;(\[]\s*)(?:also\s+)?(?:accept|allow)\b\s*:?\s*|\bor equivalent\b", re.IGNORECASE)
_REMARK = re.compile(r"^\W*(?:also\s+)?(?:do not accept|accept|allow|ignore|reject|not|note)\b", re.IGNORECASE)
_TOTAL = re.compile(
    rf"[\[(]?\s*(?:total|max(?:imum)?\.?)\s*:?\s*({NUM})\s*(?:{UNIT})?\s*[\])]?|[\[(]\s*({NUM})\s*{UNIT}\s*[\])]",
    re.IGNORECASE,
)


def read_points(name: str, text: str) -> SchemeEntry:
    """An entry for the question `name` whose model answer is `text`."""
    opening = re.match(rf"^\s*[\[(]\s*({NUM})\s*(?:{UNIT})\s*[\])]\s*", text, re.IGNORECASE)
    marks = number(opening[1]) if opening else None
    if opening:
        text = text[opening.end() :]
    points = list(_POINT.finditer(text))
    if any(point["marks"] for point in points):
        # Where marks are named as such, a number in brackets is code or a reference.
        points = [point for point in points if not point["plain"]]
    criteria = _criteria(text, points)
    plain = re.sub(r"[ \t]+", " ", _TOTAL.sub(" ", _without(text, points))).strip()
    if len(criteria) < 2:
        lone = criteria[0].marks if criteria and points and not text[points[-1].end() :].strip() else None
        return SchemeEntry(name, marks=marks if marks is not None else lone, model_answer=plain)
    return SchemeEntry(name, marks=marks, model_answer=plain, criteria=criteria)


def _without(text: str, points: list[re.Match[str]]) -> str:
    """The text without the marks of its points; a number in brackets that is none of them stays."""
    kept, at = [], 0
    for point in points:
        kept.append(text[at : point.start()])
        at = point.end()
    return " ".join([*kept, text[at:]])


def _criteria(text: str, points: list[re.Match[str]]) -> tuple[Criterion, ...]:
    criteria: list[Criterion] = []
    start = 0
    for point in [*points, None]:
        lines = text[start : point.start() if point else len(text)].split("\n")
        while lines and (not lines[0].strip() or (criteria and _REMARK.match(lines[0]))):
            remark = lines.pop(0)
            if criteria and (accepted := _accepted(remark)):
                criteria[-1] = replace(criteria[-1], accept=(*criteria[-1].accept, *accepted))
        if point is None:
            break
        start = point.end()
        if len(lines) > 1 and lines[0].rstrip().endswith(":"):
            lines.pop(0)  # "Any three of:" over the points
        said = _LEADING.sub("", " ".join(_TOTAL.sub(" ", " ".join(lines)).split()))
        if re.search(r"\w", said):
            words, *more = _ACCEPT.split(said)
            wordings = tuple(wording for part in more for wording in _wordings(part))
            criteria.append(Criterion(words.strip(" .;,").rstrip("(") or said, _worth(point), wordings))
    return tuple(criteria)


def _accepted(remark: str) -> tuple[str, ...]:
    """The wordings that a marker's remark allows; none where it forbids."""
    found = re.match(r"^\W*(?:also\s+)?(?:accept|allow)\b\s*:?\s*(.+)$", remark, re.IGNORECASE)
    return _wordings(found[1]) if found else ()


def _wordings(text: str) -> tuple[str, ...]:
    return tuple(said for piece in re.split(r"\s*[;/]\s*|\s+or\s+", text) if (said := piece.strip(" .()\"'“”")))


def _worth(point: re.Match[str]) -> float:
    said = point["plain"] or point["marks"] or point["code"] or point["board"] or point["dash"]
    if said is None:
        return float(len(re.findall(r"[✓✔]", point[0])))
    return number(said) * (int(point["times"]) if point["times"] else 1)
