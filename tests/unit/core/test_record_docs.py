"""docs/record.md lists which function writes which state; the list is compared with the code in both directions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from core.models.submission import SubmissionState
from core.storage import pending_items

ROOT = Path(__file__).parents[3]
# Derived from the branches' items and the execution, written nowhere.
DERIVED = {SubmissionState.RECEIVED, SubmissionState.STORING, SubmissionState.GRADING}
_WRITES = {"write_terminal_state", "_end_submission"}


def documented() -> set[tuple[str, str]]:
    """Return the (writer, state) pairs of the table of transitions."""
    text = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    _, _, table = text.partition("| From | To | Writer |")
    found = set()
    for line in table.split("\n\n")[0].splitlines()[2:]:
        _, _, to, writers, *_ = line.split("|")
        states = [state for state in re.findall(r"`([A-Z_]+)`", to) if state in SubmissionState.__members__]
        found |= {(writer, state) for writer in _writers(writers) for state in states}
    return found


def _writers(cell: str) -> list[str]:
    return ["state machine"] if "state machine" in cell else re.findall(r"`(\w+)`", cell)


def written() -> set[tuple[str, str]]:
    """Return the (function, state) pairs of every call that writes a terminal state, directly or through a variable."""
    found = {("state machine", SubmissionState.READING.value), ("results", SubmissionState.ERASED.value)}
    for path in sorted((ROOT / "functions").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            package = path.relative_to(ROOT / "functions").parts[0]
            if isinstance(node, ast.FunctionDef) and package != "core":
                found |= {(package, state) for state in _states_ended_in(node)}
    return found


def _states_ended_in(function: ast.FunctionDef) -> Iterator[str]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in _WRITES:
            names = {argument.id for argument in call.args if isinstance(argument, ast.Name)}
            values = [
                node.value for node in ast.walk(function) if isinstance(node, ast.Assign) and _assigns(node, names)
            ]
            for node in [*call.args, *values]:
                yield from _states_in(node)


def _assigns(node: ast.Assign, names: set[str]) -> bool:
    return any(isinstance(target, ast.Name) and target.id in names for target in node.targets)


def _states_in(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "SubmissionState":
            yield part.attr


def test_the_documented_terminal_states_are_those_of_the_code() -> None:
    assert written() == documented()


def test_every_written_state_has_a_row() -> None:
    assert {state for _, state in documented()} == {state.value for state in set(SubmissionState) - DERIVED}


def test_the_docs_list_every_value_of_pending() -> None:
    text = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    sentence = next(line for line in text.splitlines() if "`by-pending` is sparse" in line)
    for reason in (
        pending_items.PENDING_RUN,
        pending_items.PENDING_PAPER,
        pending_items.PENDING_FAILED,
        pending_items.PENDING_RELEASE,
        pending_items.PENDING_ERASURE,
    ):
        assert f"`{reason}`" in sentence
