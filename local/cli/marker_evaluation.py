"""`gradeline evaluate`: measures how well the configured marker agrees with human marks on a school's own answers.

Every answer is marked like one on a real sheet (prompt injections are cut out, reasons for review are collected), so
the measures are what a class would get. QWK, exact agreement and the confusion table compare whole marks (halves are
rounded up); within one, MAE, RMSE and Pearson's r use unrounded marks.
"""

import csv
import gzip
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models.assessment import MarkingScheme, Question, QuestionPaper, QuestionType, SchemeEntry
from core.models.result import QuestionMark
from grade.answer import Answer, AnswerSheet
from grade.mark_arithmetic import round_to_step
from grade.markers.free_text import FreeTextMarker
from grade.marking import mark_sheet
from local.cli.regular_files import read_regular
from local.cli.submitted_files import UsageError

COLUMNS = ("question", "reference", "answer", "max_marks", "human_marks")
_BATCH_SIZE = 40
_MAX_ERRORS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """One row: an answer and the marks that a person gave for it."""

    question: str
    reference: str
    answer: str
    max_marks: float
    human_marks: float


class InvalidRows(UsageError):
    """The file is not the expected table; the message names columns or lines."""


def evaluate_file(file: Path, *, progress: Any = None) -> dict[str, Any]:
    """Evaluate a CSV file (also gzipped) with the marker that the environment configures."""
    from core.platform import aws
    from core.platform.settings import settings
    from grade.markers.factory import create_marker

    rows = read_rows(file)
    marker = create_marker(settings(), lambda: aws.client("secretsmanager"))
    return evaluate(rows, marker, progress=progress)


def evaluate(
    rows: Iterable[Mapping[str, Any] | MarkedAnswer], marker: FreeTextMarker, *, progress: Any = None
) -> dict[str, Any]:
    """Return the measures as one JSON document.

    A mark sent to review counts with its provisional value; "accepted" holds the measures without those marks.
    Answers that got no mark at all are counted as "unmarked".
    """
    answers = [row if isinstance(row, MarkedAnswer) else parse_row(row, 1) for row in rows]
    if not answers:
        raise InvalidRows("There are no rows to evaluate.")
    marks: list[QuestionMark] = []
    for start in range(0, len(answers), _BATCH_SIZE):
        marks += mark_answers(answers[start : start + _BATCH_SIZE], marker)
        if progress is not None and progress.is_terminal and len(answers) > _BATCH_SIZE:
            progress.print(f"{len(marks)} of {len(answers)} answers marked", end="\r")
    pairs = list(zip(answers, marks, strict=True))
    given = [(row, mark.marks, bool(mark.review)) for row, mark in pairs if mark.marks is not None]
    return {
        "n": len(answers),
        "marker": marker.name,
        **agreement_measures([(row.human_marks, marks) for row, marks, _ in given]),
        "review_share": round(sum(bool(mark.review) for mark in marks) / len(marks), 4),
        "unmarked": len(answers) - len(given),
        "accepted": agreement_measures(
            [(row.human_marks, marks) for row, marks, reviewed in given if not reviewed], count=True
        ),
    }


def mark_answers(rows: Sequence[MarkedAnswer], marker: FreeTextMarker) -> list[QuestionMark]:
    """Mark the rows as the answers of one sheet."""
    ids = [str(number) for number in range(1, len(rows) + 1)]
    questions = tuple(
        Question(name, name, QuestionType.TEXT, row.question, row.max_marks)
        for name, row in zip(ids, rows, strict=True)
    )
    entries = tuple(
        SchemeEntry(name, QuestionType.TEXT, row.max_marks, model_answer=row.reference)
        for name, row in zip(ids, rows, strict=True)
    )
    sheet = AnswerSheet(tuple(Answer(name, row.answer, ()) for name, row in zip(ids, rows, strict=True)))
    paper = QuestionPaper(sum(row.max_marks for row in rows), questions)
    return list(mark_sheet(paper, MarkingScheme(entries), sheet, free_text_marker=marker).questions)


def agreement_measures(pairs: Sequence[tuple[float, float]], *, count: bool = False) -> dict[str, Any]:
    """Compute the agreement of pairs of (human, marker) marks. A measure that is undefined (no spread, no answers) is
    None."""
    size: dict[str, Any] = {"n": len(pairs)} if count else {}
    if not pairs:
        nothing = dict.fromkeys(("qwk", "exact", "within_one", "mae", "rmse", "pearson"))
        return {**size, **nothing, "confusion": {"marks": [], "counts": []}}
    errors = [marker - human for human, marker in pairs]
    whole = [(_round_to_whole(human), _round_to_whole(marker)) for human, marker in pairs]
    return {
        **size,
        "qwk": _round_measure(quadratic_weighted_kappa(whole)),
        "exact": _round_measure(sum(human == marker for human, marker in whole) / len(pairs)),
        "within_one": _round_measure(sum(abs(error) <= 1 + 1e-9 for error in errors) / len(pairs)),
        "mae": _round_measure(sum(map(abs, errors)) / len(pairs)),
        "rmse": _round_measure(math.sqrt(sum(error * error for error in errors) / len(pairs))),
        "pearson": _round_measure(pearson_correlation(pairs)),
        "confusion": confusion_table(whole),
    }


