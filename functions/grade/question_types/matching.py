"""Marks matching questions: parses the pairs that a student wrote and marks each of them.

The scheme's labels decide how an answer is parsed: "A3 B1", "3-A, 1-B", and a row of items above a row of partners are
all pairs of an item and its partner. Whatever else stands in the answer is never guessed at: a person decides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.models.assessment import Question, SchemeEntry
from core.models.question_types.matching import list_pairs
from core.models.result import ReviewReason
from grade.language import lookalikes
from grade.mark_arithmetic import RuleMark
from grade.question_types.answer_normalization import shorten

_TOKEN = re.compile(r"[^\W_]+")
# "and A, B" is no pair; "A goes with 3" is one.
_FILLER = {
    "and",
    "the",
    "is",
    "are",
    "to",
    "with",
    "go",
    "goes",
    "match",
    "matches",
    "matched",
    "answer",
    "ans",
    "pairs",
}
_SEPARATED_PAIR = re.compile(r"([^\W_]+)[)\].]?\s*(?:-{1,2}>|[-–—=→:])\s*[(\[]?([^\W_]+)")
_NUMBER = re.compile(r"[1-9]\d?")
_TAKEN_BACK = re.compile(r"\b(?:or|not|maybe|perhaps)\b|\?", re.IGNORECASE)
_SURE, _INCOMPLETE, _LOOK_ALIKE = 0.97, 0.9, 0.6


@dataclass(frozen=True, slots=True)
class _WrittenPairs:
    """The pairs of an answer in upper case, and whether a look-alike character was exchanged in one."""

    pairs: tuple[tuple[str, str], ...]
    exchanged: bool = False


def mark(_question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """A share of the marks for each right pair if the scheme says `partial`, else all of them for all pairs."""
    right = list_pairs(entry)
    written = _parse_pairs(text, right)
    if written is None:
        reason = f"The pairs in “{shorten(text)}” cannot be read without doubt."
        return RuleMark(None, reason, 0.3, (ReviewReason.UNCLEAR_ANSWER,))
    partners: dict[str, set[str]] = {}
    for item, partner in written.pairs:
        partners.setdefault(item, set()).add(partner)
    correct = [item for item, partner in right.items() if partners.get(item) == {partner}]
    marks = max_marks * (len(correct) / len(right) if entry.partial else float(len(correct) == len(right)))
    reason = f"Read {_list_pairs(written.pairs)}; {_describe(correct, right)}"
    if any(len(given) > 1 for given in partners.values()):
        return RuleMark(marks, f"{reason} An item has two partners.", 0.5, (ReviewReason.EXTRA_ANSWERS,))
    if unlisted := {partner for _, partner in written.pairs}.difference(right.values()):
        # The paper may offer more partners than the scheme needs, or the number was misread.
        reason = f"{reason} The scheme has no partner {', '.join(sorted(unlisted))}."
        return RuleMark(marks, reason, 0.5, (ReviewReason.UNCLEAR_ANSWER,))
    if written.exchanged:
        return RuleMark(marks, f"{reason} A character was hard to read.", _LOOK_ALIKE, (ReviewReason.LOOK_ALIKE,))
    return RuleMark(marks, reason, _SURE if partners.keys() == right.keys() else _INCOMPLETE)


def _describe(correct: Sequence[str], right: dict[str, str]) -> str:
    if len(correct) == len(right):
        return "all pairs are right."
    wrong = ", ".join(f"{item}-{partner}" for item, partner in right.items() if item not in correct)
    return f"{len(correct)} of {len(right)} pairs are right. Right would be {wrong}."


def _list_pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{item}-{partner}" for item, partner in pairs)


def _parse_pairs(text: str, right: dict[str, str]) -> _WrittenPairs | None:
    """The pairs of an answer; None if anything in it is neither a label of the question nor a word between them."""
    if _TAKEN_BACK.search(text):
        return None
    items, partners = frozenset(right), frozenset(right.values())
    tokens, exchanged = _read_labels(text, items | partners)
    if tokens is None or not tokens or len(tokens) % 2:
        return None
    if items & partners:
        # "1-2": only a sign between the two says which of them is the item, and that they are a pair.
        separated = len(_SEPARATED_PAIR.findall(text)) * 2 == len(tokens)
        pairs = list(zip(tokens[::2], tokens[1::2], strict=True)) if separated else []
    else:
        pairs = _pair_up(tokens, items)
    known = all(item in items for item, _ in pairs)
    return _WrittenPairs(tuple(dict.fromkeys(pairs)), exchanged) if pairs and known else None


def _pair_up(tokens: Sequence[str], items: frozenset[str]) -> list[tuple[str, str]]:
    """Pairs in the order in which items and partners follow each other; empty if they follow no order."""
    are_items = [token in items for token in tokens]
    half = len(tokens) // 2
    if half > 1 and are_items in ([True] * half + [False] * half, [False] * half + [True] * half):
        rows = (tokens[:half], tokens[half:]) if are_items[0] else (tokens[half:], tokens[:half])
        return list(zip(*rows, strict=True))
    if are_items == [True, False] * half:
        return list(zip(tokens[::2], tokens[1::2], strict=True))
    if are_items == [False, True] * half:
        return list(zip(tokens[1::2], tokens[::2], strict=True))
    return []


def _read_labels(text: str, labels: frozenset[str]) -> tuple[list[str] | None, bool]:
    """The labels of the question in the order of the text, and whether a look-alike was exchanged for one of them.
    None if there is a token that is no label."""
    found: list[str] = []
    exchanged = False
    for token in _TOKEN.findall(text):
        if token.casefold() in _FILLER and token.upper() not in labels:
            continue
        parts = _split_into_labels(token, labels)
        if parts is None:
            return None, exchanged
        found += [label for label, _ in parts]
        exchanged = exchanged or any(was_exchanged for _, was_exchanged in parts)
    return found, exchanged


def _split_into_labels(token: str, labels: frozenset[str]) -> list[tuple[str, bool]] | None:
    """A token as labels, each with whether it was exchanged: "A3" is A and 3, "8" may be B, "Al" A and 1."""
    if token.upper() in labels:
        return [(token.upper(), False)]
    for end in range(1, len(token)):
        if token[:end].upper() in labels and token[end:].upper() in labels:
            return [(token[:end].upper(), False), (token[end:].upper(), False)]
    if label := _exchange_lookalike(token, labels):
        return [(label, True)]
    if _NUMBER.fullmatch(token) and any(label.isdigit() for label in labels):
        # A number that the scheme does not use is a partner as well: "D-5" is a wrong pair, which a person looks at.
        return [(token, False)]
    if len(token) == 2:
        halves = [_split_into_labels(character, labels) for character in token]
        if all(half is not None for half in halves):
            return [part for half in halves for part in half or ()]
    return None


def _exchange_lookalike(token: str, labels: frozenset[str]) -> str | None:
    """The one label that a token looks like, else None."""
    readings = {*lookalikes.possible_letters(token), lookalikes.replace_lookalike_digits(token) or ""}
    found = {reading.upper() for reading in readings} & labels
    return found.pop() if len(found) == 1 else None
