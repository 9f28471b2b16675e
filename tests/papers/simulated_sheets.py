"""Answer sheets as hands write and readers misread them, made by chance with the truth beside them.

`python -m tests.papers.simulated_sheets` measures how many answers come back whole under their questions.
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
    """`lines`: what is written, each with its indent in letters. `truth`: lines of each answer, by question."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    truth: dict[str, list[str]] = field(default_factory=dict)

    def transcript(self, chance: random.Random) -> Transcript:
        a_page = chance.choice((18, 24, 30))
        return Transcript(
            tuple(
                Page(number, "textract", tuple(_lines(self.lines[start : start + a_page], chance, first=start == 0)))
                for number, start in enumerate(range(0, len(self.lines), a_page), 1)
            )
        )


def _lines(written: list[tuple[int, str]], chance: random.Random, *, first: bool) -> list[Line]:
    lines = [Line("Name: Asha Example   Roll No. 17", 95, (0.08, 0.03, 0.5, 0.015), True)] if first else []
    for place, (indent, text) in enumerate(written):
        left = 0.09 + indent * 0.009 + chance.uniform(-0.006, 0.006)
        box = (left, 0.07 + place * 0.026, min(len(text) * 0.009, 0.8), 0.018)
        lines.append(Line(text, 95 - chance.random() * 20, box, True))
    return lines


class SimulatedStudent:
    """One student's way to write. `noise`: how likely a label, and a quarter as likely a letter, is misread."""

    def __init__(self, chance: random.Random, noise: float) -> None:
        self._chance, self._noise = chance, noise
        self._label = chance.choice(LABEL_FORMATS).replace("_", " ")
        self._part = chance.choice(PART_FORMATS[:2] if self._label == "{}" else PART_FORMATS)
        self._indents = chance.random() < 0.3
        self._marked = chance.random() < 0.25

    def sheet(self, paper: QuestionPaper) -> SimulatedSheet:
        chance, sheet = self._chance, SimulatedSheet()
        asked = list(_numbered_questions(paper.questions, None))
        restarts = len({question.label for _, question in asked}) < len(asked)
        if not restarts and chance.random() < 0.3:
            chance.shuffle(asked)
        headed = restarts or chance.random() < 0.7
        open_section = None
        for section, question in asked:
            if chance.random() < 0.12:
                continue
            if headed and section is not None and section is not open_section:
                sheet.lines.append((0, chance.choice((section.label, section.label.upper()))))
                open_section = section
            self._question(question, sheet)
        return sheet

    def _question(self, question: Question, sheet: SimulatedSheet) -> None:
        named = False
        last: list[str] = []
        for leaf in question.leaves():
            if question.parts and self._chance.random() < 0.08:
                continue
            steps = leaf.id[len(question.id) :].strip(".").split(".") if leaf is not question else []
            goes_on = named and self._chance.random() > 0.15
            inner = steps[-1:] if goes_on and steps[:-1] and steps[:-1] == last[:-1] else steps
            self._answer(leaf, self._misread(self._labelled(question, leaf, inner, goes_on=goes_on)), sheet)
            named, last = True, steps

    def _labelled(self, question: Question, leaf: Question, steps: list[str], *, goes_on: bool) -> str:
        if "." in leaf.label and leaf.label[0].isdigit():
            return leaf.label + self._chance.choice(("", ".", ")"))
        parts = " ".join(self._part.format(step) for step in steps)
        if goes_on and parts:
            return parts
        if question.label.isdigit():
            label = self._label.format(int(question.label))
        else:
            label = self._chance.choice(("{}.", "{})", "({})")).format(question.label)
        closed = label[-1] in ".):" and label[0] != "(" and bool(parts) and self._chance.random() < 0.5
        return f"{label[:-1] if closed else label}{self._chance.choice(('', ' ')) if parts else ''}{parts}"

    def _misread(self, label: str) -> str:
        if self._chance.random() >= self._noise:
            return label
        possible = [(seen, read) for seen, read in _LABEL_NOISE if seen in label]
        seen, read = self._chance.choice(possible) if possible else ("", "")
        return label.replace(seen, read, 1) if seen else label

    def _answer(self, leaf: Question, label: str, sheet: SimulatedSheet) -> None:
        answer_lines = self._answer_lines(leaf, len(sheet.truth))
        sheet.truth[leaf.id] = answer_lines
        sheet.lines.append((0, f"{label} {answer_lines[0]}"))
        sheet.lines += [(4 if self._indents else 0, line) for line in answer_lines[1:]]
        if self._marked and leaf.marks and self._chance.random() < 0.4:
            sheet.lines.append((70, self._chance.choice((f"2/{leaf.marks:g}", "✓", "-1"))))

    def _answer_lines(self, leaf: Question, serial: int) -> list[str]:
        chance = self._chance
        if leaf.type is QuestionType.CHOICE:
            return [chance.choice(leaf.options).label]
        if leaf.type is QuestionType.TRUE_FALSE:
            return [chance.choice(("True", "False", "T", "F"))]
        if leaf.type is QuestionType.NUMERIC and chance.random() < 0.8:
            one, other = chance.randint(2, 90), chance.randint(2, 90)
            whole = f"{one} x {other} = {one * other}"
            return chance.choice(([f"{one * other} J"], [f"= {one} x {other}", f"= {one * other} J"], [f"E = {whole}"]))
        answer_lines = [self._sentence() for _ in range(chance.randint(1, 5))]
        if len(answer_lines) > 2 and chance.random() < 0.25:
            item = chance.choice(("{}. ", "{}) ", "({}) "))
            answer_lines = [item.format(number) + line for number, line in enumerate(answer_lines, 1)]
        elif len(answer_lines) > 1 and chance.random() < 0.2:
            answer_lines[-1] = f"{chance.randint(10, 99)} {answer_lines[-1].lower()}"
        return [f"{answer_lines[0]} key{serial:02}", *answer_lines[1:]]

    def _sentence(self) -> str:
        words = " ".join(self._chance.choice(_WORDS) for _ in range(self._chance.randint(4, 11))).capitalize()
        noise = self._noise / 4
        return "".join(_TEXT_NOISE[c] if c in _TEXT_NOISE and self._chance.random() < noise else c for c in words) + "."


