"""Matches a sheet to a student of the roster, by the upload's label or by the name line on the sheet.

A label that came with the upload follows the rule of `core.models.roster`. A line on the sheet was read by OCR: a name
matches although a letter or two were misread, but only if nobody else on the roster has a similar name (a name in
letters other than Latin, Greek or Cyrillic must match exactly). A number must match as a whole, except for look-alike
characters. A sheet without a certain match is left to a person.
"""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.models.roster import Roster, Student, build_student_matcher, has_base_letters_only, normalize_name
from grade.language.lookalikes import fold_lookalikes

_MIN_SIMILARITY = 82.0
# The lead that the best match needs over the second best.
_MIN_LEAD = 8.0
_INITIAL_SIMILARITY = 90.0
_MIN_NUMBER_LENGTH = 3


@dataclass(frozen=True, slots=True)
class StudentMatch:
    """`label`: the student, None where unknown. `certain`: no person has to check it."""

    label: str | None
    certain: bool


def match_student(declared: str | None, on_sheet: str | None, roster: Roster | None) -> StudentMatch:
    """Matches a sheet to its student.

    `declared`: the label given with the upload or in the drop key. `on_sheet`: the name or number line of the sheet.
    """
    if roster is None:
        # Without a roster a name line proves nothing.
        return StudentMatch(declared, declared is not None)
    found = _match_line(on_sheet, roster) if on_sheet else None
    if declared is None:
        return StudentMatch(found.label if found else None, found is not None)
    matched = build_student_matcher(roster).match(declared)
    if matched is None:
        return StudentMatch(declared, certain=False)
    # A sheet that names another student of the class may have been uploaded under the wrong name.
    return StudentMatch(matched.label, certain=found is None or found == matched)


def _match_line(line: str, roster: Roster) -> Student | None:
    """The student whom the line names; None where its name and its number belong to two different students."""
    by_number, by_name = _match_number(line, roster), _match_name(line, roster)
    if by_number and by_name and by_number != by_name:
        return None
    return by_number or by_name


def _match_number(line: str, roster: Roster) -> Student | None:
    written = {fold_lookalikes(_remove_separators(word)) for word in re.split(r"[\s,;:|]+", line)} | {
        fold_lookalikes(_remove_separators(line))
    }
    matches = [
        student
        for student in roster.students
        if len(_remove_separators(student.number)) >= _MIN_NUMBER_LENGTH
        and fold_lookalikes(_remove_separators(student.number)) in written
    ]
    return matches[0] if len(matches) == 1 else None


def _match_name(line: str, roster: Roster) -> Student | None:
    ranked = sorted(
        ((_name_similarity(line, student.name), index) for index, student in enumerate(roster.students)), reverse=True
    )
    if not ranked or ranked[0][0] < _MIN_SIMILARITY:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MIN_LEAD:
        return None
    return roster.students[ranked[0][1]]


def _name_similarity(line: str, name: str) -> float:
    """0 to 100: how well the parts of the name match words of the line, in any order."""
    written, parts = normalize_name(line).split(), normalize_name(name).split()
    if not written or not parts:
        return 0.0
    if len(parts) == 1 and len(written) > 1:
        return _similarity(normalize_name(line), normalize_name(name))
    best = [max((_word_similarity(part, word), len(word)) for word in written) for part in parts]
    # Initials alone identify nobody.
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
    """0 to 100; only 0 or 100 for a name in a script whose characters are syllables or words."""
    if not all(has_base_letters_only(part) for part in one.split()):
        return 100.0 if one == other else 0.0
    return float(fuzz.ratio(one, other))


def _remove_separators(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
