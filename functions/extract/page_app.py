"""Door of the page pictures: a request in, one page drawn, a JPEG out."""

import re
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws, errors, http
from core.settings import settings
from core.table import Table
from extract.limits import Limits
from extract.sandbox import Sandbox
from extract.shown_page import Viewer, picture_of_page

logger = Logger()
app = http.resolver(logger)
_ID = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,5}")
_LONGEST = 1600
_LARGEST = 3000

sandbox = Sandbox()


@app.get("/submissions/<submission_id>/pages/<page>")
def page_picture(submission_id: str, page: str) -> Response[bytes]:
    if not _ID.fullmatch(submission_id) or not _NUMBER.fullmatch(page):
        raise errors.NotFound("There is no page at this address.")
    query = app.current_event.query_string_parameters
    viewer = Viewer(
        tenant=http.tenant_of(app),
        table=Table(aws.client("dynamodb"), settings().table),
        s3=aws.client("s3"),
        documents_bucket=settings().documents_bucket,
        sandbox=sandbox,
        limits=Limits(
            max_bytes=settings().max_file_bytes, max_pages=settings().max_pages, max_pixels=settings().max_pixels
        ),
    )
    longest = min(_number(query.get("longest"), _LONGEST), _LARGEST)
    picture = picture_of_page(submission_id, int(page), viewer, longest=longest, turn=_number(query.get("turn"), 0))
    # A stored file never changes; whoever may not see it any more asks with another token.
    headers = {"Cache-Control": "private, max-age=600", "Vary": "Authorization"}
    return Response(200, content_type="image/jpeg", body=picture, headers=headers)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and _NUMBER.fullmatch(text) and int(text) > 0 else otherwise


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
