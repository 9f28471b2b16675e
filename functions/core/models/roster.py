"""Rosters: the students of an assessment, and matching of labels to them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Student:
    """A student of the roster. `label` identifies the student everywhere; `name` and `number` may be on a sheet."""

    label: str
    name: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """The students of one assessment. Labels are unique."""

    students: tuple[Student, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"students": [{"label": one.label, "name": one.name, "number": one.number} for one in self.students]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(tuple(Student(one["label"], one["name"], one["number"]) for one in data["students"]))


def roster_key(tenant: str, assessment: str) -> str:
    """Return the S3 key of a roster.

    All versions share one key: they contain names, and a lifecycle rule of the bucket removes old versions.
    """
    return f"assessments/{tenant}/{assessment}/roster.json"


# Letters that Unicode does not decompose into a base letter and an accent.
_BASE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng"}
)
# Substitutes where a keyboard or a file system does not have the letter.
_LONG_FORMS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Distinct letters, although Unicode decomposes them into another letter and a mark.
_CYRILLIC_LETTERS = frozenset("йїўѓќ")
_VARIATION_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_APOSTROPHES = re.compile(r"['’ʼ`´]")


def normalize_name(text: str) -> str:
    """Return the name without accents, case and punctuation, so that "José-María" and "jose maria" are equal.

    Only Latin, Greek and Cyrillic letters lose their accents. In other scripts a mark makes another letter or is a
    vowel ("だ" is not "た"), so names in them keep their marks.
    """
    normalized = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold().translate(_BASE_LETTERS))
    letters: list[str] = []
    keeps_marks = False
    for char in normalized:
        category = unicodedata.category(char)
        if category == "Cf" or _VARIATION_SELECTOR.match(char):
            continue  # invisible
        if category.startswith("M"):
            letters.append(char if keeps_marks else "")
            continue
        base = _base_letter(char)
        keeps_marks = char.isalpha() and base is None
        letters.append(base or (char if char.isalnum() else " "))
    return " ".join("".join(letters).split())


@lru_cache(maxsize=4096)
def _base_letter(char: str) -> str | None:
    """Return a Latin, Greek or Cyrillic letter without its accents; None for any other character."""
    if char in _CYRILLIC_LETTERS:
        return char
    base = unicodedata.normalize("NFD", char)[0]
    return base if unicodedata.name(base, "").startswith(("LATIN ", "GREEK ", "CYRILLIC ")) else None


def has_base_letters_only(word: str) -> bool:
    """Whether a word of a normalized name has only Latin, Greek or Cyrillic letters and digits.

    In other scripts a character is a syllable or a word, and one different character makes another name.
    """
    return all(_base_letter(char) for char in word if not char.isdecimal())


def _name_spellings(text: str) -> set[tuple[str, ...]]:
    """Return the words of a text in alphabetical order, in each usual spelling ("Müller" as Muller and Mueller)."""
    casefolded = unicodedata.normalize("NFKC", text).casefold()
    forms = {casefolded, casefolded.translate(_LONG_FORMS)}
    forms |= {_APOSTROPHES.sub("", form) for form in forms}
    found = {tuple(sorted(normalize_name(form).split())) for form in forms}
    return found - {()}


@dataclass(frozen=True, slots=True)
class StudentMatcher:
    """An index of a roster for matching labels. Built by `build_student_matcher`."""

    labels: Mapping[str, Student]
    numbers: Mapping[str, frozenset[Student]]
    spellings: Mapping[tuple[str, ...], frozenset[Student]]

    def match(self, label: str) -> Student | None:
        """Return the student whom the label names; None if it names nobody, or might name two."""
        exact = self.labels.get(unicodedata.normalize("NFC", label))
        if exact is not None:
            return exact
        found = {student for words in _name_spellings(label) for student in self.spellings.get(words, ())}
        found |= self.numbers.get(normalize_name(label), frozenset())
        return found.pop() if len(found) == 1 else None


def build_student_matcher(roster: Roster) -> StudentMatcher:
    numbers: dict[str, set[Student]] = {}
    spellings: dict[tuple[str, ...], set[Student]] = {}
    for student in roster.students:
        number = normalize_name(student.number)
        if number:
            numbers.setdefault(number, set()).add(student)
        for words in _name_spellings(student.label) | _name_spellings(student.name):
            spellings.setdefault(words, set()).add(student)
            spellings.setdefault(tuple(sorted((*words, *number.split()))), set()).add(student)
    return StudentMatcher(
        labels={unicodedata.normalize("NFC", student.label): student for student in roster.students},
        numbers={number: frozenset(students) for number, students in numbers.items()},
        spellings={words: frozenset(students) for words, students in spellings.items()},
    )
