"""Amazon Textract as an OCR engine: pages by DetectDocumentText, images in S3, and asynchronous jobs."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from core.models.execution_state import AsyncJob
from core.platform.settings import Settings
from extract.ocr.async_jobs import fetch_job_result
from extract.ocr.engine import AsyncJobResult, CallQuota, DetectedLine, EngineResources, OcrEngineDefinition
from extract.ocr.response_parser import TEXTRACT, parse_page_lines
from extract.ocr.textract import TextractOcr
from extract.ocr.textract_client import TextractClient

# Duration of a slow Textract call, plus a second.
_PAGE_SECONDS = 3.0
_MIN_CONCURRENT_CALLS = 38
_READ_TIMEOUT_SECONDS = 30


class TextractEngine:
    """Reads with `ocr`; its responses end here."""

    name = TEXTRACT

    def __init__(self, ocr: TextractOcr) -> None:
        self._ocr = ocr

    def read_page(self, body: bytes) -> Sequence[DetectedLine]:
        page = [body]
        del body  # fifty pages may wait at once: each is held in memory once, as its request
        return parse_page_lines(self._ocr.read(page.pop()))

    def read_stored_image(self, bucket: str, key: str, version_id: str) -> Sequence[DetectedLine]:
        return parse_page_lines(self._ocr.read_object(bucket, key, version_id))

    def fetch_job_result(self, job: AsyncJob) -> AsyncJobResult:
        return fetch_job_result(job, self._ocr.read_job_parts)

    def close(self) -> None:
        self._ocr.close()


def get_quota(settings: Settings) -> CallQuota:
    """The account's quota of DetectDocumentText.

    As many calls may be in flight as the setting `textract_concurrency` says; without it, as many as the quota admits
    while one page is being read, including a burst of one second.
    """
    concurrency = settings.textract_concurrency or max(
        _MIN_CONCURRENT_CALLS, math.ceil(_PAGE_SECONDS * settings.textract_tps)
    )
    return CallQuota(settings.textract_tps, concurrency)


def create_engine(resources: EngineResources) -> TextractEngine:
    client = resources.create_client(
        "textract", connections=resources.quota.concurrency, read_timeout=_READ_TIMEOUT_SECONDS
    )
    return TextractEngine(
        TextractOcr(
            _get_textract_client(client),
            resources.rate_limiter,
            transport_errors=resources.transport_errors,
            deadline=resources.deadline,
        )
    )


@cache
def _get_textract_client(client: Any) -> TextractClient:
    """Created once for each boto3 client, in whose events it takes part."""
    return TextractClient(client)


DEFINITION = OcrEngineDefinition(TEXTRACT, get_quota, create_engine, reads_by_job=True)
