"""A model answer's text read into criteria: the words before each "(1)" or "[1 mark]" earn that mark."""

import re

from core.assessment import Criterion, SchemeEntry
from grade.marks_printed import NUM, UNIT, number

_POINT = re.compile(
    rf"[\[(]\s*(?:(?P<plain>{NUM})|(?P<marks>{NUM})\s*{UNIT}[^)\]]{{0,20}}"
    rf"|[MABC](?P<code>\d))\s*[\])]\s*(?:[*x×]\s*(?P<times>\d))?"
    rf"|(?:[✓✔]\s*)+|\s[-–—=]\s*(?P<dash>{NUM})\s*{UNIT}(?=\s*(?:$|\n|[.;]))",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[\s;,.:•●▪‣*\-–—]+|[\s;,:]+$")
_ACCEPT = re.compile(r"(?:^|[\n.;(\[]\s*)(?:also\s+)?(?:accept|allow)\b\s*:?\s*|\bor equivalent\b", re.IGNORECASE)
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
    plain = re.sub(r"[ \t]+", " ", _POINT.sub(" ", _TOTAL.sub(" ", text))).strip()
    if len(criteria) < 2:
        lone = criteria[0].marks if criteria and points and not text[points[-1].end() :].strip() else None
        return SchemeEntry(name, marks=marks if marks is not None else lone, model_answer=plain)
    return SchemeEntry(name, marks=marks, model_answer=plain, criteria=criteria)


def _criteria(text: str, points: list[re.Match[str]]) -> tuple[Criterion, ...]:
    criteria: list[Criterion] = []
    start = 0
    for point in points:
        said = _LEADING.sub("", _TOTAL.sub(" ", text[start : point.start()]))
        said = _LEADING.sub("", " ".join(said.split()))
        start = point.end()
        if not re.search(r"\w", said):
            continue
        words = _ACCEPT.split(said)
        accepted = [
            piece for part in words[1:] for piece in re.split(r"\s*[;/]\s*|\s+or\s+", part.strip(" .()")) if piece
        ]
        criteria.append(Criterion(words[0].strip(" .;,(") or said, _worth(point), tuple(accepted)))
    return tuple(criteria)


def _worth(point: re.Match[str]) -> float:
    said = point["plain"] or point["marks"] or point["code"] or point["dash"]
    if said is None:
        return float(len(re.findall(r"[✓✔]", point[0])))
    return number(said) * (int(point["times"]) if point["times"] else 1)
