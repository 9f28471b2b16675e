"""Parses a transcript into a question paper: sections, the questions in them, and how many of them count."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.models.paper_totals import available_marks, check_paper_totals, format_marks, sum_available_marks
from core.models.transcript import Transcript
from grade.paper.boilerplate import remove_data_pages, remove_headers_and_footers
from grade.paper.instructions import (
    Instructions,
    assign_instructions,
    extract_trailing_instructions,
    parse_instructions,
)
from grade.paper.mark_allocation import (
    group_optional_questions,
    group_or_questions,
    is_choice_group,
    marks_per_question,
    resolve_choose,
    split_paper_total,
    split_section_total,
)
from grade.paper.mark_notation import MarkNotation, convert_weights_to_marks, detect_mark_notation
from grade.paper.ocr_corrections import correct_labels, correct_marks
from grade.paper.outline import Outline, parse_outline
from grade.paper.outline_nodes import OutlineNode, ends_with_or, join_lines
from grade.paper.printed_marks import rejoin_marks
from grade.paper.question_builder import QuestionBuilder, SectionContext
from grade.paper.rows import GAP, Cell, Row, build_rows, truncate_row
from grade.paper.text_chunks import move_gap_numbers_first, split_at_labels
from grade.paper.title_and_total import extract_totals, find_title, find_total_below_heading, find_total_in_header

_MAX_ROWS = 20_000
_COURSE_OUTCOMES = re.compile(r"(?:\[?(?:CO|PO|PSO|CLO|LO|L|K|BL|BTL?|RBT)\s?[-:]?\s?\d(?:\s?,\s?\d)*\]?\s*)+")


class PaperAssembler:
    """Builds one paper from its outline. `sections`: totals printed for sections, by section name."""

    def __init__(self, notation: MarkNotation, sections: dict[str, float]) -> None:
        self.warnings: list[str] = []
        self.equal_marks = False
        self._builder = QuestionBuilder(notation, self.warnings)
        self._sections = sections

    def questions(self, outline: Outline) -> tuple[Question, ...]:
        """Build the question tree and collect the warnings."""
        instruction_text = join_lines(
            [*(chunk.full_text for chunk in outline.preamble), *extract_trailing_instructions(outline.nodes)]
        )
        instructions = parse_instructions(assign_instructions(instruction_text, outline.nodes))
        self._warn_about_negative_marking(instructions, "The paper")
        self.equal_marks = instructions.equal_marks
        questions = self._build_siblings(outline.nodes, "", SectionContext(instructions.each, instructions.each_except))
        if any(question.type is QuestionType.SECTION for question in questions):
            return questions
        return group_optional_questions(questions, instructions, instruction_text, self.warnings)

    def _build_siblings(self, nodes: Sequence[OutlineNode], path: str, context: SectionContext) -> tuple[Question, ...]:
        """Build neighbouring nodes as questions.

        Questions under headings without labels join them, unless their numbers would clash.
        """
        names = [part.name for node in nodes if node.unlabelled for part in node.parts]
        names += [node.name for node in nodes if not node.unlabelled]
        has_duplicate_names = len(names) != len(set(names))
        self._builder.warn_about_missing_labels(nodes, path)
        context = self._builder.with_option_bias([node for node in nodes if node.kind is not None], context)
        built: list[Question] = []
        for index, node in enumerate(nodes):
            if node.kind is not None:
                built.append(self._builder.build_question(node, path, context))
            elif node.unlabelled and not has_duplicate_names:
                built += self._build_unlabelled_section(node, path, context)
            else:
                built.append(self._build_section(node, path, context, index))
        if len(built) != len(nodes):
            return tuple(built)
        return group_or_questions(built, [node.kind is not None and ends_with_or(node) for node in nodes])

    def _build_unlabelled_section(self, node: OutlineNode, path: str, context: SectionContext) -> tuple[Question, ...]:
        instruction_text = assign_instructions(
            join_lines([node.heading, *(chunk.full_text for chunk in node.content)]), node.parts
        )
        instructions = parse_instructions(instruction_text)
        self._warn_about_negative_marking(instructions, node.heading or "The paper")
        questions = self._build_siblings(node.parts, path, _inherited_context(context, instructions, len(node.parts)))
        return group_optional_questions(questions, instructions, instruction_text, self.warnings)

    def _build_section(self, node: OutlineNode, path: str, context: SectionContext, index: int) -> Question:
        text = join_lines([node.heading, *(chunk.full_text for chunk in node.content)])
        label, name = self._section_label_and_name(node, index)
        instructions = parse_instructions(join_lines([text, *node.notes]))
        self._warn_about_negative_marking(instructions, label)
        inner_context = _inherited_context(context, instructions, _count_questions(node.parts))
        parts = self._build_siblings(node.parts, f"{path}{name}.", inner_context)
        choose = None
        if instructions.span is not None:
            parts = group_optional_questions(parts, instructions, text, self.warnings)
        else:
            choose = resolve_choose(instructions, len(parts), label, self.warnings)
        if len(parts) == 1 and is_choice_group(parts[0]):
            # The choice was printed under its own heading, or as OR, but applies to the whole section.
            choose, parts = parts[0].choose, parts[0].parts
        printed = self._sections.get(node.name) if node.name else None
        if printed is None and instructions.total is not None:
            printed = instructions.total.value
        parts = split_section_total(parts, printed, choose, label, self.warnings)
        self._warn_about_question_count(instructions, len(parts), label)
        known = all(available_marks(part) > 0 for part in parts)
        first = node.content[0].row.page if node.content else parts[0].page if parts else None
        return Question(
            id=path + name,
            label=label[:80],
            type=QuestionType.SECTION,
            text=text,
            marks=printed if printed is not None else sum_available_marks(parts, choose) if known else None,
            choose=choose,
            parts=parts,
            page=first,
        )

    def _section_label_and_name(self, node: OutlineNode, index: int) -> tuple[str, str]:
        """Return a section's label and its component in ids. A section without a label gets a generated one."""
        if not node.unlabelled:
            return node.label, node.name
        name = f"P{index + 1}"
        if not node.label:
            self.warnings.append(
                f"The numbers start again at 1 without a heading; those questions are called {name}.1 and so on."
            )
        return node.label or f"Part {index + 1}", name

    def _warn_about_question_count(self, instructions: Instructions, found: int, where: str) -> None:
        """Warn where a heading's "(5 x 2 = 10)" implies more or fewer questions than were found."""
        total = instructions.total
        if total is None or total.each is None or total.count is None or instructions.choose is not None:
            return
        if found not in (total.each, total.count):
            self.warnings.append(
                f"{where} prints marks for {format_marks(total.count)} x {format_marks(total.each)}, but "
                f"{found} questions were found"
                " there."
            )

    def _warn_about_negative_marking(self, instructions: Instructions, where: str) -> None:
        if instructions.negative_marking:
            penalty = f" of {format_marks(round(instructions.negative, 2))}" if instructions.negative else ""
            self.warnings.append(
                f"{where} speaks of negative marking{penalty}: say so in the marking scheme for it to be applied."
            )


