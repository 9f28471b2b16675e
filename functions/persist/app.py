"""Door of the store lane: state in, the verified copy and the content's claim, state out."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws, shelf
from core.clock import now
from core.seal import Seal
from core.settings import settings
from core.submission import Submission
from core.table import Table, lane_sk, reference_pk, submission_pk
from persist.claim import claim_content, content_key
from persist.copy import store_file

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@aws.named_errors()
def handler(state: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    started_at = now()
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    secret = settings().identity_secret.encode()
    seal, table = Seal(secret), Table(aws.client("dynamodb"), settings().table)
    stored = store_file(
        submission,
        source_key=seal.open(submission.file.key, bound_to=submission.id),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
    )
    student = seal.open(submission.student, bound_to=submission.id) if submission.student else None
    # What a teacher's list of assessments is made of; the same words at each submission.
    shelf.enlist(table, submission.tenant, submission.assessment)
    claim = content_key(secret, submission, student, stored.sha256)
    duplicate_of = claim_content(table, submission, claim)
    # Who has this content: its transcript stays as long as one of them does.
    table.put({"pk": reference_pk(submission.tenant, stored.sha256), "sk": submission_pk(submission.id)})
    value = {
        **stored.to_state(),
        "duplicate_of": duplicate_of,
        "started_at": started_at,
        "ended_at": now(),
    }
    table.put({"pk": submission_pk(submission.id), "sk": lane_sk(submission.run, "storing"), **value, "claim": claim})
    logger.info("stored", size=stored.size, duplicate=duplicate_of is not None)
    return value
