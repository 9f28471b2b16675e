"""The branch times, and the time saved by running branches in parallel, come from the execution history."""

from typing import Any

import pytest

from local.cli import execution_timeline
from local.cli.submission_status import SubmissionStatus
from tests.cli.sample_class import HistoryBuilder, status_document


def parallel_run() -> HistoryBuilder:
    return (
        HistoryBuilder()
        .entered("ReadAndPersist", 0, "ParallelStateEntered")
        .entered("Extract", 5)
        .event("LambdaFunctionScheduled", 6)
        .entered("Persist", 7, "ParallelStateEntered")
        .entered("StoreFile", 8)
        .entered("Record", 9)
        .left("Record", 40)
        .left("StoreFile", 508)
        .left("Persist", 510, "ParallelStateExited")
        .left("Extract", 3005)
        .left("ReadAndPersist", 3010, "ParallelStateExited")
        .entered("Grade", 3020)
        .left("Grade", 3720)
    )


def test_branches_span_from_entering_to_leaving_their_states() -> None:
    spans = execution_timeline.timeline_from_history(parallel_run().events).spans

    assert {name: round(span.seconds, 3) for name, span in spans.items()} == {
        "reading": 3.0,
        "storing": 0.5,
        "recording": 0.031,
        "grading": 0.7,
    }


def test_saved_time_is_the_sum_of_branches_minus_the_time_to_the_join() -> None:
    found = execution_timeline.timeline_from_history(parallel_run().events)

    # 3.000 + 0.500 + 0.031 in sequence; 3.005 from the first start (5 ms) to the join (3010 ms).
    assert found.saved_seconds == pytest.approx(3.531 - 3.005)
    assert found.is_from_history


def test_nothing_is_saved_if_branches_ran_in_sequence() -> None:
    found = execution_timeline.timeline_from_history(
        HistoryBuilder()
        .entered("StoreFile", 0)
        .left("StoreFile", 500)
        .entered("Record", 500)
        .left("Record", 600)
        .entered("Extract", 600)
        .left("Extract", 1600)
        .left("ReadAndPersist", 1610, "ParallelStateExited")
        .events
    )

    assert found.saved_seconds == pytest.approx(-0.01)
    assert found.reading_started_first is False


def test_reading_started_first_if_it_began_before_the_others_ended() -> None:
    assert execution_timeline.timeline_from_history(parallel_run().events).reading_started_first is True


def test_retries_count_in_their_branch() -> None:
    found = execution_timeline.timeline_from_history(
        HistoryBuilder()
        .entered("StoreFile", 0)
        .event("LambdaFunctionFailed", 100)
        .event("LambdaFunctionScheduled", 1100)
        .left("StoreFile", 1500)
        .events
    )

    assert found.spans["storing"].seconds == pytest.approx(1.5)


def test_a_failed_branch_ends_with_the_state_that_catches_it() -> None:
    found = execution_timeline.timeline_from_history(
        HistoryBuilder()
        .entered("Extract", 0)
        .left("Extract", 900)
        .entered("NotReadable", 901, "PassStateEntered")
        .left("NotReadable", 910, "PassStateExited")
        .events
    )

    assert found.spans["reading"].seconds == pytest.approx(0.91)


def test_a_running_branch_has_no_span_and_no_saved_time() -> None:
    found = execution_timeline.timeline_from_history(
        HistoryBuilder().entered("Extract", 0).entered("Record", 1).left("Record", 9).events
    )

    assert set(found.spans) == {"recording"}
    assert set(found.running) == {"reading"}
    assert found.saved_seconds is None
    assert found.reading_started_first is None


def test_a_long_history_is_read_page_by_page() -> None:
    events = parallel_run().events

    class StepFunctions:
        def get_execution_history(self, **request: Any) -> dict[str, Any]:
            start = int(request.get("nextToken", "0"))
            more = {"nextToken": str(start + 5)} if start + 5 < len(events) else {}
            return {"events": events[start : start + 5], **more}

    assert execution_timeline.read_history(StepFunctions(), "arn") == events


def test_without_a_history_the_times_come_from_the_record() -> None:
    found = execution_timeline.timeline_from_status(SubmissionStatus.from_dict(status_document()).branches)

    assert found.saved_seconds == pytest.approx(4.0 + 0.5 + 0.1 - 4.0)
    assert not found.is_from_history
