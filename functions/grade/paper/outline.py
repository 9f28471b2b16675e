"""A paper's pieces as a tree of drafts: sections, and the questions under them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grade.paper.drafts import Draft
from grade.paper.headings import Heading, find_headings
from grade.paper.pieces import Piece
from grade.paper.runs import read_runs


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
        lead, items = _block(body, [replace(h, index=h.index - heading.index - 1) for h in inside], expected)
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
