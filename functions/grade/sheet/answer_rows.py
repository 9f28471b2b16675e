"""Lines of a sheet that are nothing but answers of a letter each: they need no labels sought in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.assessment import QuestionType
from grade.answer import AnswerLine
from grade.scheme.compact import Pair, compact_answers, grid_answers
from grade.sheet.places import plain_text
from grade.sheet.sheet_map import SheetMap


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """One answer in such a line: its node, its stretch of the line's text, and what is said there."""

    node: int
    start: int
    end: int
    said: str


def answer_rows(lines: Sequence[AnswerLine], sheet_map: SheetMap) -> tuple[dict[int, list[RowAnswer]], set[int]]:
    """The answers by line number, and the lines that are the heads of grids.

    Only where each number is one objective question's: "2 A 3 B" under a written answer stays where it is.
    """
    texts = [plain_text(line) for line in lines]
    found: dict[int, list[RowAnswer]] = {}
    heads: set[int] = set()
    lone: dict[int, list[RowAnswer]] = {}
    for number, text in enumerate(texts):
        if number + 1 < len(texts) and (grid := _meant(grid_answers(text, texts[number + 1]), sheet_map)):
            found[number + 1] = grid
            heads.add(number)
        elif number not in found and (row := _meant(compact_answers(text), sheet_map)):
            (found if len(row) > 1 else lone)[number] = row
    if len(lone) > 1:
        found |= lone
    return found, heads


def _meant(pairs: Sequence[Pair], sheet_map: SheetMap) -> list[RowAnswer]:
    """The pairs as answers of objective questions; empty where one of them is none, or not a single one."""
    answers = []
    for pair in pairs:
        meant = sheet_map.by_path.get((str(pair.number),), [])
        if len(meant) != 1 or sheet_map.nodes[meant[0]].question.type not in (
            QuestionType.CHOICE,
            QuestionType.TRUE_FALSE,
        ):
            return []
        answers.append(RowAnswer(meant[0], pair.start, pair.end, pair.said))
    return answers
