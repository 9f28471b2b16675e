"""Ways to read one document: this project's extract handler, and two simple strategies to compare it with.

Each strategy takes a document and returns a function that is called after the clock has stopped. It returns, page by
page, the line that names the page, or None where the page was lost.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.textract_responses import LABEL_PREFIX

PageLines = list[str | None]
ReadPages = Callable[[], PageLines]
Strategy = Callable[["Document"], ReadPages]


@dataclass(frozen=True)
class Document:
    """One document, on disk and (for the handler) in the temp bucket.

    `number` is part of its pages' labels. `tenant` is new for every run; otherwise the handler would find the cached
    transcript of the previous one.
    """

    number: int
    path: str
    pages: int
    bucket: str
    key: str
    version_id: str
    size: int
    kind: str = "answer_sheet"
    tenant: str = "benchmark"


# ── simple strategies ────────────────────────────────────────────────────────────────────────────────────


def one_by_one() -> Strategy:
    """Read page after page: split with pypdf, one plain boto3 call after the other."""
    textract = _plain_client()

    def read(document: Document) -> ReadPages:
        pages = [_call(textract, body) for body in _split(document.path)]
        return lambda: pages

    return read


def unlimited_pool() -> Strategy:
    """Read all pages at once: one thread per page, plain boto3 with its default three attempts, ignoring the quota."""
    textract = _plain_client()

    def read(document: Document) -> ReadPages:
        with ThreadPoolExecutor(max_workers=document.pages) as pool:
            calls = [pool.submit(_call, textract, body) for body in _split(document.path)]
        return lambda: [call.result() for call in calls]

    return read


def _plain_client() -> Any:
    import boto3
    from botocore.config import Config

    # Enough connections for all: a full pool would only add warnings. Everything else is boto3's default.
    return boto3.client("textract", config=Config(max_pool_connections=100))


def _split(path: str) -> Iterator[bytes]:
    from pypdf import PdfReader, PdfWriter

    for page in PdfReader(path).pages:
        writer = PdfWriter()
        writer.add_page(page)
        out = io.BytesIO()
        writer.write(out)
        yield out.getvalue()


def _call(textract: Any, body: bytes) -> str | None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = textract.detect_document_text(Document={"Bytes": body})
    except (ClientError, BotoCoreError):
        return None
    return str(next(block["Text"] for block in response["Blocks"] if block["BlockType"] == "LINE"))


# ── the extract handler ─────────────────────────────────────────────────────────────────────────────────────────


class _FakeLambdaContext:
    """The attributes of Lambda's context that the handler uses."""

    function_name = "extract"
    function_version = "$LATEST"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:extract"
    aws_request_id = "benchmark"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 840_000


def extract_handler() -> Strategy:
    """Call the extract handler: from the state machine's state to the stored transcript."""
    from extract import app

    numbers = itertools.count(1)

    def read(document: Document) -> ReadPages:
        outcome = app.handler(_submission(document, next(numbers)).to_state(), _FakeLambdaContext())
        return lambda: _transcript(outcome["transcript"], document.pages)

    return read


def _submission(document: Document, number: int) -> Any:
    from core.models.document_kinds import DocumentKind
    from core.models.submission import IntakeChannel, SourceFile, Submission

    return Submission(
        id=f"{document.tenant}-{number}",
        run=1,
        tenant=document.tenant,
        assessment="benchmark",
        kind=DocumentKind(document.kind),
        student=None,
        channel=IntakeChannel.DROP,
        received_at="2026-01-01T00:00:00.000Z",
        file=SourceFile(document.bucket, document.key, document.version_id, document.size),
    )


def _transcript(location: dict[str, str], count: int) -> PageLines:
    from core.platform import aws

    body = aws.client("s3").get_object(Bucket=location["bucket"], Key=location["key"])["Body"].read()
    pages = {page["number"]: page["lines"] for page in json.loads(body)["pages"]}
    page_texts = ((line["text"] for line in pages.get(number, [])) for number in range(1, count + 1))
    return [next((text for text in texts if text.startswith(LABEL_PREFIX)), None) for texts in page_texts]


STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "ours": extract_handler,
    "unlimited pool": unlimited_pool,
    "one by one": one_by_one,
}
