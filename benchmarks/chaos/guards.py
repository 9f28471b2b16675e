"""One guard taken out of a copy of the stack: without it the harness has to see losses, or it sees nothing at all.

Each change is made to the copy's own files; the functions know no switch.
"""

from collections.abc import Callable

from benchmarks.chaos.stack_copy import StackCopy

_ASL = "statemachine/grading.asl.yaml"


def _without_idempotent_id(stack_copy: StackCopy) -> None:
    """A submission is named by chance: a client's retry is another one."""
    stack_copy.replace_in_file(
        "functions/core/models/submission.py",
        r'return keyed_hash\(secret, "content", [^)]*\)',
        'return __import__("uuid").uuid4().hex',
    )


def _without_conditional_end(stack_copy: StackCopy) -> None:
    """An ending is written whatever stands there: the condition holds always."""
    always = "(#run = :run OR #run <> :run) AND (#state = :reading OR #state <> :reading)"
    stack_copy.replace_in_file(
        "functions/core/storage/submission_repository.py",
        r'_RUN_IN_PROGRESS = "[^"]*"',
        f'_RUN_IN_PROGRESS = "{always}"',
    )


def _without_conditional_record(stack_copy: StackCopy) -> None:
    """The state machine records a run over whatever stands there."""
    stack_copy.replace_in_file(
        _ASL, r"ConditionExpression: [^\n]*\n", "ConditionExpression: attribute_not_exists(no_such_attribute)\n"
    )


def _without_content_claim(stack_copy: StackCopy) -> None:
    """Nobody asks who has this content already."""
    stack_copy.replace_in_file(
        "functions/persist/duplicates.py", r'condition="attribute_not_exists\(holder\)[^"]*"', "condition=None"
    )


def _without_catch(stack_copy: StackCopy) -> None:
    """A fault in the reading lane is caught by nobody: it ends the whole execution, with the lane beside it."""
    stack_copy.replace_in_file(
        _ASL, r"(          Extract:\n.*?)            Catch:\n.*?(            End: true)", r"\1\2"
    )


GUARDS: dict[str, Callable[[StackCopy], None]] = {
    "idempotent id": _without_idempotent_id,
    "conditional ending": _without_conditional_end,
    "conditional record": _without_conditional_record,
    "content claim": _without_content_claim,
    "catch in a lane": _without_catch,
}