def _numbered_questions(
    questions: tuple[Question, ...], section: Question | None
) -> list[tuple[Question | None, Question]]:
    """The questions that a student would number, each with the section that is printed over it."""
    asked = []
    for question in questions:
        if question.type is QuestionType.SECTION:
            printed = "-" not in question.id.rsplit(".", 1)[-1]
            asked += _numbered_questions(question.parts, question if printed else section)
        else:
            asked.append((section, question))
    return asked


def sheet_outcome(paper: QuestionPaper, seed: str, noise: float) -> Counter[str]:
    """How the answers of one sheet come back: "right" (whole, under their question), "review" (said to be
    unsure), or "wrong" (neither)."""
    sheet, cut = _write_and_cut(paper, seed, noise)
    counts: Counter[str] = Counter()
    for question, answer_lines in sheet.truth.items():
        answers = [answer for answer in cut.answers if answer.question == question]
        shown = any(one.question == question for one in cut.unplaced)
        unsure = any(answer.review for answer in answers) or (not answers and (shown or bool(cut.review)))
        holders = [answer for answer in cut.answers if _plain(answer_lines) in _plain([answer.text])]
        if _plain([answer.text for answer in answers]) == _plain(answer_lines):
            counts["right"] += 1
        elif unsure or (not answers and holders and all(holder.review for holder in holders)):
            counts["review"] += 1
        else:
            counts["wrong"] += 1
    surplus = [answer for answer in cut.answers if answer.question not in sheet.truth and not answer.review]
    counts["wrong"] += len(surplus)
    return counts


def review_counts(paper: QuestionPaper, seed: str, noise: float) -> Counter[str]:
    """What one sheet asks of a person: of its answers, and of the questions that it truly leaves out."""
    sheet, cut = _write_and_cut(paper, seed, noise)
    shown = {one.question for one in cut.unplaced} | {answer.question for answer in cut.answers if answer.review}
    left_out = [leaf.id for leaf in paper.leaves() if leaf.id not in sheet.truth]
    asked = sum(question in shown for question in left_out)
    in_review = sum(bool(answer.review) for answer in cut.answers)
    return Counter(answers=len(cut.answers), in_review=in_review, left_out=len(left_out), asked=asked)


def _write_and_cut(paper: QuestionPaper, seed: str, noise: float) -> tuple[SimulatedSheet, AnswerSheet]:
    chance = random.Random(seed)  # noqa: S311 - the same sheets every time, no secret
    sheet = SimulatedStudent(chance, noise).sheet(paper)
    return sheet, split_into_answers(sheet.transcript(chance), paper)


def _plain(texts: list[str]) -> str:
    return "".join("".join(texts).split()).lower()


def main(sheets: int) -> None:
    folder = Path(__file__).parent / "pdf"
    papers = {path.stem: parse_paper(read_pdf(path)) for path in sorted(folder.glob("*.pdf"))}
    for noise in (0.0, 0.15, 0.4):
        total: Counter[str] = Counter()
        asked: Counter[str] = Counter()
        for name, paper in papers.items():
            for number in range(sheets):
                total += sheet_outcome(paper, f"{name} {number} {noise}", noise)
                asked += review_counts(paper, f"{name} {number} {noise}", noise)
        whole = sum(total.values())
        shares = ", ".join(f"{name} {total[name] / whole:.2%}" for name in ("right", "review", "wrong"))
        sys.stdout.write(f"labels misread {noise:.0%}: {whole} answers, {shares}\n")
        sys.stdout.write(
            f"  asked about: {asked['in_review']} of {asked['answers']} answers,"
            f" {asked['asked']} of {asked['left_out']} questions that were left out\n"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
