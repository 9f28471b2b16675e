"""Removes one guard from a copy of the stack: without it the harness must detect violations, or it detects nothing.

Each change edits the copy's own files; the functions have no switch for it.
"""

from collections.abc import Callable

from benchmarks.chaos.stack_copy import StackCopy

_ASL = "statemachine/grading.asl.yaml"


def _without_idempotent_id(stack_copy: StackCopy) -> None:
    """Ids are random: a client's retry becomes another submission."""
    stack_copy.replace_in_file(
        "functions/core/models/submission.py",
        r'return keyed_hash\(secret, "content", [^)]*\)',
        'return __import__("uuid").uuid4().hex',
    )


def _without_conditional_end(stack_copy: StackCopy) -> None:
    """A terminal state is written unconditionally."""
    always = "(#run = :run OR #run <> :run) AND (#state = :reading OR #state <> :reading)"
    stack_copy.replace_in_file(
        "functions/core/storage/submission_repository.py",
        r'_RUN_IN_PROGRESS = "[^"]*"',
        f'_RUN_IN_PROGRESS = "{always}"',
    )


def _without_conditional_record(stack_copy: StackCopy) -> None:
    """The state machine records a run unconditionally."""
    stack_copy.replace_in_file(
        _ASL, r"ConditionExpression: [^\n]*\n", "ConditionExpression: attribute_not_exists(no_such_attribute)\n"
    )


def _without_content_claim(stack_copy: StackCopy) -> None:
    """Nothing checks whether the content exists already."""
    stack_copy.replace_in_file(
        "functions/core/storage/content_claims.py", r'condition="attribute_not_exists\(holder\)[^"]*"', "condition=None"
    )


def _without_catch(stack_copy: StackCopy) -> None:
    """A fault in the reading branch is not caught: it ends the whole execution, including the other branch."""
    stack_copy.replace_in_file(
        _ASL, r"(          Extract:\n.*?)            Catch:\n.*?(            End: true)", r"\1\2"
    )


GUARDS: dict[str, Callable[[StackCopy], None]] = {
    "idempotent id": _without_idempotent_id,
    "conditional ending": _without_conditional_end,
    "conditional record": _without_conditional_record,
    "content claim": _without_content_claim,
    "catch in a branch": _without_catch,
}
