"""A run in one line, and several as a table."""

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
    """One line: what was asked of the stack, what befell it, and what was broken."""
    found = outcome.figures
    counts = outcome.counts
    broken = ", ".join(f"{counts[kind]} {kind}" for kind in (LOST, DOUBLED, STUCK, WRONG))
    return (
        f"seed {outcome.seed}: {found.get('accepted', 0)} sendings accepted, {found.get('records', 0)} records, "
        f"{found.get('faults', 0)} faults in {found.get('calls', 0)} calls ({found.get('killed', 0)} kills); "
        f"{broken}; {found.get('failed', 0)} failed, {found.get('resumed', 0)} resumed; "
        f"Textract {_paid_calls(found, 'textract')}; model {_paid_calls(found, 'model')}; {found.get('seconds', 0)} s"
    )


def _paid_calls(found: dict[str, Any], name: str) -> str:
    paid, needed, lost = (found.get(f"{name} {what}", 0) for what in ("paid", "needed", "lost"))
    return f"{paid} paid ({needed} needed, {lost} answers lost)"


def summary_table(outcomes: Sequence[ChaosResult]) -> str:
    """Markdown, a row a run."""
    head = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---:|" * len(_COLUMNS)]
    return "\n".join([*head, *(_table_row(outcome) for outcome in outcomes)]) + "\n"


def _table_row(outcome: ChaosResult) -> str:
    values = {**outcome.figures, **{kind: outcome.counts[kind] for kind in (LOST, DOUBLED, STUCK, WRONG)}}
    values["seed"] = outcome.seed
    return "| " + " | ".join(f"{values.get(name, 0):,}" for name in _COLUMNS) + " |"
