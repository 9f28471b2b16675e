"""What counts on an assessment's shelf: the newest received, and a correction for as long as nothing newer is."""

import pytest

from core.storage import assessment_repository
from core.storage.table import ConditionFailed
from tests.memory_table import MemoryTable

READ, OTHER, CORRECTED = "paper/read.json", "paper/other.json", "paper/read-corrected.json"
EARLY, LATE = "2026-02-01T08:00:00.000Z", "2026-02-01T09:00:00.000Z"


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    assert assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=READ, received_at=EARLY)
    correction = {"key": CORRECTED, "received_at": EARLY, "by": "Ms Noor", "corrects": READ}
    assessment_repository.set_document(table, "demo", "bio", "paper", correction, expected_revision=1)
    return table


def standing(table: MemoryTable) -> assessment_repository.AssessmentRecord:
    return assessment_repository.load(table, "demo", "bio")


def test_a_correction_counts_and_says_what_it_corrects(table: MemoryTable) -> None:
    found = standing(table)
    assert (found.paper, found.paper_read, found.paper_by, found.revision) == (CORRECTED, READ, "Ms Noor", 2)


@pytest.mark.parametrize("at", [EARLY, LATE])
def test_the_paper_that_was_corrected_does_not_come_back_when_it_is_received_again(table: MemoryTable, at: str) -> None:
    assert not assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=READ, received_at=at)
    assert (standing(table).paper, standing(table).revision) == (CORRECTED, 2)
    # It was received at that moment: what came before that does not replace it any more.
    assert assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=OTHER, received_at=EARLY) is (
        at == EARLY
    )


def test_another_paper_that_came_later_replaces_the_correction(table: MemoryTable) -> None:
    assert assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=OTHER, received_at=LATE)
    found = standing(table)
    assert (found.paper, found.paper_read, found.paper_by) == (OTHER, None, None)


def test_a_correction_goes_with_what_it_corrects(table: MemoryTable) -> None:
    assert not assessment_repository.remove_document(table, "demo", "bio", "paper", key=OTHER)
    assert assessment_repository.remove_document(table, "demo", "bio", "paper", key=READ)
    assert standing(table).paper is None


@pytest.mark.parametrize("expected_revision", [0, 1, 3])
def test_nothing_is_put_over_what_was_not_looked_at(table: MemoryTable, expected_revision: int) -> None:
    with pytest.raises(ConditionFailed):
        assessment_repository.set_document(
            table, "demo", "bio", "paper", {"key": OTHER, "received_at": LATE}, expected_revision=expected_revision
        )
    assert standing(table).paper == CORRECTED


def test_the_first_thing_on_a_shelf_may_be_a_persons(table: MemoryTable) -> None:
    assessment_repository.set_document(
        table, "demo", "physics", "paper", {"key": OTHER, "received_at": LATE, "by": "Ms Noor"}, expected_revision=0
    )
    assert assessment_repository.load(table, "demo", "physics").paper == OTHER
