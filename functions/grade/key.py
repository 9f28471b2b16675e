"""An answer key or a marking scheme as a document, read into a marking scheme.

Its questions are found as a paper's are; what stands under each is the answer. "Answer:" before it and
the question's own words above it are cut off; "(1)", "[1 mark]" behind a point make it a criterion.
"""

import re
from dataclasses import replace

from core.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.labels import Finder
from core.transcript import Transcript
from grade.compact import Pair, compact_answers
from grade.drafts import Draft
from grade.key_points import read_points
from grade.marks_printed import find_marks
from grade.outline import read_outline
from grade.pieces import Piece, pieces_of
from grade.question_text import without_question
from grade.rows import GAP, Row, rows_of
from grade.running_heads import without_running_heads

_ANSWER = re.compile(
    r"^\W*(?:(?:correct|model|expected|sample|suggested)\s+)?(?:answers?|ans|solution|sol|key)\b\s*[:.\-–)=]*\s*",
    re.IGNORECASE,
)
_ANSWER_INSIDE = re.compile(
    r"(?:^|\n|\s{2,}|(?<=[.?!:_)]))\s*(?:(?:correct|model|expected|sample|suggested)\s+)?(?:answers?|ans|solution"
    r"|sol)\s*[:.\-–=]+\s*"
    r"|(?:^|\n)\s*(?:answers?|ans)\s+(?=\S)",
    re.IGNORECASE,
)


def parse_key(transcript: Transcript, paper: QuestionPaper | None = None) -> MarkingScheme:
    """The marking scheme in a document. With its paper the labels are surer and the types are known.

    Never raises on what a page may hold; what cannot be read is a warning.
    """
    rows = without_running_heads(rows_of(transcript))
    entries: dict[str, SchemeEntry] = {}
    warnings: list[str] = list(transcript.warnings)
    rest: list[Row] = []
    for row in rows:
        pairs = _pairs(row, rows)
        if not pairs:
            rest.append(row)
        for pair in pairs:
            _add(entries, SchemeEntry(str(pair.number), answers=_labels(pair.said)), warnings)
    reader = _Reader(Finder(paper) if paper else None, warnings)
    for draft in read_outline(pieces_of(rest)).drafts:
        reader.read(draft, "")
    for entry in reader.entries:
        if entry.answers or entry.model_answer or entry.criteria:
            _add(entries, entry, warnings)
    if not entries:
        warnings.append("No answers were found in this document.")
    return MarkingScheme(tuple(entries.values()), "", None, tuple(dict.fromkeys(warnings)))


def _add(entries: dict[str, SchemeEntry], entry: SchemeEntry, warnings: list[str]) -> None:
    if entry.question in entries:
        warnings.append(f"The key answers question {entry.question} more than once; the first answer was kept.")
    else:
        entries[entry.question] = entry


def _pairs(row: Row, rows: list[Row]) -> list[Pair]:
    """Compact answers in a row. A lone pair counts only among others of its kind: a key of one letter a line."""
    pairs = compact_answers(row.text)
    if len(pairs) > 1:
        return pairs
    if pairs and sum(1 for other in rows if len(compact_answers(other.text)) == 1) >= 3:
        return pairs
    return []


def _labels(said: str) -> tuple[str, ...]:
    if re.fullmatch(r"(?i)true|false", said):
        return (said.lower(),)
    return tuple(letter.upper() for letter in re.findall(r"(?<![a-zA-Z])[A-Ha-hTtFf](?![a-zA-Z])", said))


class _Reader:
    """Drafts of a key, read as answers."""

    def __init__(self, finder: Finder | None, warnings: list[str]) -> None:
        self.entries: list[SchemeEntry] = []
        self._finder = finder
        self._warnings = warnings

    def read(self, draft: Draft, path: str) -> None:
        """A draft and its parts. Letters that the paper does not know as parts belong to the answer."""
        if draft.kind is None:
            section = f"{path}{draft.name}." if draft.name else path
            for part in draft.parts:
                self.read(part, section)
            return
        name = path + draft.name
        asked = self._question(name)
        if draft.parts and (asked.parts if asked else self._are_parts(draft)):
            own = "\n".join(piece.whole for piece in draft.own)
            if _ANSWER_INSIDE.search(own) and not (asked and asked.parts):
                self._entry(name, draft.own, asked)
            for part in draft.parts:
                self.read(part, f"{name}.")
            return
        self._entry(name, [*draft.own, *_all_pieces(draft.parts)], asked)

    def _question(self, name: str) -> Question | None:
        found = self._finder.find(name) if self._finder else []
        return found[0] if len(found) == 1 else None

    def _are_parts(self, draft: Draft) -> bool:
        """Without a paper: parts, unless an answer stands behind them ("(a) … (d) … Ans: b")."""
        last = "\n".join(piece.whole for piece in _all_pieces(draft.parts[-1:]))
        first = "\n".join(piece.whole for part in draft.parts[:-1] for piece in _all_pieces([part]))
        return not (_ANSWER_INSIDE.search(last) and not _ANSWER_INSIDE.search(first))

    def _entry(self, name: str, pieces: list[Piece], asked: Question | None) -> None:
        text = "\n".join(piece.whole.replace(GAP, "  ") for piece in pieces if piece.whole).strip()
        inside = list(_ANSWER_INSIDE.finditer(text))
        marked_before: float | None = None
        if inside:
            before, text = text[: inside[0].start()], text[inside[0].end() :]
            marked_before = next((m.value for m in find_marks(before) if not m.per_part), None)
        elif asked is not None:
            text = without_question(text, asked.text)
        text = _ANSWER.sub("", text).strip()
        if not text:
            return
        entry = read_points(name, text)
        if entry.marks is None and marked_before is not None:
            entry = replace(entry, marks=marked_before)
        self.entries.append(_fitted(entry, asked))


def _fitted(entry: SchemeEntry, asked: Question | None) -> SchemeEntry:
    """An entry whose question is objective holds its answer as such, not as a model answer."""
    from grade.entry_types import choice_of, number_of

    if asked is None or not asked.type or asked.type is QuestionType.TEXT:
        lone = re.fullmatch(r"\W*([A-Ha-h])\W*", entry.model_answer)
        return replace(entry, answers=(lone[1].upper(),), model_answer="", criteria=()) if lone else entry
    said = entry.model_answer
    if asked.type is QuestionType.CHOICE and (label := choice_of(said, asked)):
        return replace(entry, answers=(label,), model_answer="", criteria=())
    if asked.type is QuestionType.TRUE_FALSE and (found := re.match(r"\W*(true|false|t|f)\b", said, re.IGNORECASE)):
        truth = "true" if found[1].lower().startswith("t") else "false"
        return replace(entry, answers=(truth,), model_answer="", criteria=())
    if asked.type is QuestionType.NUMERIC and (number := number_of(said)):
        return replace(entry, answers=(number[0],), unit=number[1], model_answer="", criteria=())
    return entry


def _all_pieces(drafts: list[Draft]) -> list[Piece]:
    """The pieces of drafts and their parts, each with the label that was taken from it."""
    found: list[Piece] = []
    for draft in drafts:
        own = list(draft.own)
        if own:
            own[0] = replace(own[0], text=f"{draft.label} {own[0].whole}".strip(), tokens=())
        found += [*own, *_all_pieces(draft.parts)]
    return found
