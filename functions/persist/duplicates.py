"""Duplicates: a claim for each (tenant, assessment, kind, student, content), so that one content is graded once.

The claim is made while the file is being read.
"""

from core.models.submission import Submission, SubmissionState, keyed_hash
from core.storage.table import RECORD_SK, ConditionFailed, Table, content_pk, submission_pk

CLAIM_SK = "claim"


def content_claim_key(secret: bytes, submission: Submission, student: str | None, sha256: str) -> str:
    """Return the key of a content's claim."""
    return keyed_hash(
        secret, "claim", submission.tenant, submission.assessment, submission.kind.value, student or "", sha256
    )


def claim_content(table: Table, submission: Submission, key: str) -> str | None:
    """Claim a content for this submission; returns the id of the submission that has claimed it already, or None."""
    try:
        table.update(
            content_pk(key),
            CLAIM_SK,
            "SET holder = :id, assessment = :assessment",
            values={":id": submission.id, ":assessment": submission.assessment},
            condition="attribute_not_exists(holder) OR holder = :id",
        )
    except ConditionFailed as failed:
        holder = str(failed.item["holder"]) if failed.item else submission.id
        return None if holder == submission.id or _take_over_claim(table, submission, key, holder) else holder
    return None


def _take_over_claim(table: Table, submission: Submission, key: str, holder: str) -> bool:
    """Take over the claim of a submission that gets no marks.

    Returns False if that submission may get some, or if another one was faster.
    """
    found = table.get(submission_pk(holder), RECORD_SK)
    if found is None or found.get("state") not in (SubmissionState.FAILED, SubmissionState.ERASED):
        return False
    try:
        table.update(
            content_pk(key),
            CLAIM_SK,
            "SET holder = :id",
            values={":id": submission.id, ":old": holder},
            condition="holder = :old",
        )
    except ConditionFailed:
        return False
    return True
