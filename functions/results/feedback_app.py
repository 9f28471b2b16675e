"""Lambda handler of the feedback sheets: one student's, or those of a whole class, as PDF."""

import re
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models import errors
from core.models.submission import parse_assessment
from core.platform import aws, http
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Table
from results.exports.feedback import FeedbackSheet, class_feedback, submission_feedback
from results.tenant_records import TenantRecords

logger = Logger()
app = http.create_resolver(logger)
_ID = re.compile(r"[0-9a-f]{32}")
# Bytes: the limit of a Lambda response, less a third for base64, less headers.
_MAX_RESPONSE_BYTES = 4_400_000


def tenant_records() -> TenantRecords:
    return TenantRecords(
        tenant=http.get_tenant(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
        cipher=TextCipher(settings().identity_secret.encode()),
    )


@app.get("/submissions/<submission_id>/feedback.pdf")
def get_submission_feedback(submission_id: str) -> Response[bytes]:
    if not _ID.fullmatch(submission_id):
        raise errors.NotFound("There is no submission of this id.")
    return pdf_response([submission_feedback(tenant_records(), submission_id, draft=_is_draft())])


@app.get("/assessments/<assessment>/feedback.pdf")
def get_class_feedback(assessment: str) -> Response[bytes]:
    return pdf_response(class_feedback(tenant_records(), parse_assessment(assessment), draft=_is_draft()))


def pdf_response(sheets: list[FeedbackSheet]) -> Response[bytes]:
    # Imported here, so that ReportLab is loaded only when there is something to draw.
    from results.exports.feedback_pdf import draw_pdf

    body = draw_pdf(sheets)
    logger.info("feedback rendered", sheets=len(sheets), size=len(body))
    if len(body) > _MAX_RESPONSE_BYTES:
        raise errors.FeedbackTooLarge("All sheets together are too large for one file; fetch them one by one.")
    # The PDF has students' names in it, so no cache may store it.
    return Response(200, content_type="application/pdf", body=body, headers={"Cache-Control": "private, no-store"})


def _is_draft() -> bool:
    return bool(app.current_event.query_string_parameters.get("draft") == "true")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
