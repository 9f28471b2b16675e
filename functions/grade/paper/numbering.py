"""Labels as papers print them and students write them: `1.`, `Q1`, `1.1.1`, `(a)(i)`, `Question 5 (b)`.

A label is read into tokens, outermost first. A letter may be read in two ways: `(i)` follows `(h)`, or
opens a list of Roman numbers; which of the two it is shows in its neighbours, so a token keeps both.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    NUMBER = "number"
    UPPER = "upper"
    LOWER = "lower"
    ROMAN_UPPER = "roman_upper"
    ROMAN_LOWER = "roman_lower"


@dataclass(frozen=True, slots=True)
class Token:
    """One step of a label. `values` has its place in its list for each way that it can be read ("i" is the
    9th letter and the first Roman number). `style` is how it is set: "Q1", "1.", "(1)", "1)", "1", "1.1"."""

    raw: str
    name: str
    values: tuple[tuple[Kind, int], ...]
    style: str

    def value(self, kind: Kind) -> int | None:
        return next((value for own, value in self.values if own is kind), None)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text that opens with a label."""

    tokens: tuple[Token, ...]
    rest: str


_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_QUESTION_WORD = r"(?:questions?|ques|que|qn|q|problem|exercise|exercice|task|aufgabe)"
_NUMBER_WORD = re.compile(rf"^{_QUESTION_WORD}\s*[.:#-]?\s*({'|'.join(_WORDS)})\b\s*[.:)\-–]?\s*", re.IGNORECASE)
_QUESTION = re.compile(
    rf"^[\[(]?{_QUESTION_WORD}\s*\.?\s*(?:no\b\s*)?[.:#\-–]?\s*(\d{{1,3}})(?![\d,])(?!\.\d)\s*(?:[.:)\]]|[-–](?=\s))*\s*",
    re.IGNORECASE,
)
_QUESTION_DOTTED = re.compile(
    rf"^{_QUESTION_WORD}\s*[.:#-]?\s*(\d{{1,2}}(?:\.\d{{1,2}}){{1,3}})[.:)]*\s+", re.IGNORECASE
)
_SPACED = re.compile(r"^(0)\s+(\d)(?:\s*\.\s*(\d{1,2}))?(?=\s|$)\s*")
_DOTTED = re.compile(r"^\(?(\d{1,2}(?:\.\d{1,2}){1,3})(?:[.:)](?=\s|$|[A-Z(\[])|(?=[\s\t(]|$))\s*")
_NUMBER = re.compile(r"^(?:\((\d{1,3})\)|\[(\d{1,3})\]|(\d{1,3})\s?(\)|[.:](?!\d)))\s*")
_BARE = re.compile(r"^(\d{1,3})(?=\t|\s|$|\()\s*")
_GLUED = re.compile(r"^(\d{1,2})\s?[.]?([a-h])(?:[).:]+|(?=\s))\s*")
_LETTER = re.compile(
    r"^(?:\(\s?([A-Za-z])\s?\)|\[([A-Za-z])\](?=\s|$)|([A-Za-z])\s?([).])(?![A-Za-z]\.))(?:[.:](?=\s))?\s*"
)
_ROMAN = re.compile(r"^(?:\(\s?([ivxl]{1,5}|[IVXl]{1,5})\s?\)|([ivxl]{1,5}|[IVXl]{1,5})\s?([).:]))\s*")

_MISREAD = re.compile(r"^(?=\D?\d)([\dlIO]{2,3})\s?([.)])(?!\d)\s*(?=\S)")
"""A number with a stroke or a ring read as a letter: "l2.", "1O)"."""
_AS_DIGITS = str.maketrans("lIO", "110")
_QUESTION_MISREAD = re.compile(r"^(?:q(?:uestion)?)\s*\.?\s*(?-i:[lI])\s*(?:[.:)]+\s*|(?=\s*\(a\))|$)", re.IGNORECASE)
_BARE_LETTER = re.compile(r"^([A-F])(?:\t|\s)\s*(?=\S)")

_SECTIONED = re.compile(r"^([A-H])(\d{1,2})(?:\s?[.):]|(?=[\t\s(]))\s*")

_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def roman(text: str) -> int | None:
    """The value of a Roman number up to 89, None where the letters do not make one."""
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


def read_label(text: str, *, bare: bool = True) -> Labelled | None:
    """The label that a text opens with, or None. `bare`: a number or a capital letter with nothing after it
    counts as well."""
    outer = _outer(text, bare)
    if outer is None:
        inner = _inner(text)
        if inner is None:
            return _bare_letter(text) if bare else None
        tokens, rest = [inner[0]], inner[1]
    else:
        tokens, rest = list(outer[0]), outer[1]
    while len(tokens) < 4 and (following := _inner(rest)) is not None:
        tokens.append(following[0])
        rest = following[1]
    return Labelled(tuple(tokens), rest.lstrip("\t "))


def _bare_letter(text: str) -> Labelled | None:
    """`B  cell membrane`: an option whose letter is set apart by nothing but a space."""
    found = _BARE_LETTER.match(text)
    if found is None:
        return None
    value = ord(found[1]) - ord("A") + 1
    return Labelled((Token(found[0], found[1], ((Kind.UPPER, value),), "A"),), text[found.end() :])