def _inherited_context(context: SectionContext, instructions: Instructions, count: int) -> SectionContext:
    """Return the context that questions under a heading inherit."""
    share = (
        marks_per_question(instructions.total, instructions.choose or count) if instructions.total is not None else None
    )
    each = instructions.each if instructions.each is not None else share if share is not None else context.each
    return replace(
        context,
        each=each,
        each_except=instructions.each_except or context.each_except,
        multiple_choice=instructions.multiple_choice or context.multiple_choice,
        true_false=instructions.true_false or context.true_false,
    )


def _count_questions(nodes: Sequence[OutlineNode]) -> int:
    return sum(_count_questions(node.parts) if node.unlabelled else 1 for node in nodes)


def parse_paper(transcript: Transcript) -> QuestionPaper:
    """Return the question tree of a paper.

    Never raises because of a page's content: what cannot be parsed becomes a warning.
    """
    warnings = list(transcript.warnings)
    rows = build_rows(transcript)
    if len(rows) > _MAX_ROWS:
        warnings.append(f"Only the first {_MAX_ROWS} lines of the paper were looked at for questions.")
    rows = [_remove_outcome_columns(truncate_row(row)) for row in rows[:_MAX_ROWS]]
    rows = remove_data_pages(_join_broken_rows(remove_headers_and_footers(rows)))
    rows = convert_weights_to_marks(correct_marks(rows, warnings))
    rows, totals = extract_totals(rows)
    rows = move_gap_numbers_first(rows)
    outline = parse_outline(correct_labels(split_at_labels(rows), warnings))
    if totals.paper is None:
        totals.paper = find_total_below_heading(rows[:40])
    if totals.paper is None:
        totals.paper = find_total_in_header(_header_lines(outline) or [row.text for row in rows[:12]])
    assembler = PaperAssembler(detect_mark_notation(rows), totals.sections)
    questions = assembler.questions(outline)
    if totals.paper is not None and assembler.equal_marks:
        questions = split_paper_total(questions, totals.paper, assembler.warnings)
    warnings += assembler.warnings
    if _count_inline_numbers(rows) > 1:
        warnings.append(
            "Numbers stand in the middle of lines as labels do: a page in columns may have been read across."
        )
    if not questions:
        warnings.append("No numbered questions were found in this document.")
    paper = QuestionPaper(0.0, questions, (), find_title(rows, _first_question_row(outline)), totals.paper)
    return check_paper_totals(paper, warnings)


