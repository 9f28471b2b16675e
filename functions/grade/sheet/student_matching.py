"""Whose sheet it is: what the upload says, or the sheet's own name line, each checked against the roster.

A label that came with the upload follows the rule of `core.models.roster`. A line on the sheet was read by OCR: a
name is matched although a letter or two were misread, but only where nobody else on the roster comes near (a name in
other than Latin, Greek or Cyrillic letters has to be there exactly); a number has to be there whole, look-alikes
aside. Who is not surely one of the roster is left to a person.
"""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.models.roster import Roster, Student, build_student_matcher, has_base_letters_only, normalize_name
from grade.language.lookalikes import fold_lookalikes

_MIN_SIMILARITY = 82.0
# By how much the best has to lead the next.
_MIN_LEAD = 8.0
_INITIAL_SIMILARITY = 90.0
_MIN_NUMBER_LENGTH = 3


@dataclass(frozen=True, slots=True)
class StudentMatch:
    """`label`: the student, None where nobody is known. `sure`: no person has to be asked."""

    label: str | None
    sure: bool


def match_student(declared: str | None, on_sheet: str | None, roster: Roster | None) -> StudentMatch:
    """`declared` is the upload's or the drop key's word, `on_sheet` the sheet's own name or number line."""
    if roster is None:
        # Without a roster a name line proves nothing.
        return StudentMatch(declared, declared is not None)
    found = _match_line(on_sheet, roster) if on_sheet else None
    if declared is None:
        return StudentMatch(found.label if found else None, found is not None)
    matched = build_student_matcher(roster).match(declared)
    if matched is None:
        return StudentMatch(declared, sure=False)
    # A sheet that names another of the class was perhaps uploaded under the wrong name.
    return StudentMatch(matched.label, sure=found is None or found == matched)


def _match_line(line: str, roster: Roster) -> Student | None:
    """The student whom the line names. A name and a number of two different students name neither."""
    by_number, by_name = _match_number(line, roster), _match_name(line, roster)
    if by_number and by_name and by_number != by_name:
        return None
    return by_number or by_name


def _match_number(line: str, roster: Roster) -> Student | None:
    written = {fold_lookalikes(_remove_separators(word)) for word in re.split(r"[\s,;:|]+", line)} | {
        fold_lookalikes(_remove_separators(line))
    }
    hits = [
        one
        for one in roster.students
        if len(_remove_separators(one.number)) >= _MIN_NUMBER_LENGTH
        and fold_lookalikes(_remove_separators(one.number)) in written
    ]
    return hits[0] if len(hits) == 1 else None


def _match_name(line: str, roster: Roster) -> Student | None:
    ranked = sorted(
        ((_name_similarity(line, one.name), index) for index, one in enumerate(roster.students)), reverse=True
    )
    if not ranked or ranked[0][0] < _MIN_SIMILARITY:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MIN_LEAD:
        return None
    return roster.students[ranked[0][1]]


def _name_similarity(line: str, name: str) -> float:
    """0 to 100: how well each part of the name is found among the words of the line, in any order."""
    written, parts = normalize_name(line).split(), normalize_name(name).split()
    if not written or not parts:
        return 0.0
    if len(parts) == 1 and len(written) > 1:
        return _similarity(normalize_name(line), normalize_name(name))
    best = [max((_word_similarity(part, word), len(word)) for word in written) for part in parts]
    # Initials alone are nobody yet.
    if all(
        min(len(part), length) == 1 and has_base_letters_only(part)
        for part, (_, length) in zip(parts, best, strict=True)
    ):
        return 0.0
    return sum(score for score, _ in best) / len(best)


def _word_similarity(part: str, word: str) -> float:
    if (len(word) == 1 or len(part) == 1) and has_base_letters_only(part):
        return _INITIAL_SIMILARITY if word[0] == part[0] else 0.0
    return _similarity(part, word)


def _similarity(one: str, other: str) -> float:
    """0 to 100; a name in a script whose characters are syllables or words is read exactly or not at all."""
    if not all(has_base_letters_only(part) for part in one.split()):
        return 100.0 if one == other else 0.0
    return float(fuzz.ratio(one, other))


def _remove_separators(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