def _number(raw: str, digits: str, style: str) -> Token:
    return Token(raw, str(int(digits)), ((Kind.NUMBER, int(digits)),), style)


def _outer(text: str, bare: bool) -> tuple[tuple[Token, ...], str] | None:  # noqa: PLR0911 - one line a style
    if found := _NUMBER_WORD.match(text):
        number = _WORDS.index(found[1].lower()) + 1
        return (_number(found[0], str(number), "Q1"),), text[found.end() :]
    if found := _QUESTION_DOTTED.match(text):
        return _dotted(found[0], found[1], "Q1"), text[found.end() :]
    if found := _QUESTION.match(text):
        return _with_glued_letter(_number(found[0], found[1], "Q1"), text[found.end() :])
    if found := _SECTIONED.match(text):
        section = Token(found[0], found[1], _letter_values(found[1])[:1], "A1")
        return (section, _number("", found[2], "A1")), text[found.end() :]
    if found := _SPACED.match(text):
        first = _number(found[0], found[1] + found[2], "01")
        return ((first, _number("", found[3], "1.1")) if found[3] else (first,)), text[found.end() :]
    if found := _DOTTED.match(text):
        return _dotted(found[0], found[1], "1.1"), text[found.end() :]
    if found := _GLUED.match(text):
        letter = Token("", found[2], _letter_values(found[2]), "(a)")
        return (_number(found[0], found[1], "1a"), letter), text[found.end() :]
    if found := _NUMBER.match(text):
        style = "(1)" if found[1] else "[1]" if found[2] else f"1{found[4]}"
        token = _number(found[0], found[1] or found[2] or found[3], style)
        return (_with_strokes(token) if found[1] else token,), text[found.end() :]
    if found := _MISREAD.match(text):
        digits = found[1].translate(_AS_DIGITS)
        return (_number(found[0], digits, f"1{found[2]}"),), text[found.end() :]
    if found := _QUESTION_MISREAD.match(text):
        return (_number(found[0], "1", "Q1"),), text[found.end() :]
    if bare and (found := _BARE.match(text)):
        return (_number(found[0], found[1], "1"),), text[found.end() :]
    return None


def _with_glued_letter(number: Token, rest: str) -> tuple[tuple[Token, ...], str]:
    """`Question 5a`, `Q5 a`: a letter right after the number."""
    found = re.match(r"^([a-h])(?=[).:\s]|$)[).:]*\s*", rest)
    if found is None or (number.raw.endswith((" ", ".", ":")) and not re.match(r"^[a-h][).:]", rest)):
        return (number,), rest
    return (number, Token("", found[1], _letter_values(found[1]), "(a)")), rest[found.end() :]


def _dotted(raw: str, digits: str, style: str) -> tuple[Token, ...]:
    first, *others = digits.split(".")
    return (_number(raw, first, style), *(_number("", other, "1.1") for other in others))


def _inner(text: str) -> tuple[Token, str] | None:
    """A letter or a Roman number, or a number in brackets: what stands after an outer label."""
    if (found := _ROMAN.match(text)) and len(found[1] or found[2]) > 1:
        letters = _straight(found[1] or found[2])
        value = roman(letters)
        if value is not None:
            kind = Kind.ROMAN_UPPER if letters.isupper() else Kind.ROMAN_LOWER
            style = "(i)" if found[1] else f"i{found[3]}"
            values = [(kind, value)]
            if set(found[1] or found[2]) == {"l"}:
                values.append((Kind.ROMAN_UPPER, value))  # nothing but strokes: of which size is not known
            return Token(found[0], letters, tuple(values), style), text[found.end() :]
    if found := _LETTER.match(text):
        letter = found[1] or found[2] or found[3]
        style = "(a)" if found[1] else "[a]" if found[2] else f"a{found[4]}"
        return Token(found[0], letter, _letter_values(letter), style), text[found.end() :]
    if found := re.match(r"^\((\d{1,2})\)\s*", text):
        return _with_strokes(_number(found[0], found[1], "(1)")), text[found.end() :]
    return None


def _with_strokes(number: Token) -> Token:
    """(1), (11), (111) may also be (i), (ii), (iii), which lost their dots."""
    if number.name not in ("1", "11", "111"):
        return number
    return replace(number, values=(*number.values, (Kind.ROMAN_LOWER, len(number.name))))


def _straight(letters: str) -> str:
    """A Roman number whose strokes were read as small L: "Ill" is III."""
    return letters.replace("l", "I" if any(letter.isupper() for letter in letters) else "i")


def _letter_values(letter: str) -> tuple[tuple[Kind, int], ...]:
    upper = letter.isupper()
    place = ord(letter.lower()) - ord("a") + 1
    values: list[tuple[Kind, int]] = [(Kind.UPPER if upper else Kind.LOWER, place)]
    if letter in "CKOPSUVWXZ":
        # The same shape in both sizes: a reader may give (C) between (b) and (d).
        values.append((Kind.LOWER, place))
    if letter in "lI":
        # A lone stroke is as likely a one or the first Roman number.
        values += [(Kind.NUMBER, 1), (Kind.ROMAN_LOWER, 1), (Kind.ROMAN_UPPER, 1)]
        return tuple(dict.fromkeys(values))
    number = roman(letter)
    if number is not None and number <= 10:
        values.append((Kind.ROMAN_UPPER if upper else Kind.ROMAN_LOWER, number))
    return tuple(values)
