"""The record under any order of events, doubled and late: it never goes backwards, and a run ends once.

Executions, their lanes' own writes, claims, erasures and re-sends are dealt out by hypothesis in any order, each of
them again at any later time, as retries and late lanes do. The table in memory evaluates the very conditions that
DynamoDB is sent; the Record state's own write is the one of `core.record.create` (a test holds the two together).
"""

import contextlib
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core import erasure, errors, record
from core.submission import Door, Kind, SourceFile, State, Submission
from core.table import RECORD, Item, submission_pk
from tests.memory_table import MemoryTable

ID = "0123456789abcdef0123456789abcdef"
PK = submission_pk(ID)
ENDINGS = (State.GRADED, State.NEEDS_REVIEW, State.REJECTED, State.DUPLICATE_OF, State.FAILED, State.AWAITING_PAPER)
PLAIN = Submission(
    ID, 1, "a-school", "bio", Kind.ANSWER_SHEET, "sealed", Door.API, "2030", SourceFile("temp", "incoming/a", "v1", 1)
)
NAMES_A_STUDENT = ("student", "input", "failure", "marks", "counts_from")


class Records(RuleBasedStateMachine):
    """One submission. `started` are the runs that have an execution: only those have lanes."""

    def __init__(self) -> None:
        super().__init__()
        self.table = MemoryTable()
        self.started = {1}
        self.history: list[Item] = []
        self.erased_runs = 0

    @property
    def record(self) -> Item:
        return self.table.get(PK, RECORD) or {}

    def run_of(self, data: Any) -> Submission:
        run = data.draw(st.sampled_from(sorted(self.started)), label="run")
        return replace(PLAIN, run=run)

    @rule(data=st.data())
    def the_record_lane_writes(self, data: Any) -> None:
        submission = self.run_of(data)
        before = self.record
        written = record.create(self.table, submission, State.READING, {})
        assert written is (submission.run > before.get("run", 0))

    @rule(data=st.data(), state=st.sampled_from(ENDINGS))
    def the_run_ends(self, data: Any, state: State) -> None:
        submission = self.run_of(data)
        before = self.record
        try:
            standing = record.end(self.table, submission, state, {"marks": submission.run})
        except errors.SubmissionErased:
            assert before["state"] == State.ERASED
            assert self.record == before
            return
        assert standing == self.record["state"]
        if before.get("run") == submission.run and before["state"] != State.READING:
            assert self.record == before, "what has ended ends no second time"

    @rule()
    def the_next_run_is_claimed_and_started(self) -> None:
        if "run" not in self.record:
            return
        with contextlib.suppress(errors.SubmissionErased):
            self.started.add(record.claim_next_run(self.table, self.record))

    @rule()
    def the_next_run_is_claimed_and_never_started(self) -> None:
        if "run" in self.record:
            with contextlib.suppress(errors.SubmissionErased):
                record.claim_next_run(self.table, self.record)

    @rule(at=st.sampled_from(["2031", "2032", "2033"]))
    def the_same_content_is_received_again(self, at: str) -> None:
        before = self.record.get("counts_from", "")
        found = record.receive_again(self.table, ID, at)
        assert (found is None) is ("erased_at" in self.record)
        assert self.record.get("counts_from", "") >= before or "erased_at" in self.record

    @rule(stale=st.booleans(), data=st.data())
    def it_is_erased(self, stale: bool, data: Any) -> None:
        """Also by somebody who has read the record a while ago."""
        found = data.draw(st.sampled_from(self.history)) if stale and self.history else self.record
        items = {RECORD: found} if found else {}
        submission = replace(PLAIN, run=max(found.get("run", 1), 1))
        if "erased_at" in self.record and "erased_at" not in found:
            items = {}
        erasure.entomb(self.table, submission, items)
        if "erased_at" in self.record:
            self.erased_runs = max(self.erased_runs, self.record["run"])

    @precondition(lambda self: "removing" in self.record)
    @rule()
    def the_erasure_has_run(self) -> None:
        self.table.update(PK, RECORD, "REMOVE removing, removing_until")

    @rule()
    def it_is_sent_again_after_the_erasure(self) -> None:
        if "erased_at" not in self.record:
            return
        removing = "removing" in self.record
        try:
            run = record.claim_next_run(self.table, self.record, after_erasure=True)
        except errors.ServiceUnavailable:
            assert removing
            return
        assert run > self.erased_runs
        self.started.add(run)

    @invariant()
    def it_never_goes_backwards(self) -> None:
        now = self.record
        before = self.history[-1] if self.history else {}
        self.history.append(now)
        if not before or before == now:
            return
        assert now.get("run", 0) >= before.get("run", 0)
        if now.get("run") == before.get("run") and "state" in before:
            forward = before["state"] == now["state"] or now["state"] == State.ERASED
            assert forward or before["state"] == State.READING, (before["state"], now["state"])

    @invariant()
    def a_run_has_one_ending(self) -> None:
        endings: dict[int, set[str]] = {}
        for item in self.history:
            if item.get("state") not in (None, State.READING, State.ERASED):
                endings.setdefault(item["run"], set()).add(item["state"])
        assert all(len(states) == 1 for states in endings.values())

    @invariant()
    def what_waits_is_found_by_the_sweep(self) -> None:
        found = self.record
        if "state" not in found:
            return
        claimed = found.get("claimed", 0) > found["run"]
        waits = found["state"] in (State.READING, State.AWAITING_PAPER, State.FAILED, State.ERASED)
        assert ("pending" in found) is (waits or claimed), found

    @invariant()
    def a_tombstone_names_nobody(self) -> None:
        if "erased_at" in self.record:
            assert self.record["state"] == State.ERASED
            assert not set(NAMES_A_STUDENT) & set(self.record)


TestRecords = Records.TestCase
TestRecords.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
