"""How well the key-point marker agrees with people, beside two baselines on the same folds; and its fit.

    python -m benchmarks.keypoints --marked MARKED.csv --labelled LABELLED.csv [--folds 10] [--write]

`--marked`: question, reference, answer, max_marks, human_marks. `--labelled`: question_id, question,
reference_answers_json, student_answer, label3 (correct, contradictory, incorrect). Both may be gzipped. A
fold holds whole questions, so that every marker meets only questions it has not seen. `--write` fits on
everything and writes the curves that the product ships.
"""

import argparse
import csv
import gzip
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "functions"))

import numpy as np  # noqa: E402

from benchmarks import baselines  # noqa: E402
from benchmarks.fitting import (  # noqa: E402
    Floats,
    folds_by_question,
    isotonic,
    out_of_fold,
    pearson,
    ridge,
    ridge_weights,
    rmse,
)
from core.assessment import Question, QuestionType, SchemeEntry  # noqa: E402
from grade.answer import Answer  # noqa: E402
from grade.freetext import FreeTextMark, FreeTextTask  # noqa: E402
from grade.keypoints.alignment import align  # noqa: E402
from grade.keypoints.curve import FEATURES, Calibration, Curve, closeness, features  # noqa: E402
from grade.keypoints.marker import KeyPointMarker  # noqa: E402
from grade.words.language import gives_up  # noqa: E402
from grade.words.reading import read, read_known  # noqa: E402

