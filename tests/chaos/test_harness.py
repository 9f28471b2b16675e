"""The parts of the chaos harness: seeded chance, the right rate of faults, and invariants that find violations."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos import stack_copy
from benchmarks.chaos.call_recorder import CallRecorder, StateChange
from benchmarks.chaos.documents import SHEET, make_sheet
from benchmarks.chaos.fault_plan import RandomFaultPlan
from benchmarks.chaos.guards import GUARDS
from benchmarks.chaos.invariants import DOUBLED, LOST, WRONG, InvariantChecker
from benchmarks.chaos.records import RecordSampler, StoredRecord
from benchmarks.chaos.seeded_random import random_fraction
from benchmarks.chaos.send_log import DROP, RAW, SendLog, SentDocument
from benchmarks.chaos.workload import Workload
from local.cloud.aws_calls import CLIENT, Call

DOCUMENT = make_sheet("north", "class-1", "Student 1", "tag", (True, True, False), scan=True)


def call(operation: str = "GetItem", caller: str = "GradeFunction", service: str = "dynamodb") -> Call:
    return Call(0.0, caller, service, operation, {})


def planned_faults(seed: int, share: float = 0.2) -> list[Any]:
    plan = RandomFaultPlan(seed, CallRecorder(), share)
    return [plan.fault(call()) for _ in range(4000)]


def test_random_fractions_are_reproducible_and_uniform() -> None:
    assert random_fraction(1, "a") == random_fraction(1, "a") != random_fraction(2, "a")
    drawn = [random_fraction(1, number) for number in range(2000)]
    assert all(0 <= fraction < 1 for fraction in drawn)
    assert 0.45 < sum(drawn) / len(drawn) < 0.55


def test_a_plan_fails_a_fifth_of_the_calls_and_is_reproducible() -> None:
    first = planned_faults(1)
    assert 0.17 < sum(fault is not None for fault in first) / len(first) < 0.23
    assert first == planned_faults(1) != planned_faults(2)
    kinds = Counter(
        (bool(fault.code), fault.drops_connection, fault.takes_effect, fault.kills_worker) for fault in first if fault
    )
    assert len(kinds) == 6
    assert planned_faults(1, share=0.0) == [None] * 4000


def test_a_plan_spares_the_harness_but_not_its_clients() -> None:
    plan = RandomFaultPlan(1, CallRecorder())
    assert not any(plan.fault(call(caller=CLIENT)) for _ in range(200))
    assert any(plan.fault(call("POST /submissions", CLIENT, "api")) for _ in range(200))
    assert any(plan.fault(call("PostObject", CLIENT, "s3")) for _ in range(200))


@pytest.mark.parametrize(("seed", "submissions"), [(1, 40), (2, 300)])
def test_a_workload_has_all_kinds_and_is_reproducible(seed: int, submissions: int) -> None:
    def sent_documents() -> list[SentDocument]:
        steps = [step for task in Workload(seed, submissions).tasks() for step in task.steps]
        return [step.sent_document for step in steps if step.do == "send" and step.sent_document]

    found = sent_documents()
    # Bodies are not compared: encryption uses a new salt each time.
    summary = [(sent.channel, sent.document.student, sent.document.marks) for sent in found]
    assert summary == [(sent.channel, sent.document.student, sent.document.marks) for sent in sent_documents()]
    assert {sent.channel for sent in found} == {"raw", "form", "upload", "drop"}
    assert {sent.document.tenant for sent in found} == {"north", "south"}
    assert {sent.document.kind for sent in found} == {"question_paper", "answer_sheet"}
    accepted = [sent for sent in found if sent.document.allowed_states]
    identities = {(*sent.document.identity, sent.channel == DROP) for sent in accepted}
    assert len(identities) == submissions


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_is_found_and_removed_from_a_copy(guard: str, tmp_path: Path) -> None:
    copied = stack_copy.copy(tmp_path)

    def texts() -> dict[Path, str]:
        return {path: path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".py", ".yaml")}

    before = texts()
    GUARDS[guard](copied)
    changed = [path for path, text in texts().items() if text != before[path]]
    assert len(changed) == 1
    if changed[0].suffix == ".py":
        compile(changed[0].read_text(), str(changed[0]), "exec")


def test_an_edit_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        stack_copy.copy(tmp_path).replace_in_file("template.yaml", "no such line", "")


def test_a_record_that_goes_back_is_found() -> None:
    sampler = RecordSampler("table")
    for run, state in ((1, "READING"), (1, "GRADED"), (2, "READING"), (2, "FAILED"), (2, "ERASED")):
        sampler.observe("a", run, state)
    assert sampler.regressions == []
    sampler.observe("b", 2, "READING")
    sampler.observe("b", 1, "GRADED")
    sampler.observe("c", 1, "GRADED")
    sampler.observe("c", 1, "REJECTED")
    assert len(sampler.regressions) == 2


def record(name: str, state: str, channel: str = "api", version: str = "", **more: Any) -> StoredRecord:
    item = {"state": state, "run": 1, "door": channel, "kind": SHEET, **more}
    return StoredRecord(name, item, DOCUMENT.identity, version)


def checker(
    *records: StoredRecord, channels: tuple[str, ...] = (RAW,), ids: tuple[str, ...] = ("a",)
) -> InvariantChecker:
    sent_documents = [SentDocument(DOCUMENT, channel, ids={name}) for channel, name in zip(channels, ids, strict=True)]
    by_id = {record.id: record for record in records}
    cloud: Any = None
    return InvariantChecker(
        cloud, b"", SendLog(sent_documents), by_id, CallRecorder(), 0, lambda _tenant, _assessment: ""
    )


def kinds(violations: Any) -> list[str]:
    return [violation.kind for violation in violations]


def test_an_accepted_document_without_a_record_is_lost() -> None:
    # Nothing was dropped, so the buckets are not searched.
    checks = checker()
    checks.ids = lambda sent_document: sent_document.ids  # type: ignore[method-assign]
    assert kinds(checks.check_accepted_have_ended()) == [LOST]


def test_two_records_of_one_document_are_found_on_any_channel() -> None:
    marked, twin = record("a", "GRADED"), record("b", "DUPLICATE_OF", "drop", "1", duplicate_of="a")
    assert kinds(checker(marked, twin).check_no_duplicates()) == []
    assert kinds(checker(marked, record("b", "GRADED", "drop", "1")).check_no_duplicates()) == [DOUBLED]
    assert kinds(checker(marked, record("b", "DUPLICATE_OF", duplicate_of="a")).check_no_duplicates()) == [DOUBLED]
    again = record("c", "DUPLICATE_OF", "drop", "1", duplicate_of="a")
    assert kinds(checker(marked, twin, again).check_no_duplicates()) == [DOUBLED]


def test_duplicates_without_an_original_are_lost() -> None:
    one, other = (record(name, "DUPLICATE_OF", "drop", name, duplicate_of=original) for name, original in ("ab", "ba"))
    assert kinds(checker(one, other).check_no_duplicates()) == [LOST]
    lone = record("a", "DUPLICATE_OF", duplicate_of="gone")
    assert LOST in kinds(checker(lone).check_no_duplicates())


def test_a_final_state_written_twice_is_found() -> None:
    checks = checker()
    checks.recorder.state_changes["a"] = [
        StateChange(1, "READING", "x"),
        StateChange(1, "GRADED", "x"),
        StateChange(2, "READING", "x"),
    ]
    assert kinds(checks.check_states_written_once()) == []
    checks.recorder.state_changes["a"].append(StateChange(1, "GRADED", "x"))
    assert kinds(checks.check_states_written_once()) == [DOUBLED]


def test_marks_that_do_not_match_the_answers_are_wrong() -> None:
    def marked(third: float) -> InvariantChecker:
        found = [{"question": name, "marks": marks} for name, marks in (("1", 1), ("2", 1), ("3", third), ("4", 2))]
        checks = checker(record("a", "GRADED", question_marks=found))
        checks.ids = lambda sent_document: sent_document.ids  # type: ignore[method-assign]
        return checks

    assert kinds(marked(0).check_marks()) == []
    assert kinds(marked(2).check_marks()) == [WRONG]


def test_a_paid_call_without_a_lost_response_is_doubled() -> None:
    checks = checker()
    checks.recorder.pages["a", "then"] = 1
    checks.recorder.paid_pages = 2
    assert kinds(checks.check_paid_calls()) == [DOUBLED]
    checks.recorder.lost["ExtractFunction"] = 1
    assert kinds(checks.check_paid_calls()) == []
