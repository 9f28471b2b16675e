"""Reading a submission: fetch its pinned bytes, read them, keep the transcript. The door's one call.

Before the first Textract call stands one GetObject and nothing else: the look-up of a kept transcript runs beside
it (or beside the first calls, where the content's hash is not known before), and a picture is not fetched at all
before Textract has been told where it lies.
"""

import hashlib
import math
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from core.models import errors, media_types
from core.models.submission import DocumentKind, Submission
from core.models.transcript import Transcript
from core.platform.clock import now
from core.storage.table import Table
from extract import document_file, image_header
from extract.document_file import HEAD_BYTES, OpenFile
from extract.document_reader import DocumentReader, build_image_page, can_send_unmodified
from extract.limits import MAX_CALL_BYTES, DocumentLimits
from extract.ocr.async_job_policy import AsyncJobPolicy
from extract.ocr.async_jobs import AsyncJob, fetch_job_result
from extract.ocr.aws_errors import translate_aws_errors
from extract.ocr.response_parser import build_transcript
from extract.ocr.textract import PageRefused, TextractOcr, TextractResponse
from extract.progress_listener import ReadingStopped
from extract.progress_recorder import ProgressRecorder
from extract.reading_result import ReadingResult
from extract.sandbox.process import Sandbox
from extract.transcript_cache import TranscriptCache, TranscriptCounts

_CHUNK_BYTES = 1_048_576
# A look-up that is slower than this is not waited for.
_LOOK_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What the door hands in. `s3` is a client; `on_fault` hears of what went wrong without stopping the reading;
    `rate` is the account's quota (pages a second), `seconds` how long this reading may take."""

    s3: Any
    textract: TextractOcr
    table: Table
    documents_bucket: str
    sandbox: Sandbox
    limits: DocumentLimits
    workers: int
    transport_errors: tuple[type[Exception], ...]
    on_nonfatal_error: Callable[[Exception], None]
    rate: float = math.inf
    seconds: float = math.inf


def read_submission(
    submission: Submission, key: str, context: ReadingContext, job: AsyncJob | None = None
) -> ReadingResult:
    """Read the submission's file (`key` is its opened key) and keep the transcript. With `job`, which has ended, what
    it has read is taken from there and the rest is read page by page, however long that takes.

    Raises
    ------
    DocumentRejected
        One of its subclasses: the document's fault, for good.
    ServiceUnavailable, ReadingIncomplete
        Ours or the service's, and worth another try.
    LanesDisagree
        The bytes are not those that were declared.
    ReadingTakesLong
        A job would do better; never where one has ended.
    """
    background = ThreadPoolExecutor(max_workers=4, thread_name_prefix="beside")
    try:
        return _SubmissionReader(submission, key, context, background, job).read()
    finally:
        context.textract.close()
        # A call that nobody needs any more is not waited for.
        background.shutdown(wait=False, cancel_futures=True)


