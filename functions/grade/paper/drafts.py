"""Drafts: the nodes of a paper in the making, from lists of labels to parts within parts."""

import re
from dataclasses import dataclass, field

from grade.paper.chains import Chain, best_chain, shifted
from grade.paper.directions import are_options, parted
from grade.paper.marks_printed import find_marks, without
from grade.paper.numbering import Kind, Token, to_roman
from grade.paper.pieces import Piece, in_list_order
from grade.words.plain import BLANK

_DEEPEST = 5


@dataclass(slots=True)
class Draft:
    """A node in the making. `name` is its step in the id; `kind` None for a section; `own` its text before
    the first part; `notes` what other places of the paper say about it. `flat`: a heading without a label,
    whose questions stand beside those of its neighbours. `guessed`: its label was not read. `shared`: options
    printed once for several questions."""

    label: str
    name: str
    kind: Kind | None
    own: list[Piece] = field(default_factory=list)
    parts: list["Draft"] = field(default_factory=list)
    heading: str = ""
    notes: list[str] = field(default_factory=list)
    style: str = ""
    flat: bool = False
    guessed: bool = False
    shared: list["Draft"] = field(default_factory=list)


def drafts_of(pieces: list[Piece], chain: Chain, depth: int = 0) -> list[Draft]:
    """The chain's items as drafts, each with what stands between it and the next."""
    drafts: list[Draft] = []
    ends = [*chain.items[1:], len(pieces)]
    value_before: int | None = None
    segments: list[list[Piece]] = []
    for item, end, value in zip(chain.items, ends, chain.values, strict=True):
        segment = [pieces[item].taken(), *pieces[item + 1 : end]]
        if value == value_before:
            segments[-1] += segment
            continue
        token = pieces[item].tokens[0]
        drafts.append(Draft(_label(chain.kind, token), _name(chain.kind, token), chain.kind, style=token.style))
        segments.append(segment)
        value_before = value
    if chain.kind is Kind.NUMBER:
        segments = _without_directions(drafts, segments, depth)
    due = 1 if chain.kind in (Kind.UPPER, Kind.ROMAN_UPPER) and _run_on(pieces, chain) else None
    for draft, segment in zip(drafts, segments, strict=True):
        draft.own, draft.parts = _inside(segment, draft, depth + 1, due)
        if due is not None and draft.parts and draft.parts[-1].kind is Kind.NUMBER:
            due = int(draft.parts[-1].name) + 1
    return drafts


def _run_on(pieces: list[Piece], chain: Chain) -> bool:
    """Whether the numbers under A, B, C go on counting from one to the next."""
    numbers = best_chain(pieces, Kind.NUMBER)
    if numbers is None or numbers.values != tuple(range(1, len(numbers.values) + 1)):
        return False
    return numbers.items[-1] > chain.items[-1] > numbers.items[0] > chain.items[0]


def _without_directions(drafts: list[Draft], segments: list[list[Piece]], depth: int) -> list[list[Piece]]:
    """The segments without the directions at their ends; the options in those go to the questions they are for."""
    numbers = {int(draft.name) for draft in drafts}
    kept: list[list[Piece]] = []
    for draft, segment in zip(drafts, segments, strict=True):
        own, directions, span = parted(segment, int(draft.name), numbers)
        kept.append(own)
        if span is not None:
            share_options(drafts, directions, span, depth)
    return kept


def share_options(drafts: list[Draft], directions: list[Piece], span: tuple[int, int] | None, depth: int = 0) -> bool:
    """Gives the options that stand in directions to the questions of the span (None for all); whether any do."""
    words, options = _inside(directions, Draft("", "", None), depth + 1)
    if not are_options(" ".join(piece.whole for piece in words), len(options)):
        return False
    for draft in drafts:
        if draft.kind is Kind.NUMBER and (span is None or span[0] <= int(draft.name) <= span[1]):
            draft.shared = options
    return True


def _label(kind: Kind, token: Token) -> str:
    if kind is Kind.NUMBER:
        name = _name(kind, token)
        if token.style == "(1)":
            return f"({name})"
        zero = token.style == "01" or re.search(r"\b0\d", token.raw)
        return f"{int(name):02}" if zero else name
    if kind in (Kind.UPPER, Kind.ROMAN_UPPER) and token.style not in ("(a)", "(i)"):
        return _name(kind, token)
    return f"({_name(kind, token)})"


