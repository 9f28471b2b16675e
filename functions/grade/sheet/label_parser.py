"""Parses labels as students write them and OCR misreads them.

Every stretch of text that may be a label gets all readings that it could have, each with a cost. The choice between
them is made later, on the sheet as a whole (`label_decoder`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.models.question_labels import QuestionPath
from grade.lazy_pattern import LazyPattern


@dataclass(frozen=True, slots=True)
class LabelReading:
    """One reading of a label: its steps, the cost of accepting it, and its end in the line.

    `is_relative`: it names only a part, which belongs to the open question. `style`: its form: "Q" (with a word), "1)",
    "1.1", "1a", "A1", "a)", "1" (without punctuation) or "section".
    """

    path: QuestionPath
    cost: float
    end: int
    style: str
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class LabelSpan:
    """A stretch of a line, from `start`, that may be a label.

    `skip_cost`: the cost of taking it for no label. `is_inline`: it is inside the line, not at its start. `is_section`:
    a section's heading, which opens no question.
    """

    start: int
    readings: tuple[LabelReading, ...]
    skip_cost: float
    is_inline: bool = False
    is_section: bool = False


_NUM = r"[\dlIiOoSsBbZz|]{1,3}"
_CLOSE = r"(?:[).:\]}>,;|→]|[-–—](?!\s?\d(?!\d?[.)]\s))>?|(?<=\d)[-–—](?=\s+\d))"
_OPEN = r"[(\[{<]"
_WORD = r"(?:q\s?uestions?|quest|ques|q\s?ue|qus|qstn|qn|q|ans(?:wer)?s?(?:\s*(?:to|of|no|for))?|sol(?:ution)?|no)"
# A cheap check first: most labels are a number alone.
_MAY_BE_WORD = re.compile(r"\W*(?:q|ans|sol|no)", re.IGNORECASE)
_QUESTION = LazyPattern(
    rf"{_OPEN}?\s?{_WORD}\s*[.,:)#\-]?\s*(?:(?:{_WORD})\s*[.,:)#\-]?\s*)?{_OPEN}?\s?(?P<num>{_NUM})(?![A-Za-z]{{3}})\s?{_CLOSE}*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(rf"(?:{_OPEN}\s?(?P<open>{_NUM})\s?[)\]}}>]|(?P<num>{_NUM})\s?{_CLOSE}+)(?!\d)")
_TIGHT = re.compile(r"(?P<num>\d{1,2})[.)](?=\d)")
_STEP = r"[\dlIOoZS]{1,2}"
_DOTTED = LazyPattern(
    rf"(?i:{_WORD}\s?[.:]?\s?)?(?=[lIOoZS.,]{{0,4}}\d)(?P<path>{_STEP}(?:[.,]{_STEP}){{1,3}})(?:[.,):]+|(?=\s|$))"
)
_MISREAD = re.compile(r"(?P<num>[lIiOoSsBZz|]{1,2})(?=\s?[(\[][a-z]{1,3}[)\]])")
_GLUED_ROMAN = LazyPattern(
    rf"(?:{_WORD}\s?[.:]?\s?)?(?P<num>\d{{1,2}})\s?\.?(?P<part>[ivx]{{2,4}})\s?[).:\]]", re.IGNORECASE
)
_BARE = re.compile(r"(?P<num>\d{1,2})(?=\s|$|[(\[a-h])")
_SECTIONED = LazyPattern(
    rf"(?i:{_WORD})?\s*[.:]?\s?{_OPEN}?(?P<section>[A-H])\s?[).\-]?\s?{_OPEN}?(?P<num>\d{{1,2}})(?:\s?{_CLOSE}+|(?=\s|$|[(\[]|[a-h][).:]))"
)
_ROMAN_OUTER = LazyPattern(
    rf"(?i:{_WORD})?\s*[.:]?\s?{_OPEN}?(?P<roman>[IVX]{{1,4}})\s?{_CLOSE}*\s?(?:{_OPEN}\s?(?P<open>\d{{1,2}})\s?[)\]]|(?P<num>\d{{1,2}})\s?{_CLOSE})"
)
_MAY_BE_SECTION = re.compile(r"\W*[spg]", re.IGNORECASE)
_SECTION = LazyPattern(r"\W*(?:section|part|group)\s*[-–—:.]?\s*[\"'(]?([A-H]|[IVX]{1,3}|\d)[\"')]?\W*$", re.IGNORECASE)
_PART = re.compile(
    rf"\s{{0,3}}(?:{_OPEN}\s?(?P<inside>[A-Za-z0-9|]{{1,4}})\s?[)\]}}>]\s?[.:]?|(?P<closed>[A-Za-z0-9"
    rf"|]{{1,4}})\s?{_CLOSE})"
)
_LOOSE_PART = re.compile(r"\s?(?P<part>[a-h]|[ivx]{2,3})(?=\s|$)")

_DIGITS = {
    "l": "1", "I": "1", "i": "1", "|": "1", "o": "0", "O": "0", "s": "5", "S": "5", "B": "8", "b": "6",
    "z": "2", "Z": "2",
}  # fmt: skip
_LETTERS = {
    "0": "o", "o": "a", "6": "b", "8": "b", "1": "i", "l": "i", "|": "i", "cl": "d", "u": "a", "e": "c", "q": "a",
    "9": "g", "4": "a", "11": "ii", "ll": "ii", "il": "ii", "li": "ii", "111": "iii", "lll": "iii", "iil": "iii",
    "lii": "iii", "lv": "iv", "1v": "iv", "n": "ii", "t": "i", "h": "b", "5": "s", "ci": "d", "a1": "a", "ü": "ii",
}  # fmt: skip
_PROSE = LazyPattern(r"\W*(?:(?:ans(?:wer)?s?|sol(?:ution)?|no)\s+(?:is|so|oil|ill|lo)|no\s+I)\s+[a-z]", re.IGNORECASE)

_ScoredReadings = Iterator[tuple[LabelReading, float]]
"""Readings, each with its strength: how much it looks like a label, on the scale of `skip_cost`."""


def find_leading_label(text: str) -> LabelSpan | None:
    """The label that the line may start with."""
    lead = len(text) - len(text.lstrip())
    if _MAY_BE_SECTION.match(text) and (found := _SECTION.match(text)):
        return LabelSpan(
            0, (LabelReading((_normalize_step(found[1]),), 0.0, len(text), "section"),), 4.0, is_section=True
        )
    readings, skip_cost = _parse_label(text[lead:])
    if not readings:
        return None
    return LabelSpan(lead, tuple(replace(reading, end=reading.end + lead) for reading in readings), skip_cost)


def find_inline_labels(text: str, start: int) -> Iterator[LabelSpan]:
    """Labels inside a line, after a space, from `start` on: "1. B  2. C  3. True", "a) false b) true"."""
    for gap in re.finditer(r"(?<=[\s,;])(?=[(\[]?[A-Za-z\d])", text[start:]):
        at = start + gap.start()
        wide = text[:at].endswith(("   ", "\t"))
        found, _ = _parse_label(text[at:])
        kept = [
            replace(
                reading,
                end=reading.end + at,
                cost=reading.cost + (0.3 if wide else 0.7 if reading.is_relative else 1.0),
            )
            for reading in found
            if wide or _is_closed(text[at : at + reading.end])
        ]
        if kept:
            yield LabelSpan(at, tuple(kept), 1.6 if wide else 0.9, is_inline=True)


def _is_closed(label: str) -> bool:
    return label.rstrip()[-1:] in ").:]}" or bool(re.match(r"q(?:uestion)?\s?\d", label, re.IGNORECASE))


def _parse_label(text: str) -> tuple[list[LabelReading], float]:
    """All readings of the label at the start of the text, the cheapest of each meaning, and the skip cost."""
    best: dict[tuple[QuestionPath, bool], LabelReading] = {}
    skip_cost = 0.0
    for parse in (
        _parse_word_label,
        _parse_numbered,
        _parse_number_with_roman,
        _parse_dotted,
        _parse_section_number,
        _parse_roman_number,
        _parse_bare_number,
        _parse_part,
    ):
        for reading, strength in parse(text):
            key = (reading.path, reading.is_relative)
            if key not in best or reading.cost < best[key].cost:
                best[key] = reading
            skip_cost = max(skip_cost, strength - min(reading.cost, 1.0))
    return list(best.values()), skip_cost


def _parse_word_label(text: str) -> _ScoredReadings:
    if not _MAY_BE_WORD.match(text):
        return
    found = _QUESTION.match(text)
    if found is None or _is_prose(text):
        return
    for number, cost in _possible_numbers(found["num"]):
        yield from _extend_with_parts(text, LabelReading(number, cost, found.end(), "Q"), 5.0)


def _is_prose(text: str) -> bool:
    """Whether the line starts with words whose letters could be misread digits: "answer is because", "no I do not"."""
    found = _PROSE.match(text)
    return found is not None and found[0][-1].islower()


def _parse_numbered(text: str) -> _ScoredReadings:
    if found := _MISREAD.match(text):
        for number, cost in _possible_numbers(found["num"]):
            yield from _extend_with_parts(text, LabelReading(number, cost, found.end(), "1"), 1.4)
    if found := _NUMBERED.match(text):
        written = found["open"] or found["num"]
        strength = 3.0 if re.search(r"[\dlI|]", written) else 1.4
        for number, cost in _possible_numbers(written):
            yield from _extend_with_parts(text, LabelReading(number, cost, found.end(), "1)"), strength)
        if written in _LETTERS and written.isdigit():
            yield LabelReading((_LETTERS[written],), 1.0, found.end(), "a)", is_relative=True), 1.8
    elif found := _TIGHT.match(text):
        yield LabelReading((_normalize_step(found["num"]),), 0.8, found.end(), "1)"), 1.8


def _parse_number_with_roman(text: str) -> _ScoredReadings:
    """`11ii)`: a number directly followed by a Roman part."""
    if found := _GLUED_ROMAN.match(text):
        yield LabelReading((_normalize_step(found["num"]), found["part"].lower()), 0.0, found.end(), "1a"), 3.0


def _parse_dotted(text: str) -> _ScoredReadings:
    if found := _DOTTED.match(text):
        # A comma for a dot or a letter for a digit costs, so that a path which the paper lacks is no label.
        written = found["path"].replace(",", ".")
        wrong = sum(character.isalpha() for character in written) + (written != found["path"])
        path = tuple(_normalize_step("".join(_DIGITS.get(c, c) for c in step)) for step in written.split("."))
        yield from _extend_with_parts(text, LabelReading(path, 0.4 * wrong, found.end(), "1.1"), 1.6)


def _parse_section_number(text: str) -> _ScoredReadings:
    if found := _SECTIONED.match(text):
        path = (found["section"].lower(), _normalize_step(found["num"]))
        yield from _extend_with_parts(text, LabelReading(path, 0.0, found.end(), "A1"), 2.5)


def _parse_roman_number(text: str) -> _ScoredReadings:
    """`III. (2)`: the second question under a Roman number."""
    if found := _ROMAN_OUTER.match(text):
        path = (found["roman"].lower(), _normalize_step(found["open"] or found["num"]))
        yield from _extend_with_parts(text, LabelReading(path, 0.0, found.end(), "A1"), 2.5)


def _parse_bare_number(text: str) -> _ScoredReadings:
    found = _BARE.match(text)
    if found is None:
        return
    fills_line = not text[found.end() :].strip()
    for reading, strength in _extend_with_parts(
        text, LabelReading((_normalize_step(found["num"]),), 0.0, found.end(), "1"), 0.6
    ):
        yield reading, 1.0 if fills_line else strength


def _parse_part(text: str) -> _ScoredReadings:
    found = _PART.match(text)
    if found is None:
        return
    written = found["inside"] or found["closed"]
    for part, cost in _possible_parts(written):
        reading = LabelReading((part,), cost, found.end(), "a)", is_relative=True)
        yield from _extend_with_parts(text, reading, 2.2 if found["inside"] else 1.8, closed_only=True)


def _extend_with_parts(
    text: str, reading: LabelReading, strength: float, *, closed_only: bool = False
) -> _ScoredReadings:
    """The reading, and those with the parts that follow on the same line: "2 (a) (i)"."""
    yield reading, strength
    if len(reading.path) >= 4:
        return
    rest = text[reading.end :]
    found = _PART.match(rest)
    if found is not None:
        for part, cost in _possible_parts(found["inside"] or found["closed"]):
            capital = 0.6 if (found["inside"] or found["closed"]).isupper() else 0.0
            longer = replace(
                reading, path=(*reading.path, part), cost=reading.cost + cost + capital, end=reading.end + found.end()
            )
            yield from _extend_with_parts(
                text, _mark_as_joined(longer), max(strength, 2.2) + 0.8, closed_only=closed_only
            )
    elif not closed_only and (loose := _LOOSE_PART.match(rest)):
        space = 0.3 if loose[0].startswith(" ") else 0.0
        longer = replace(
            reading, path=(*reading.path, loose["part"]), cost=reading.cost + space, end=reading.end + loose.end()
        )
        yield _mark_as_joined(longer), strength + 0.8


def _mark_as_joined(reading: LabelReading) -> LabelReading:
    return replace(reading, style="1a") if reading.style == "1" else reading


def _normalize_step(text: str) -> str:
    return str(int(text)) if text.isdigit() and text.isascii() else text.lower()


def _possible_numbers(written: str) -> Iterator[tuple[QuestionPath, float]]:
    """The numbers that these characters may stand for, each with its cost; also with a part letter joined to it."""
    wrong = sum(1 for character in written if not character.isdigit())
    digits = "".join(_DIGITS.get(character, character) for character in written)
    if digits.isdigit() and int(digits):
        cost = 0.5 * wrong + (0.4 if wrong == len(written) else 0.0)
        yield (_normalize_step(digits),), cost
        if wrong and len(digits) == 3 and "11" in digits:
            # A vertical stroke read twice: "Qll1" for Q11.
            yield (_normalize_step(digits.replace("11", "1", 1)),), cost + 0.3
    head = "".join(_DIGITS.get(character, character) for character in written[:-1])
    if len(written) > 1 and written[-1].isalpha() and head.isdigit() and int(head):
        strokes = sum(1 for character in written[:-1] if not character.isdigit())
        for part, cost in _possible_parts(written[-1]):
            yield (_normalize_step(head), part), 0.2 + cost + 0.3 * strokes


def _possible_parts(written: str) -> Iterator[tuple[str, float]]:
    """The parts that these characters may stand for, each with its cost."""
    lowered = written.lower()
    if written.isalpha() and (len(written) == 1 or re.fullmatch(r"[ivx]+", lowered)):
        yield lowered, 0.0
    if written.isdigit() and written.isascii() and int(written):
        yield _normalize_step(written), 0.4
    corrected = _LETTERS.get(written) or _LETTERS.get(lowered)
    if corrected and corrected != lowered:
        yield corrected, 1.0
