"""From pieces to a tree of drafts: which labels are sections, which questions, which parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grade.chains import Chain, best_chain, is_instruction
from grade.headings import Heading, find_headings
from grade.marks_printed import Form, find_marks, without
from grade.numbering import Kind, Token
from grade.pieces import Piece, in_list_order
from grade.rows import BLANK

_DEEPEST = 5


@dataclass(slots=True)
class Draft:
    """A node in the making. `name` is its step in the id; `kind` None for a section; `own` its text before
    the first part; `notes` what other places of the paper say about it."""

    label: str
    name: str
    kind: Kind | None
    own: list[Piece] = field(default_factory=list)
    parts: list["Draft"] = field(default_factory=list)
    heading: str = ""
    notes: list[str] = field(default_factory=list)
    style: str = ""
    flat: bool = False
    """A heading without a label: its questions stand beside those of its neighbours."""


@dataclass(slots=True)
class Outline:
    preamble: list[Piece]
    drafts: list[Draft]


def read_outline(pieces: list[Piece]) -> Outline:
    headings = find_headings(pieces)
    labelled = [heading for heading in headings if heading.keyword]
    if labelled and (sections := _sections(pieces, headings, labelled)):
        return Outline(pieces[: labelled[0].index], sections)
    preamble, drafts = _block(pieces, [h for h in headings if not h.keyword], 1)
    return Outline(preamble, drafts)


def _sections(pieces: list[Piece], headings: list[Heading], labelled: list[Heading]) -> list[Draft]:
    """One draft a labelled heading. A heading that comes twice is one section: the mention on the front
    page only speaks about it, and "Section A (continued)" goes on with it."""
    outer = labelled[0].keyword
    ends = [heading.index for heading in labelled[1:]] + [len(pieces)]
    drafts: list[Draft] = []
    expected = 1
    bodies: dict[tuple[str, str, int], Draft] = {}
    parent: Draft | None = None
    for heading, end in zip(labelled, ends, strict=True):
        inside = [h for h in headings if not h.keyword and heading.index < h.index < end]
        body = pieces[heading.index + 1 : end]
        lead, items = _block(body, [_moved(h, heading.index + 1) for h in inside], expected)
        if len(items) == 1 and items[0].style == "A1" and items[0].name == heading.name:
            items = items[0].parts  # "A1", "A2" under "Section A"
        nested = heading.keyword != outer and parent is not None
        key = (heading.keyword, heading.name, id(parent) if nested else 0)
        draft = bodies.get(key)
        if draft is None:
            draft = bodies[key] = Draft(heading.label, heading.name, None, heading=heading.text)
            if nested and parent is not None:
                parent.parts.append(draft)
            else:
                drafts.append(draft)
        if not nested:
            parent = draft
        if items or not draft.parts:
            draft.notes.append(heading.text)
        draft.own += lead
        draft.parts += items
        expected = _next_value(items, expected)
    return [draft for draft in drafts if draft.parts]


def _moved(heading: Heading, by: int) -> Heading:
    return Heading(heading.index - by, heading.keyword, heading.name, heading.label, heading.text)


def _next_value(items: Sequence[Draft], expected: int) -> int:
    for item in reversed(items):
        if item.flat:
            return _next_value(item.parts, expected)
        if item.name.isdigit():
            return int(item.name) + 1
    return expected


def _block(pieces: list[Piece], topics: list[Heading], first: int) -> tuple[list[Piece], list[Draft]]:
    """The questions between two labelled headings, parted by the headings without a label."""
    if not topics:
        return _runs(pieces, first)
    lead, drafts = _runs(pieces[: topics[0].index], first)
    for topic, end in zip(topics, [*[t.index for t in topics[1:]], len(pieces)], strict=True):
        first = _next_value(drafts, first)
        own, items = _runs(pieces[topic.index + 1 : end], first)
        drafts.append(Draft(topic.label, "", None, own, items, heading=topic.text, flat=True))
    return lead, drafts


def _runs(pieces: list[Piece], first: int) -> tuple[list[Piece], list[Draft]]:
    """The questions of a stretch. Where the numbers start again without a heading, each run stands alone."""
    chain = _outermost(pieces, first)
    if chain is None:
        return pieces, []
    opens, last = chain.items[0], chain.items[-1]
    if chain.kind is Kind.NUMBER and not _asks(pieces, chain):
        own, drafts = _runs(pieces[last + 1 :], first)
        return ([*pieces[: last + 1], *own], drafts) if drafts else (pieces, [])
    if chain.kind is Kind.NUMBER:
        earlier = best_chain(pieces[:opens], chain.kind)
        if earlier and _is_a_run(pieces[:opens], earlier, pieces[opens]):
            own, before = _runs(pieces[:opens], first)
            return own, [*_as_runs(before), *_as_runs(_runs(pieces[opens:], 1)[1])]
        later = best_chain(pieces[last + 1 :], chain.kind)
        if later and _is_a_run(pieces[last + 1 :], later, pieces[opens]):
            cut = last + 1 + later.items[0]
            own, drafts = _runs(pieces[:cut], first)
            return own, [*_as_runs(drafts), *_as_runs(_runs(pieces[cut:], 1)[1])]
    return pieces[:opens], _drafts(pieces[opens:], _shifted(chain, opens))


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


def _shifted(chain: Chain, by: int) -> Chain:
    return Chain(chain.kind, tuple(item - by for item in chain.items), chain.values, chain.score)


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
    return only.tokens[0].style in ("1.", "1)", "01") and bool(only.text or len(only.tokens) > 1)


def _drafts(pieces: list[Piece], chain: Chain, depth: int = 0) -> list[Draft]:
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
        drafts.append(Draft(_label(chain.kind, token), token.name, chain.kind, style=token.style))
        segments.append(segment)
        value_before = value
    for draft, segment in zip(drafts, segments, strict=True):
        draft.own, draft.parts = _inside(segment, draft, depth + 1)
    return drafts


def _label(kind: Kind, token: Token) -> str:
    if kind is Kind.NUMBER:
        return (
            f"({token.name})"
            if token.style == "(1)"
            else f"{int(token.name):02}"
            if token.style == "01"
            else token.name
        )
    if kind in (Kind.UPPER, Kind.ROMAN_UPPER) and token.style not in ("(a)", "(i)"):
        return token.name
    return f"({token.name})"


def _inside(pieces: list[Piece], parent: Draft, depth: int) -> tuple[list[Piece], list[Draft]]:
    """A node's own text and its parts."""
    if depth >= _DEEPEST:
        return pieces, []
    pieces = in_list_order(pieces)
    chains = [
        c for kind in Kind if kind is not parent.kind or kind is Kind.NUMBER if (c := _inner(pieces, kind, parent))
    ]
    if not chains:
        return pieces, []
    chain = min(chains, key=lambda c: (c.items[0], -c.score))
    later = [c for c in chains if c.items[0] > chain.items[-1] and c.kind is not chain.kind]
    if later and _are_statements(pieces, chain):
        chain = min(later, key=lambda c: (c.items[0], -c.score))
    return pieces[: chain.items[0]], _drafts(pieces[chain.items[0] :], _shifted(chain, chain.items[0]), depth)


def _inner(pieces: list[Piece], kind: Kind, parent: Draft) -> Chain | None:
    """The list of this kind among the pieces, where it may be the parts of `parent`."""
    chain = best_chain(pieces, kind)
    if chain is None or chain.values[0] != 1 or all(_is_rule(pieces[item]) for item in chain.items):
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


def _is_rule(piece: Piece) -> bool:
    """A line to write on, with no words of its own."""
    said = without(piece.text, find_marks(piece.text))
    return BLANK in piece.text and not said.replace(BLANK, "").strip() and len(piece.tokens) == 1


def _are_statements(pieces: list[Piece], chain: Chain) -> bool:
    """Statements that a question speaks about ("I … II … Which are true? (a) only I"): they carry no marks."""
    ends = [*chain.items[1:], chain.items[-1] + 1]
    texts = [" ".join(p.text for p in pieces[item:end]) for item, end in zip(chain.items, ends, strict=True)]
    return not any(find_marks(text) for text in texts) and not any(text.rstrip().endswith("?") for text in texts)
