"""Regular expressions from a marking scheme, matched in time linear in the answer.

A scheme is untrusted: `(a+)+$` would hold Python's own matcher for hours. Patterns are parsed by Python's
parser and then simulated as a set of states, so no pattern can hang; what cannot be simulated that way
(references back, looking ahead or behind) is refused with `UnsupportedPattern`.
"""

import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.limits import LONGEST_OBJECTIVE_ANSWER

_MOST_STATES = 4000
_MOST_PATTERN = 500

Test = Callable[[str], bool]


class UnsupportedPattern(ValueError):
    """The pattern is no regular expression, too large, or needs more than a finite automaton."""


@dataclass(slots=True)
class _Step:
    """One state: `test` consumes a character; without one, `where` is an assertion or None; then `after`."""

    after: list[int]
    test: Test | None = None
    where: Any = None


@dataclass(frozen=True, slots=True)
class Pattern:
    steps: tuple[_Step, ...]
    start: int
    end: int

    def fullmatch(self, text: str) -> bool:
        """Whether the whole text matches. Case is ignored."""
        return self._run(text[:LONGEST_OBJECTIVE_ANSWER], anchored=True)

    def found_in(self, text: str) -> bool:
        """Whether some part of the text matches."""
        return self._run(text[:LONGEST_OBJECTIVE_ANSWER], anchored=False)

    def _run(self, text: str, *, anchored: bool) -> bool:
        states = self._closure([self.start], text, 0)
        for position, char in enumerate(text):
            if self.end in states and not anchored:
                return True
            reached = [
                after
                for state in states
                if (test := self.steps[state].test) and test(char)
                for after in self.steps[state].after
            ]
            states = self._closure(reached if anchored else [*reached, self.start], text, position + 1)
            if anchored and not states:
                return False
        return self.end in states

    def _closure(self, states: Iterable[int], text: str, position: int) -> set[int]:
        seen: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            step = self.steps[state]
            if step.where is not None and not _holds(step.where, text, position):
                continue
            seen.add(state)
            if step.test is None:
                waiting.extend(step.after)
        return seen


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> Pattern:
    """The pattern, ready to match. Raises UnsupportedPattern with a sentence."""
    if len(source) > _MOST_PATTERN:
        raise UnsupportedPattern(f"The pattern is longer than {_MOST_PATTERN} characters.")
    try:
        parsed = parser.parse(source, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsupportedPattern("The pattern is not a regular expression.") from error
    builder = _Builder()
    start = builder.new()
    end = builder.sequence(parsed, start)
    return Pattern(tuple(builder.steps), start, end)


class _Builder:
    """Thompson's construction over the parser's tree."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []

    def new(self, test: Test | None = None, where: Any = None) -> int:
        if len(self.steps) >= _MOST_STATES:
            raise UnsupportedPattern("The pattern repeats too much.")
        self.steps.append(_Step([], test, where))
        return len(self.steps) - 1

    def sequence(self, parsed: Any, start: int) -> int:
        """Appends a run of nodes; answers its last state."""
        for kind, value in parsed:
            start = self.node(kind, value, start)
        return start

    def node(self, kind: Any, value: Any, start: int) -> int:
        if kind in _TESTS:
            return self._consume(start, _TESTS[kind](value))
        if kind is op.SUBPATTERN:
            return self.sequence(value[-1], start)
        if kind is op.ATOMIC_GROUP:
            raise UnsupportedPattern("Atomic groups are not supported.")
        if kind is op.BRANCH:
            return self._branch(value[1], start)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            return self._repeat(value, start)
        if kind is op.AT:
            state = self.new(where=value)
            self.steps[start].after.append(state)
            after = self.new()
            self.steps[state].after.append(after)
            return after
        raise UnsupportedPattern("References back and looking around are not supported.")

    def _consume(self, start: int, test: Test) -> int:
        state, after = self.new(test), self.new()
        self.steps[start].after.append(state)
        self.steps[state].after.append(after)
        return after

    def _branch(self, choices: Any, start: int) -> int:
        end = self.new()
        for choice in choices:
            opening = self.new()
            self.steps[start].after.append(opening)
            self.steps[self.sequence(choice, opening)].after.append(end)
        return end

    def _repeat(self, value: Any, start: int) -> int:
        least, most, parsed = value
        for _ in range(least):
            start = self.sequence(parsed, start)
        if most is op.MAXREPEAT:
            loop = self.new()
            self.steps[start].after.append(loop)
            self.steps[self.sequence(parsed, loop)].after.append(loop)
            end = self.new()
            self.steps[loop].after.append(end)
            return end
        end = self.new()
        for _ in range(most - least):
            self.steps[start].after.append(end)
            start = self.sequence(parsed, start)
        self.steps[start].after.append(end)
        return end


def _literal(value: int) -> Test:
    wanted = chr(value).casefold()
    return lambda char: char.casefold() == wanted


def _not_literal(value: int) -> Test:
    unwanted = chr(value).casefold()
    return lambda char: char.casefold() != unwanted


def _category(value: Any) -> Test:
    tests: dict[Any, Test] = {
        op.CATEGORY_DIGIT: str.isdigit,
        op.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
        op.CATEGORY_SPACE: str.isspace,
        op.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
        op.CATEGORY_WORD: _is_word,
        op.CATEGORY_NOT_WORD: lambda char: not _is_word(char),
    }
    return tests[value]


def _one_of(value: Any) -> Test:
    negated = bool(value) and value[0][0] is op.NEGATE
    tests = [_TESTS[kind](inner) for kind, inner in (value[1:] if negated else value)]
    return lambda char: any(test(char) for test in tests) != negated


def _range(value: tuple[int, int]) -> Test:
    low, high = value
    return lambda char: any(low <= ord(form) <= high for form in (char, *char.lower()[:1], *char.upper()[:1]))


_TESTS: dict[Any, Callable[[Any], Test]] = {
    op.LITERAL: _literal,
    op.NOT_LITERAL: _not_literal,
    op.ANY: lambda _: lambda char: char != "\n",
    op.IN: _one_of,
    op.RANGE: _range,
    op.CATEGORY: _category,
}


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _holds(where: Any, text: str, position: int) -> bool:
    if where in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
        return position == 0
    if where is op.AT_END_STRING:
        return position == len(text)
    if where is op.AT_END:
        return position == len(text) or (position == len(text) - 1 and text[position] == "\n")
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (where is op.AT_BOUNDARY)
