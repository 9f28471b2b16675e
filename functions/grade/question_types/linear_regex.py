"""Matches regular expressions from a marking scheme, in time linear in the length of the answer.

A scheme is untrusted: `(a+)+$` would block Python's own matcher for hours. Patterns are parsed to a tree
(`regex_parser.py`) and simulated as a nondeterministic finite automaton, so that no pattern can hang. What an automaton
cannot match (backreferences, lookahead and lookbehind) is refused with `UnsupportedPattern`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.models.answer_limits import MAX_OBJECTIVE_ANSWER_CHARACTERS
from grade.question_types.regex_parser import (
    AnchorKind,
    AnchorNode,
    CharacterNode,
    CharacterTest,
    ChoiceNode,
    RegexSequence,
    RepeatNode,
    UnsupportedPattern,
    is_word_character,
    parse_regex,
)

_MAX_STATES = 4000
_MAX_PATTERN_LENGTH = 500


@dataclass(slots=True)
class _State:
    """A state of the automaton. `test`: whether it consumes a character; None for a state that consumes nothing.

    `anchor`: the position that a state that consumes nothing asks for, or None.
    """

    next_states: list[int]
    test: CharacterTest | None = None
    anchor: AnchorKind | None = None


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
            if nfa_state.anchor is not None and not _anchor_holds(nfa_state.anchor, text, position):
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
    tree = parse_regex(source)
    builder = _NfaBuilder()
    start = builder.add_state()
    end = builder.add_sequence(tree, start)
    return LinearPattern(tuple(builder.nfa_states), start, end)


class _NfaBuilder:
    """Builds the automaton from the pattern's tree by Thompson's construction."""

    def __init__(self) -> None:
        self.nfa_states: list[_State] = []

    def add_state(self, test: CharacterTest | None = None, anchor: AnchorKind | None = None) -> int:
        if len(self.nfa_states) >= _MAX_STATES:
            raise UnsupportedPattern("The pattern repeats too much.")
        self.nfa_states.append(_State([], test, anchor))
        return len(self.nfa_states) - 1

    def add_sequence(self, sequence: RegexSequence, start: int) -> int:
        """Appends a sequence of nodes and returns its last state."""
        for node in sequence:
            match node:
                case CharacterNode(test):
                    start = self._append(start, self.add_state(test))
                case AnchorNode(kind):
                    start = self._append(start, self.add_state(anchor=kind))
                case ChoiceNode(branches):
                    start = self._add_branches(branches, start)
                case RepeatNode():
                    start = self._add_repeat(node, start)
        return start

    def _append(self, start: int, state: int) -> int:
        """Adds `state` after `start`, and returns a new state after it."""
        end = self.add_state()
        self.nfa_states[start].next_states.append(state)
        self.nfa_states[state].next_states.append(end)
        return end

    def _add_branches(self, branches: tuple[RegexSequence, ...], start: int) -> int:
        end = self.add_state()
        for branch in branches:
            branch_start = self.add_state()
            self.nfa_states[start].next_states.append(branch_start)
            self.nfa_states[self.add_sequence(branch, branch_start)].next_states.append(end)
        return end

    def _add_repeat(self, repeat: RepeatNode, start: int) -> int:
        for _ in range(repeat.minimum):
            start = self.add_sequence(repeat.body, start)
        if repeat.maximum is None:
            loop = self.add_state()
            self.nfa_states[start].next_states.append(loop)
            self.nfa_states[self.add_sequence(repeat.body, loop)].next_states.append(loop)
            end = self.add_state()
            self.nfa_states[loop].next_states.append(end)
            return end
        end = self.add_state()
        for _ in range(repeat.maximum - repeat.minimum):
            self.nfa_states[start].next_states.append(end)
            start = self.add_sequence(repeat.body, start)
        self.nfa_states[start].next_states.append(end)
        return end


def _anchor_holds(anchor: AnchorKind, text: str, position: int) -> bool:
    match anchor:
        case AnchorKind.TEXT_START:
            return position == 0
        case AnchorKind.TEXT_END:
            return position == len(text)
        case AnchorKind.LAST_LINE_END:
            return position == len(text) or (position == len(text) - 1 and text[position] == "\n")
    before = position > 0 and is_word_character(text[position - 1])
    after = position < len(text) and is_word_character(text[position])
    return (before != after) == (anchor is AnchorKind.WORD_BOUNDARY)
