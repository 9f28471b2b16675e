"""Lambda handler of the page image route: renders one page of a stored document as a JPEG."""

import re
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models import errors
from core.platform import aws, http
from core.platform.settings import settings
from core.storage.table import Table
from extract.limits import DocumentLimits
from extract.page_image import PageImageContext, render_stored_page
from extract.sandbox.process import Sandbox

logger = Logger()
app = http.create_resolver(logger)
_SUBMISSION_ID = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,5}")
_DEFAULT_PIXELS_PER_SIDE = 1600
_MAX_PIXELS_PER_SIDE = 3000

sandbox = Sandbox()


@app.get("/submissions/<submission_id>/pages/<page>")
def get_page_image(submission_id: str, page: str) -> Response[bytes]:
    if not _SUBMISSION_ID.fullmatch(submission_id) or not _NUMBER.fullmatch(page):
        raise errors.NotFound("There is no page at this address.")
    query = app.current_event.query_string_parameters
    image_context = PageImageContext(
        tenant=http.get_tenant(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        documents_bucket=settings().documents_bucket,
        sandbox=sandbox,
        limits=DocumentLimits(
            max_bytes=settings().max_file_bytes, max_pages=settings().max_pages, max_pixels=settings().max_pixels
        ),
    )
    longest = min(_parse_number(query.get("longest"), _DEFAULT_PIXELS_PER_SIDE), _MAX_PIXELS_PER_SIDE)
    image = render_stored_page(
        submission_id, int(page), image_context, longest=longest, turn=_parse_number(query.get("turn"), 0)
    )
    # A stored file never changes. `Vary` keeps a response from being reused for another token.
    headers = {"Cache-Control": "private, max-age=600", "Vary": "Authorization"}
    return Response(200, content_type="image/jpeg", body=image, headers=headers)


def _parse_number(text: str | None, fallback: int) -> int:
    return int(text) if text and _NUMBER.fullmatch(text) and int(text) > 0 else fallback


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
