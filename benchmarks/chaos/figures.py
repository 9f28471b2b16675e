"""A run in one line, and several as a table."""

from collections.abc import Sequence
from typing import Any

from benchmarks.chaos.oracle import DOUBLED, LOST, STUCK, WRONG
from benchmarks.chaos.run import Outcome

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


def line(outcome: Outcome) -> str:
    """One line: what was asked of the stack, what befell it, and what was broken."""
    found = outcome.figures
    counts = outcome.counts
    broken = ", ".join(f"{counts[kind]} {kind}" for kind in (LOST, DOUBLED, STUCK, WRONG))
    return (
        f"seed {outcome.seed}: {found.get('accepted', 0)} sendings accepted, {found.get('records', 0)} records, "
        f"{found.get('faults', 0)} faults in {found.get('calls', 0)} calls ({found.get('killed', 0)} kills); "
        f"{broken}; {found.get('failed', 0)} failed, {found.get('resumed', 0)} resumed; "
        f"Textract {_money(found, 'textract')}; model {_money(found, 'model')}; {found.get('seconds', 0)} s"
    )


def _money(found: dict[str, Any], name: str) -> str:
    paid, needed, lost = (found.get(f"{name} {what}", 0) for what in ("paid", "needed", "lost"))
    return f"{paid} paid ({needed} needed, {lost} answers lost)"


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown, a row a run."""
    head = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---:|" * len(_COLUMNS)]
    return "\n".join([*head, *(_row(outcome) for outcome in outcomes)]) + "\n"


def _row(outcome: Outcome) -> str:
    values = {**outcome.figures, **{kind: outcome.counts[kind] for kind in (LOST, DOUBLED, STUCK, WRONG)}}
    values["seed"] = outcome.seed
    return "| " + " | ".join(f"{values.get(name, 0):,}" for name in _COLUMNS) + " |"
