"""Door of the reading lane: state in, the document read and its transcript kept, references and counts out."""

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

from core import aws
from core.clock import milliseconds
from core.seal import Seal
from core.settings import settings
from core.submission import Submission
from core.table import Table
from extract import heap
from extract.handed_on import Reading
from extract.jobs import Job
from extract.lean_client import LeanTextract
from extract.limits import Limits
from extract.pacing import Pacer, SharedSchedule
from extract.reading import Collaborators, read_submission
from extract.sandbox import Sandbox
from extract.textract import TextractReader

logger = Logger()
metrics = Metrics()

_TRANSPORT = (BotoCoreError, HTTPClientError)
# A slow page of Textract's, and a second more.
_PAGE_SECONDS = 3.0
_LEAST_IN_FLIGHT = 38
# What the function keeps back for its last writes.
_LAST_SECONDS = 10.0
# Behind others who have the quota for longer a job is better: a reader that sleeps holds a function (docs/scale.md).
_QUEUE_SECONDS = 60.0

heap.give_large_blocks_back()
sandbox = Sandbox()
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # While the runtime still starts, where processor time costs nothing.
    sandbox.start()


@cache
def textract() -> Any:
    """One attempt a call: the pauses between attempts are ours (`extract.textract`)."""
    config = Config(
        max_pool_connections=in_flight(),
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return LeanTextract(aws.client("textract", config))


def in_flight() -> int:
    """How many calls may be under way: what is allowed, or what the quota admits while a page takes its time, and a
    second's burst."""
    return settings().textract_concurrency or max(_LEAST_IN_FLIGHT, math.ceil(_PAGE_SECONDS * settings().textract_tps))


def collaborators(context: LambdaContext, *, longest_queue: float = math.inf) -> Collaborators:
    table = Table(aws.client("dynamodb"), settings().table)
    seconds = context.get_remaining_time_in_millis() / 1000 - _LAST_SECONDS
    pacer = Pacer(
        settings().textract_tps, lambda rate: SharedSchedule(table, rate, longest=longest_queue), on_fault=beside
    )
    return Collaborators(
        s3=aws.client("s3"),
        textract=TextractReader(textract(), pacer, transport_faults=_TRANSPORT, deadline=time.time() + seconds),
        table=table,
        documents_bucket=settings().documents_bucket,
        sandbox=sandbox,
        limits=Limits(
            max_bytes=settings().max_file_bytes, max_pages=settings().max_pages, max_pixels=settings().max_pixels
        ),
        workers=in_flight(),
        transport_faults=_TRANSPORT,
        on_fault=beside,
        rate=settings().textract_tps,
        seconds=seconds,
    )


def beside(fault: Exception) -> None:
    """Something that reading can do without went wrong."""
    logger.warning("beside the reading", fault=type(fault).__name__)


@contextmanager
def rarely_collected() -> Iterator[None]:
    """A transcript is a hundred thousand small objects and no cycle: looking for some would double its cost."""
    before = gc.get_threshold()
    gc.set_threshold(60_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@rarely_collected()
def handler(state: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    sandbox.start()
    metrics.add_metric("Readings", MetricUnit.Count, 1)
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    seal = Seal(settings().identity_secret.encode())
    key = seal.open(submission.file.key, bound_to=submission.id)
    # After a job: what it has read need not be read again.
    job = Job.from_state(state["job"]) if "job" in state else None
    given = collaborators(context, longest_queue=math.inf if job else _QUEUE_SECONDS)
    reading = read_submission(submission, key, given, job)
    measure(reading)
    return reading.to_state()


def measure(reading: Reading) -> None:
    counts, duration = reading.counts, milliseconds(reading.started_at, reading.ended_at)
    metrics.add_metric("PagesRead", MetricUnit.Count, counts.pages)
    metrics.add_metric("PagesByOcr", MetricUnit.Count, 0 if reading.kept else counts.ocr_pages)
    metrics.add_metric("ReadingDuration", MetricUnit.Milliseconds, duration)
    logger.info("read", pages=counts.pages, ocr_pages=counts.ocr_pages, kept=reading.kept, milliseconds=duration)
