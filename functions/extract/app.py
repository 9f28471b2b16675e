"""Lambda handler of the extract step: reads the submission's file, stores its transcript, returns references."""

import gc
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import BotoCoreError, HTTPClientError

from core.models.execution_state import ExecutionState, ReadingResult
from core.platform import aws
from core.platform.clock import milliseconds_between
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Table
from extract.limits import DocumentLimits
from extract.ocr.rate_limiter import RateLimiter, SharedSchedule
from extract.ocr.textract import TextractOcr
from extract.ocr.textract_client import TextractClient
from extract.sandbox import process_limits
from extract.sandbox.process import Sandbox
from extract.submission_reader import ReadingContext, read_submission

logger = Logger()
metrics = Metrics()

_TRANSPORT_ERRORS = (BotoCoreError, HTTPClientError)
# Duration of a slow Textract call, plus a second.
_PAGE_SECONDS = 3.0
_MIN_CONCURRENT_CALLS = 38
# Time kept free before the function's timeout for the last writes.
_RESERVED_SECONDS = 10.0
# If the quota is reserved by others for longer than this, an asynchronous job is better: a reader that sleeps holds a
# function (docs/scale.md).
_MAX_QUEUE_SECONDS = 60.0

process_limits.configure_malloc()
sandbox = Sandbox()
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # Start during the runtime's initialisation, where processor time is free.
    sandbox.start()


@cache
def get_textract_client() -> Any:
    """The Textract client, created once. It makes one attempt a call: `extract.ocr.textract` does the retries."""
    config = Config(
        max_pool_connections=max_concurrent_calls(),
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return TextractClient(aws.client("textract", config))


def max_concurrent_calls() -> int:
    """How many Textract calls may be in flight at once.

    The setting `textract_concurrency` if given; otherwise as many as the quota admits while one page is being read,
    including a burst of one second.
    """
    return settings().textract_concurrency or max(
        _MIN_CONCURRENT_CALLS, math.ceil(_PAGE_SECONDS * settings().textract_tps)
    )


def build_reading_context(context: LambdaContext, *, max_queue_seconds: float = math.inf) -> ReadingContext:
    table = Table(aws.client("dynamodb"), settings().table)
    seconds = context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS
    rate_limiter = RateLimiter(
        settings().textract_tps,
        lambda rate: SharedSchedule(table, rate, max_queue_seconds=max_queue_seconds),
        on_nonfatal_error=log_nonfatal,
    )
    return ReadingContext(
        s3=aws.client("s3"),
        textract=TextractOcr(
            get_textract_client(), rate_limiter, transport_errors=_TRANSPORT_ERRORS, deadline=time.time() + seconds
        ),
        table=table,
        documents_bucket=settings().documents_bucket,
        sandbox=sandbox,
        limits=DocumentLimits(
            max_bytes=settings().max_file_bytes, max_pages=settings().max_pages, max_pixels=settings().max_pixels
        ),
        workers=max_concurrent_calls(),
        transport_errors=_TRANSPORT_ERRORS,
        on_nonfatal_error=log_nonfatal,
        rate=settings().textract_tps,
        seconds=seconds,
    )


def log_nonfatal(error: Exception) -> None:
    """Log an error that does not stop the reading."""
    logger.warning("nonfatal error while reading", error=type(error).__name__)


@contextmanager
def reduced_garbage_collection() -> Iterator[None]:
    """Run the garbage collector less often inside the block.

    A transcript is a hundred thousand small objects without a cycle: searching them for cycles would double its cost.
    """
    previous = gc.get_threshold()
    gc.set_threshold(60_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*previous)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@reduced_garbage_collection()
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    sandbox.start()
    metrics.add_metric("Readings", MetricUnit.Count, 1)
    state = ExecutionState.from_state(event)
    submission = state.submission
    logger.append_keys(submission_id=submission.id, run=submission.run)
    cipher = TextCipher(settings().identity_secret.encode())
    key = cipher.decrypt(submission.file.key, associated_data=submission.id)
    # After an asynchronous job: pages that it has read are not read again.
    reading_context = build_reading_context(context, max_queue_seconds=math.inf if state.job else _MAX_QUEUE_SECONDS)
    reading = read_submission(submission, key, reading_context, state.job)
    record_metrics(reading)
    return reading.to_state()


def record_metrics(reading: ReadingResult) -> None:
    duration = milliseconds_between(reading.started_at, reading.ended_at)
    metrics.add_metric("PagesRead", MetricUnit.Count, reading.pages)
    metrics.add_metric("PagesByOcr", MetricUnit.Count, 0 if reading.from_cache else reading.ocr_pages)
    metrics.add_metric("ReadingDuration", MetricUnit.Milliseconds, duration)
    logger.info(
        "document read",
        pages=reading.pages,
        ocr_pages=reading.ocr_pages,
        from_cache=reading.from_cache,
        milliseconds=duration,
    )
