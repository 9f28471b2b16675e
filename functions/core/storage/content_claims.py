"""Who holds a content (its claim), and which submissions have it (its references).

A claim belongs to one (tenant, assessment, kind, student, content); the submission that holds it is graded, any other
is its duplicate. Every submission of a tenant with the same bytes has a reference, the holder too: their transcript is
kept as long as there is one.
"""

from core.models.submission import Submission
from core.storage.table import ConditionFailed, Table, content_pk, reference_pk, submission_pk

_CLAIM_SK = "claim"


def claim_content(table: Table, submission: Submission, key: str) -> str:
    """Claim a content for this submission unless it is claimed; returns the id of the submission that holds it."""
    try:
        table.update(
            content_pk(key),
            _CLAIM_SK,
            "SET holder = :id, assessment = :assessment",
            values={":id": submission.id, ":assessment": submission.assessment},
            condition="attribute_not_exists(holder) OR holder = :id",
        )
    except ConditionFailed as failed:
        return str(failed.item["holder"]) if failed.item else submission.id
    return submission.id


def take_over_claim(table: Table, submission: Submission, key: str, *, holder: str) -> bool:
    """Claim a content that `holder` has claimed; returns False if another submission was faster."""
    try:
        table.update(
            content_pk(key),
            _CLAIM_SK,
            "SET holder = :id",
            values={":id": submission.id, ":old": holder},
            condition="holder = :old",
        )
    except ConditionFailed:
        return False
    return True


def release_claim(table: Table, submission_id: str, key: str) -> None:
    """Delete a claim if this submission holds it."""
    table.delete_if(content_pk(key), _CLAIM_SK, "holder = :id", {":id": submission_id})


def add_reference(table: Table, submission: Submission, sha256: str) -> None:
    """Record that this submission has this content. Idempotent."""
    table.put({"pk": reference_pk(submission.tenant, sha256), "sk": submission_pk(submission.id)})


def remove_reference(table: Table, submission_id: str, tenant: str, sha256: str) -> bool:
    """Delete a submission's reference; returns whether another submission of the tenant has the same content."""
    pk = reference_pk(tenant, sha256)
    table.delete(pk, submission_pk(submission_id))
    return bool(table.partition(pk))