def _name(kind: Kind, token: Token) -> str:
    """The label's step in an id. A letter that was read in the wrong size is put right, and so are strokes."""
    if kind is Kind.NUMBER:
        return str(token.value(kind))
    if kind in (Kind.ROMAN_LOWER, Kind.ROMAN_UPPER) and (value := token.value(kind)) is not None:
        return to_roman(value) if kind is Kind.ROMAN_LOWER else to_roman(value).upper()
    return token.name.lower() if kind is Kind.LOWER else token.name


def _inside(pieces: list[Piece], parent: Draft, depth: int, due: int | None = None) -> tuple[list[Piece], list[Draft]]:
    """A node's own text and its parts. `due`: the number that its parts go on with, None where they start at 1."""
    if depth >= _DEEPEST:
        return pieces, []
    pieces = in_list_order(pieces)
    chains = [
        c for kind in Kind if kind is not parent.kind or kind is Kind.NUMBER if (c := _inner(pieces, kind, parent, due))
    ]
    if not chains:
        return pieces, []
    chain = min(chains, key=lambda c: (c.items[0], -c.score))
    later = [c for c in chains if c.items[0] > chain.items[-1] and c.kind is not chain.kind]
    if later and _are_statements(pieces, chain):
        chain = min(later, key=lambda c: (c.items[0], -c.score))
    return pieces[: chain.items[0]], drafts_of(pieces[chain.items[0] :], shifted(chain, chain.items[0]), depth)


def _inner(pieces: list[Piece], kind: Kind, parent: Draft, due: int | None = None) -> Chain | None:
    """The list of this kind among the pieces, where it may be the parts of `parent`."""
    if due is not None and kind is Kind.NUMBER:
        chain = best_chain(pieces, kind, due)
        return chain if chain is not None and chain.values[0] == due else None
    chain = best_chain(pieces, kind)
    if chain is None or chain.values[0] != 1 or _are_rules(pieces, chain):
        return None
    items = [pieces[item] for item in chain.items]
    count = len(set(chain.values))
    styles = {piece.tokens[0].style for piece in items}
    marked = any(find_marks(piece.text) for piece in pieces[chain.items[0] :])
    if kind is Kind.NUMBER:
        parts = _numbers_are_parts(items, styles, count, parent, marked=marked)
    elif styles == {"A"}:
        parts = count > 2
    else:
        parts = count > 1 or (marked and styles <= {"(a)", "(i)"} and bool(re.match(r"[A-Z]", items[0].text)))
    return chain if parts else None


def _numbers_are_parts(items: list[Piece], styles: set[str], count: int, parent: Draft, *, marked: bool) -> bool:
    """Numbers inside a question are more often a list that it speaks of than its parts."""
    if styles == {"1.1"}:
        return True
    if count < 2:
        return False
    if styles == {"(1)"} or parent.kind in (Kind.UPPER, Kind.ROMAN_UPPER):
        return True
    asks = sum(1 for piece in items if piece.text.rstrip(" _").endswith("?")) * 2 > len(items)
    return (marked or asks) and (parent.kind is not Kind.NUMBER or (parent.style == "Q1" and "Q1" not in styles))


def _are_rules(pieces: list[Piece], chain: Chain) -> bool:
    """Numbered lines to write on: nothing is printed behind any of the labels but marks."""
    ends = [*chain.items[1:], chain.items[-1] + 1]
    for item, end in zip(chain.items, ends, strict=True):
        for piece in pieces[item:end]:
            said = without(piece.text, find_marks(piece.text)).replace(BLANK, "")
            if len(pieces[item].tokens) > 1 or re.search(r"\w", said):
                return False
    return chain.kind is Kind.NUMBER or any(BLANK in pieces[item].text for item in chain.items)


def _are_statements(pieces: list[Piece], chain: Chain) -> bool:
    """Statements that a question speaks about ("I … II … Which are true? (a) only I"): they carry no marks."""
    ends = [*chain.items[1:], chain.items[-1] + 1]
    texts = [" ".join(p.text for p in pieces[item:end]) for item, end in zip(chain.items, ends, strict=True)]
    return not any(find_marks(text) for text in texts) and not any(text.rstrip().endswith("?") for text in texts)
