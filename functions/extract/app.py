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
from extract.ocr.async_job_policy import AsyncJobPolicy
from extract.ocr.engine import EngineResources
from extract.ocr.rate_limiter import RateLimiter, SharedSchedule
from extract.ocr.registry import get_engine_definition
from extract.sandbox import process_limits
from extract.sandbox.process import Sandbox
from extract.submission_reader import ReadingContext, read_submission

logger = Logger()
metrics = Metrics()

_TRANSPORT_ERRORS = (BotoCoreError, HTTPClientError)
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
def create_client(service: str, *, connections: int, read_timeout: float) -> Any:
    """A boto3 client for an OCR engine, created once. It makes one attempt a call: the engine does the retries."""
    config = Config(
        max_pool_connections=connections,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return aws.client(service, config)


def build_reading_context(context: LambdaContext, *, may_use_job: bool = False) -> ReadingContext:
    """What a reading needs. With `may_use_job` it may be left to an asynchronous job, if the engine has any."""
    table = Table(aws.client("dynamodb"), settings().table)
    seconds = context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS
    engine = get_engine_definition(settings().ocr_engine)
    quota = engine.get_quota(settings())
    may_use_job = may_use_job and engine.reads_by_job
    rate_limiter = RateLimiter(
        quota.calls_per_second,
        lambda rate: SharedSchedule(
            table, engine.name, rate, max_queue_seconds=_MAX_QUEUE_SECONDS if may_use_job else math.inf
        ),
        on_nonfatal_error=log_nonfatal,
    )
    resources = EngineResources(create_client, _TRANSPORT_ERRORS, quota, rate_limiter, deadline=time.time() + seconds)
    return ReadingContext(
        s3=aws.client("s3"),
        ocr=engine.create(resources),
        table=table,
        documents_bucket=settings().documents_bucket,
        sandbox=sandbox,
        limits=DocumentLimits(
            max_bytes=settings().max_file_bytes, max_pages=settings().max_pages, max_pixels=settings().max_pixels
        ),
        workers=quota.concurrency,
        transport_errors=_TRANSPORT_ERRORS,
        on_nonfatal_error=log_nonfatal,
        job_policy=AsyncJobPolicy(quota.calls_per_second, seconds) if may_use_job else AsyncJobPolicy.disabled(),
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
    reading_context = build_reading_context(context, may_use_job=state.job is None)
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
