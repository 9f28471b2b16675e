"""Matches regular expressions from a marking scheme, in time linear in the length of the answer.

A scheme is untrusted: `(a+)+$` would block Python's own matcher for hours. Patterns are parsed by Python's parser and
then simulated as a nondeterministic finite automaton, so that no pattern can hang. What an automaton cannot match
(backreferences, lookahead and lookbehind) is refused with `UnsupportedPattern`.
"""

import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.platform.limits import MAX_OBJECTIVE_ANSWER_CHARACTERS

_MAX_STATES = 4000
_MAX_PATTERN_LENGTH = 500

CharacterTest = Callable[[str], bool]


class UnsupportedPattern(ValueError):
    """The pattern is not a regular expression, is too large, or needs more than a finite automaton."""


@dataclass(slots=True)
class _State:
    """A state of the automaton. `test`: whether it consumes a character; None for a state that consumes nothing.

    `assertion`: the position assertion of a state that consumes nothing, or None.
    """

    next_states: list[int]
    test: CharacterTest | None = None
    assertion: Any = None


@dataclass(frozen=True, slots=True)
class LinearPattern:
    """A compiled pattern. Only the first `MAX_OBJECTIVE_ANSWER_CHARACTERS` of a text are matched."""

    nfa_states: tuple[_State, ...]
    start: int
    end: int

    def fullmatch(self, text: str) -> bool:
        """Whether the whole text matches. Case is ignored."""
        return self._simulate(text[:MAX_OBJECTIVE_ANSWER_CHARACTERS], anchored=True)

    def has_match(self, text: str) -> bool:
        """Whether some part of the text matches."""
        return self._simulate(text[:MAX_OBJECTIVE_ANSWER_CHARACTERS], anchored=False)

    def _simulate(self, text: str, *, anchored: bool) -> bool:
        states = self._closure([self.start], text, 0)
        for position, char in enumerate(text):
            if self.end in states and not anchored:
                return True
            reached = [
                next_state
                for state in states
                if (test := self.nfa_states[state].test) and test(char)
                for next_state in self.nfa_states[state].next_states
            ]
            states = self._closure(reached if anchored else [*reached, self.start], text, position + 1)
            if anchored and not states:
                return False
        return self.end in states

    def _closure(self, states: Iterable[int], text: str, position: int) -> set[int]:
        """The states reached from `states` without consuming a character, themselves included."""
        seen: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            nfa_state = self.nfa_states[state]
            if nfa_state.assertion is not None and not _assertion_holds(nfa_state.assertion, text, position):
                continue
            seen.add(state)
            if nfa_state.test is None:
                waiting.extend(nfa_state.next_states)
        return seen


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> LinearPattern:
    """Compiles the pattern.

    Raises
    ------
    UnsupportedPattern
        With a sentence for the teacher.
    """
    if len(source) > _MAX_PATTERN_LENGTH:
        raise UnsupportedPattern(f"The pattern is longer than {_MAX_PATTERN_LENGTH} characters.")
    try:
        parsed = parser.parse(source, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsupportedPattern("The pattern is not a regular expression.") from error
    builder = _NfaBuilder()
    start = builder.add_state()
    end = builder.add_sequence(parsed, start)
    return LinearPattern(tuple(builder.nfa_states), start, end)


class _NfaBuilder:
    """Builds the automaton from the parser's tree by Thompson's construction."""

    def __init__(self) -> None:
        self.nfa_states: list[_State] = []

    def add_state(self, test: CharacterTest | None = None, assertion: Any = None) -> int:
        if len(self.nfa_states) >= _MAX_STATES:
            raise UnsupportedPattern("The pattern repeats too much.")
        self.nfa_states.append(_State([], test, assertion))
        return len(self.nfa_states) - 1

    def add_sequence(self, parsed: Any, start: int) -> int:
        """Appends a sequence of nodes and returns its last state."""
        for kind, value in parsed:
            start = self.add_node(kind, value, start)
        return start

    def add_node(self, kind: Any, value: Any, start: int) -> int:
        if kind in _TESTS:
            return self._append(start, self.add_state(_TESTS[kind](value)))
        if kind is op.SUBPATTERN:
            return self.add_sequence(value[-1], start)
        if kind is op.ATOMIC_GROUP:
            raise UnsupportedPattern("Atomic groups are not supported.")
        if kind is op.BRANCH:
            return self._branch(value[1], start)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            return self._repeat(value, start)
        if kind is op.AT:
            return self._append(start, self.add_state(assertion=value))
        raise UnsupportedPattern("Backreferences, lookahead and lookbehind are not supported.")

    def _append(self, start: int, state: int) -> int:
        """Adds `state` after `start`, and returns a new state after it."""
        end = self.add_state()
        self.nfa_states[start].next_states.append(state)
        self.nfa_states[state].next_states.append(end)
        return end

    def _branch(self, choices: Any, start: int) -> int:
        end = self.add_state()
        for choice in choices:
            branch_start = self.add_state()
            self.nfa_states[start].next_states.append(branch_start)
            self.nfa_states[self.add_sequence(choice, branch_start)].next_states.append(end)
        return end

    def _repeat(self, value: Any, start: int) -> int:
        minimum, maximum, parsed = value
        for _ in range(minimum):
            start = self.add_sequence(parsed, start)
        if maximum is op.MAXREPEAT:
            loop = self.add_state()
            self.nfa_states[start].next_states.append(loop)
            self.nfa_states[self.add_sequence(parsed, loop)].next_states.append(loop)
            end = self.add_state()
            self.nfa_states[loop].next_states.append(end)
            return end
        end = self.add_state()
        for _ in range(maximum - minimum):
            self.nfa_states[start].next_states.append(end)
            start = self.add_sequence(parsed, start)
        self.nfa_states[start].next_states.append(end)
        return end


def _literal(value: int) -> CharacterTest:
    wanted = chr(value).casefold()
    return lambda char: char.casefold() == wanted


def _not_literal(value: int) -> CharacterTest:
    unwanted = chr(value).casefold()
    return lambda char: char.casefold() != unwanted


def _category(value: Any) -> CharacterTest:
    tests: dict[Any, CharacterTest] = {
        op.CATEGORY_DIGIT: str.isdigit,
        op.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
        op.CATEGORY_SPACE: str.isspace,
        op.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
        op.CATEGORY_WORD: _is_word,
        op.CATEGORY_NOT_WORD: lambda char: not _is_word(char),
    }
    return tests[value]


def _one_of(value: Any) -> CharacterTest:
    negated = bool(value) and value[0][0] is op.NEGATE
    tests = [_TESTS[kind](inner) for kind, inner in (value[1:] if negated else value)]
    return lambda char: any(test(char) for test in tests) != negated


def _range(value: tuple[int, int]) -> CharacterTest:
    low, high = value
    return lambda char: any(low <= ord(form) <= high for form in (char, *char.lower()[:1], *char.upper()[:1]))


_TESTS: dict[Any, Callable[[Any], CharacterTest]] = {
    op.LITERAL: _literal,
    op.NOT_LITERAL: _not_literal,
    op.ANY: lambda _: lambda char: char != "\n",
    op.IN: _one_of,
    op.RANGE: _range,
    op.CATEGORY: _category,
}


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _assertion_holds(assertion: Any, text: str, position: int) -> bool:
    if assertion in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
        return position == 0
    if assertion is op.AT_END_STRING:
        return position == len(text)
    if assertion is op.AT_END:
        return position == len(text) or (position == len(text) - 1 and text[position] == "\n")
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (assertion is op.AT_BOUNDARY)
