"""Generates random answer sheets as students write and OCR misreads them, together with their truth.

`python -m tests.papers.simulated_sheets` measures how many answers are extracted whole under their questions.
"""

import random
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.models.transcript import Line, Page, Transcript
from grade.answer import AnswerSheet
from grade.paper.paper_parser import parse_paper
from grade.sheet.answers import split_into_answers
from tests.papers.pdf_transcripts import read_pdf

LABEL_FORMATS = re.split(
    r"\s",
    "Q{}) Q.{} Q{}. {}. {}) ({}) Ans_{}: Ans.{} Ans_{} Answer_{} Question_{} Question_{}: {} {}_-> {}- No.{} Q{}: "
    "Que_{}) Sol_{}.",
)
PART_FORMATS = ("({})", "{})", "{}.")
_WORDS = re.split(
    r"\s",
    "the a of force energy water light plant cell because when it moves up and down so that heat is lost to air which"
    " makes sugar from carbon dioxide more slowly than before if pressure rises metal rusts with oxygen people moved"
    " to towns for work rivers carry sand to the sea blood flows through the lungs current splits at the junction each"
    " lamp has same voltage friction stops the trolley prices go up demand falls",
)
_TEXT_NOISE = {"l": "1", "o": "0", "m": "rn", "e": "c", "a": "o", "i": "l", "u": "n", "h": "b", "t": "f", "g": "q"}
_LABEL_NOISE = (
    ("(a)", "(o)"), ("(i)", "(1)"), ("(ii)", "(11)"), ("(b)", "(6)"), ("(c)", "(C)"), ("(", ""), (".", ","),
    (":", ";"), (")", ") "), ("Q", "Q "), ("1", "l"), ("5", "S"), ("0", "O"), ("1", "I"), ("8", "B"), ("2", "Z"),
)  # fmt: skip


