"""The extract step: fetches the submission's file, reads it and stores the transcript. The handler's one call.

The first OCR call comes as early as possible. Only one GetObject precedes it: the cache lookup runs in the
background (during the first calls if the content's hash is not known before). An image of a declared type is not even
fetched before an engine that can do so is told to read it in S3.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotFinished
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.models import errors, media_types
from core.models.execution_state import AsyncJob, ReadingResult
from core.models.submission import Submission
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage.table import Table
from extract import document_file, image_header
from extract.cache_lookup import CacheLookup
from extract.document_reader import DocumentReader, build_image_page, can_send_unmodified
from extract.layout.transcript_builder import build_transcript
from extract.limits import MAX_CALL_BYTES, DocumentLimits
from extract.ocr.async_job_policy import AsyncJobPolicy
from extract.ocr.engine import (
    AsyncJobReader,
    DetectedLine,
    OcrEngine,
    PageRefused,
    StoredImageReader,
    StoredImageRefused,
)
from extract.progress_recorder import ProgressRecorder
from extract.sandbox.process import Sandbox
from extract.source_object import SourceObject
from extract.transcript_cache import TranscriptCache, TranscriptCounts

# How long a reading waits for the cache lookup before it goes on without it.
_LOOKUP_SECONDS = 1.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What the handler passes in. `s3` is a boto3 client; `on_nonfatal_error` is called with errors that do not stop
    the reading; `job_policy` decides whether the reading is left to an asynchronous job."""

    s3: Any
    ocr: OcrEngine
    table: Table
    documents_bucket: str
    sandbox: Sandbox
    limits: DocumentLimits
    workers: int
    transport_errors: tuple[type[Exception], ...]
    on_nonfatal_error: Callable[[Exception], None]
    job_policy: AsyncJobPolicy


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading: its input and what its steps share."""

    submission: Submission
    source: SourceObject
    job: AsyncJob | None
    context: ReadingContext
    background: ThreadPoolExecutor
    cache: TranscriptCache
    lookup: CacheLookup
    progress: ProgressRecorder


@dataclass(frozen=True, slots=True)
class _ReadDocument:
    """A document that was read now, not taken from the cache."""

    transcript: Transcript
    media_type: str


def read_submission(
    submission: Submission, key: str, context: ReadingContext, job: AsyncJob | None = None
) -> ReadingResult:
    """Read the submission's file (`key` is its decrypted key) and store the transcript.

    `job` is an asynchronous job that has ended: the pages that it has read are taken from its result, and the others
    are read page by page, however long that takes.

    Raises
    ------
    DocumentRejected
        One of its subclasses: the document can never be read.
    ServiceUnavailable, ReadingIncomplete
        A service failed; the same call may succeed later.
    LanesDisagree
        The bytes are not those that were declared.
    ReadingTakesLong
        An asynchronous job is better (`context.job_policy`).
    """
    background = ThreadPoolExecutor(max_workers=4, thread_name_prefix="background")
    try:
        document_file.check_size(submission.file.size, context.limits)
        reading = _prepare(submission, key, context, background, job)
        with _progress_ended_on_error(reading.progress):
            if submission.file.sha256:
                reading.lookup.start(submission.file.sha256)
            image_reader = _find_image_reader(reading)
            document = _read_image_in_s3(reading, image_reader) if image_reader else _read_downloaded(reading)
        return _build_cached_result(reading) if document is None else _store_transcript(reading, document)
    finally:
        context.ocr.close()
        # Do not wait for calls whose results are no longer needed.
        background.shutdown(wait=False, cancel_futures=True)


def _prepare(
    submission: Submission,
    key: str,
    context: ReadingContext,
    background: ThreadPoolExecutor,
    job: AsyncJob | None,
) -> _Reading:
    source = SourceObject(context.s3, submission.file, key, context.limits, context.transport_errors)
    cache = TranscriptCache(context.s3, context.documents_bucket, context.ocr.name)
    lookup = CacheLookup(cache, submission, source, background, context.on_nonfatal_error)
    progress = ProgressRecorder(
        context.table,
        submission.id,
        submission.run,
        should_stop=lookup.is_found,
        on_nonfatal_error=context.on_nonfatal_error,
        started_at=job.started_at if job else None,
    )
    return _Reading(submission, source, job, context, background, cache, lookup, progress)


@contextmanager
def _progress_ended_on_error(progress: ProgressRecorder) -> Iterator[None]:
    """Write the final progress of a failed reading; without an end if an asynchronous job will continue it."""
    try:
        yield
    except errors.ReadingTakesLong:
        progress.end(None)
        raise
    except Exception:
        progress.end(now())
        raise


# ── an image that the engine fetches from S3 ─────────────────────────────────────────────────────


def _find_image_reader(reading: _Reading) -> StoredImageReader | None:
    """The engine, if it reads images in S3 and the file is declared as one that a call takes. After a job its result
    is used instead."""
    is_image = reading.source.declared_type in (media_types.JPEG, media_types.PNG)
    if not is_image or reading.submission.file.size > MAX_CALL_BYTES or reading.job is not None:
        return None
    return reading.context.ocr if isinstance(reading.context.ocr, StoredImageReader) else None


def _read_image_in_s3(reading: _Reading, image_reader: StoredImageReader) -> _ReadDocument | None:
    """Let the engine read the image in S3, and check the image's head in the meantime.

    Falls back to the downloaded bytes if the image cannot be read as it is. Returns None if the transcript is cached.
    """
    file, source, progress = reading.submission.file, reading.source, reading.progress
    if file.sha256 and reading.lookup.get(_LOOKUP_SECONDS) is not None:
        return None
    progress.pages(1)
    progress.ocr_call_started()
    call = reading.background.submit(image_reader.read_stored_image, file.bucket, source.key, file.version_id)
    head = _fetch_head(reading)
    if head is None:
        return None
    media_type = source.check_type(head)
    header = image_header.read_image_header(media_type, head)
    if not can_send_unmodified(header, file.size, reading.context.limits):
        return _read_downloaded(reading)
    lines = _wait_for_lines(call, reading.lookup)
    if lines is None:
        return None
    if isinstance(lines, PageRefused):
        # If the engine cannot read the object, its bytes may do; if it refuses those, encoding them again may help.
        return _read_downloaded(reading, reencode=not isinstance(lines, StoredImageRefused))
    progress.page_done()
    page = build_image_page(lines, header, reading.context.ocr.name)
    return _ReadDocument(build_transcript([page], ()), media_type)


def _fetch_head(reading: _Reading) -> bytes | None:
    """The image's first bytes. If no hash was declared the whole file is fetched, to compute it; None if the
    transcript is cached."""
    if reading.submission.file.sha256 is not None:
        return reading.source.read_head()
    with tempfile.TemporaryFile() as spool:
        downloaded = reading.source.download(spool, should_stop=reading.lookup.is_found)
    if downloaded is None:
        return None
    open_file, sha256 = downloaded
    reading.lookup.confirm_hash(sha256)
    return open_file.head


def _wait_for_lines(
    call: Future[Sequence[DetectedLine]], lookup: CacheLookup
) -> Sequence[DetectedLine] | PageRefused | None:
    """The image's lines, or the engine's refusal of it; None if the transcript is found in the cache first."""
    while not lookup.is_found():
        try:
            return call.result(timeout=_POLL_SECONDS)
        except NotFinished:
            continue
        except PageRefused as refusal:
            return refusal
    return None


# ── any other document ───────────────────────────────────────────────────────────────────────────


def _read_downloaded(reading: _Reading, *, reencode: bool = False) -> _ReadDocument | None:
    """Download the file, then read it page by page or from the job's result. With `reencode` an image is decoded and
    encoded again first. Returns None if the transcript is cached."""
    file, kind = reading.submission.file, reading.submission.kind
    with tempfile.TemporaryFile() as spool:
        downloaded = reading.source.download(spool, should_stop=reading.lookup.is_found)
        if downloaded is None:
            return None
        open_file, sha256 = downloaded
        reading.lookup.confirm_hash(sha256)
        if file.sha256 and reading.lookup.get(_LOOKUP_SECONDS) is not None:
            return None
        reader = _build_document_reader(reading)
        transcript = reader.read(open_file, strict=kind.rules.verified_reading, reencode=reencode)
    return None if transcript is None else _ReadDocument(transcript, open_file.media_type)


def _build_document_reader(reading: _Reading) -> DocumentReader:
    context, job, ocr = reading.context, reading.job, reading.context.ocr
    return DocumentReader(
        ocr,
        context.sandbox,
        context.limits,
        context.workers,
        reading.progress,
        # A job of another engine than this one is not looked at: it was started before the engine was changed.
        job=ocr.fetch_job_result(job) if job and isinstance(ocr, AsyncJobReader) else None,
        job_policy=context.job_policy,
    )


# ── the result ───────────────────────────────────────────────────────────────────────────────────


def _store_transcript(reading: _Reading, document: _ReadDocument) -> ReadingResult:
    """Store the transcript, and write the final progress in the background."""
    counts = TranscriptCounts.of(document.transcript, document.media_type)
    ended_at = now()
    last_write = reading.background.submit(reading.progress.end, ended_at)
    with reading.source.translate_errors():
        reading.cache.put(reading.lookup.key, document.transcript, counts)
    last_write.result()
    return _build_result(reading, counts, ended_at, from_cache=False)


def _build_cached_result(reading: _Reading) -> ReadingResult:
    """The result for a transcript that was stored before."""
    counts = reading.lookup.get()
    if counts is None:
        raise errors.ServiceUnavailable("The stored transcript could not be looked up.")
    reading.progress.pages(counts.pages)
    for _ in range(counts.pages):
        reading.progress.page_done()
    ended_at = now()
    reading.progress.end(ended_at)
    return _build_result(reading, counts, ended_at, from_cache=True)


def _build_result(reading: _Reading, counts: TranscriptCounts, ended_at: str, *, from_cache: bool) -> ReadingResult:
    return ReadingResult(
        transcript_bucket=reading.cache.bucket,
        transcript_key=reading.lookup.key,
        sha256=reading.lookup.sha256 or "",
        pages=counts.pages,
        text_layer_pages=counts.text_layer_pages,
        ocr_pages=counts.ocr_pages,
        lines=counts.lines,
        warnings=counts.warnings,
        from_cache=from_cache,
        started_at=reading.progress.started_at,
        first_ocr_at=reading.progress.first_ocr_at,
        ended_at=ended_at,
    )
