"""Parses an answer key or a marking scheme document into a marking scheme.

With its paper, a key is split at the paper's labels, as a sheet is. Without, its questions are found as a paper's
are. The text under a label is the answer: "Answer:" before it and the question's own words above it are removed, and
"(1)" or "[1 mark]" after a point makes the point a criterion.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from core.models.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.question_types.choice import parse_choice
from core.models.question_types.numeric import parse_quantity
from core.models.question_types.true_false import parse_truth
from core.models.transcript import Line, Transcript
from grade.answer import AnswerLine
from grade.paper.boilerplate import remove_headers_and_footers
from grade.paper.outline import parse_outline
from grade.paper.outline_nodes import OutlineNode
from grade.paper.printed_marks import find_marks
from grade.paper.rows import GAP, Row, build_rows, truncate_row
from grade.paper.text_chunks import TextChunk, split_at_labels
from grade.scheme.compact_answers import parse_compact_answers
from grade.scheme.criteria_parser import parse_criteria
from grade.sheet.question_index import QuestionIndex
from grade.sheet.question_text import remove_question_text
from grade.sheet.segments import split_into_segments

_ANSWER_PREFIX = re.compile(
    r"^\W*(?:(?:correct|model|expected|sample|suggested)\s+)?(?:answers?|ans|solution|sol|key)\b\s*[:.\-–)=]*\s*",
    re.IGNORECASE,
)
_ANSWER_INSIDE = re.compile(
    r"(?:^|\n|\s{2,}|(?<=[.?!:_)]))\s*(?:(?:correct|model|expected|sample|suggested)\s+)?"
    r"(?:answers?|ans|solution|sol)\s*[:.\-–=]+\s*|(?:^|\n)\s*(?:answers?|ans)\s+(?=\S)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"\W*(?:answer\s*key|marking\s+(?:scheme|guide)|mark\s+scheme|(?:model\s+)?answers|solutions)\b", re.IGNORECASE
)


def parse_answer_key(transcript: Transcript, paper: QuestionPaper | None = None) -> MarkingScheme:
    """Return the marking scheme in a document. With its paper, labels are more certain and types are known.

    Never raises because of a page's content; what cannot be parsed becomes a warning.
    """
    rows = remove_headers_and_footers([truncate_row(row) for row in build_rows(transcript)])
    warnings = list(transcript.warnings)
    found: dict[str, SchemeEntry] = {}
    rest = []
    for row in rows:
        entries = _compact_entries(row, rows)
        if not entries:
            rest.append(row)
        for entry in entries:
            _add_entry(found, entry, warnings)
    for entry in _entries_by_paper(rest, paper) if paper is not None else _entries_by_outline(rest):
        _add_entry(found, entry, warnings)
    if not found:
        warnings.append("No answers were found in this document.")
    return MarkingScheme(tuple(found.values()), "", None, tuple(dict.fromkeys(warnings)))


def _add_entry(found: dict[str, SchemeEntry], entry: SchemeEntry, warnings: list[str]) -> None:
    if entry.question in found:
        warnings.append(f"The key answers question {entry.question} more than once; the first answer was kept.")
    else:
        found[entry.question] = entry


def _compact_entries(row: Row, rows: list[Row]) -> list[SchemeEntry]:
    """Parse a row of single-letter answers, or a table row of number, letter and marks.

    A lone pair counts only among others of its kind.
    """
    marks = None
    cells = [cell.text for cell in row.cells]
    if len(cells) == 3 and re.fullmatch(r"\d{1,2}(?:\.5)?", cells[2]):
        marks = float(cells.pop())
    pairs = parse_compact_answers("   ".join(cells))
    if len(pairs) > 1 or (pairs and sum(1 for other in rows if _is_lone_pair(other)) >= 3):
        return [
            SchemeEntry(str(pair.number), marks=marks, answers=_parse_option_labels(pair.response)) for pair in pairs
        ]
    return []


def _is_lone_pair(row: Row) -> bool:
    return len(parse_compact_answers("   ".join(cell.text for cell in row.cells[:2]))) == 1


def _parse_option_labels(response: str) -> tuple[str, ...]:
    if re.fullmatch(r"true|false", response, re.IGNORECASE):
        return (response.lower(),)
    return tuple(letter.upper() for letter in re.findall(r"(?<![a-zA-Z])[A-Ha-hTtFf](?![a-zA-Z])", response))


# ── with the paper ───────────────────────────────────────────────────────────────────────────────


def _entries_by_paper(rows: list[Row], paper: QuestionPaper) -> Iterator[SchemeEntry]:
    """Yield entries, split at the paper's own labels."""
    question_index = QuestionIndex(paper)
    lines = [AnswerLine(row.page, _row_to_line(row)) for row in rows if not _HEADING.match(row.text)]
    for segment in split_into_segments(lines, question_index):
        if segment.node is None or segment.node < 0:
            continue
        node = question_index.nodes[segment.node]
        response = [fragment.response for fragment in segment.fragments]
        # A number at the bottom of a page may be an answer unless it is certainly a page number.
        response += [line.line.text for line, certain in segment.page_numbers if not certain]
        text = "\n".join(part.strip() for part in response if part.strip())
        if node.question.parts:
            text = remove_question_text(text, node.question.text)
            if not text or not any(part.marks is None for part in node.question.parts):
                continue  # the introduction to the parts, not an answer
        entry = _build_entry(node.question.id, text, node.question)
        if entry is not None:
            yield entry


