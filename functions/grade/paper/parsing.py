"""A question paper's transcript as a tree of questions with marks, options and every doubt in a sentence.

The steps, each in its own room: rows of what stands side by side (`rows`), without running heads
(`running_heads`), cut at labels (`pieces`), lists found among the labels (`chains`), nested (`outline`),
then marks, options and types read into the tree (`assembly`) and the sums checked (`sums`).
"""

import re
from dataclasses import replace

from core.assessment import QuestionPaper
from core.sums import checked
from core.transcript import Transcript
from grade.paper.assembly import Assembly
from grade.paper.data_pages import without_data_pages
from grade.paper.gaps import led_by_numbers
from grade.paper.marks_printed import mend
from grade.paper.misread import put_right
from grade.paper.misread_marks import put_marks_right
from grade.paper.notation import read_notation
from grade.paper.outline import Outline, read_outline
from grade.paper.pieces import pieces_of
from grade.paper.rows import GAP, Cell, Row, rows_of, shortened
from grade.paper.running_heads import without_running_heads
from grade.paper.sharing import shared_equally
from grade.paper.titles import title_of
from grade.paper.totals import head_total, take_totals, total_below
from grade.paper.weights import with_weights

_MOST_ROWS = 20_000


def parse_paper(transcript: Transcript) -> QuestionPaper:
    """The question tree of a paper. Never raises on what a page may hold: what cannot be read is a warning."""
    warnings = list(transcript.warnings)
    rows = rows_of(transcript)
    if len(rows) > _MOST_ROWS:
        warnings.append(f"Only the first {_MOST_ROWS} lines of the paper were looked at for questions.")
    rows = [_without_outcomes(shortened(row)) for row in rows[:_MOST_ROWS]]
    rows = without_data_pages(_mended(without_running_heads(rows)))
    rows = with_weights(put_marks_right(rows, warnings))
    rows, totals = take_totals(rows)
    rows = led_by_numbers(rows)
    outline = read_outline(put_right(pieces_of(rows), warnings))
    if totals.paper is None:
        totals.paper = total_below(rows[:40])
    if totals.paper is None:
        totals.paper = head_total(_head(outline) or [row.text for row in rows[:12]])
    assembly = Assembly(read_notation(rows), totals.sections)
    questions = assembly.questions(outline)
    if totals.paper is not None and assembly.equal_marks:
        questions = shared_equally(questions, totals.paper, assembly.warnings)
    warnings += assembly.warnings
    if _numbers_inside(rows) > 1:
        warnings.append(
            "Numbers stand in the middle of lines as labels do: a page in columns may have been read across."
        )
    if not questions:
        warnings.append("No numbered questions were found in this document.")
    paper = QuestionPaper(0.0, questions, (), title_of(rows, _opening(outline)), totals.paper)
    return checked(paper, warnings)


def _head(outline: Outline) -> list[str]:
    """The lines above the first question, with a heading that stands among them."""
    head = [piece.whole for piece in outline.preamble]
    first = outline.drafts[0] if outline.drafts else None
    if first is not None and first.flat:
        head += [first.heading, *(piece.whole for piece in first.own)]
    return head


def _opening(outline: Outline) -> Row | None:
    """The row in which the first question opens."""
    drafts = outline.drafts
    while drafts:
        if drafts[0].own and drafts[0].kind is not None:
            return drafts[0].own[0].row
        drafts = drafts[0].parts
    return None


def _numbers_inside(rows: list[Row]) -> int:
    """How many rows have a second cell that opens like a question: a number and a capital."""
    return sum(1 for row in rows for cell in row.cells[1:] if re.match(r"\d{1,2}[.)]\s+[A-Z]\w+ \w+ \w+", cell.text))


_OUTCOME = re.compile(r"(?:\[?(?:CO|PO|PSO|CLO|LO|L|K|BL|BTL?|RBT)\s?[-:]?\s?\d(?:\s?,\s?\d)*\]?\s*)+")


def _without_outcomes(row: Row) -> Row:
    """The row without the columns for course outcomes ("CO2", "L4") that stand behind its marks."""
    cells = row.cells
    while len(cells) > 1 and _OUTCOME.fullmatch(cells[-1].text):
        cells = cells[:-1]
    return replace(row, cells=cells) if cells is not row.cells else row


def _mended(rows: list[Row]) -> list[Row]:
    """Marks that break over two rows stand on the first of them."""
    kept: list[Row] = []
    for row in rows:
        mended = mend(kept[-1].text, row.text) if kept else None
        if mended is None:
            kept.append(row)
            continue
        kept[-1] = replace(kept[-1], cells=_retold(kept[-1], mended[0]))
        if mended[1]:
            kept.append(replace(row, cells=_retold(row, mended[1])))
    return kept


def _retold(row: Row, text: str) -> tuple[Cell, ...]:
    """The row's cells with another text; what was cut or added stands in the last (or only) one."""
    parts = text.split(GAP)
    if len(parts) != len(row.cells):
        return (Cell(text.replace(GAP, " "), row.left, row.right),)
    return tuple(replace(cell, text=part.strip()) for cell, part in zip(row.cells, parts, strict=True))
