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

from core import errors, filetypes
from core.clock import now
from core.submission import Kind, Submission
from core.table import Table
from core.transcript import Transcript
from extract import document_file, picture_head
from extract.document_file import HEAD_BYTES, OpenFile
from extract.documents import DocumentReader, can_go_as_it_is, picture_page
from extract.faults import told_apart
from extract.handed_on import Reading
from extract.jobs import Job, answer_of
from extract.kept import Counts, KeptTranscripts
from extract.limits import CALL_BYTES, Limits
from extract.outlook import Outlook
from extract.progress import Progress
from extract.sandbox import Sandbox
from extract.textract import Answer, PageRefused, TextractReader
from extract.transcript import with_warnings
from extract.watch import Stopped

_CHUNK = 1_048_576
# A look-up that is slower than this is not waited for.
_LOOK_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Collaborators:
    """What the door hands in. `s3` is a client; `on_fault` hears of what went wrong without stopping the reading;
    `rate` is the account's quota (pages a second), `seconds` how long this reading may take."""

    s3: Any
    textract: TextractReader
    table: Table
    documents_bucket: str
    sandbox: Sandbox
    limits: Limits
    workers: int
    transport_faults: tuple[type[Exception], ...]
    on_fault: Callable[[Exception], None]
    rate: float = math.inf
    seconds: float = math.inf


def read_submission(submission: Submission, key: str, given: Collaborators, job: Job | None = None) -> Reading:
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
    beside = ThreadPoolExecutor(max_workers=4, thread_name_prefix="beside")
    try:
        return _Run(submission, key, given, beside, job).read()
    finally:
        given.textract.close()
        # A call that nobody needs any more is not waited for.
        beside.shutdown(wait=False, cancel_futures=True)