def _row_to_line(row: Row) -> Line:
    text = row.text.replace(GAP, "    ")
    return Line(text, 100.0, (row.left, row.top, max(row.right - row.left, 0.0), max(row.bottom - row.top, 0.0)))


# ── without the paper ────────────────────────────────────────────────────────────────────────────


def _entries_by_outline(rows: list[Row]) -> Iterator[SchemeEntry]:
    """Yield entries by the labels that the key itself prints in order."""
    for node in parse_outline(split_at_labels(rows)).nodes:
        yield from _entries_of_node(node, "")


def _entries_of_node(node: OutlineNode, path: str) -> Iterator[SchemeEntry]:
    if node.kind is None:
        for part in node.parts:
            yield from _entries_of_node(part, f"{path}{node.name}." if node.name else path)
        return
    name = path + node.name
    if node.parts and _has_answered_parts(node):
        for part in node.parts:
            yield from _entries_of_node(part, f"{name}.")
        return
    chunks = [*node.content, *_all_chunks(node.parts)]
    entry = _build_entry(
        name, "\n".join(chunk.full_text.replace(GAP, "  ") for chunk in chunks if chunk.full_text), None
    )
    if entry is not None:
        yield entry


def _has_answered_parts(node: OutlineNode) -> bool:
    """Whether the parts have their own answers, unlike options with one answer after them ("(a) … (d) … Ans: b")."""
    last = "\n".join(chunk.full_text for chunk in _all_chunks(node.parts[-1:]))
    first = "\n".join(chunk.full_text for part in node.parts[:-1] for chunk in _all_chunks([part]))
    return not (_ANSWER_INSIDE.search(last) and not _ANSWER_INSIDE.search(first))


def _all_chunks(nodes: list[OutlineNode]) -> list[TextChunk]:
    """Return the chunks of nodes and their parts, each with the label that was taken from it."""
    found: list[TextChunk] = []
    for node in nodes:
        content = list(node.content)
        if content:
            content[0] = replace(content[0], text=f"{node.label} {content[0].full_text}".strip(), tokens=())
        found += [*content, *_all_chunks(node.parts)]
    return found


# ── the text under a label ───────────────────────────────────────────────────────────────────────


def _build_entry(name: str, text: str, question: Question | None) -> SchemeEntry | None:
    """Build the entry from the text under a label; None where it contains no answer."""
    text = text.strip()
    marks: float | None = None
    if prefix := _ANSWER_INSIDE.search(text):
        before, text = text[: prefix.start()], text[prefix.end() :]
        marks = next((token.value for token in find_marks(before) if not token.per_part), None)
    elif question is not None:
        text, marks = _strip_question(text, question)
    text = _ANSWER_PREFIX.sub("", text).strip()
    if not text:
        return None
    entry = parse_criteria(name, text)
    if entry.marks is None and marks is not None:
        entry = replace(entry, marks=marks)
    return _fit_to_question_type(entry, question)


def _strip_question(text: str, question: Question) -> tuple[str, float | None]:
    """Return the text without the question repeated at its start, and the marks printed with the question."""
    lines = text.split("\n")
    kept: list[str] = []
    marks: float | None = None
    for index, line in enumerate(lines):
        tokens = [token for token in find_marks(line) if not token.per_part]
        bare = line[: tokens[-1].start].rstrip() if tokens and not line[tokens[-1].end :].strip() else line
        rest = remove_question_text("\n".join([*kept, bare]), question.text)
        if rest:
            return remove_question_text("\n".join([*kept, *lines[index:]]), question.text), marks
        kept.append(bare)
        marks = tokens[-1].value if tokens else marks
    return "", marks


def _fit_to_question_type(entry: SchemeEntry, question: Question | None) -> SchemeEntry:
    """Store the answer to an objective question as `answers`, not as a model answer."""
    response = entry.model_answer
    if question is None or question.type is QuestionType.TEXT:
        lone = re.fullmatch(r"\W*([A-Ha-h])\W*", response)
        return replace(entry, answers=(lone[1].upper(),), model_answer="", criteria=()) if lone else entry
    if question.type is QuestionType.CHOICE and (label := parse_choice(response, question)):
        return replace(entry, answers=(label,), model_answer="", criteria=())
    if question.type is QuestionType.TRUE_FALSE and (truth := parse_truth(response)):
        return replace(entry, answers=(truth,), model_answer="", criteria=())
    if question.type is QuestionType.NUMERIC and not entry.criteria and (number := parse_quantity(response)):
        return replace(entry, answers=(number[0],), unit=number[1], model_answer="")
    return entry
