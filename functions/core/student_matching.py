"""Which student of a class list a label names: one rule for grading, tables, gradebooks, feedback and the command line.

A label is what somebody wrote on purpose: with an upload, as a file's name, or as the list itself has it. It names a
student by the list's own label, by the name or by the number, or by name and number together. Case, accents, signs and
the order of the words do not matter, so that "maya-lind", "Lind, Maya" and "Maya Lind" are one. All words have to be
there, and a label that fits two students names neither. What was read off a sheet by OCR is judged in
`grade.sheet.whose`, which allows for misread letters and ends in a label of the list.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from core.roster import Roster, Student

# Letters that Unicode does not take apart into a base letter and an accent.
_BASE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng"}
)
# How names are written where a keyboard or a file system has no such letter.
_LONG_FORMS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_APOSTROPHES = re.compile(r"['’ʼ`´]")


def plain(text: str) -> str:
    """Without accents, case and signs, so that "José-María" and "jose maria" are one."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_BASE_LETTERS))
    # Accents, and signs that nobody sees (soft hyphens, zero-width spaces).
    letters = "".join(sign for sign in decomposed if unicodedata.category(sign) not in ("Mn", "Cf"))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def _spellings(text: str) -> set[tuple[str, ...]]:
    """The words of a text in alphabetical order, in every spelling that is usual ("Müller" as Muller and Mueller)."""
    whole = unicodedata.normalize("NFKC", text).casefold()
    forms = {whole, whole.translate(_LONG_FORMS)}
    forms |= {_APOSTROPHES.sub("", form) for form in forms}
    found = {tuple(sorted(plain(form).split())) for form in forms}
    return found - {()}


@dataclass(frozen=True, slots=True)
class StudentMatcher:
    """A class list, prepared for many labels. Built by `matcher`."""

    labels: Mapping[str, Student]
    numbers: Mapping[str, frozenset[Student]]
    spellings: Mapping[tuple[str, ...], frozenset[Student]]

    def match(self, label: str) -> Student | None:
        """The one student whom the label names; None where that is nobody, or might be two."""
        exact = self.labels.get(unicodedata.normalize("NFC", label))
        if exact is not None:
            return exact
        found = {student for words in _spellings(label) for student in self.spellings.get(words, ())}
        found |= self.numbers.get(plain(label), frozenset())
        return found.pop() if len(found) == 1 else None


def matcher(roster: Roster) -> StudentMatcher:
    numbers: dict[str, set[Student]] = {}
    spellings: dict[tuple[str, ...], set[Student]] = {}
    for student in roster.students:
        number = plain(student.number)
        if number:
            numbers.setdefault(number, set()).add(student)
        for words in _spellings(student.label) | _spellings(student.name):
            spellings.setdefault(words, set()).add(student)
            spellings.setdefault(tuple(sorted((*words, *number.split()))), set()).add(student)
    return StudentMatcher(
        labels={unicodedata.normalize("NFC", student.label): student for student in roster.students},
        numbers={number: frozenset(students) for number, students in numbers.items()},
        spellings={words: frozenset(students) for words, students in spellings.items()},
    )
