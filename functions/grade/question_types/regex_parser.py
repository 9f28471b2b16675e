"""Parses regular expressions in Python's syntax to a tree from which a finite automaton can be built.

Python's `re` checks the syntax, so the parser needs to understand valid patterns only. Case is ignored, `\\d`, `\\w`
and `\\s` are Unicode classes, and of the inline flags only `x` (spaces and comments are skipped) has an effect.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

CharacterTest = Callable[[str], bool]

_REFUSED_CONSTRUCTS = "Backreferences, lookahead and lookbehind are not supported."


class UnsupportedPattern(ValueError):
    """The pattern is not a regular expression, is too large, or needs more than a finite automaton."""


class AnchorKind(Enum):
    """Positions in a text that a pattern can ask for."""

    TEXT_START = auto()
    TEXT_END = auto()
    # Before a line feed that ends the text, too.
    LAST_LINE_END = auto()
    WORD_BOUNDARY = auto()
    NO_WORD_BOUNDARY = auto()


@dataclass(frozen=True, slots=True)
class CharacterNode:
    """One character for which `test` holds."""

    test: CharacterTest


@dataclass(frozen=True, slots=True)
class AnchorNode:
    kind: AnchorKind


@dataclass(frozen=True, slots=True)
class ChoiceNode:
    branches: tuple["RegexSequence", ...]


@dataclass(frozen=True, slots=True)
class RepeatNode:
    """`body`, which is not empty, from `minimum` to `maximum` times; None: any number of times."""

    body: "RegexSequence"
    minimum: int
    maximum: int | None


RegexSequence = tuple[CharacterNode | AnchorNode | ChoiceNode | RepeatNode, ...]


def parse_regex(source: str) -> RegexSequence:
    """Parses a pattern.

    Raises
    ------
    UnsupportedPattern
        With a sentence for the teacher.
    """
    try:
        re.compile(source)
        return _RegexParser(source).parse_choice()
    except re.error as error:
        if "look-behind" in error.msg:
            raise UnsupportedPattern(_REFUSED_CONSTRUCTS) from error
        raise UnsupportedPattern("The pattern is not a regular expression.") from error
    except (OverflowError, RecursionError) as error:
        raise UnsupportedPattern("The pattern is not a regular expression.") from error


def is_word_character(char: str) -> bool:
    return char.isalnum() or char == "_"


def _literal(wanted: str) -> CharacterTest:
    folded = wanted.casefold()
    return lambda char: char.casefold() == folded


def _range(low: str, high: str) -> CharacterTest:
    # Forms of several letters ("ß" is "SS") are no other case of a letter, as in `re`.
    return lambda char: any(
        len(form) == 1 and low <= form <= high for form in (char, char.lower(), char.upper(), char.casefold())
    )


_CLASSES: dict[str, CharacterTest] = {
    "d": str.isdigit,
    "D": lambda char: not char.isdigit(),
    "s": str.isspace,
    "S": lambda char: not char.isspace(),
    "w": is_word_character,
    "W": lambda char: not is_word_character(char),
}
_ANCHORS = {"^": AnchorKind.TEXT_START, "$": AnchorKind.LAST_LINE_END}
_ANCHOR_ESCAPES = {
    "A": AnchorKind.TEXT_START,
    "Z": AnchorKind.TEXT_END,
    "z": AnchorKind.TEXT_END,  # Python 3.14 and later
    "b": AnchorKind.WORD_BOUNDARY,
    "B": AnchorKind.NO_WORD_BOUNDARY,
}
_CONTROL_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

_CODE_POINT = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")
_CHARACTER_NAME = re.compile(r"N\{([^}]+)\}")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-3][0-7]{2}")
_OCTAL_IN_SET = re.compile(r"[0-7]{1,3}")
_BACKREFERENCE = re.compile(r"[1-9]")
# `{}` and what is no quantifier ("{a}") are literals.
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(?!\})(?P<minimum>[0-9]*)(?P<comma>,?)(?P<maximum>[0-9]*)\})(?P<mode>[?+]?)")
_SIMPLE_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_VERBOSE_SPACE = re.compile(r"[ \t\n\r\v\f]|#(?:\\.|[^\n\\])*", re.DOTALL)
_COMMENT = re.compile(r"#(?:\\.|[^)\\])*\)", re.DOTALL)
_GROUP_NAME = re.compile(r"P<[^>]*>")
_FLAGS = re.compile(r"(?P<on>[a-zA-Z]*)(?:-(?P<off>[a-zA-Z]*))?(?P<end>[:)])")


class _RegexParser:
    """Recursive-descent parser of one valid pattern; `parse_choice` parses all of it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._verbose = False

    def parse_choice(self) -> RegexSequence:
        """Parses branches up to the end of the pattern or of the group."""
        branches = [self._parse_sequence()]
        while self._peek() == "|":
            self._position += 1
            branches.append(self._parse_sequence())
        return branches[0] if len(branches) == 1 else (ChoiceNode(tuple(branches)),)

    def _parse_sequence(self) -> RegexSequence:
        items: list[RegexSequence] = []
        while (char := self._peek()) and char not in "|)":
            if self._verbose and self._match(_VERBOSE_SPACE):
                continue
            if quantifier := self._match(_QUANTIFIER):
                items[-1] = _repeat(items[-1], quantifier)
            elif (item := self._parse_item()) is not None:
                items.append(item)
        return tuple(node for item in items for node in item)

    def _parse_item(self) -> RegexSequence | None:
        """Parses what a quantifier would repeat: a group or one node. None: a comment, or flags of the pattern."""
        char = self._next()
        if char == "(":
            return self._parse_group()
        if char == "[":
            return (CharacterNode(self._parse_set()),)
        if char == "\\":
            return (self._parse_escape(),)
        if char == ".":
            return (CharacterNode(lambda char: char != "\n"),)
        return (AnchorNode(_ANCHORS[char]) if char in _ANCHORS else CharacterNode(_literal(char)),)

    def _parse_group(self) -> RegexSequence | None:
        verbose_outside = self._verbose
        if self._peek() == "?":
            self._position += 1
            if self._match(_COMMENT):
                return None
            if not self._match(_GROUP_NAME):
                flags = self._parse_flags()
                self._verbose = (self._verbose or "x" in flags["on"]) and "x" not in (flags["off"] or "")
                if flags["end"] == ")":
                    return None
        body = self.parse_choice()
        self._position += 1  # the closing parenthesis
        self._verbose = verbose_outside
        return body

    def _parse_flags(self) -> re.Match[str]:
        """Parses the flags that open a group, which are none in `(?:`."""
        if flags := self._match(_FLAGS):
            return flags
        refused = "Atomic groups are not supported." if self._peek() == ">" else _REFUSED_CONSTRUCTS
        raise UnsupportedPattern(refused)

    def _parse_escape(self) -> CharacterNode | AnchorNode:
        char = self._peek()
        if char in _ANCHOR_ESCAPES:
            self._position += 1
            return AnchorNode(_ANCHOR_ESCAPES[char])
        if char in _CLASSES:
            self._position += 1
            return CharacterNode(_CLASSES[char])
        return CharacterNode(_literal(self._parse_escaped_character(_OCTAL)))

    def _parse_escaped_character(self, octal: re.Pattern[str]) -> str:
        if code_point := self._match(_CODE_POINT):
            return chr(int(code_point[0][1:], 16))
        if name := self._match(_CHARACTER_NAME):
            return unicodedata.lookup(name[1])
        if digits := self._match(octal):
            return chr(int(digits[0], 8))
        if self._match(_BACKREFERENCE):
            raise UnsupportedPattern(_REFUSED_CONSTRUCTS)
        char = self._next()
        return _CONTROL_ESCAPES.get(char, char)

    def _parse_set(self) -> CharacterTest:
        negated = self._peek() == "^"
        self._position += negated
        tests: list[CharacterTest] = []
        # A closing bracket that comes first is a member.
        while not tests or self._peek() != "]":
            tests.append(self._parse_set_member())
        self._position += 1
        return lambda char: any(test(char) for test in tests) != negated

    def _parse_set_member(self) -> CharacterTest:
        if self._peek() == "\\" and self._source[self._position + 1] in _CLASSES:
            self._position += 2
            return _CLASSES[self._source[self._position - 1]]
        low = self._parse_set_character()
        if self._peek() == "-" and self._source[self._position + 1] != "]":
            self._position += 1
            return _range(low, self._parse_set_character())
        return _literal(low)

    def _parse_set_character(self) -> str:
        char = self._next()
        return self._parse_escaped_character(_OCTAL_IN_SET) if char == "\\" else char

    def _peek(self) -> str:
        """The next character; at the end of the pattern, nothing."""
        return self._source[self._position : self._position + 1]

    def _next(self) -> str:
        self._position += 1
        return self._source[self._position - 1]

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if found := pattern.match(self._source, self._position):
            self._position = found.end()
        return found


def _repeat(body: RegexSequence, quantifier: re.Match[str]) -> RegexSequence:
    if quantifier["mode"] == "+":
        # A possessive quantifier.
        raise UnsupportedPattern(_REFUSED_CONSTRUCTS)
    if simple := _SIMPLE_QUANTIFIERS.get(quantifier[0][0]):
        minimum, maximum = simple
    else:
        minimum = int(quantifier["minimum"] or 0)
        maximum = int(quantifier["maximum"]) if quantifier["maximum"] else None if quantifier["comma"] else minimum
    # However often nothing is repeated, it is nothing: `(?:){999999999}` must not be counted through.
    return (RepeatNode(body, minimum, maximum),) if body else ()
