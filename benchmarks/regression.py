"""Ridge regression, isotonic regression, folds by question and measures of agreement, with numpy only."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Predictor = Callable[[Floats], Floats]


def folds_by_question(questions: Sequence[str], folds: int) -> NDArray[np.int64]:
    """Return each answer's fold, that of its question. Questions are assigned round-robin in a fixed shuffled order."""
    order = sorted(set(questions), key=lambda question: hashlib.sha256(question.encode()).hexdigest())
    fold = {question: index % folds for index, question in enumerate(order)}
    return np.array([fold[question] for question in questions])


def out_of_fold(
    inputs: Floats, truth: Floats, folds: NDArray[np.int64], fit: Callable[[Floats, Floats], Predictor]
) -> Floats:
    """Predict every answer with a fit that has not seen its question."""
    predicted = np.zeros(len(truth))
    for fold in np.unique(folds):
        seen = folds != fold
        predicted[~seen] = fit(inputs[seen], truth[seen])(inputs[~seen])
    return predicted


def ridge_weights(inputs: Floats, truth: Floats, penalty: float, weight: Floats | None = None) -> tuple[float, Floats]:
    """Return (intercept, weights) in the inputs' own units. The penalty applies to standardised inputs."""
    weight = np.ones(len(truth)) if weight is None else weight
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    deviation = np.where(deviation > 1e-9, deviation, 1.0)
    scaled = (inputs - mean) / deviation
    mean_truth = float((weight * truth).sum() / weight.sum())
    gram = (scaled * weight[:, None]).T @ scaled + penalty * np.eye(scaled.shape[1])
    weights = np.linalg.solve(gram, (scaled * weight[:, None]).T @ (truth - mean_truth)) / deviation
    return mean_truth - float(mean @ weights), weights


def ridge(penalty: float) -> Callable[[Floats, Floats], Predictor]:
    def fit(inputs: Floats, truth: Floats) -> Predictor:
        intercept, weights = ridge_weights(inputs, truth, penalty)
        return lambda unseen: np.clip(intercept + unseen @ weights, 0.0, 1.0)

    return fit


def isotonic(inputs: Floats, truth: Floats) -> Predictor:
    """Fit the monotone curve nearest to the truth (pool adjacent violators), linear between its points."""
    points, inverse = np.unique(inputs[:, 0], return_inverse=True)
    totals, counts = np.bincount(inverse, truth), np.bincount(inverse).astype(float)
    blocks: list[list[float]] = []
    for total, count in zip(totals, counts, strict=True):
        blocks.append([total, count, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2] + last[2]]
    levels = np.concatenate([np.full(int(size), total / count) for total, count, size in blocks])
    return lambda unseen: np.interp(unseen[:, 0], points, levels)


def pearson(truth: Floats, predicted: Floats) -> float:
    return float(np.corrcoef(truth, predicted)[0, 1])


def rmse(truth: Floats, predicted: Floats) -> float:
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))