def _header_lines(outline: Outline) -> list[str]:
    """The lines above the first question, including a heading among them."""
    header = [chunk.full_text for chunk in outline.preamble]
    first = outline.nodes[0] if outline.nodes else None
    if first is not None and first.unlabelled:
        header += [first.heading, *(chunk.full_text for chunk in first.content)]
    return header


def _first_question_row(outline: Outline) -> Row | None:
    """The row in which the first question starts."""
    nodes = outline.nodes
    while nodes:
        if nodes[0].content and nodes[0].kind is not None:
            return nodes[0].content[0].row
        nodes = nodes[0].parts
    return None


def _count_inline_numbers(rows: list[Row]) -> int:
    """Count the cells after a row's first one that start like a question: a number and a capitalised word."""
    return sum(1 for row in rows for cell in row.cells[1:] if re.match(r"\d{1,2}[.)]\s+[A-Z]\w+ \w+ \w+", cell.text))


def _remove_outcome_columns(row: Row) -> Row:
    """Remove the columns for course outcomes ("CO2", "L4") printed after a row's marks."""
    cells = row.cells
    while len(cells) > 1 and _COURSE_OUTCOMES.fullmatch(cells[-1].text):
        cells = cells[:-1]
    return replace(row, cells=cells) if cells is not row.cells else row


def _join_broken_rows(rows: list[Row]) -> list[Row]:
    """Move marks that break over two rows onto the first of them."""
    kept: list[Row] = []
    for row in rows:
        rejoined = rejoin_marks(kept[-1].text, row.text) if kept else None
        if rejoined is None:
            kept.append(row)
            continue
        kept[-1] = replace(kept[-1], cells=_replace_text(kept[-1], rejoined[0]))
        if rejoined[1]:
            kept.append(replace(row, cells=_replace_text(row, rejoined[1])))
    return kept


def _replace_text(row: Row, text: str) -> tuple[Cell, ...]:
    """Return the row's cells with another text.

    If the number of cells changed, the whole text goes into a single cell.
    """
    parts = text.split(GAP)
    if len(parts) != len(row.cells):
        return (Cell(text.replace(GAP, " "), row.left, row.right),)
    return tuple(replace(cell, text=part.strip()) for cell, part in zip(row.cells, parts, strict=True))
