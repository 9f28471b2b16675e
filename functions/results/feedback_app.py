"""Door of the feedback sheets: a student's, or a whole class's, as PDF."""

import re
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws, errors, http
from core.seal import Seal
from core.settings import settings
from core.submission import parse_assessment
from core.table import Table
from results.feedback import Feedback, of_class, of_submission
from results.records import Records

logger = Logger()
app = http.resolver(logger)
_ID = re.compile(r"[0-9a-f]{32}")
# Bytes: what a Lambda may answer, less a third for base64, less headers.
_MOST_BYTES = 4_400_000


def records() -> Records:
    return Records(
        tenant=http.tenant_of(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        bucket=settings().documents_bucket,
        seal=Seal(settings().identity_secret.encode()),
    )


@app.get("/submissions/<submission_id>/feedback.pdf")
def submission(submission_id: str) -> Response[bytes]:
    if not _ID.fullmatch(submission_id):
        raise errors.NotFound("There is no submission of this id.")
    return drawn([of_submission(records(), submission_id, draft=_draft())])


@app.get("/assessments/<assessment>/feedback.pdf")
def whole_class(assessment: str) -> Response[bytes]:
    return drawn(of_class(records(), parse_assessment(assessment), draft=_draft()))


def drawn(sheets: list[Feedback]) -> Response[bytes]:
    # Loaded when it is certain that there is something to draw.
    from results.feedback_sheet import draw

    body = draw(sheets)
    logger.info("drawn", sheets=len(sheets), size=len(body))
    if len(body) > _MOST_BYTES:
        raise errors.FeedbackTooLarge("All sheets together are too large for one file; fetch them one by one.")
    # A name is in there: nobody in between keeps it.
    return Response(200, content_type="application/pdf", body=body, headers={"Cache-Control": "private, no-store"})


def _draft() -> bool:
    return bool(app.current_event.query_string_parameters.get("draft") == "true")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
