"""Headings that part a paper: `Section A`, `PART II – Essays`, and those without a label ("Short answers")."""

import re
from dataclasses import dataclass

from grade.paper.numbering import roman
from grade.paper.pieces import Piece
from grade.paper.rows import GAP

_LABELLED = re.compile(
    r"^[\W_]{0,3}(section|part|group|module|unit|division|sec\.)\s*[-–—:.]?\s*[\[(\"'‘“]?\s*"
    r"([A-Ha-h]|[IVX]{1,4}|\d{1,2}|one|two|three|four|five)(?![\w])[\])\"'’”]?(.*)$",
    re.IGNORECASE | re.DOTALL,
)
_TOPIC = re.compile(
    r"^(?:[*#]\s?)?(?:multiple[- ]choice|mcqs?\b|objective\b|subjective\b|(?:very )?short[- ](?:answer|essay"
    r"|question|note)s?"
    r"|long[- ](?:answer|essay|question)s?|extended[- ](?:answer|response)|structured (?:questions|response)"
    r"|essay\b|true\s*(?:/|or|and)\s*false|fill[- ]in(?:g)?\b|match(?:ing)? (?:the|type|questions|items)"
    r"|(?:programming|numerical|theory|practical|descriptive|application|reading|writing|grammar|comprehension|problem)"
    r"(?:[- ]solving)? (?:questions|problems|section|type)"
    r"|answer (?:all|any|the following|these|each)\b|choose the (?:correct|right|best)|state (?:whether|true)"
    r"|one[- ]word answers?)",
    re.IGNORECASE,
)
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Heading:
    """`index`: its place among the pieces. `keyword` and `name` are empty for a heading without a label."""

    index: int
    keyword: str
    name: str
    label: str
    text: str

    @property
    def value(self) -> int:
        if self.name.isdigit():
            return int(self.name)
        return (roman(self.name) if self.keyword and self._is_roman else None) or ord(self.name[:1].upper() or "A") - 64

    @property
    def _is_roman(self) -> bool:
        return len(self.name) > 1 or self.name.upper() in "IVX"


def find_headings(pieces: list[Piece]) -> list[Heading]:
    found = [heading for index, piece in enumerate(pieces) if (heading := _heading(pieces, index, piece)) is not None]
    return _credible(found)


def _heading(pieces: list[Piece], index: int, piece: Piece) -> Heading | None:
    if not piece.opens:
        return None
    text = piece.whole.replace(GAP, "  ").strip()
    if (match := _LABELLED.match(text)) and _stands_alone(match[1], match[2], match[3]):
        keyword = match[1].lower().rstrip(".")
        keyword = "section" if keyword == "sec" else keyword
        name = match[2].lower()
        name = str(_NUMBER_WORDS[name]) if name in _NUMBER_WORDS else match[2].upper()
        return Heading(index, keyword, name, f"{keyword.capitalize()} {name}", match[3].strip(" \t-–—:.,|"))
    if not piece.tokens and len(text) <= 160 and _TOPIC.match(text) and _number_follows(pieces, index):
        return Heading(index, "", "", text, text)
    return None


def _stands_alone(keyword: str, name: str, rest: str) -> bool:
    """A heading, not a sentence that speaks of a section ("Section A has ten questions")."""
    if name.islower() and len(name) == 1 and rest.strip():
        return False
    if not rest.strip():
        return not (keyword.islower() and name.islower())
    if re.match(r"\s*(?:,|and\b|or\b|&|to\b|/)", rest):
        return False
    if re.match(r"\s*[:–—.(\[|-]|\t|\s{2,}", rest):
        return True
    return bool(re.match(r"\s+[A-Z(\[]", rest)) and keyword[0].isupper()


def _number_follows(pieces: list[Piece], index: int) -> bool:
    """Whether the next label under a heading is a question's number: one without it is part of a question."""
    here = pieces[index]
    for piece in pieces[index + 1 : index + 9]:
        if piece.tokens and piece.opens:
            is_number = piece.tokens[0].values[0][0].value == "number"
            return is_number and here.left <= piece.left + here.row.width * 0.6 and here.row.indent <= _centre_or(piece)
    return False


def _centre_or(piece: Piece) -> float:
    return max(piece.row.indent + 0.02, 0.3)


def _credible(found: list[Heading]) -> list[Heading]:
    """Without labelled headings that stand alone in their keyword and are not the first of a list."""
    kept = []
    for heading in found:
        same = {other.name for other in found if other.keyword == heading.keyword}
        if not heading.keyword or len(same) > 1 or heading.name in ("A", "I", "1"):
            kept.append(heading)
    return kept
