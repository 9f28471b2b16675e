"""Renders a run as one line, and several as a table."""

from collections.abc import Sequence
from typing import Any

from benchmarks.chaos.invariants import DOUBLED, LOST, STUCK, WRONG
from benchmarks.chaos.run import ChaosResult

_COLUMNS = (
    "seed",
    "accepted",
    "records",
    "calls",
    "faults",
    "killed",
    "failed",
    LOST,
    DOUBLED,
    STUCK,
    WRONG,
    "seconds",
)


def summary_line(outcome: ChaosResult) -> str:
    """Return one line: the load, the faults, and the violations."""
    figures = outcome.figures
    counts = outcome.counts
    broken = ", ".join(f"{counts[kind]} {kind}" for kind in (LOST, DOUBLED, STUCK, WRONG))
    return (
        f"seed {outcome.seed}: {figures.get('accepted', 0)} documents accepted, "
        f"{figures.get('records', 0)} records, "
        f"{figures.get('faults', 0)} faults in {figures.get('calls', 0)} calls "
        f"({figures.get('killed', 0)} kills); "
        f"{broken}; "
        f"{figures.get('failed', 0)} failed, {figures.get('resumed', 0)} resumed; "
        f"Textract {_paid_calls(figures, 'textract')}; model {_paid_calls(figures, 'model')}; "
        f"{figures.get('seconds', 0)} s"
    )


def _paid_calls(figures: dict[str, Any], name: str) -> str:
    paid, needed, lost = (figures.get(f"{name} {part}", 0) for part in ("paid", "needed", "lost"))
    return f"{paid} paid ({needed} needed, {lost} responses lost)"


def summary_table(outcomes: Sequence[ChaosResult]) -> str:
    """Return Markdown with one row per run."""
    head = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---:|" * len(_COLUMNS)]
    return "\n".join([*head, *(_table_row(outcome) for outcome in outcomes)]) + "\n"


def _table_row(outcome: ChaosResult) -> str:
    values = {**outcome.figures, **{kind: outcome.counts[kind] for kind in (LOST, DOUBLED, STUCK, WRONG)}}
    values["seed"] = outcome.seed
    return "| " + " | ".join(f"{values.get(name, 0):,}" for name in _COLUMNS) + " |"
