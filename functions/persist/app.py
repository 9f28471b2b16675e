"""Lambda handler of the persist step: state in, one call of the domain, state out."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models.submission import Submission
from core.platform import aws
from core.platform.clock import now
from core.platform.settings import settings
from core.storage import assessment_repository
from core.storage.encryption import TextCipher
from core.storage.table import Table, branch_sk, reference_pk, submission_pk
from persist.duplicates import claim_content, content_claim_key
from persist.file_storage import store_file

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@aws.translate_service_errors()
def handler(state: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    started_at = now()
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    secret = settings().identity_secret.encode()
    cipher, table = TextCipher(secret), Table(aws.client("dynamodb"), settings().table)
    stored = store_file(
        submission,
        source_key=cipher.decrypt(submission.file.key, associated_data=submission.id),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
    )
    student = cipher.decrypt(submission.student, associated_data=submission.id) if submission.student else None
    # A teacher's list of assessments is read from this item; each submission writes the same one.
    assessment_repository.register_assessment(table, submission.tenant, submission.assessment)
    claim = content_claim_key(secret, submission, student, stored.sha256)
    duplicate_of = claim_content(table, submission, claim)
    # The submissions with this content: its transcript is kept as long as one of them is.
    table.put({"pk": reference_pk(submission.tenant, stored.sha256), "sk": submission_pk(submission.id)})
    value = {
        **stored.to_state(),
        "duplicate_of": duplicate_of,
        "started_at": started_at,
        "ended_at": now(),
    }
    table.put({"pk": submission_pk(submission.id), "sk": branch_sk(submission.run, "storing"), **value, "claim": claim})
    logger.info("stored", size=stored.size, duplicate=duplicate_of is not None)
    return value
