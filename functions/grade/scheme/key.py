"""An answer key or a marking scheme as a document, read into a marking scheme.

With its paper, a key is cut by the paper's labels, as a sheet is; without, its questions are found as a
paper's are. What stands under a label is the answer: "Answer:" before it and the question's own words above
it are cut off, "(1)" or "[1 mark]" behind a point makes it a criterion.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from core.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.transcript import Line, Transcript
from grade.answer import AnswerLine
from grade.paper.drafts import Draft
from grade.paper.marks_printed import find_marks
from grade.paper.outline import read_outline
from grade.paper.pieces import Piece, pieces_of
from grade.paper.rows import GAP, Row, rows_of, shortened
from grade.paper.running_heads import without_running_heads
from grade.scheme.compact import compact_answers
from grade.scheme.entry_types import choice_of, number_of
from grade.scheme.key_points import read_points
from grade.sheet.question_text import without_question
from grade.sheet.segments import segments_of
from grade.sheet.sheet_map import SheetMap

_ANSWER = re.compile(
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


def parse_key(transcript: Transcript, paper: QuestionPaper | None = None) -> MarkingScheme:
    """The marking scheme in a document. With its paper the labels are surer and the types are known.

    Never raises on what a page may hold; what cannot be read is a warning.
    """
    rows = without_running_heads([shortened(row) for row in rows_of(transcript)])
    warnings = list(transcript.warnings)
    found: dict[str, SchemeEntry] = {}
    rest = []
    for row in rows:
        entries = _compact_entries(row, rows)
        if not entries:
            rest.append(row)
        for entry in entries:
            _add(found, entry, warnings)
    for entry in _by_paper(rest, paper) if paper is not None else _by_outline(rest):
        _add(found, entry, warnings)
    if not found:
        warnings.append("No answers were found in this document.")
    return MarkingScheme(tuple(found.values()), "", None, tuple(dict.fromkeys(warnings)))


def _add(found: dict[str, SchemeEntry], entry: SchemeEntry, warnings: list[str]) -> None:
    if entry.question in found:
        warnings.append(f"The key answers question {entry.question} more than once; the first answer was kept.")
    else:
        found[entry.question] = entry


def _compact_entries(row: Row, rows: list[Row]) -> list[SchemeEntry]:
    """A row of answers of a letter each, or a row of a table: number, letter, marks. A lone pair counts only
    among others of its kind."""
    marks = None
    cells = [cell.text for cell in row.cells]
    if len(cells) == 3 and re.fullmatch(r"\d{1,2}(?:\.5)?", cells[2]):
        marks = float(cells.pop())
    pairs = compact_answers("   ".join(cells))
    if len(pairs) > 1 or (pairs and sum(1 for other in rows if _is_lone_pair(other)) >= 3):
        return [SchemeEntry(str(pair.number), marks=marks, answers=_labels(pair.said)) for pair in pairs]
    return []


def _is_lone_pair(row: Row) -> bool:
    return len(compact_answers("   ".join(cell.text for cell in row.cells[:2]))) == 1


def _labels(said: str) -> tuple[str, ...]:
    if re.fullmatch(r"true|false", said, re.IGNORECASE):
        return (said.lower(),)
    return tuple(letter.upper() for letter in re.findall(r"(?<![a-zA-Z])[A-Ha-hTtFf](?![a-zA-Z])", said))


# ── with the paper ───────────────────────────────────────────────────────────────────────────────


def _by_paper(rows: list[Row], paper: QuestionPaper) -> Iterator[SchemeEntry]:
    """Entries by the paper's own labels."""
    sheet_map = SheetMap(paper)
    lines = [AnswerLine(row.page, _as_line(row)) for row in rows if not _HEADING.match(row.text)]
    for segment in segments_of(lines, sheet_map):
        if segment.node is None or segment.node < 0:
            continue
        node = sheet_map.nodes[segment.node]
        said = [fragment.said for fragment in segment.fragments]
        # A number at a page's foot that is no page number for certain may be what the key says.
        said += [line.line.text for line, certain in segment.page_numbers if not certain]
        text = "\n".join(part.strip() for part in said if part.strip())
        if node.question.parts:
            text = without_question(text, node.question.text)
            if not text or not any(part.marks is None for part in node.question.parts):
                continue  # the words over the parts, not an answer
        entry = _entry(node.question.id, text, node.question)
        if entry is not None:
            yield entry


