"""A paper's pieces as a tree of drafts: sections, and the questions under them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grade.paper.chains import Chain, best_chain
from grade.paper.directions import span_of
from grade.paper.drafts import Draft, drafts_of, share_options
from grade.paper.gaps import announced
from grade.paper.headings import Heading, find_headings
from grade.paper.numbering import Kind
from grade.paper.pieces import Piece
from grade.paper.runs import read_runs


@dataclass(slots=True)
class Outline:
    preamble: list[Piece]
    drafts: list[Draft]


def read_outline(pieces: list[Piece]) -> Outline:
    headings = find_headings(pieces)
    labelled = [heading for heading in headings if heading.keyword]
    if labelled and (items := _around(pieces, labelled)):
        return _with_sections_inside(pieces, items, labelled)
    if labelled and (sections := _sections(pieces, headings, labelled)):
        return Outline(pieces[: labelled[0].index], sections)
    preamble, drafts = _block(pieces, [h for h in headings if not h.keyword], 1)
    return Outline(preamble, drafts)


def _around(pieces: list[Piece], labelled: list[Heading]) -> list[int]:
    """Where the questions open that hold the headings, as "Exercise 2" holds its "Part A" and "Part B"; empty
    where the headings hold the questions."""
    chain = best_chain([piece if _in_words(piece) else replace(piece, tokens=()) for piece in pieces], Kind.NUMBER)
    if chain is None or len(chain.items) < 2 or chain.values != tuple(range(1, len(chain.items) + 1)):
        return []
    first = labelled[0]
    inside = any(chain.items[0] < first.index < item for item in chain.items[1:]) or first.index > chain.items[-1]
    if first.index < chain.items[0] or first.value != 1 or not inside:
        return []
    ends = [*chain.items[1:], len(pieces)]
    for item, end in zip(chain.items, ends, strict=True):
        values = [heading.value for heading in labelled if item < heading.index < end]
        if values and values != list(range(1, len(values) + 1)):
            return []
    return list(chain.items)


def _in_words(piece: Piece) -> bool:
    return bool(piece.tokens) and piece.opens and piece.tokens[0].style == "Q1"


def _with_sections_inside(pieces: list[Piece], items: list[int], labelled: list[Heading]) -> Outline:
    """Questions in words, each with the sections that stand in it."""
    drafts: list[Draft] = []
    for item, end in zip(items, [*items[1:], len(pieces)], strict=True):
        inner = [replace(h, index=h.index - item) for h in labelled if item < h.index < end]
        stretch = pieces[item:end]
        alone = Chain(Kind.NUMBER, (0,), (int(pieces[item].tokens[0].name),), 0.0)
        [draft] = drafts_of(stretch[: inner[0].index] if inner else stretch, alone)
        draft.parts += _sections(stretch, inner, inner) if inner else []
        drafts.append(draft)
    return Outline(pieces[: items[0]], drafts)


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
        span = announced(heading.text)
        expected = span[0] if span else expected
        lead, items = _block(body, [replace(h, index=h.index - heading.index - 1) for h in inside], expected)
        lead = _without_options(lead, items)
        if len(items) == 1 and items[0].style == "A1" and items[0].name == heading.name:
            # "A1", "A2" under "Section A"
            items = [replace(part, label=items[0].label + part.label) for part in items[0].parts]
        nested = heading.keyword != outer and parent is not None
        key = (heading.keyword, heading.name, id(parent) if nested else 0)
        draft = bodies.get(key)
        if draft is None:
            draft = bodies[key] = Draft(heading.label, heading.name, None, heading=heading.text)
            if nested and parent is not None:
                parent.parts.append(draft)
            else:
                drafts.append(draft)
        elif items and not draft.parts:
            # So far only spoken of, on the front page: it stands here.
            among = parent.parts if nested and parent is not None else drafts
            among.append(among.pop(next(place for place, other in enumerate(among) if other is draft)))
        if not nested:
            parent = draft
        if items or not draft.parts:
            draft.notes.append(heading.text)
        draft.own += lead
        draft.parts += items
        expected = _next_value(items, expected)
    return [draft for draft in drafts if draft.parts]


def _without_options(lead: list[Piece], items: list[Draft]) -> list[Piece]:
    """The words over a section's questions without the options that all of them share ("Assertion and reason")."""
    opens = next((i for i, p in enumerate(lead) if p.opens and p.tokens and p.tokens[0].name in ("A", "a")), None)
    if opens is None or any(item.parts for item in items):
        return lead
    span = next((found for piece in lead if (found := span_of(piece)) is not None), None)
    return lead[:opens] if share_options(items, lead, span) else lead


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
        return read_runs(pieces, first)
    lead, drafts = read_runs(pieces[: topics[0].index], first)
    for topic, end in zip(topics, [*[t.index for t in topics[1:]], len(pieces)], strict=True):
        first = _next_value(drafts, first)
        own, items = read_runs(pieces[topic.index + 1 : end], first)
        drafts.append(Draft(topic.label, "", None, own, items, heading=topic.text, flat=True))
    return lead, drafts