PENALTY = 100.0
# How much the other kind of material counts in each fit: a little steadies the weights.
OTHER_SHARE = 0.3
GRADED_WITHOUT = ("wordings",)
SPREAD_AT = (0.0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Row:
    question_id: str
    question: str
    references: tuple[str, ...]
    answer: str
    max_marks: float
    marks: float
    label: str = ""


@dataclass(frozen=True)
class Material:
    rows: list[Row]
    inputs: Floats
    share: Floats
    known: Any
    folds: Any


def load_marked(path: Path) -> list[Row]:
    return [
        Row(
            row["question"],
            row["question"],
            (row["reference"],),
            row["answer"],
            float(row["max_marks"]),
            float(row["human_marks"]),
        )
        for row in _records(path)
    ]


def load_labelled(path: Path) -> list[Row]:
    return [
        Row(
            row["question_id"],
            row["question"],
            tuple(json.loads(row["reference_answers_json"])),
            row["student_answer"],
            1.0,
            float(row["label3"] == "correct"),
            row["label3"],
        )
        for row in _records(path)
    ]


def _records(path: Path) -> list[dict[str, str]]:
    body = path.read_bytes()
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def material(rows: list[Row], folds: int) -> Material:
    inputs = []
    for row in rows:
        asked, said = read_known(row.question).stems, read(row.answer)
        nearest = max((align(read_known(text), said, asked) for text in row.references), key=closeness)
        inputs.append(features(nearest, len(row.references)))
    return Material(
        rows,
        np.array(inputs),
        np.array([row.marks / row.max_marks for row in rows]),
        np.array([not gives_up(row.answer) for row in rows]),
        folds_by_question([row.question_id for row in rows], folds),
    )


def fit_curve(own: Material, seen: Any, other: Material | None, without: tuple[str, ...]) -> Curve:
    """One curve on the answers marked by `seen`, steadied by the other material (centred, so that only its
    slopes are taken over). Its spread is filled in later, from questions it has not seen."""
    kept = [index for index, name in enumerate(FEATURES) if name not in without]
    use = seen & own.known
    inputs, share = own.inputs[use][:, kept], own.share[use]
    weight = np.ones(len(share))
    if other is not None:
        more, target = other.inputs[other.known][:, kept], other.share[other.known]
        more = more - more.mean(axis=0) + inputs.mean(axis=0)
        target = (target - target.mean()) / target.std() * share.std() + share.mean()
        weight = np.concatenate([weight, np.full(len(target), OTHER_SHARE * len(share) / len(target))])
        inputs, share = np.concatenate([inputs, more]), np.concatenate([share, target])
    intercept, found = ridge_weights(inputs, share, PENALTY, weight)
    weights = dict.fromkeys(FEATURES, 0.0) | {
        FEATURES[index]: float(value) for index, value in zip(kept, found, strict=True)
    }
    return Curve(float(intercept), tuple(weights[name] for name in FEATURES), ((0.0, 0.2), (1.0, 0.2)))


def predict(curve: Curve, own: Material) -> Floats:
    shares = np.array([curve.share(tuple(row)) for row in own.inputs])
    return np.where(own.known, shares, 0.0)


def spread_of(own: Material, predicted: Floats) -> tuple[tuple[float, float], ...]:
    """The root mean square error around each of some shares, in a window of answers with near predictions."""
    points = []
    for at in SPREAD_AT:
        near = np.argsort(np.abs(predicted - at))[: max(60, len(predicted) // 15)]
        points.append((at, round(rmse(own.share[near], predicted[near]), 4)))
    return tuple(points)


def cross_fit(own: Material, other: Material | None, without: tuple[str, ...]) -> Floats:
    predicted = np.zeros(len(own.rows))
    for fold in np.unique(own.folds):
        curve = fit_curve(own, own.folds != fold, other, without)
        predicted[own.folds == fold] = predict(curve, own)[own.folds == fold]
    return predicted


def calibrate(marked: Material, labelled: Material, seen_marked: Any, seen_labelled: Any) -> Calibration:
    """Both curves, with their spread measured by folds within what may be seen."""
    graded = fit_curve(marked, seen_marked, labelled, GRADED_WITHOUT)
    whole = fit_curve(labelled, seen_labelled, None, ())
    inner_graded, inner_whole = cross_fit(marked, labelled, GRADED_WITHOUT), cross_fit(labelled, None, ())
    return Calibration(
        Curve(whole.intercept, whole.weights, _spread_within(labelled, inner_whole, seen_labelled)),
        Curve(graded.intercept, graded.weights, _spread_within(marked, inner_graded, seen_marked)),
    )


def _spread_within(own: Material, predicted: Floats, seen: Any) -> tuple[tuple[float, float], ...]:
    part = Material([], own.inputs[seen], own.share[seen], own.known[seen], own.folds[seen])
    return spread_of(part, predicted[seen])


def mark(rows: list[Row], calibration: Calibration, max_marks: float | None = None) -> list[FreeTextMark]:
    tasks = []
    for row in rows:
        most = max_marks or row.max_marks
        question = Question("1", "1", QuestionType.TEXT, row.question, most)
        entry = SchemeEntry("1", QuestionType.TEXT, most, model_answer=row.references[0], answers=row.references[1:])
        tasks.append(FreeTextTask(question, "", entry, Answer("1", row.answer, ()), most))
    return KeyPointMarker(calibration).mark(tasks)


def mark_by_folds(
    own: Material, marked: Material, labelled: Material, max_marks: float | None = None
) -> list[FreeTextMark]:
    """Every answer marked by a calibration that has not seen its question."""
    marks: list[FreeTextMark | None] = [None] * len(own.rows)
    for fold in np.unique(own.folds):
        seen_marked = marked.folds != fold if own is marked else np.ones(len(marked.rows), bool)
        seen_labelled = labelled.folds != fold if own is labelled else np.ones(len(labelled.rows), bool)
        calibration = calibrate(marked, labelled, seen_marked, seen_labelled)
        indexes = np.flatnonzero(own.folds == fold)
        for index, one in zip(indexes, mark([own.rows[i] for i in indexes], calibration, max_marks), strict=True):
            marks[index] = one
    return [one for one in marks if one is not None]


def compare(name: str, own: Material, marks: list[FreeTextMark]) -> None:
    most = np.array([row.max_marks for row in own.rows])
    truth = own.share * most
    ours = np.array([one.marks or 0.0 for one in marks])
    rows = [(row.question, row.references, row.answer) for row in own.rows]
    recall = baselines.matrix([baselines.term_recall(*row) for row in rows])
    lexical = baselines.matrix([baselines.lexical(*row) for row in rows])
    results = {
        "key-term recall, isotonic": out_of_fold(recall, own.share, own.folds, isotonic) * most,
        "lexical features, ridge": out_of_fold(lexical, own.share, own.folds, ridge(baselines.PENALTY)) * most,
        "key-point marker": ours,
    }
    print(f"{name}: {len(own.rows)} answers to {len({row.question_id for row in own.rows})} questions")
    for label, predicted in results.items():
        print(f"  {label:28} r {pearson(truth, predicted):.3f}  RMSE {rmse(truth, predicted):.3f}")
    reviewed = np.array([bool(one.review) for one in marks])
    kept = ~reviewed
    print(f"  to review {reviewed.mean():.3f}; accepted: r {pearson(truth[kept], ours[kept]):.3f}", end="")
    print(f"  RMSE {rmse(truth[kept], ours[kept]):.3f}")


def contradictions(own: Material, marks: list[FreeTextMark], max_marks: float) -> None:
    """Of each label, how many get full marks (exactly, or within half a mark) without a review."""
    for label in ("correct", "contradictory", "incorrect"):
        of_label = [one for one, row in zip(marks, own.rows, strict=True) if row.label == label]
        accepted = [one.marks or 0.0 for one in of_label if not one.review]
        full = sum(value >= max_marks - 1e-9 for value in accepted) / len(of_label)
        near = sum(value >= max_marks - 0.5 for value in accepted) / len(of_label)
        share = 1 - len(accepted) / len(of_label)
        print(
            f"  of {max_marks:g}: {label:13} full {full:.3f}  at most half a mark off {near:.3f}  to review {share:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marked", type=Path, required=True)
    parser.add_argument("--labelled", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    marked = material(load_marked(given.marked), given.folds)
    labelled = material(load_labelled(given.labelled), given.folds)
    compare("marked", marked, mark_by_folds(marked, marked, labelled))
    by_whole = mark_by_folds(labelled, marked, labelled)
    compare("labelled", labelled, by_whole)
    contradictions(labelled, by_whole, 1.0)
    contradictions(labelled, mark_by_folds(labelled, marked, labelled, 5.0), 5.0)
    if given.write:
        everything = calibrate(marked, labelled, np.ones(len(marked.rows), bool), np.ones(len(labelled.rows), bool))
        target = ROOT / "functions" / "grade" / "keypoints" / "calibration.json"
        target.write_text(json.dumps(_rounded(everything.to_dict()), indent=1) + "\n", encoding="utf-8")
        print(f"written: {target.relative_to(ROOT)}")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 5) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
