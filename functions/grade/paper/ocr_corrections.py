"""Corrects labels and marks that OCR misread or missed, where the rest of the paper leaves no doubt."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from grade.paper.label_parser import LabelKind, LabelToken, to_roman
from grade.paper.printed_marks import MARKS_UNIT_PATTERN, find_marks
from grade.paper.rows import Cell, Row
from grade.paper.text_chunks import TextChunk

_MIN_INTACT_ROWS = 2
"""How many rows must show the intact form before damaged ones are corrected to it."""
_LETTERS_TO_DIGITS = str.maketrans(
    {"S": "5", "s": "5", "l": "1", "I": "1", "|": "1", "!": "1", "Z": "2", "z": "2", "B": "8", "O": "0"}
)
_INTACT_MARKS = re.compile(rf"\[\s*\d{{1,2}}\s*(?:{MARKS_UNIT_PATTERN})?\s*\]\s*$")
_DAMAGED_MARKS = re.compile(
    rf"(?:(?<=\s)|^)(?:\[\s*(?P<letters>[SsIl|!ZzBO]|1[SsIl|!ZzBO])\s*(?P<unit>{MARKS_UNIT_PATTERN})?\s*\]"
    r"|\[\s*(?P<opened>\d{1,2})|(?P<closed>\d{1,2})\s*\]|[({]\s*(?P<mixed>\d{1,2})\s*\]|\[\s*(?P<other>\d{1,2})\s*[)}])\s*$"
)
_OUT_OF = re.compile(r"/\s?\d{1,2}")
_MISREAD_SLASH = re.compile(r"[1lI|](\d{1,2})")
_RIGHT_EDGE = 0.75


def correct_labels(chunks: list[TextChunk], warnings: list[str]) -> list[TextChunk]:
    """Correct the labels that their neighbours determine.

    A label that was not printed or not read adds a warning.
    """
    corrected = _infer_labels_from_options(_infer_labels_from_totals(_correct_roman_strokes(chunks)))
    for before, after in zip(chunks, corrected, strict=True):
        if not before.tokens and after.tokens:
            warnings.append(
                f"The label of question {after.tokens[0].name} could not be read; “{before.text[:40].strip()}” was"
                " taken for its start."
            )
    return corrected


def _correct_roman_strokes(chunks: list[TextChunk]) -> list[TextChunk]:
    """Correct (ii) directly after (ii) to (iii): a stroke was lost."""
    corrected = list(chunks)
    for index, (above, chunk) in enumerate(_adjacent_labels(corrected)):
        value = _roman_value(chunk)
        if value is None or _roman_value(above) != value or value not in (1, 2, 6, 7):
            continue
        if abs(above.left - chunk.left) < 0.015 and above.row.page == chunk.row.page:
            name = to_roman(value + 1)
            token = LabelToken(chunk.tokens[0].raw, name, ((LabelKind.ROMAN_LOWER, value + 1),), chunk.tokens[0].style)
            position = corrected.index(chunk, index)
            corrected[position] = replace(chunk, tokens=(token, *chunk.tokens[1:]))
    return corrected


def _adjacent_labels(chunks: Sequence[TextChunk]) -> list[tuple[TextChunk, TextChunk]]:
    """Return the labelled chunks at row starts, each with the one before it."""
    labelled = [chunk for chunk in chunks if chunk.tokens and chunk.at_row_start]
    return list(pairwise(labelled))


def _roman_value(chunk: TextChunk) -> int | None:
    return chunk.tokens[0].value(LabelKind.ROMAN_LOWER) if len(chunk.tokens) == 1 and chunk.text else None


def _infer_labels_from_totals(chunks: list[TextChunk]) -> list[TextChunk]:
    """Infer the label of a text between two totals.

    An unlabelled text after "Total for Question 1" and before "Total for Question 2" starts question 2.
    """
    corrected = list(chunks)
    at_row_start: int | None = None
    last_number: int | None = None
    style = "1"
    for index, chunk in enumerate(chunks):
        number = chunk.tokens[0].value(LabelKind.NUMBER) if chunk.tokens else None
        totals = [int(m.question) for m in find_marks(chunk.text) if m.total and m.question]
        if totals:
            if last_number is not None and at_row_start is not None and totals[-1] == last_number + 1:
                token = LabelToken("", str(totals[-1]), ((LabelKind.NUMBER, totals[-1]),), style)
                corrected[at_row_start] = replace(chunks[at_row_start], tokens=(token,))
            last_number, at_row_start = totals[-1], None
        elif last_number is not None and number == last_number + 1:
            last_number, at_row_start, style = None, None, chunk.tokens[0].style
        elif number is not None and last_number is None:
            style = chunk.tokens[0].style
        elif (
            last_number is not None
            and at_row_start is None
            and chunk.at_row_start
            and not chunk.tokens
            and len(chunk.text.split()) > 2
        ):
            at_row_start = index
    return corrected


def _infer_labels_from_options(chunks: list[TextChunk]) -> list[TextChunk]:
    """Infer a label where options restart at A within one question: the text above them starts the next question."""
    corrected = list(chunks)
    number: LabelToken | None = None
    letters, left = 0, 0.0
    stem: int | None = None
    for index, chunk in enumerate(chunks):
        token = chunk.tokens[0] if chunk.tokens and chunk.at_row_start else None
        if token is not None and token.value(LabelKind.NUMBER) is not None and token.value(LabelKind.UPPER) is None:
            number, letters, stem, left = token, 0, None, chunk.left
        elif token is not None and (value := _option_value(token)) is not None:
            if value == 1 and letters > 1 and stem is not None and number is not None:
                following = (number.value(LabelKind.NUMBER) or 0) + 1
                if _next_number(chunks[index:]) != following:
                    number = LabelToken("", str(following), ((LabelKind.NUMBER, following),), number.style)
                    corrected[stem] = replace(chunks[stem], tokens=(number,), left=left)
                letters = 0
            letters, stem = (value if value == letters + 1 else letters), None
        elif not chunk.tokens and chunk.at_row_start and letters > 1 and stem is None and len(chunk.text.split()) > 2:
            stem = index
    return corrected


def _option_value(token: LabelToken) -> int | None:
    return next((value for kind, value in token.values if kind in (LabelKind.UPPER, LabelKind.LOWER)), None)


def _next_number(chunks: Sequence[TextChunk]) -> int | None:
    values = (chunk.tokens[0].value(LabelKind.NUMBER) for chunk in chunks if chunk.tokens and chunk.at_row_start)
    return next((value for value in values if value is not None), None)


def correct_marks(rows: list[Row], warnings: list[str]) -> list[Row]:
    """Correct misread brackets and slashes of marks. Each correction adds a warning."""
    return _correct_slashes(_correct_brackets(rows, warnings), warnings)


def _correct_brackets(rows: list[Row], warnings: list[str]) -> list[Row]:
    if sum(1 for row in rows if _INTACT_MARKS.search(row.text)) < _MIN_INTACT_ROWS:
        return rows
    return _apply_repair(rows, _restore_brackets, warnings)


def _restore_brackets(text: str) -> str | None:
    found = _DAMAGED_MARKS.search(text)
    if found is None or text.count("[", 0, found.start()) > text.count("]", 0, found.start()):
        return None
    digits = next(found[name] for name in ("letters", "opened", "closed", "mixed", "other") if found[name])
    return f"{text[: found.start()]}[{digits.translate(_LETTERS_TO_DIGITS)}{' marks' if found['unit'] else ''}]"


def _correct_slashes(rows: list[Row], warnings: list[str]) -> list[Row]:
    """Correct two-digit numbers in a column of "/3": the slash was read as a one."""
    edges = [row.cells[-1].right for row in rows if _is_at_right_edge(row) and _OUT_OF.fullmatch(row.cells[-1].text)]
    if (
        not edges
        or sum(1 for row in rows if _is_at_right_edge(row) and _MISREAD_SLASH.fullmatch(row.cells[-1].text)) < 1
    ):
        return rows

    def is_in_column(row: Row) -> bool:
        return _is_at_right_edge(row) and any(abs(row.cells[-1].right - edge) < 0.02 for edge in edges)

    return [
        _apply_repair(
            [row], lambda text: f"/{found[1]}" if (found := _MISREAD_SLASH.fullmatch(text)) else None, warnings
        )[0]
        if is_in_column(row)
        else row
        for row in rows
    ]


def _is_at_right_edge(row: Row) -> bool:
    return row.cells[-1].left > _RIGHT_EDGE


def _apply_repair(rows: Sequence[Row], repair: Callable[[str], str | None], warnings: list[str]) -> list[Row]:
    """Apply `repair` to the last cell of each row; None from it leaves the row unchanged."""
    corrected = []
    for row in rows:
        last = row.cells[-1]
        text = repair(last.text)
        if text is None:
            corrected.append(row)
            continue
        warnings.append(f"Marks printed as “{last.text[-12:].strip()}” were read as {text[-12:].strip()}.")
        corrected.append(replace(row, cells=(*row.cells[:-1], Cell(text, last.left, last.right))))
    return corrected
