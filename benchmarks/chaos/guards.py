"""One guard taken out of a copy of the stack: without it the harness has to see losses, or it sees nothing at all.

Each change is made to the copy's own files; the functions know no switch.
"""

from collections.abc import Callable

from benchmarks.chaos.site import Site

_ASL = "statemachine/grading.asl.yaml"


def _without_idempotent_id(site: Site) -> None:
    """A submission is named by chance: a client's retry is another one."""
    site.change(
        "functions/core/submission.py",
        r'return keyed_hash\(secret, "content", [^)]*\)',
        'return __import__("uuid").uuid4().hex',
    )


def _without_conditional_ending(site: Site) -> None:
    """An ending is written whatever stands there: the condition holds always."""
    always = "(#run = :run OR #run <> :run) AND (#state = :reading OR #state <> :reading)"
    site.change("functions/core/record.py", r'_UNDER_WAY = "[^"]*"', f'_UNDER_WAY = "{always}"')


def _without_conditional_record(site: Site) -> None:
    """The state machine records a run over whatever stands there."""
    site.change(
        _ASL, r"ConditionExpression: [^\n]*\n", "ConditionExpression: attribute_not_exists(no_such_attribute)\n"
    )


def _without_content_claim(site: Site) -> None:
    """Nobody asks who has this content already."""
    site.change("functions/persist/claim.py", r'condition="attribute_not_exists\(holder\)[^"]*"', "condition=None")


def _without_catch(site: Site) -> None:
    """A fault in the reading lane is caught by nobody: it ends the whole execution, with the lane beside it."""
    site.change(_ASL, r"(          Extract:\n.*?)            Catch:\n.*?(            End: true)", r"\1\2")


GUARDS: dict[str, Callable[[Site], None]] = {
    "idempotent id": _without_idempotent_id,
    "conditional ending": _without_conditional_ending,
    "conditional record": _without_conditional_record,
    "content claim": _without_content_claim,
    "catch in a lane": _without_catch,
}
