"""One content is graded once: its claim for (tenant, assessment, kind, student), made while the file is read."""

from core.submission import Submission, keyed_hash
from core.table import ConditionFailed, Table

CLAIM = "claim"


def content_key(secret: bytes, submission: Submission, student: str | None, sha256: str) -> str:
    return keyed_hash(
        secret, "claim", submission.tenant, submission.assessment, submission.kind.value, student or "", sha256
    )


def claim_content(table: Table, submission: Submission, key: str) -> str | None:
    """Claim a content for this submission; the id of the one that has it already, or None."""
    try:
        table.update(
            f"content#{key}",
            CLAIM,
            "SET holder = :id, assessment = :assessment",
            values={":id": submission.id, ":assessment": submission.assessment},
            condition="attribute_not_exists(holder) OR holder = :id",
        )
    except ConditionFailed as failed:
        return str(failed.item["holder"]) if failed.item else None
    return None
