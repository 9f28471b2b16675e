"""Which student of a class list a label names: one rule for grading, tables, gradebooks, feedback and the command line.

A label is what somebody wrote on purpose: with an upload, as a file's name, or as the list itself has it. It names a
student by the list's own label, by the name or by the number, or by name and number together. Case, signs, the order of
the words and the accents of Latin, Greek and Cyrillic letters do not matter, so that "maya-lind", "Lind, Maya" and
"Maya Lind" are one. All words have to be there, and a label that fits two students names neither. What was read off a
sheet by OCR is judged in `grade.sheet.whose`, which allows for misread letters and ends in a label of the list.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.roster import Roster, Student

# Letters that Unicode does not take apart into a base letter and an accent.
_BASE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng"}
)
# How names are written where a keyboard or a file system has no such letter.
_LONG_FORMS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Letters of their own, although Unicode takes them apart into another letter and a mark.
_CYRILLIC_LETTERS = frozenset("йїўѓќ")
_VARIATION_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_APOSTROPHES = re.compile(r"['’ʼ`´]")


def plain(text: str) -> str:
    """Without accents, case and signs, so that "José-María" and "jose maria" are one.

    Only Latin, Greek and Cyrillic letters lose their accents. In other scripts a mark makes another letter or is a
    vowel ("だ" is not "た"), so a name in them keeps its marks.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold().translate(_BASE_LETTERS))
    letters: list[str] = []
    keeps_marks = False
    for char in folded:
        category = unicodedata.category(char)
        if category == "Cf" or _VARIATION_SELECTOR.match(char):
            continue  # nobody sees it
        if category.startswith("M"):
            letters.append(char if keeps_marks else "")
            continue
        base = _base_letter(char)
        keeps_marks = char.isalpha() and base is None
        letters.append(base or (char if char.isalnum() else " "))
    return " ".join("".join(letters).split())


@lru_cache(maxsize=4096)
def _base_letter(char: str) -> str | None:
    """A Latin, Greek or Cyrillic letter without its accents; None for any other character."""
    if char in _CYRILLIC_LETTERS:
        return char
    base = unicodedata.normalize("NFD", char)[0]
    return base if unicodedata.name(base, "").startswith(("LATIN ", "GREEK ", "CYRILLIC ")) else None


def has_base_letters_only(word: str) -> bool:
    """Whether a word of `plain` is written in Latin, Greek or Cyrillic letters (and digits). In other scripts a
    character is a syllable or a word, and one that differs makes another name."""
    return all(_base_letter(char) for char in word if not char.isdecimal())


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
