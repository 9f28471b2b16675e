"""Which document of an assessment counts: the one received last, and a correction until something newer is received."""

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


def load_bio(table: MemoryTable) -> assessment_repository.AssessmentRecord:
    return assessment_repository.load(table, "demo", "bio")


def test_a_correction_counts_and_names_what_it_corrects(table: MemoryTable) -> None:
    found = load_bio(table)
    assert (found.paper, found.originals["paper"], found.paper_by, found.revision) == (CORRECTED, READ, "Ms Noor", 2)


@pytest.mark.parametrize("at", [EARLY, LATE])
def test_receiving_the_corrected_paper_again_keeps_the_correction(table: MemoryTable, at: str) -> None:
    assert not assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=READ, received_at=at)
    assert (load_bio(table).paper, load_bio(table).revision) == (CORRECTED, 2)
    # It now counts as received at that time: nothing that was received earlier replaces it.
    assert assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=OTHER, received_at=EARLY) is (
        at == EARLY
    )


def test_a_later_paper_replaces_the_correction(table: MemoryTable) -> None:
    assert assessment_repository.set_document_if_newer(table, "demo", "bio", "paper", key=OTHER, received_at=LATE)
    found = load_bio(table)
    assert (found.paper, found.originals["paper"], found.paper_by) == (OTHER, OTHER, None)


def test_removing_a_paper_removes_its_correction(table: MemoryTable) -> None:
    assert not assessment_repository.remove_document(table, "demo", "bio", "paper", key=OTHER)
    assert assessment_repository.remove_document(table, "demo", "bio", "paper", key=READ)
    assert load_bio(table).paper is None


@pytest.mark.parametrize("expected_revision", [0, 1, 3])
def test_a_change_based_on_another_revision_is_refused(table: MemoryTable, expected_revision: int) -> None:
    with pytest.raises(ConditionFailed):
        assessment_repository.set_document(
            table, "demo", "bio", "paper", {"key": OTHER, "received_at": LATE}, expected_revision=expected_revision
        )
    assert load_bio(table).paper == CORRECTED


def test_the_first_document_may_be_a_persons(table: MemoryTable) -> None:
    assessment_repository.set_document(
        table, "demo", "physics", "paper", {"key": OTHER, "received_at": LATE, "by": "Ms Noor"}, expected_revision=0
    )
    assert assessment_repository.load(table, "demo", "physics").paper == OTHER
