"""Release of a thousand parked sheets: each is started once, in batches of bounded size."""

from collections import Counter
from dataclasses import replace
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.encryption import TextCipher
from recover.lifecycle_context import LifecycleContext
from recover.release import BATCH_SIZE, END_OF_BATCHES, release
from tests.memory_table import MemoryTable

SHEET = Submission(
    "",
    1,
    "a-school",
    "bio",
    DocumentKind.ANSWER_SHEET,
    None,
    IntakeChannel.API,
    "2030",
    SourceFile("temp", "incoming/a", "v1", 1),
)
SUBMISSION_IDS = [f"{number:032x}" for number in range(1000)]


def park_sheets(table: MemoryTable) -> None:
    for submission_id in SUBMISSION_IDS:
        one = replace(SHEET, id=submission_id)
        submission_repository.create_record(table, one, SubmissionState.READING)
        submission_repository.write_terminal_state(table, one, SubmissionState.AWAITING_PAPER)
        table.put({"pk": "assessment#a-school#bio", "sk": f"parked#{submission_id}", "submission_id": submission_id})


def lifecycle_context(table: MemoryTable, started: Counter[str], seconds_left: float = 200) -> LifecycleContext:
    def start(submission: Submission) -> bool:
        started[submission.execution_name] += 1
        return started[submission.execution_name] == 1

    unused: Any = None
    return LifecycleContext(
        table=table,
        s3=unused,
        temp_bucket="temp",
        documents_bucket="documents",
        secret=b"",
        cipher=TextCipher(b"a secret"),
        request_id="a call",
        start=start,
        execution=lambda *_: unused,
        send_upload_event=lambda _: unused,
        seconds_left=lambda: seconds_left,
    )


def release_to_the_end(table: MemoryTable, lifecycle: LifecycleContext) -> list[int]:
    batches, after, revision = [], END_OF_BATCHES, 0
    while True:
        done = release("a-school", "bio", lifecycle, after=after, revision=revision)
        batches.append(done.released)
        after, revision = done.after, done.revision
        if after == END_OF_BATCHES:
            return batches


def add_paper(table: MemoryTable) -> None:
    assessment_repository.set_document_if_newer(
        table, "a-school", "bio", "paper", key="assessments/a-school/bio/paper/p.json", received_at="2030"
    )


def test_a_thousand_sheets_are_released_once_each_in_bounded_batches() -> None:
    table, started = MemoryTable(), Counter[str]()
    park_sheets(table)
    add_paper(table)
    batches = release_to_the_end(table, lifecycle_context(table, started))
    assert started == Counter(f"{submission_id}-2" for submission_id in SUBMISSION_IDS)
    assert sum(batches) == 1000
    assert max(batches) <= BATCH_SIZE
    assert len(batches) > 1
    assert table.partition("assessment#a-school#bio", "parked#") == []
    assert "pending" not in table.items["assessment#a-school#bio", "assessment"]


def test_calls_without_time_left_still_release_every_sheet() -> None:
    table, started = MemoryTable(), Counter[str]()
    park_sheets(table)
    add_paper(table)
    batches = release_to_the_end(table, lifecycle_context(table, started, seconds_left=0))
    assert set(started) == {f"{submission_id}-2" for submission_id in SUBMISSION_IDS}
    assert sum(batches) == 1000
    assert min(batches) > 0


def test_a_change_during_a_release_stays_pending() -> None:
    table, started = MemoryTable(), Counter[str]()
    park_sheets(table)
    add_paper(table)
    lifecycle = lifecycle_context(table, started)
    first = release("a-school", "bio", lifecycle)
    assessment_repository.set_document_if_newer(
        table, "a-school", "bio", "scheme", key="assessments/a-school/bio/scheme/s.json", received_at="2031"
    )
    while first.after != END_OF_BATCHES:
        first = release("a-school", "bio", lifecycle, after=first.after, revision=first.revision)
    assert table.items["assessment#a-school#bio", "assessment"]["pending"] == "release"
