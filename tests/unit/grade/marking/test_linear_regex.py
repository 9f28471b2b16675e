"""Patterns of a scheme match as Python's `re` matches them, but cannot hang, and refuse what an automaton cannot do."""

import re

import pytest

from grade.question_types.linear_regex import compile_pattern
from grade.question_types.regex_parser import UnsupportedPattern
from tests.unit.grade.marking.regex_cases import RegexGenerator

# 10,000 pairs agreed when the parser was written (docs/decisions.md, 2026-12-01).
_PAIRS = 1_000
_REFUSED = "Backreferences, lookahead and lookbehind are not supported."
_ATOMIC = "Atomic groups are not supported."
_INVALID = "The pattern is not a regular expression."
_TOO_LARGE = "The pattern repeats too much."


def test_generated_patterns_match_as_in_pythons_re() -> None:
    different, whole_matches, non_ascii = [], 0, 0
    for source, text in RegexGenerator(seed=1).pairs(_PAIRS):
        # Deliberate differences: a superscript is a digit; `\B` holds in an empty text, as from Python 3.14 on.
        if "²" in text or (r"\B" in source and not text):
            continue
        python, ours = re.compile(source, re.IGNORECASE), compile_pattern(source)
        expected = bool(python.fullmatch(text)), bool(python.search(text))
        whole_matches += expected[0]
        non_ascii += not (source + text).isascii()
        if (ours.fullmatch(text), ours.has_match(text)) != expected:
            different.append((source, text))
    assert different == []
    assert whole_matches > _PAIRS / 3
    assert non_ascii > _PAIRS / 2


@pytest.mark.parametrize(
    ("source", "matching", "other"),
    [
        (r"a\.b", "A.B", "axb"),
        (r"\x41\u00e9\N{DIGIT ONE}", "aÉ1", "aE1"),
        (r"\101\07[\1\b]", "a\x07\x08", "a7b"),
        (r"a{}{b}{,2", "a{}{b}{,2", "a{b}"),
        (r"x{,2}y{2,}", "xyyy", "xxxyy"),
        (r"[]a-]+", "]-a", "b"),
        (r"[^]\d]", "a", "]"),
        (r"[a\-z]", "-", "m"),
        (r"a(?#a comment\))+b", "aab", "a)b"),
        (r"(?x) a\ b [ ] # a comment", "a b ", "ab"),
        (r"a(?x: b c ) d", "abc d", "abcd"),
        (r"(?i-s:a)(?P<name>b)", "AB", "a"),
        (r"\bété\b.*", "été chaud", "étés"),
        ("ab$", "ab", "ab\n"),
    ],
)
def test_each_construct_of_the_syntax_is_understood(source: str, matching: str, other: str) -> None:
    pattern = compile_pattern(source)
    assert (pattern.fullmatch(matching), pattern.fullmatch(other)) == (True, False)
    assert re.fullmatch(source, matching, re.IGNORECASE)
    assert not re.fullmatch(source, other, re.IGNORECASE)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (r"(a)\1", _REFUSED),
        (r"(?P<x>a)(?P=x)", _REFUSED),
        (r"(a)?(?(1)b|c)", _REFUSED),
        ("a(?=b)", _REFUSED),
        ("a(?!b)", _REFUSED),
        ("(?<=a)b", _REFUSED),
        ("(?<!a)b", _REFUSED),
        ("(?<=a+)b", _REFUSED),
        ("a++", _REFUSED),
        ("(?>a)", _ATOMIC),
        ("(a", _INVALID),
        ("a**", _INVALID),
        ("[z-a]", _INVALID),
        (r"\q", _INVALID),
        ("a{99999999999}", _INVALID),
        ("(a{100}){100}", _TOO_LARGE),
        ("a" * 501, "The pattern is longer than 500 characters."),
    ],
)
def test_what_an_automaton_cannot_match_is_refused_with_a_sentence(source: str, sentence: str) -> None:
    with pytest.raises(UnsupportedPattern) as refused:
        compile_pattern(source)
    assert str(refused.value) == sentence


def test_parentheses_may_be_nested_as_deep_as_python_allows() -> None:
    source = "(" * 100 + "a" + ")" * 100
    assert compile_pattern(source).fullmatch("A")


@pytest.mark.timeout(20)
def test_no_pattern_hangs_on_a_text_that_blocks_pythons_re() -> None:
    assert not compile_pattern("(a+)+$").fullmatch("a" * 300 + "b")


@pytest.mark.timeout(20)
def test_nothing_repeated_a_billion_times_is_nothing() -> None:
    assert compile_pattern("a(?:(?:){999999999}){,999999999}b").fullmatch("ab")


@pytest.mark.parametrize(("source", "text"), [("[A-Z]", "ß"), ("[a-z]", "ﬁ"), ("[α-ω]", "µ")])
def test_a_range_folds_case_one_letter_at_a_time_like_pythons_re(source: str, text: str) -> None:
    assert compile_pattern(source).fullmatch(text) == bool(re.fullmatch(source, text, re.IGNORECASE))
