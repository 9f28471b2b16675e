"""Stores a submission: its durable copy, the claim on its content, and the item that says so."""

from typing import Any

from core.models.execution_state import StoringResult
from core.models.submission import Submission
from core.platform.clock import now
from core.storage import assessment_repository, branch_items, content_claims
from core.storage.encryption import TextCipher
from core.storage.table import Table
from persist.duplicates import content_claim_key, find_original
from persist.file_storage import store_file


def store_submission(
    submission: Submission, *, table: Table, s3: Any, documents_bucket: str, cipher: TextCipher, secret: bytes
) -> StoringResult:
    """Store the submission's file and claim its content. Safe to repeat.

    When this returns, the copy is durable and verified, the assessment is listed, and the storing branch of this run
    has its item.

    Raises
    ------
    CopyNotVerified
        The checksum is not the declared one (transient: the copy is made again).
    """
    started_at = now()
    stored_file = store_file(
        submission,
        source_key=cipher.decrypt(submission.file.key, associated_data=submission.id),
        s3=s3,
        bucket=documents_bucket,
    )
    student = cipher.decrypt(submission.student, associated_data=submission.id) if submission.student else None
    # A teacher's list of assessments is read from this item; each submission writes the same one.
    assessment_repository.register_assessment(table, submission.tenant, submission.assessment)
    claim = content_claim_key(secret, submission, student, stored_file.sha256)
    duplicate_of = find_original(table, submission, claim)
    content_claims.add_reference(table, submission, stored_file.sha256)
    result = StoringResult(stored_file, duplicate_of, started_at=started_at, ended_at=now())
    branch_items.write_storing_item(
        table,
        submission.id,
        submission.run,
        branch_items.StoringItem(result.times, stored_file, claim, duplicate_of),
    )
    return result