def quadratic_weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Cohen's kappa with squared distances; None if chance alone would agree everywhere."""
    size = len(pairs)
    observed = sum((human - marker) ** 2 for human, marker in pairs) / size
    humans, markers = [human for human, _ in pairs], [marker for _, marker in pairs]
    # The mean squared distance of independent draws, from the first two moments.
    expected = (
        sum(human * human for human in humans) / size
        + sum(marker * marker for marker in markers) / size
        - 2 * (sum(humans) / size) * (sum(markers) / size)
    )
    return 1 - observed / expected if expected > 1e-12 else None


def pearson_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    size = len(pairs)
    mean_human, mean_marker = sum(human for human, _ in pairs) / size, sum(marker for _, marker in pairs) / size
    both = sum((human - mean_human) * (marker - mean_marker) for human, marker in pairs)
    spread = math.sqrt(
        sum((human - mean_human) ** 2 for human, _ in pairs) * sum((marker - mean_marker) ** 2 for _, marker in pairs)
    )
    return both / spread if spread > 1e-12 else None


def confusion_table(pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Count answers: `counts[i][j]` got `marks[i]` from a person and `marks[j]` from the marker."""
    marks = list(range(min(map(min, pairs)), max(map(max, pairs)) + 1))
    index_of = {mark: index for index, mark in enumerate(marks)}
    counts = [[0] * len(marks) for _ in marks]
    for human, marker in pairs:
        counts[index_of[human]][index_of[marker]] += 1
    return {"marks": marks, "counts": counts}


def read_rows(file: Path) -> list[MarkedAnswer]:
    """Read the rows of a CSV file with a heading line. Fields are separated by commas, semicolons or tabs.

    Raises
    ------
    InvalidRows
        A column is missing or a row is invalid; the message names the lines.
    """
    try:
        body = read_regular(file)
        text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRows(f"{file.name} is not text in UTF-8 (byte {error.start}).") from None
    except (OSError, EOFError) as error:
        raise InvalidRows(f"{file.name} cannot be read: {error}.") from None
    heading = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise InvalidRows(f"{file.name} has no column {', '.join(missing)}. It needs: {', '.join(COLUMNS)}.")
    return _parse_rows(file.name, reader, names)


def _parse_rows(name: str, reader: "csv.DictReader[str]", names: Mapping[str, str]) -> list[MarkedAnswer]:
    rows, errors = [], []
    try:
        for record in reader:
            try:
                rows.append(parse_row({column: record.get(names[column]) for column in COLUMNS}, reader.line_num))
            except InvalidRows as error:
                errors.append(str(error))
    except csv.Error as error:
        raise InvalidRows(f"{name}, line {reader.line_num}: {error}.") from None
    if errors:
        more = f" And {len(errors) - _MAX_ERRORS_SHOWN} more." if len(errors) > _MAX_ERRORS_SHOWN else ""
        raise InvalidRows(f"{name}: {' '.join(errors[:_MAX_ERRORS_SHOWN])}{more}")
    if not rows:
        raise InvalidRows(f"{name} has no rows below its heading.")
    return rows


def parse_row(record: Mapping[str, Any], line: int) -> MarkedAnswer:
    """Parse and check one row.

    Raises
    ------
    InvalidRows
        A field is invalid; the message names the line.
    """
    question, reference, answer = (str(record.get(column) or "") for column in COLUMNS[:3])
    maximum, human = (_parse_number(record.get(column), column, line) for column in COLUMNS[3:])
    if not question.strip() and not reference.strip():
        raise InvalidRows(f"Line {line} has neither a question nor a reference.")
    if maximum <= 0:
        raise InvalidRows(f"Line {line}: max_marks is {maximum:g}, but has to be above 0.")
    if not 0 <= human <= maximum:
        raise InvalidRows(f"Line {line}: human_marks is {human:g}, outside 0 to {maximum:g}.")
    return MarkedAnswer(question, reference, answer, maximum, human)


def print_evaluation(found: Mapping[str, Any], console: Any) -> None:
    """Print the measures and the confusion table."""
    accepted = found["accepted"]
    console.print(f"{found['n']} answers marked by {found['marker']}")
    console.print(f"{'':22}{'all':>9}{'accepted':>11}")
    rows = (
        ("QWK", "qwk"), ("exact", "exact"), ("within one mark", "within_one"),
        ("MAE", "mae"), ("RMSE", "rmse"), ("Pearson r", "pearson"),
    )  # fmt: skip
    for label, key in rows:
        console.print(f"{label:22}{_format_measure(found[key]):>9}{_format_measure(accepted[key]):>11}")
    console.print(f"{'sent to a person':22}{_format_measure(found['review_share']):>9}")
    if found["unmarked"]:
        console.print(f"{found['unmarked']} answers got no mark and count in no measure but the share above.")
    table = found["confusion"]
    console.print("\nWhole marks: human marks in rows, the marker's in columns")
    console.print("      " + "".join(f"{mark:>6}" for mark in table["marks"]))
    for mark, counts in zip(table["marks"], table["counts"], strict=True):
        console.print(f"{mark:>6}" + "".join(f"{count or '·':>6}" for count in counts))


def _parse_number(value: Any, column: str, line: int) -> float:
    text = str(value if value is not None else "").strip().replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        raise InvalidRows(f"Line {line}: {column} is “{text}”, not a number.") from None
    if not math.isfinite(number):
        raise InvalidRows(f"Line {line}: {column} is “{text}”, not a number.")
    return number


def _round_to_whole(marks: float) -> int:
    return int(round_to_step(marks, 1.0))


def _round_measure(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _format_measure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