class _Run:
    def __init__(
        self, submission: Submission, key: str, given: Collaborators, beside: ThreadPoolExecutor, job: Job | None
    ) -> None:
        self._submission, self._file, self._key = submission, submission.file, key
        self._given, self._beside, self._job = given, beside, job
        self._sha256 = submission.file.sha256
        self._kept = KeptTranscripts(given.s3, given.documents_bucket)
        self._look_up: Future[Counts | None] | None = None
        self._media_type = ""
        self._progress = Progress(
            given.table,
            submission.id,
            submission.run,
            stopped=self._found_now,
            on_fault=given.on_fault,
            started_at=job.started_at if job else None,
        )

    def read(self) -> Reading:
        document_file.check_size(self._file.size, self._given.limits)
        try:
            if self._sha256:
                self._start_look_up(self._sha256)
            transcript = self._by_reference() if self._goes_by_reference() else self._by_bytes()
        except Stopped:
            return self._from_kept()
        except errors.ReadingTakesLong:
            self._progress.end(None)
            raise
        except Exception:
            self._progress.end(now())
            raise
        return self._keep(transcript)

    # ── what was read before ─────────────────────────────────────────────────────────────────────

    def _start_look_up(self, sha256: str) -> None:
        key = self._kept.key(self._submission.tenant, sha256, self._submission.kind)
        self._look_up = self._beside.submit(self._kept.find, key)

    def _found_now(self) -> bool:
        return self._found(timeout=0)

    def _found(self, timeout: float) -> bool:
        """Whether a kept transcript has been found by now. A look-up that fails has found nothing."""
        if self._look_up is None:
            return False
        try:
            counts = self._look_up.result(timeout)
        except NotYet:
            return False
        except Exception as fault:  # noqa: BLE001 - reading anew is always right, only dearer
            self._given.on_fault(fault)
            self._look_up = None
            return False
        if counts is not None:
            document_file.check_declared(counts.media_type, name=self._key, header=self._file.media_type)
        return counts is not None

    def _stop_if_found(self) -> None:
        if self._found(_LOOK_UP_SECONDS):
            raise Stopped

    # ── the bytes ────────────────────────────────────────────────────────────────────────────────

    def _get(self, **more: Any) -> Any:
        """The object's body: that very version, whatever has been written over it since."""
        return self._given.s3.get_object(
            Bucket=self._file.bucket, Key=self._key, VersionId=self._file.version_id, **more
        )["Body"]

    def _s3(self) -> AbstractContextManager[None]:
        return told_apart("S3", (self._given.s3.exceptions.ClientError, *self._given.transport_faults))

    def _by_bytes(self, *, anew: bool = False) -> Transcript:
        """Fetch the file whole, then read it; with `anew` a picture is decoded and written again first."""
        with tempfile.TemporaryFile() as spool:
            opened = self._spooled(spool)
            if self._file.sha256:
                self._stop_if_found()
            return self._reader().read(opened, strict=self._submission.kind is Kind.ANSWER_SHEET, anew=anew)

    def _reader(self) -> DocumentReader:
        given = self._given
        return DocumentReader(
            given.textract.read,
            given.sandbox,
            given.limits,
            given.workers,
            self._progress,
            job=answer_of(self._job, given.textract.parts_of_job) if self._job else None,
            outlook=Outlook.without_job() if self._job else Outlook(given.rate, given.seconds),
        )

    def _spooled(self, spool: Any) -> OpenFile:
        """The object's bytes in an open file, hashed on the way; its type is checked by its first bytes."""
        digest, size, head = hashlib.sha256(), 0, b""
        with self._s3():
            body = self._get()
            if self._found_now():
                raise Stopped
            for chunk in body.iter_chunks(_CHUNK):
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                if size == 0:
                    self._check_type(head)
                digest.update(chunk)
                spool.write(chunk)
                size += len(chunk)
                document_file.check_size(size, self._given.limits)
        document_file.check_size(size, self._given.limits)
        spool.flush()
        self._settle_hash(digest.hexdigest())
        return OpenFile(spool.fileno(), size, self._media_type, head)

    def _check_type(self, head: bytes) -> None:
        self._media_type = document_file.check_type(
            head, self._file.size, name=self._key, header=self._file.media_type, limits=self._given.limits
        )

    def _settle_hash(self, sha256: str) -> None:
        if self._sha256 is None:
            self._sha256 = sha256
            self._start_look_up(sha256)
        elif self._sha256 != sha256:
            raise errors.LanesDisagree("The bytes that were read are not the bytes that were declared.")

    # ── a picture where it lies ──────────────────────────────────────────────────────────────────

    def _goes_by_reference(self) -> bool:
        said = filetypes.declared(self._file.media_type) or filetypes.by_name(self._key)
        # After a job the picture is only looked at.
        return said in (filetypes.JPEG, filetypes.PNG) and self._file.size <= CALL_BYTES and self._job is None

    def _by_reference(self) -> Transcript:
        """Tell Textract where the picture lies, and look at its head (or, for its hash, all of it) meanwhile."""
        if self._sha256:
            self._stop_if_found()
        self._progress.pages(1)
        self._progress.calling()
        call = self._beside.submit(
            self._given.textract.read_object, self._file.bucket, self._key, self._file.version_id
        )
        with tempfile.TemporaryFile() as spool:
            opened = self._looked_at(spool)
            head = picture_head.read(self._media_type, opened.head)
            if not can_go_as_it_is(head, self._file.size, self._given.limits):
                return self._by_bytes()
            answer = self._answer(call)
        if isinstance(answer, PageRefused):
            # Where Textract cannot reach the object its bytes will do; where it will not take them, new ones may.
            return self._by_bytes(anew=answer.code != "InvalidS3ObjectException")
        self._progress.page_done()
        return with_warnings([picture_page(answer, head)], ())

    def _looked_at(self, spool: Any) -> OpenFile:
        if self._file.sha256 is None:
            return self._spooled(spool)
        with self._s3():
            head = self._get(Range=f"bytes=0-{HEAD_BYTES - 1}").read()
        self._check_type(head)
        return OpenFile(spool.fileno(), 0, self._media_type, head)

    def _answer(self, call: Future[Answer]) -> Answer | PageRefused:
        """Textract's answer, or why it does not take the picture as it lies."""
        while True:
            if self._found_now():
                raise Stopped
            try:
                return call.result(timeout=0.2)
            except NotYet:
                continue
            except PageRefused as refusal:
                return refusal

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    def _keep(self, transcript: Transcript) -> Reading:
        """Put the transcript and the last progress side by side."""
        sha256 = self._sha256 or ""
        key = self._kept.key(self._submission.tenant, sha256, self._submission.kind)
        counts = Counts.of(transcript, self._media_type)
        ended_at = now()
        last_word = self._beside.submit(self._progress.end, ended_at)
        with self._s3():
            self._kept.put(key, transcript, counts)
        last_word.result()
        return self._reading(key, counts, ended_at, kept=False)

    def _from_kept(self) -> Reading:
        counts = self._look_up.result() if self._look_up else None
        if counts is None:
            raise errors.ServiceUnavailable("The kept transcript could not be looked up.")
        self._progress.pages(counts.pages)
        for _ in range(counts.pages):
            self._progress.page_done()
        ended_at = now()
        self._progress.end(ended_at)
        key = self._kept.key(self._submission.tenant, self._sha256 or "", self._submission.kind)
        return self._reading(key, counts, ended_at, kept=True)

    def _reading(self, key: str, counts: Counts, ended_at: str, *, kept: bool) -> Reading:
        return Reading(
            bucket=self._kept.bucket,
            key=key,
            sha256=self._sha256 or "",
            counts=counts,
            kept=kept,
            started_at=self._progress.started_at,
            first_ocr_at=self._progress.first_ocr_at,
            ended_at=ended_at,
        )
