"""Parses labels as papers and answer keys print them: `1.`, `Q1`, `1.1.1`, `(a)(i)`, `Question 5 (b)`.

A label is parsed into tokens, outermost first. A letter can be ambiguous: `(i)` follows `(h)`, or opens a list of
Roman numbers. Its neighbours show which, so a token keeps both values.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

_NUMBER_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_QUESTION_WORD = r"(?:questions?|ques|que|qn|q|problem|exercise|exercice|task|aufgabe)"
_NUMBER_WORD = re.compile(rf"^{_QUESTION_WORD}\s*[.:#-]?\s*({'|'.join(_NUMBER_WORDS)})\b\s*[.:)\-–]?\s*", re.IGNORECASE)
_QUESTION = re.compile(
    rf"^[\[(]?{_QUESTION_WORD}\s*\.?\s*(?:no\b\s*)?[.:#\-–]?\s*(\d{{1,3}})(?![\d,])(?!\.\d)\s*(?:[.:)\]]|[-–](?=\s))*\s*",
    re.IGNORECASE,
)
_QUESTION_DOTTED = re.compile(
    rf"^{_QUESTION_WORD}\s*[.:#-]?\s*(\d{{1,2}}(?:\.\d{{1,2}}){{1,3}})[.:)]*\s+", re.IGNORECASE
)
_SPACED_ZERO = re.compile(r"^(0)\s+(\d)(?:\s*\.\s*(\d{1,2}))?(?=\s|$)\s*")
_DOTTED = re.compile(r"^\(?(\d{1,2}(?:\.\d{1,2}){1,3})(?:[.:)](?=\s|$|[A-Z(\[])|(?=[\s\t(]|$))\s*")
_NUMBER = re.compile(r"^(?:\((\d{1,3})\)|\[(\d{1,3})\]|(\d{1,3})\s?(\)|[.:](?!\d)))\s*")
_BARE = re.compile(r"^(\d{1,3})(?=\t|\s|$|\()\s*")
_NUMBER_AND_LETTER = re.compile(r"^(\d{1,2})\s?[.]?([a-h])(?:[).:]+|(?=\s))\s*")
_LETTER = re.compile(
    r"^(?:\(\s?([A-Za-z])\s?\)|\[([A-Za-z])\](?=\s|$)|([A-Za-z])\s?([).])(?![A-Za-z]\.))(?:[.:](?=\s))?\s*"
)
_ROMAN = re.compile(r"^(?:\(\s?([ivxl]{1,5}|[IVXl]{1,5})\s?\)|([ivxl]{1,5}|[IVXl]{1,5})\s?([).:]))\s*")
_MISREAD_NUMBER = re.compile(r"^(?=\D?\d)([\dlIO]{2,3})\s?([.)])(?!\d)\s*(?=\S)")
"""A number in which a one or a zero was read as a letter: "l2.", "1O)"."""
_LETTERS_TO_DIGITS = str.maketrans("lIO", "110")
_QUESTION_MISREAD = re.compile(r"^(?:q(?:uestion)?)\s*\.?\s*(?-i:[lI])\s*(?:[.:)]+\s*|(?=\s*\(a\))|$)", re.IGNORECASE)
_BARE_LETTER = re.compile(r"^([A-F])(?:\t|\s)\s*(?=\S)")
_SECTION_AND_NUMBER = re.compile(r"^([A-H])(\d{1,2})(?:\s?[.):]|(?=[\t\s(]))\s*")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


class LabelKind(StrEnum):
    NUMBER = "number"
    UPPER = "upper"
    LOWER = "lower"
    ROMAN_UPPER = "roman_upper"
    ROMAN_LOWER = "roman_lower"


@dataclass(frozen=True, slots=True)
class LabelToken:
    """One component of a label.

    `values` holds its position in its list for each kind that it can be read as ("i" is the 9th letter and the first
    Roman number). `style` is how it is set: "Q1", "1.", "(1)", "1)", "1", "1.1".
    """

    raw: str
    name: str
    values: tuple[tuple[LabelKind, int], ...]
    style: str

    def value(self, kind: LabelKind) -> int | None:
        return next((value for own, value in self.values if own is kind), None)


@dataclass(frozen=True, slots=True)
class LeadingLabel:
    """The label tokens at the start of a text, and the rest of the text."""

    tokens: tuple[LabelToken, ...]
    rest: str


def parse_roman(text: str) -> int | None:
    """Return the value of a Roman number up to 89, or None where the letters do not form one."""
    total = 0
    lowered = text.lower()
    for index, letter in enumerate(lowered):
        value = _ROMAN_DIGITS.get(letter)
        if value is None:
            return None
        following = _ROMAN_DIGITS.get(lowered[index + 1 : index + 2], 0)
        total += -value if following > value else value
    return total if to_roman(total) == lowered else None


def to_roman(value: int) -> str:
    steps = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    text = ""
    for size, letters in steps:
        while value >= size:
            text += letters
            value -= size
    return text


def parse_leading_label(text: str, *, bare: bool = True) -> LeadingLabel | None:
    """Return the label at the start of the text, or None.

    `bare`: a number or an upper-case letter with nothing after it counts as well.
    """
    outer = _parse_outer(text, bare)
    if outer is None:
        inner = _parse_inner(text)
        if inner is None:
            return _parse_bare_letter(text) if bare else None
        tokens, rest = [inner[0]], inner[1]
    else:
        tokens, rest = list(outer[0]), outer[1]
    while len(tokens) < 4 and (following := _parse_inner(rest)) is not None:
        tokens.append(following[0])
        rest = following[1]
    return LeadingLabel(tuple(tokens), rest.lstrip("\t "))


def _parse_bare_letter(text: str) -> LeadingLabel | None:
    """Parse `B  cell membrane`: an option whose letter is followed only by a space."""
    found = _BARE_LETTER.match(text)
    if found is None:
        return None
    value = ord(found[1]) - ord("A") + 1
    return LeadingLabel((LabelToken(found[0], found[1], ((LabelKind.UPPER, value),), "A"),), text[found.end() :])


def _number_token(raw: str, digits: str, style: str) -> LabelToken:
    return LabelToken(raw, str(int(digits)), ((LabelKind.NUMBER, int(digits)),), style)


def _parse_outer(text: str, bare: bool) -> tuple[tuple[LabelToken, ...], str] | None:  # noqa: PLR0911 - one line a style
    if found := _NUMBER_WORD.match(text):
        number = _NUMBER_WORDS.index(found[1].lower()) + 1
        return (_number_token(found[0], str(number), "Q1"),), text[found.end() :]
    if found := _QUESTION_DOTTED.match(text):
        return _dotted_tokens(found[0], found[1], "Q1"), text[found.end() :]
    if found := _QUESTION.match(text):
        return _with_attached_letter(_number_token(found[0], found[1], "Q1"), text[found.end() :])
    if found := _SECTION_AND_NUMBER.match(text):
        section = LabelToken(found[0], found[1], _letter_values(found[1])[:1], "A1")
        return (section, _number_token("", found[2], "A1")), text[found.end() :]
    if found := _SPACED_ZERO.match(text):
        first = _number_token(found[0], found[1] + found[2], "01")
        return ((first, _number_token("", found[3], "1.1")) if found[3] else (first,)), text[found.end() :]
    if found := _DOTTED.match(text):
        return _dotted_tokens(found[0], found[1], "1.1"), text[found.end() :]
    if found := _NUMBER_AND_LETTER.match(text):
        letter = LabelToken("", found[2], _letter_values(found[2]), "(a)")
        return (_number_token(found[0], found[1], "1a"), letter), text[found.end() :]
    if found := _NUMBER.match(text):
        style = "(1)" if found[1] else "[1]" if found[2] else f"1{found[4]}"
        token = _number_token(found[0], found[1] or found[2] or found[3], style)
        return (_with_roman_value(token) if found[1] else token,), text[found.end() :]
    if found := _MISREAD_NUMBER.match(text):
        digits = found[1].translate(_LETTERS_TO_DIGITS)
        return (_number_token(found[0], digits, f"1{found[2]}"),), text[found.end() :]
    if found := _QUESTION_MISREAD.match(text):
        return (_number_token(found[0], "1", "Q1"),), text[found.end() :]
    if bare and (found := _BARE.match(text)):
        return (_number_token(found[0], found[1], "1"),), text[found.end() :]
    return None


def _with_attached_letter(number: LabelToken, rest: str) -> tuple[tuple[LabelToken, ...], str]:
    """Parse `Question 5a`, `Q5 a`: a letter directly after the number."""
    found = re.match(r"^([a-h])(?=[).:\s]|$)[).:]*\s*", rest)
    if found is None or (number.raw.endswith((" ", ".", ":")) and not re.match(r"^[a-h][).:]", rest)):
        return (number,), rest
    return (number, LabelToken("", found[1], _letter_values(found[1]), "(a)")), rest[found.end() :]


def _dotted_tokens(raw: str, digits: str, style: str) -> tuple[LabelToken, ...]:
    first, *others = digits.split(".")
    return (_number_token(raw, first, style), *(_number_token("", other, "1.1") for other in others))


def _parse_inner(text: str) -> tuple[LabelToken, str] | None:
    """Parse what follows an outer label: a letter, a Roman number, or a number in brackets."""
    if (found := _ROMAN.match(text)) and len(found[1] or found[2]) > 1:
        letters = _correct_roman_letters(found[1] or found[2])
        value = parse_roman(letters)
        if value is not None:
            kind = LabelKind.ROMAN_UPPER if letters.isupper() else LabelKind.ROMAN_LOWER
            style = "(i)" if found[1] else f"i{found[3]}"
            values = [(kind, value)]
            if set(found[1] or found[2]) == {"l"}:
                values.append((LabelKind.ROMAN_UPPER, value))  # only strokes: the case is unknown
            return LabelToken(found[0], letters, tuple(values), style), text[found.end() :]
    if found := _LETTER.match(text):
        letter = found[1] or found[2] or found[3]
        style = "(a)" if found[1] else "[a]" if found[2] else f"a{found[4]}"
        return LabelToken(found[0], letter, _letter_values(letter), style), text[found.end() :]
    if found := re.match(r"^\((\d{1,2})\)\s*", text):
        return _with_roman_value(_number_token(found[0], found[1], "(1)")), text[found.end() :]
    return None


def _with_roman_value(number: LabelToken) -> LabelToken:
    """(1), (11), (111) may also be (i), (ii), (iii) that lost their dots."""
    if number.name not in ("1", "11", "111"):
        return number
    return replace(number, values=(*number.values, (LabelKind.ROMAN_LOWER, len(number.name))))


def _correct_roman_letters(letters: str) -> str:
    """Correct a Roman number whose strokes were read as lower-case L: "Ill" is III."""
    return letters.replace("l", "I" if any(letter.isupper() for letter in letters) else "i")


def _letter_values(letter: str) -> tuple[tuple[LabelKind, int], ...]:
    upper = letter.isupper()
    position = ord(letter.lower()) - ord("a") + 1
    values: list[tuple[LabelKind, int]] = [(LabelKind.UPPER if upper else LabelKind.LOWER, position)]
    if letter in "CKOPSUVWXZ":
        # The same shape in both cases: OCR may return (C) between (b) and (d).
        values.append((LabelKind.LOWER, position))
    if letter in "lI":
        # A single stroke may equally be a one or the first Roman number.
        values += [(LabelKind.NUMBER, 1), (LabelKind.ROMAN_LOWER, 1), (LabelKind.ROMAN_UPPER, 1)]
        return tuple(dict.fromkeys(values))
    number = parse_roman(letter)
    if number is not None and number <= 10:
        values.append((LabelKind.ROMAN_UPPER if upper else LabelKind.ROMAN_LOWER, number))
    return tuple(values)
