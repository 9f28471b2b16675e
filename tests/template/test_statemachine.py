"""The state machine's file passes its checks, and its Record state writes what the repository writes."""

import json
from typing import Any

import pytest

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import submission_repository
from core.storage.table import Item, Table
from tests.template import native_write
from tests.template.asl import state_node
from tests.template.state_machine import PROMISES, load_state_machine

_AT = "2030-05-06T07:08:09.010Z"


@pytest.mark.parametrize("promise", PROMISES)
def test_the_state_machine_keeps_this_promise(promise: str) -> None:
    assert PROMISES[promise](load_state_machine()) == []


class _Recorder(Table):
    """Records the one update that it is asked to make."""

    def __init__(self) -> None:
        super().__init__(None, "table")
        self.write: native_write.Write | None = None

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        *,
        values: Item | None = None,
        names: dict[str, str] | None = None,
        condition: str | None = None,
    ) -> Item:
        self.write = native_write.write(
            {"pk": pk, "sk": sk}, expression, names=names or {}, values=values or {}, condition=condition or ""
        )
        return {}


@pytest.mark.parametrize("kind", DocumentKind)
@pytest.mark.parametrize("student", [None, "a sealed label"])
def test_the_record_state_writes_what_the_repository_writes(kind: DocumentKind, student: str | None) -> None:
    """If the Record branch fails, core/storage/submission_repository.py writes the same attributes in its place."""
    submission = Submission(
        id="0123456789abcdef0123456789abcdef",
        run=2,
        tenant="a-school",
        assessment="physics.1",
        kind=kind,
        student=student,
        channel=IntakeChannel.DROP,
        received_at=_AT,
        file=SourceFile("temp", "drop/a", "v1", 17),
    )
    task = state_node(load_state_machine().machine, "Record").state
    context: dict[str, Any] = {"State": {"EnteredTime": _AT}}
    native = native_write.native_write(task, submission.to_state(), context)
    recorder = _Recorder()
    submission_repository.create_record(recorder, submission, SubmissionState.READING)
    ours = recorder.write
    assert ours is not None

    assert native.key == ours.key
    assert native.condition == ours.condition
    assert native.sets.keys() == ours.sets.keys()
    for write in (native, ours):
        assert json.loads(write.sets.pop("input")) == submission.to_state()
        assert write.sets.pop("recorded_at")
        assert write.sets.pop("pending_at")
    assert native.sets == ours.sets
    assert native.removes == ours.removes
    assert not native.removes & native.sets.keys(), "an attribute cannot be set and removed at once"


@pytest.mark.parametrize("kind", DocumentKind)
def test_the_state_machine_routes_each_kind_as_its_rules_say(kind: DocumentKind) -> None:
    choice = state_node(load_state_machine().machine, "BothHalves").state

    routes = {
        rule["StringEquals"]: rule["Next"] for rule in choice["Choices"] if rule.get("Variable") == "$.submission.kind"
    }
    assert routes[kind] == kind.rules.next_state
    assert len(routes) == len(DocumentKind)
    assert choice["Default"] == "UnknownKind"
