"""Publication of an assessment's marks, and how many sheets have different marks since.

What was published is stored as a fingerprint of each sheet's marks, keyed with the stack's secret: enough to see that
marks differ, but it reveals neither the student nor the marks, even after a sheet is erased.
"""

import json
from collections.abc import Iterable
from typing import Any

from core.models.submission import keyed_hash
from core.storage.assessment_repository import AssessmentRecord
from core.storage.submission_record import SubmissionRecord
from core.storage.table import submission_pk


def publication_status(current: AssessmentRecord, changed_since: int | None) -> dict[str, Any]:
    """`changed_since`: the number of sheets whose marks differ from the published ones; None if unpublished."""
    return {
        "published_at": current.published_at,
        "published_by": current.published_by,
        "changed_since": changed_since,
    }


def fingerprints(secret: bytes, records: Iterable[SubmissionRecord]) -> list[str]:
    """A fingerprint of each marked sheet: of its id and its marks with changes applied. Sorted, so that their order
    does not reveal the order of the sheets."""
    # By the partition key, as in the fingerprints that are stored.
    return sorted(
        keyed_hash(secret, "published", submission_pk(one.id), _marks_json(one)) for one in records if one.has_marks
    )


def count_changed_after(at: str, records: Iterable[SubmissionRecord]) -> int:
    """How many sheets were marked or changed after `at`, whatever their marks: the fallback for a publication without
    stored fingerprints."""
    return sum(_last_changed_at(one) > at for one in records if one.has_marks)


def _marks_json(record: SubmissionRecord) -> str:
    """What a student receives, as JSON: the total and each question's marks and maximum. 2 and 2.0 are the same."""
    rows: list[tuple[str | None, float | None, float | None]] = [(None, record.marks, record.max_marks)]
    rows += [(one.question, one.marks, one.max_marks) for one in record.question_marks or ()]
    return json.dumps([(name, _as_float(marks), _as_float(max_marks)) for name, marks, max_marks in rows])


def _as_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _last_changed_at(record: SubmissionRecord) -> str:
    return max([record.ended_at or "", *(entry.at for entry in record.edit_log)])
