"""The questions of a stretch of a paper: the list that holds all others, and where its numbers start again."""

import re
from dataclasses import replace

from grade.paper.chains import Chain, best_chain, is_instruction, shifted
from grade.paper.drafts import Draft, drafts_of
from grade.paper.marks_printed import Form, find_marks
from grade.paper.numbering import Kind, Token
from grade.paper.pieces import Piece

Runs = tuple[list[Piece], list[Draft]]

_DEEPEST = 6
"""How deep runs are sought within runs; bounds the work on a hostile document."""


def read_runs(pieces: list[Piece], first: int, depth: int = 0) -> Runs:
    """The questions of a stretch, after what stands before them. Where the numbers start again without a
    heading, each run stands alone."""
    chain = _outermost(pieces, first)
    if chain is None:
        return pieces, []
    if chain.kind is Kind.NUMBER and depth < _DEEPEST:
        runs = _several(pieces, chain, first, depth + 1) or _after_a_lost_label(pieces, chain, first, depth + 1)
        if runs is not None:
            return runs
    opens = chain.items[0]
    return pieces[:opens], drafts_of(pieces[opens:], shifted(chain, opens))


def _several(pieces: list[Piece], chain: Chain, first: int, depth: int) -> Runs | None:
    """The runs around a list of numbers; None where it is the only one."""
    opens, last = chain.items[0], chain.items[-1]
    if not _asks(pieces, chain):
        own, drafts = read_runs(pieces[last + 1 :], first, depth)
        return ([*pieces[: last + 1], *own], drafts) if drafts else (pieces, [])
    earlier = best_chain(pieces[:opens], chain.kind)
    later = best_chain(pieces[last + 1 :], chain.kind)
    if earlier and _is_a_run(pieces[:opens], earlier, pieces[opens]):
        cut = opens
    elif later and _is_a_run(pieces[last + 1 :], later, pieces[opens]):
        cut = last + 1 + later.items[0]
    else:
        return None
    own, before = read_runs(pieces[:cut], first, depth)
    return own, [*_as_runs(before), *_as_runs(read_runs(pieces[cut:], 1, depth)[1])]


def _after_a_lost_label(pieces: list[Piece], chain: Chain, first: int, depth: int) -> Runs | None:
    """The questions with one before them whose label was not read; None where none is missing."""
    opens = chain.items[0]
    lost = _without_label(pieces, opens) if chain.values[0] == first + 1 else None
    if lost is None:
        return None
    own, drafts = read_runs(_labelled(pieces, lost, pieces[opens], first), first, depth)
    if drafts and not drafts[0].flat:
        drafts[0].guessed = True
    return own, drafts


def _without_label(pieces: list[Piece], opens: int) -> int | None:
    """Where the question before `opens` starts, if its label was lost in reading: marks stand in front of
    question 2, under text that is set as far in as a question's."""
    lead = pieces[:opens]
    if not any(not marks.total for piece in lead for marks in find_marks(piece.text)):
        return None
    edge = pieces[opens].row.indent + 0.012
    start = opens
    while start > 0 and lead[start - 1].row.indent >= edge and lead[start - 1].row.page == pieces[opens].row.page:
        start -= 1
    own = lead[start:]
    marked = any(not marks.total for piece in own for marks in find_marks(piece.text))
    return start if marked and not own[0].tokens and len(re.findall(r"\w{2,}", own[0].text)) > 1 else None


def _labelled(pieces: list[Piece], at: int, like: Piece, value: int) -> list[Piece]:
    token = Token("", str(value), ((Kind.NUMBER, value),), like.tokens[0].style)
    return [*pieces[:at], replace(pieces[at], tokens=(token,), left=like.left), *pieces[at + 1 :]]


def _as_runs(drafts: list[Draft]) -> list[Draft]:
    """Drafts gathered under a heading without words, unless they are so already."""
    if drafts and all(draft.flat for draft in drafts):
        return drafts
    return [Draft("", "", None, [], drafts, flat=True)]


def _is_a_run(stretch: list[Piece], run: Chain, model: Piece) -> bool:
    """Whether these items are set like the list's own (`model` is one of it), and are no instructions."""
    items = [stretch[item] for item in run.items]
    if run.values[0] != 1 or len(set(run.values)) < 2 or items[0].tokens[0].style != model.tokens[0].style:
        return False
    return abs(items[0].row.indent - model.row.indent) <= 0.02 and _asks(stretch, run)


def _asks(pieces: list[Piece], chain: Chain) -> bool:
    """Whether a list of numbers asks anything: a front page numbers its instructions, and the rows of the
    examiner's table."""
    ends = [*chain.items[1:], chain.items[-1] + 6]
    said = ["\n".join(p.whole for p in pieces[item:end]) for item, end in zip(chain.items, ends, strict=True)]
    if any(marks.form >= Form.BARE_BRACKET and not marks.total for text in said[:-1] for marks in find_marks(text)):
        return True
    told = sum(1 for item in chain.items if is_instruction(pieces[item].text))
    worded = sum(1 for text in said if len(re.findall(r"[A-Za-z]{2,}", text)) >= 2)
    return told * 2 <= len(said) and worded * 2 >= len(said)


def _outermost(pieces: list[Piece], first: int) -> Chain | None:
    """The list that holds all others: numbers, unless capital letters or Roman numbers stand around them."""
    numbers = best_chain(pieces, Kind.NUMBER, first)
    if numbers is not None and (numbers.score < 0.9 or not _credible(pieces, numbers)):
        numbers = None
    around = [
        chain
        for kind in (Kind.ROMAN_UPPER, Kind.UPPER)
        if (chain := best_chain(pieces, kind)) and _goes_around(pieces, chain)
    ]
    for chain in sorted(around, key=lambda chain: -chain.score):
        if numbers is None:
            return chain
        spread = sum(1 for item in chain.items[1:] if item > numbers.items[0])
        if chain.items[0] < numbers.items[0] and spread:
            return chain
    if numbers is not None:
        return numbers
    small = [c for kind in (Kind.LOWER, Kind.ROMAN_LOWER) if (c := best_chain(pieces, kind)) and len(set(c.values)) > 1]
    return max(small, key=lambda chain: (-chain.items[0], chain.score), default=None)


def _goes_around(pieces: list[Piece], chain: Chain) -> bool:
    """Whether capitals or Roman numbers may hold all the rest: I, II, III; or the A of A1, A2."""
    if pieces[chain.items[0]].tokens[0].style == "A1":
        return len(chain.items) > 1
    return len(set(chain.values)) > 1 and chain.values[0] == 1


def _credible(pieces: list[Piece], chain: Chain) -> bool:
    if len(set(chain.values)) > 1:
        return True
    only = pieces[chain.items[0]]
    if only.tokens[0].style == "Q1":
        return True
    if only.tokens[0].style in ("1a", "1") and len(only.tokens) > 1 and only.tokens[1].name == "a":
        return True
    return only.tokens[0].style in ("1.", "1)", "01") and bool(only.text or len(only.tokens) > 1)
