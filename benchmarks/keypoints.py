"""Measures how well the key-point marker agrees with human markers, compared with two baselines on the same folds;
also fits it.

    python -m benchmarks.keypoints --marked MARKED.csv --labelled LABELLED.csv [--folds 10] [--write]

`--marked`: question, reference, answer, max_marks, human_marks. `--labelled`: question_id, question,
reference_answers_json, student_answer, label3 (correct, contradictory, incorrect). Both may be gzipped. A fold holds
whole questions, so that every marker is measured only on questions that it has not seen. `--write` fits on all data
and writes the curves that the product ships.
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
from benchmarks.regression import Floats, folds_by_question, isotonic, out_of_fold, pearson, ridge, ridge_weights, rmse  # noqa: E402
from core.models.assessment import Question, QuestionType, SchemeEntry  # noqa: E402
from grade.answer import Answer  # noqa: E402
from grade.language.text_analysis import analyze_text, analyze_text_cached  # noqa: E402
from grade.language.tokenizer import is_non_answer  # noqa: E402
from grade.markers.free_text import FreeTextMark, FreeTextTask  # noqa: E402
from grade.markers.key_points.alignment import align  # noqa: E402
from grade.markers.key_points.calibration import FEATURES, MarkCalibration, MarkCurve, alignment_score, compute_features  # noqa: E402
from grade.markers.key_points.marker import KeyPointMarker  # noqa: E402

PENALTY = 100.0
# Weight of the other dataset in each fit: a small share stabilises the weights.
OTHER_SHARE = 0.3
EXCLUDED_FEATURES = ("wordings",)
SPREAD_AT = (0.0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class HumanMarkedAnswer:
    question_id: str
    question: str
    references: tuple[str, ...]
    answer: str
    max_marks: float
    marks: float
    label: str = ""


@dataclass(frozen=True)
class Dataset:
    rows: list[HumanMarkedAnswer]
    inputs: Floats
    share: Floats
    known: Any
    folds: Any


def load_marked(path: Path) -> list[HumanMarkedAnswer]:
    return [
        HumanMarkedAnswer(
            row["question"],
            row["question"],
            (row["reference"],),
            row["answer"],
            float(row["max_marks"]),
            float(row["human_marks"]),
        )
        for row in _records(path)
    ]


def load_labelled(path: Path) -> list[HumanMarkedAnswer]:
    return [
        HumanMarkedAnswer(
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


def build_dataset(rows: list[HumanMarkedAnswer], folds: int) -> Dataset:
    inputs = []
    for row in rows:
        question_stems, answer_reading = analyze_text_cached(row.question).stems, analyze_text(row.answer)
        nearest = max(
            (align(analyze_text_cached(text), answer_reading, question_stems) for text in row.references),
            key=alignment_score,
        )
        inputs.append(compute_features(nearest, len(row.references)))
    return Dataset(
        rows,
        np.array(inputs),
        np.array([row.marks / row.max_marks for row in rows]),
        np.array([not is_non_answer(row.answer) for row in rows]),
        folds_by_question([row.question_id for row in rows], folds),
    )


def fit_curve(own: Dataset, seen: Any, other: Dataset | None, without: tuple[str, ...]) -> MarkCurve:
    """Fit one curve on the answers marked by `seen`, stabilised by the other dataset.

    The other dataset is centred, so that it contributes only its slopes. The spread is filled in later, from
    questions that the curve has not seen.
    """
    kept = [index for index, name in enumerate(FEATURES) if name not in without]
    is_used = seen & own.known
    inputs, share = own.inputs[is_used][:, kept], own.share[is_used]
    weight = np.ones(len(share))
    if other is not None:
        other_inputs, target = other.inputs[other.known][:, kept], other.share[other.known]
        other_inputs = other_inputs - other_inputs.mean(axis=0) + inputs.mean(axis=0)
        target = (target - target.mean()) / target.std() * share.std() + share.mean()
        weight = np.concatenate([weight, np.full(len(target), OTHER_SHARE * len(share) / len(target))])
        inputs, share = np.concatenate([inputs, other_inputs]), np.concatenate([share, target])
    intercept, found = ridge_weights(inputs, share, PENALTY, weight)
    weights = dict.fromkeys(FEATURES, 0.0) | {
        FEATURES[index]: float(value) for index, value in zip(kept, found, strict=True)
    }
    return MarkCurve(float(intercept), tuple(weights[name] for name in FEATURES), ((0.0, 0.2), (1.0, 0.2)))


def predict(curve: MarkCurve, own: Dataset) -> Floats:
    shares = np.array([curve.share(tuple(row)) for row in own.inputs])
    return np.where(own.known, shares, 0.0)


def error_by_share(own: Dataset, predicted: Floats) -> tuple[tuple[float, float], ...]:
    """Return the root mean square error around some shares, each in a window of answers with near predictions."""
    points = []
    for share in SPREAD_AT:
        window = np.argsort(np.abs(predicted - share))[: max(60, len(predicted) // 15)]
        points.append((share, round(rmse(own.share[window], predicted[window]), 4)))
    return tuple(points)


def cross_fit(own: Dataset, other: Dataset | None, without: tuple[str, ...]) -> Floats:
    predicted = np.zeros(len(own.rows))
    for fold in np.unique(own.folds):
        curve = fit_curve(own, own.folds != fold, other, without)
        predicted[own.folds == fold] = predict(curve, own)[own.folds == fold]
    return predicted


def calibrate(marked: Dataset, labelled: Dataset, seen_marked: Any, seen_labelled: Any) -> MarkCalibration:
    """Fit both curves, with their spread measured by folds within the data that may be seen."""
    partial_marks_curve = fit_curve(marked, seen_marked, labelled, EXCLUDED_FEATURES)
    full_marks_curve = fit_curve(labelled, seen_labelled, None, ())
    inner_graded, inner_whole = cross_fit(marked, labelled, EXCLUDED_FEATURES), cross_fit(labelled, None, ())
    return MarkCalibration(
        MarkCurve(
            full_marks_curve.intercept, full_marks_curve.weights, _spread_within(labelled, inner_whole, seen_labelled)
        ),
        MarkCurve(
            partial_marks_curve.intercept,
            partial_marks_curve.weights,
            _spread_within(marked, inner_graded, seen_marked),
        ),
    )


def _spread_within(own: Dataset, predicted: Floats, seen: Any) -> tuple[tuple[float, float], ...]:
    part = Dataset([], own.inputs[seen], own.share[seen], own.known[seen], own.folds[seen])
    return error_by_share(part, predicted[seen])


def mark(
    rows: list[HumanMarkedAnswer], calibration: MarkCalibration, max_marks: float | None = None
) -> list[FreeTextMark]:
    tasks = []
    for row in rows:
        full_marks = max_marks or row.max_marks
        question = Question("1", "1", QuestionType.TEXT, row.question, full_marks)
        entry = SchemeEntry(
            "1", QuestionType.TEXT, full_marks, model_answer=row.references[0], answers=row.references[1:]
        )
        tasks.append(FreeTextTask(question, "", entry, Answer("1", row.answer, ()), full_marks))
    return KeyPointMarker(calibration).mark(tasks)


def mark_by_folds(
    own: Dataset, marked: Dataset, labelled: Dataset, max_marks: float | None = None
) -> list[FreeTextMark]:
    """Mark every answer with a calibration that has not seen its question."""
    marks: list[FreeTextMark | None] = [None] * len(own.rows)
    for fold in np.unique(own.folds):
        seen_marked = marked.folds != fold if own is marked else np.ones(len(marked.rows), bool)
        seen_labelled = labelled.folds != fold if own is labelled else np.ones(len(labelled.rows), bool)
        calibration = calibrate(marked, labelled, seen_marked, seen_labelled)
        indexes = np.flatnonzero(own.folds == fold)
        for index, one in zip(indexes, mark([own.rows[i] for i in indexes], calibration, max_marks), strict=True):
            marks[index] = one
    return [one for one in marks if one is not None]


def print_comparison(name: str, own: Dataset, marks: list[FreeTextMark]) -> None:
    full_marks = np.array([row.max_marks for row in own.rows])
    truth = own.share * full_marks
    ours = np.array([one.marks or 0.0 for one in marks])
    rows = [(row.question, row.references, row.answer) for row in own.rows]
    recall = baselines.matrix([baselines.term_recall(*row) for row in rows])
    lexical = baselines.matrix([baselines.lexical_features(*row) for row in rows])
    results = {
        "key-term recall, isotonic": out_of_fold(recall, own.share, own.folds, isotonic) * full_marks,
        "lexical features, ridge": out_of_fold(lexical, own.share, own.folds, ridge(baselines.PENALTY)) * full_marks,
        "key-point marker": ours,
    }
    print(f"{name}: {len(own.rows)} answers to {len({row.question_id for row in own.rows})} questions")
    for label, predicted in results.items():
        print(f"  {label:28} r {pearson(truth, predicted):.3f}  RMSE {rmse(truth, predicted):.3f}")
    reviewed = np.array([bool(one.review) for one in marks])
    kept = ~reviewed
    print(f"  to review {reviewed.mean():.3f}; accepted: r {pearson(truth[kept], ours[kept]):.3f}", end="")
    print(f"  RMSE {rmse(truth[kept], ours[kept]):.3f}")


def print_full_marks_by_label(own: Dataset, marks: list[FreeTextMark], max_marks: float) -> None:
    """Print, per label, how many answers get full marks (exactly, or within half a mark) without a review."""
    for label in ("correct", "contradictory", "incorrect"):
        of_label = [one for one, row in zip(marks, own.rows, strict=True) if row.label == label]
        accepted = [one.marks or 0.0 for one in of_label if not one.review]
        full_share = sum(value >= max_marks - 1e-9 for value in accepted) / len(of_label)
        near_share = sum(value >= max_marks - 0.5 for value in accepted) / len(of_label)
        share = 1 - len(accepted) / len(of_label)
        print(
            f"  of {max_marks:g}: {label:13} full {full_share:.3f}  at most half a mark off {near_share:.3f}  "
            f"to review {share:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marked", type=Path, required=True)
    parser.add_argument("--labelled", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    marked = build_dataset(load_marked(arguments.marked), arguments.folds)
    labelled = build_dataset(load_labelled(arguments.labelled), arguments.folds)
    print_comparison("marked", marked, mark_by_folds(marked, marked, labelled))
    labelled_marks = mark_by_folds(labelled, marked, labelled)
    print_comparison("labelled", labelled, labelled_marks)
    print_full_marks_by_label(labelled, labelled_marks, 1.0)
    print_full_marks_by_label(labelled, mark_by_folds(labelled, marked, labelled, 5.0), 5.0)
    if arguments.write:
        full_calibration = calibrate(
            marked, labelled, np.ones(len(marked.rows), bool), np.ones(len(labelled.rows), bool)
        )
        target = ROOT / "functions" / "grade" / "markers" / "key_points" / "calibration.json"
        target.write_text(json.dumps(_round_numbers(full_calibration.to_dict()), indent=1) + "\n", encoding="utf-8")
        print(f"written: {target.relative_to(ROOT)}")


def _round_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _round_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_round_numbers(inner) for inner in value]
    return round(value, 5) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
