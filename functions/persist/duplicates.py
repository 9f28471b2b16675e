"""Decides whether a submission is a duplicate: another submission holds the claim on the same content.

The other one has another id, because it came through another channel for example. The same id sent again is a repeat:
see `receive.execution_starter`. There is one claim for each (tenant, assessment, kind, student, content), so that one
content is graded once. The claim is made while the file is being read.
"""

from core.models.submission import Submission, SubmissionState, keyed_hash
from core.storage import content_claims
from core.storage.table import Table

# A submission that ends like this gets no marks, so another one with the same content may.
_STATES_WITHOUT_MARKS = (SubmissionState.FAILED, SubmissionState.ERASED)


def content_claim_key(secret: bytes, submission: Submission, student: str | None, sha256: str) -> str:
    """Return the key of a content's claim."""
    return keyed_hash(
        secret, "claim", submission.tenant, submission.assessment, submission.kind.value, student or "", sha256
    )


def find_original(table: Table, submission: Submission, claim_key: str) -> str | None:
    """Claim a content for this submission; returns the id of the submission of which it is a duplicate, or None."""
    holder = content_claims.claim_content(table, submission, claim_key)
    if holder == submission.id:
        return None
    # Imported here: only a content that is there already needs its submission's record.
    from core.storage.submission_queries import load_record
    from core.storage.submission_record import RepeatUpload

    record = load_record(table, holder)
    if record is None or isinstance(record, RepeatUpload) or record.state not in _STATES_WITHOUT_MARKS:
        return holder
    # False if another submission was faster.
    taken_over = content_claims.take_over_claim(table, submission, claim_key, holder=holder)
    return None if taken_over else holder