def _as_line(row: Row) -> Line:
    text = row.text.replace(GAP, "    ")
    return Line(text, 100.0, (row.left, row.top, max(row.right - row.left, 0.0), max(row.bottom - row.top, 0.0)))


# ── without the paper ────────────────────────────────────────────────────────────────────────────


def _by_outline(rows: list[Row]) -> Iterator[SchemeEntry]:
    """Entries by the labels that the key itself sets in order."""
    for draft in read_outline(pieces_of(rows)).drafts:
        yield from _read(draft, "")


def _read(draft: Draft, path: str) -> Iterator[SchemeEntry]:
    if draft.kind is None:
        for part in draft.parts:
            yield from _read(part, f"{path}{draft.name}." if draft.name else path)
        return
    name = path + draft.name
    if draft.parts and _are_parts(draft):
        for part in draft.parts:
            yield from _read(part, f"{name}.")
        return
    pieces = [*draft.own, *_all_pieces(draft.parts)]
    entry = _entry(name, "\n".join(piece.whole.replace(GAP, "  ") for piece in pieces if piece.whole), None)
    if entry is not None:
        yield entry


def _are_parts(draft: Draft) -> bool:
    """Parts, unless the answer stands behind them all, as behind options ("(a) … (d) … Ans: b")."""
    last = "\n".join(piece.whole for piece in _all_pieces(draft.parts[-1:]))
    first = "\n".join(piece.whole for part in draft.parts[:-1] for piece in _all_pieces([part]))
    return not (_ANSWER_INSIDE.search(last) and not _ANSWER_INSIDE.search(first))


def _all_pieces(drafts: list[Draft]) -> list[Piece]:
    """The pieces of drafts and their parts, each with the label that was taken from it."""
    found: list[Piece] = []
    for draft in drafts:
        own = list(draft.own)
        if own:
            own[0] = replace(own[0], text=f"{draft.label} {own[0].whole}".strip(), tokens=())
        found += [*own, *_all_pieces(draft.parts)]
    return found


# ── what stands under a label ────────────────────────────────────────────────────────────────────


def _entry(name: str, text: str, asked: Question | None) -> SchemeEntry | None:
    """The entry that the text under a label makes, None where it holds no answer."""
    text = text.strip()
    marks: float | None = None
    if inside := _ANSWER_INSIDE.search(text):
        before, text = text[: inside.start()], text[inside.end() :]
        marks = next((token.value for token in find_marks(before) if not token.per_part), None)
    elif asked is not None:
        text, marks = _without_asked(text, asked)
    text = _ANSWER.sub("", text).strip()
    if not text:
        return None
    entry = read_points(name, text)
    if entry.marks is None and marks is not None:
        entry = replace(entry, marks=marks)
    return _fitted(entry, asked)


def _without_asked(text: str, asked: Question) -> tuple[str, float | None]:
    """The text without the question repeated at its start, and the marks printed with it."""
    lines = text.split("\n")
    kept: list[str] = []
    marks: float | None = None
    for index, line in enumerate(lines):
        tokens = [token for token in find_marks(line) if not token.per_part]
        bare = line[: tokens[-1].start].rstrip() if tokens and not line[tokens[-1].end :].strip() else line
        rest = without_question("\n".join([*kept, bare]), asked.text)
        if rest:
            return without_question("\n".join([*kept, *lines[index:]]), asked.text), marks
        kept.append(bare)
        marks = tokens[-1].value if tokens else marks
    return "", marks


def _fitted(entry: SchemeEntry, asked: Question | None) -> SchemeEntry:
    """An entry whose question is objective holds its answer as such, not as a model answer."""
    said = entry.model_answer
    if asked is None or asked.type is QuestionType.TEXT:
        lone = re.fullmatch(r"\W*([A-Ha-h])\W*", said)
        return replace(entry, answers=(lone[1].upper(),), model_answer="", criteria=()) if lone else entry
    if asked.type is QuestionType.CHOICE and (label := choice_of(said, asked)):
        return replace(entry, answers=(label,), model_answer="", criteria=())
    if asked.type is QuestionType.TRUE_FALSE and (found := re.match(r"\W*(true|false|t|f)\b", said, re.IGNORECASE)):
        truth = "true" if found[1].lower().startswith("t") else "false"
        return replace(entry, answers=(truth,), model_answer="", criteria=())
    if asked.type is QuestionType.NUMERIC and not entry.criteria and (number := number_of(said)):
        return replace(entry, answers=(number[0],), unit=number[1], model_answer="")
    return entry