@dataclass(slots=True)
class SimulatedSheet:
    """`lines` are the written lines, each with its indent in characters. `truth` maps each question to the lines of its
    answer."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    truth: dict[str, list[str]] = field(default_factory=dict)

    def transcript(self, rng: random.Random) -> Transcript:
        lines_per_page = rng.choice((18, 24, 30))
        return Transcript(
            tuple(
                Page(
                    number, "textract", tuple(_lines(self.lines[start : start + lines_per_page], rng, first=start == 0))
                )
                for number, start in enumerate(range(0, len(self.lines), lines_per_page), 1)
            )
        )


def _lines(written: list[tuple[int, str]], rng: random.Random, *, first: bool) -> list[Line]:
    lines = [Line("Name: Asha Example   Roll No. 17", 95, (0.08, 0.03, 0.5, 0.015), True)] if first else []
    for position, (indent, text) in enumerate(written):
        left = 0.09 + indent * 0.009 + rng.uniform(-0.006, 0.006)
        box = (left, 0.07 + position * 0.026, min(len(text) * 0.009, 0.8), 0.018)
        lines.append(Line(text, 95 - rng.random() * 20, box, True))
    return lines


class SimulatedStudent:
    """One student's way of writing.

    `noise` is the probability that a label is misread; each letter is misread a quarter as often.
    """

    def __init__(self, rng: random.Random, noise: float) -> None:
        self._rng, self._noise = rng, noise
        self._label = rng.choice(LABEL_FORMATS).replace("_", " ")
        self._part = rng.choice(PART_FORMATS[:2] if self._label == "{}" else PART_FORMATS)
        self._indents = rng.random() < 0.3
        self._marked = rng.random() < 0.25

    def sheet(self, paper: QuestionPaper) -> SimulatedSheet:
        rng, sheet = self._rng, SimulatedSheet()
        questions_in_order = list(_numbered_questions(paper.questions, None))
        restarts = len({question.label for _, question in questions_in_order}) < len(questions_in_order)
        if not restarts and rng.random() < 0.3:
            rng.shuffle(questions_in_order)
        writes_sections = restarts or rng.random() < 0.7
        open_section = None
        for section, question in questions_in_order:
            if rng.random() < 0.12:
                continue
            if writes_sections and section is not None and section is not open_section:
                sheet.lines.append((0, rng.choice((section.label, section.label.upper()))))
                open_section = section
            self._write_question(question, sheet)
        return sheet

    def _write_question(self, question: Question, sheet: SimulatedSheet) -> None:
        is_label_written = False
        last: list[str] = []
        for leaf in question.leaves():
            if question.parts and self._rng.random() < 0.08:
                continue
            label_path = leaf.id[len(question.id) :].strip(".").split(".") if leaf is not question else []
            is_continuation = is_label_written and self._rng.random() > 0.15
            inner = (
                label_path[-1:] if is_continuation and label_path[:-1] and label_path[:-1] == last[:-1] else label_path
            )
            self._write_answer(
                leaf,
                self._misread_label(self._format_label(question, leaf, inner, is_continuation=is_continuation)),
                sheet,
            )
            is_label_written, last = True, label_path

    def _format_label(self, question: Question, leaf: Question, label_path: list[str], *, is_continuation: bool) -> str:
        if "." in leaf.label and leaf.label[0].isdigit():
            return leaf.label + self._rng.choice(("", ".", ")"))
        parts = " ".join(self._part.format(step) for step in label_path)
        if is_continuation and parts:
            return parts
        if question.label.isdigit():
            label = self._label.format(int(question.label))
        else:
            label = self._rng.choice(("{}.", "{})", "({})")).format(question.label)
        closed = label[-1] in ".):" and label[0] != "(" and bool(parts) and self._rng.random() < 0.5
        return f"{label[:-1] if closed else label}{self._rng.choice(('', ' ')) if parts else ''}{parts}"

    def _misread_label(self, label: str) -> str:
        if self._rng.random() >= self._noise:
            return label
        possible = [(seen, read) for seen, read in _LABEL_NOISE if seen in label]
        seen, read = self._rng.choice(possible) if possible else ("", "")
        return label.replace(seen, read, 1) if seen else label

    def _write_answer(self, leaf: Question, label: str, sheet: SimulatedSheet) -> None:
        answer_lines = self._make_answer_lines(leaf, len(sheet.truth))
        sheet.truth[leaf.id] = answer_lines
        sheet.lines.append((0, f"{label} {answer_lines[0]}"))
        sheet.lines += [(4 if self._indents else 0, line) for line in answer_lines[1:]]
        if self._marked and leaf.marks and self._rng.random() < 0.4:
            sheet.lines.append((70, self._rng.choice((f"2/{leaf.marks:g}", "✓", "-1"))))

    def _make_answer_lines(self, leaf: Question, serial: int) -> list[str]:
        rng = self._rng
        if leaf.type is QuestionType.CHOICE:
            return [rng.choice(leaf.options).label]
        if leaf.type is QuestionType.TRUE_FALSE:
            return [rng.choice(("True", "False", "T", "F"))]
        if leaf.type is QuestionType.NUMERIC and rng.random() < 0.8:
            one, other = rng.randint(2, 90), rng.randint(2, 90)
            total_count = f"{one} x {other} = {one * other}"
            return rng.choice(
                ([f"{one * other} J"], [f"= {one} x {other}", f"= {one * other} J"], [f"E = {total_count}"])
            )
        answer_lines = [self._make_sentence() for _ in range(rng.randint(1, 5))]
        if len(answer_lines) > 2 and rng.random() < 0.25:
            item = rng.choice(("{}. ", "{}) ", "({}) "))
            answer_lines = [item.format(number) + line for number, line in enumerate(answer_lines, 1)]
        elif len(answer_lines) > 1 and rng.random() < 0.2:
            answer_lines[-1] = f"{rng.randint(10, 99)} {answer_lines[-1].lower()}"
        return [f"{answer_lines[0]} key{serial:02}", *answer_lines[1:]]

    def _make_sentence(self) -> str:
        words = " ".join(self._rng.choice(_WORDS) for _ in range(self._rng.randint(4, 11))).capitalize()
        noise = self._noise / 4
        return "".join(_TEXT_NOISE[c] if c in _TEXT_NOISE and self._rng.random() < noise else c for c in words) + "."


def _numbered_questions(
    questions: tuple[Question, ...], section: Question | None
) -> list[tuple[Question | None, Question]]:
    """Return the questions that a student would number, each with the section printed above it."""
    questions_in_order = []
    for question in questions:
        if question.type is QuestionType.SECTION:
            printed = "-" not in question.id.rsplit(".", 1)[-1]
            questions_in_order += _numbered_questions(question.parts, question if printed else section)
        else:
            questions_in_order.append((section, question))
    return questions_in_order


def sheet_outcome(paper: QuestionPaper, seed: str, noise: float) -> Counter[str]:
    """Count how the answers of one sheet are extracted.

    "right": whole and under their question. "review": flagged as uncertain. "wrong": neither.
    """
    sheet, answer_sheet = _write_and_split(paper, seed, noise)
    counts: Counter[str] = Counter()
    for question, answer_lines in sheet.truth.items():
        answers = [answer for answer in answer_sheet.answers if answer.question == question]
        flagged = any(one.question == question for one in answer_sheet.unplaced)
        unsure = any(answer.review for answer in answers) or (not answers and (flagged or bool(answer_sheet.review)))
        holders = [answer for answer in answer_sheet.answers if _normalize(answer_lines) in _normalize([answer.text])]
        if _normalize([answer.text for answer in answers]) == _normalize(answer_lines):
            counts["right"] += 1
        elif unsure or (not answers and holders and all(holder.review for holder in holders)):
            counts["review"] += 1
        else:
            counts["wrong"] += 1
    surplus = [answer for answer in answer_sheet.answers if answer.question not in sheet.truth and not answer.review]
    counts["wrong"] += len(surplus)
    return counts


def review_counts(paper: QuestionPaper, seed: str, noise: float) -> Counter[str]:
    """Count what one sheet sends to review: answers, and questions that were really left out."""
    sheet, answer_sheet = _write_and_split(paper, seed, noise)
    flagged = {one.question for one in answer_sheet.unplaced} | {
        answer.question for answer in answer_sheet.answers if answer.review
    }
    left_out = [leaf.id for leaf in paper.leaves() if leaf.id not in sheet.truth]
    questions_in_order = sum(question in flagged for question in left_out)
    in_review = sum(bool(answer.review) for answer in answer_sheet.answers)
    return Counter(
        answers=len(answer_sheet.answers),
        in_review=in_review,
        left_out=len(left_out),
        questions_in_order=questions_in_order,
    )


def _write_and_split(paper: QuestionPaper, seed: str, noise: float) -> tuple[SimulatedSheet, AnswerSheet]:
    rng = random.Random(seed)  # noqa: S311 - the same sheets every time, no secret
    sheet = SimulatedStudent(rng, noise).sheet(paper)
    return sheet, split_into_answers(sheet.transcript(rng), paper)


def _normalize(texts: list[str]) -> str:
    return "".join("".join(texts).split()).lower()


def main(sheets: int) -> None:
    folder = Path(__file__).parent / "pdf"
    papers = {path.stem: parse_paper(read_pdf(path)) for path in sorted(folder.glob("*.pdf"))}
    for noise in (0.0, 0.15, 0.4):
        total: Counter[str] = Counter()
        questions_in_order: Counter[str] = Counter()
        for name, paper in papers.items():
            for number in range(sheets):
                total += sheet_outcome(paper, f"{name} {number} {noise}", noise)
                questions_in_order += review_counts(paper, f"{name} {number} {noise}", noise)
        total_count = sum(total.values())
        shares = ", ".join(f"{name} {total[name] / total_count:.2%}" for name in ("right", "review", "wrong"))
        sys.stdout.write(f"labels misread {noise:.0%}: {total_count} answers, {shares}\n")
        sys.stdout.write(
            f"  asked about: {questions_in_order['in_review']} of {questions_in_order['answers']} answers,"
            f" {questions_in_order['asked']} of {questions_in_order['left_out']} questions that were left out\n"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