class _SubmissionReader:
    def __init__(
        self,
        submission: Submission,
        key: str,
        context: ReadingContext,
        background: ThreadPoolExecutor,
        job: AsyncJob | None,
    ) -> None:
        self._submission, self._file, self._key = submission, submission.file, key
        self._context, self._background, self._job = context, background, job
        self._sha256 = submission.file.sha256
        self._cache = TranscriptCache(context.s3, context.documents_bucket)
        self._cache_lookup: Future[TranscriptCounts | None] | None = None
        self._media_type = ""
        self._progress = ProgressRecorder(
            context.table,
            submission.id,
            submission.run,
            should_stop=self._is_cached_now,
            on_nonfatal_error=context.on_nonfatal_error,
            started_at=job.started_at if job else None,
        )

    def read(self) -> ReadingResult:
        document_file.check_size(self._file.size, self._context.limits)
        try:
            if self._sha256:
                self._start_cache_lookup(self._sha256)
            transcript = self._read_by_reference() if self._can_read_by_reference() else self._read_bytes()
        except ReadingStopped:
            return self._build_cached_result()
        except errors.ReadingTakesLong:
            self._progress.end(None)
            raise
        except Exception:
            self._progress.end(now())
            raise
        return self._store_transcript(transcript)

    # ── what was read before ─────────────────────────────────────────────────────────────────────

    def _start_cache_lookup(self, sha256: str) -> None:
        key = self._cache.key(self._submission.tenant, sha256, self._submission.kind)
        self._cache_lookup = self._background.submit(self._cache.look_up, key)

    def _is_cached_now(self) -> bool:
        return self._is_cached(timeout=0)

    def _is_cached(self, timeout: float) -> bool:
        """Whether a kept transcript has been found by now. A look-up that fails has found nothing."""
        if self._cache_lookup is None:
            return False
        try:
            counts = self._cache_lookup.result(timeout)
        except NotYet:
            return False
        except Exception as error:  # noqa: BLE001 - reading anew is always right, only dearer
            self._context.on_nonfatal_error(error)
            self._cache_lookup = None
            return False
        if counts is not None:
            document_file.check_declared(counts.media_type, name=self._key, header=self._file.media_type)
        return counts is not None

    def _stop_if_cached(self) -> None:
        if self._is_cached(_LOOK_UP_SECONDS):
            raise ReadingStopped

    # ── the bytes ────────────────────────────────────────────────────────────────────────────────

    def _get_object(self, **options: Any) -> Any:
        """The object's body: that very version, whatever has been written over it since."""
        return self._context.s3.get_object(
            Bucket=self._file.bucket, Key=self._key, VersionId=self._file.version_id, **options
        )["Body"]

    def _translate_s3_errors(self) -> AbstractContextManager[None]:
        return translate_aws_errors("S3", (self._context.s3.exceptions.ClientError, *self._context.transport_errors))

    def _read_bytes(self, *, reencode: bool = False) -> Transcript:
        """Fetch the file whole, then read it; with `anew` a picture is decoded and written again first."""
        with tempfile.TemporaryFile() as spool:
            open_file = self._spool_object(spool)
            if self._file.sha256:
                self._stop_if_cached()
            return self._build_reader().read(
                open_file, strict=self._submission.kind is DocumentKind.ANSWER_SHEET, reencode=reencode
            )

    def _build_reader(self) -> DocumentReader:
        context = self._context
        return DocumentReader(
            context.textract.read,
            context.sandbox,
            context.limits,
            context.workers,
            self._progress,
            job=fetch_job_result(self._job, context.textract.read_job_parts) if self._job else None,
            job_policy=AsyncJobPolicy.disabled() if self._job else AsyncJobPolicy(context.rate, context.seconds),
        )

    def _spool_object(self, spool: Any) -> OpenFile:
        """The object's bytes in an open file, hashed on the way; its type is checked by its first bytes."""
        digest, size, head = hashlib.sha256(), 0, b""
        with self._translate_s3_errors():
            body = self._get_object()
            if self._is_cached_now():
                raise ReadingStopped
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                if size == 0:
                    self._check_type(head)
                digest.update(chunk)
                spool.write(chunk)
                size += len(chunk)
                document_file.check_size(size, self._context.limits)
        document_file.check_size(size, self._context.limits)
        spool.flush()
        self._set_sha256(digest.hexdigest())
        return OpenFile(spool.fileno(), size, self._media_type, head)

    def _check_type(self, head: bytes) -> None:
        self._media_type = document_file.check_type(
            head, self._file.size, name=self._key, header=self._file.media_type, limits=self._context.limits
        )

    def _set_sha256(self, sha256: str) -> None:
        if self._sha256 is None:
            self._sha256 = sha256
            self._start_cache_lookup(sha256)
        elif self._sha256 != sha256:
            raise errors.LanesDisagree("The bytes that were read are not the bytes that were declared.")

    # ── a picture where it lies ──────────────────────────────────────────────────────────────────

    def _can_read_by_reference(self) -> bool:
        declared_type = media_types.parse_content_type(self._file.media_type) or media_types.media_type_from_name(
            self._key
        )
        # After a job the picture is only looked at.
        return (
            declared_type in (media_types.JPEG, media_types.PNG)
            and self._file.size <= MAX_CALL_BYTES
            and self._job is None
        )

    def _read_by_reference(self) -> Transcript:
        """Tell Textract where the picture lies, and look at its head (or, for its hash, all of it) meanwhile."""
        if self._sha256:
            self._stop_if_cached()
        self._progress.pages(1)
        self._progress.ocr_call_started()
        call = self._background.submit(
            self._context.textract.read_object, self._file.bucket, self._key, self._file.version_id
        )
        with tempfile.TemporaryFile() as spool:
            open_file = self._read_head(spool)
            head = image_header.read_image_header(self._media_type, open_file.head)
            if not can_send_unmodified(head, self._file.size, self._context.limits):
                return self._read_bytes()
            response = self._wait_for_response(call)
        if isinstance(response, PageRefused):
            # Where Textract cannot reach the object its bytes will do; where it will not take them, new ones may.
            return self._read_bytes(reencode=response.code != "InvalidS3ObjectException")
        self._progress.page_done()
        return build_transcript([build_image_page(response, head)], ())

    def _read_head(self, spool: Any) -> OpenFile:
        if self._file.sha256 is None:
            return self._spool_object(spool)
        with self._translate_s3_errors():
            head = self._get_object(Range=f"bytes=0-{HEAD_BYTES - 1}").read()
        self._check_type(head)
        return OpenFile(spool.fileno(), 0, self._media_type, head)

    def _wait_for_response(self, call: Future[TextractResponse]) -> TextractResponse | PageRefused:
        """Textract's answer, or why it does not take the picture as it lies."""
        while True:
            if self._is_cached_now():
                raise ReadingStopped
            try:
                return call.result(timeout=0.2)
            except NotYet:
                continue
            except PageRefused as refusal:
                return refusal

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    def _store_transcript(self, transcript: Transcript) -> ReadingResult:
        """Put the transcript and the last progress side by side."""
        sha256 = self._sha256 or ""
        key = self._cache.key(self._submission.tenant, sha256, self._submission.kind)
        counts = TranscriptCounts.of(transcript, self._media_type)
        ended_at = now()
        last_write = self._background.submit(self._progress.end, ended_at)
        with self._translate_s3_errors():
            self._cache.put(key, transcript, counts)
        last_write.result()
        return self._build_result(key, counts, ended_at, from_cache=False)

    def _build_cached_result(self) -> ReadingResult:
        counts = self._cache_lookup.result() if self._cache_lookup else None
        if counts is None:
            raise errors.ServiceUnavailable("The kept transcript could not be looked up.")
        self._progress.pages(counts.pages)
        for _ in range(counts.pages):
            self._progress.page_done()
        ended_at = now()
        self._progress.end(ended_at)
        key = self._cache.key(self._submission.tenant, self._sha256 or "", self._submission.kind)
        return self._build_result(key, counts, ended_at, from_cache=True)

    def _build_result(self, key: str, counts: TranscriptCounts, ended_at: str, *, from_cache: bool) -> ReadingResult:
        return ReadingResult(
            bucket=self._cache.bucket,
            key=key,
            sha256=self._sha256 or "",
            counts=counts,
            from_cache=from_cache,
            started_at=self._progress.started_at,
            first_ocr_at=self._progress.first_ocr_at,
            ended_at=ended_at,
        )
