"""Whose sheet it is: what the upload says, or the sheet's own name line, each checked against the roster.

A label that came with the upload follows the rule of `core.student_matching`. A line on the sheet was read by OCR: a
name is matched although a letter or two were misread, but only where nobody else on the roster comes near (a name in
other than Latin, Greek or Cyrillic letters has to be there exactly); a number has to be there whole, look-alikes
aside. Who is not surely one of the roster is left to a person.
"""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.roster import Roster, Student
from core.student_matching import has_base_letters_only, matcher, plain
from grade.words.lookalikes import shape

_LIKE = 82.0
# By how much the best has to lead the next.
_LEAD = 8.0
_INITIAL = 90.0
_SHORTEST_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Owner:
    """`label`: the student, None where nobody is known. `sure`: no person has to be asked."""

    label: str | None
    sure: bool


def whose(declared: str | None, on_sheet: str | None, roster: Roster | None) -> Owner:
    """`declared` is the upload's or the drop key's word, `on_sheet` the sheet's own name or number line."""
    if roster is None:
        # Without a roster a name line proves nothing.
        return Owner(declared, declared is not None)
    found = _found(on_sheet, roster) if on_sheet else None
    if declared is None:
        return Owner(found.label if found else None, found is not None)
    meant = matcher(roster).match(declared)
    if meant is None:
        return Owner(declared, sure=False)
    # A sheet that names another of the class was perhaps uploaded under the wrong name.
    return Owner(meant.label, sure=found is None or found == meant)


def _found(line: str, roster: Roster) -> Student | None:
    """The student whom the line names. A name and a number of two different students name neither."""
    by_number, by_name = _by_number(line, roster), _by_name(line, roster)
    if by_number and by_name and by_number != by_name:
        return None
    return by_number or by_name


def _by_number(line: str, roster: Roster) -> Student | None:
    written = {shape(_squeezed(word)) for word in re.split(r"[\s,;:|]+", line)} | {shape(_squeezed(line))}
    hits = [
        one
        for one in roster.students
        if len(_squeezed(one.number)) >= _SHORTEST_NUMBER and shape(_squeezed(one.number)) in written
    ]
    return hits[0] if len(hits) == 1 else None


def _by_name(line: str, roster: Roster) -> Student | None:
    ranked = sorted(((_likeness(line, one.name), index) for index, one in enumerate(roster.students)), reverse=True)
    if not ranked or ranked[0][0] < _LIKE:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _LEAD:
        return None
    return roster.students[ranked[0][1]]


def _likeness(line: str, name: str) -> float:
    """0 to 100: how well each part of the name is found among the words of the line, in any order."""
    written, parts = plain(line).split(), plain(name).split()
    if not written or not parts:
        return 0.0
    if len(parts) == 1 and len(written) > 1:
        return _ratio(plain(line), plain(name))
    best = [max((_alike(part, word), len(word)) for word in written) for part in parts]
    # Initials alone are nobody yet.
    if all(
        min(len(part), length) == 1 and has_base_letters_only(part)
        for part, (_, length) in zip(parts, best, strict=True)
    ):
        return 0.0
    return sum(score for score, _ in best) / len(best)


def _alike(part: str, word: str) -> float:
    if (len(word) == 1 or len(part) == 1) and has_base_letters_only(part):
        return _INITIAL if word[0] == part[0] else 0.0
    return _ratio(part, word)


def _ratio(one: str, other: str) -> float:
    """0 to 100; a name in a script whose characters are syllables or words is read exactly or not at all."""
    if not all(has_base_letters_only(part) for part in one.split()):
        return 100.0 if one == other else 0.0
    return float(fuzz.ratio(one, other))


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
