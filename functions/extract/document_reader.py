"""Reads one document without any cloud service: OCR is any `OcrEngine`.

A JPEG or PNG is sent to OCR unmodified; every other file goes through the sandbox (`extract.page_reader`).
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace

from core.models import errors, media_types
from core.models.document_kinds import DocumentKind
from core.models.transcript import Page, Transcript
from extract import image_header
from extract.document_file import HEAD_BYTES, OpenFile, check_type
from extract.image_header import ImageHeader
from extract.layout.transcript_builder import build_page, build_transcript
from extract.limits import MAX_CALL_BYTES, MAX_CALL_PIXELS_PER_SIDE, DocumentLimits
from extract.ocr.async_job_policy import AsyncJobPolicy
from extract.ocr.engine import AsyncJobResult, DetectedLine, OcrEngine, PageRefused
from extract.page_reader import PageReader
from extract.progress_listener import NullProgressListener, ProgressListener
from extract.sandbox.process import Sandbox


def read_document(
    body: bytes,
    *,
    ocr: OcrEngine,
    kind: DocumentKind,
    name: str | None = None,
    limits: DocumentLimits | None = None,
    workers: int = 4,
    sandbox: Sandbox | None = None,
    listener: ProgressListener | None = None,
    job_policy: AsyncJobPolicy | None = None,
) -> Transcript:
    """Read a file's bytes. `ocr` reads pages in up to `workers` threads at once.

    `job_policy` decides when an asynchronous job would be better; by default there is none, and the reading runs to
    its end.

    Raises
    ------
    DocumentRejected
        One of its subclasses, with a message for a teacher.
    ReadingIncomplete
        Some pages could not be read this time, or the listener has stopped the reading.
    """
    limits = limits or DocumentLimits()
    media_type = check_type(body[:1024], len(body), name=name, header=None, limits=limits)
    own_sandbox = None if sandbox else Sandbox()
    try:
        with tempfile.TemporaryFile() as file:
            file.write(body)
            file.flush()
            open_file = OpenFile(file.fileno(), len(body), media_type, body[:HEAD_BYTES])
            job_policy = job_policy or AsyncJobPolicy.disabled()
            reader = DocumentReader(
                ocr,
                sandbox or own_sandbox or Sandbox(),
                limits,
                workers,
                listener or NullProgressListener(),
                job_policy=job_policy,
            )
            transcript = reader.read(open_file, strict=kind.rules.verified_reading)
    finally:
        if own_sandbox:
            own_sandbox.close()
    if transcript is None:
        raise errors.ReadingIncomplete("The reading was stopped.")
    return transcript


class DocumentReader:
    """Reads one document; up to `workers` pages are read by `ocr` at once (see `PageReader`)."""

    def __init__(
        self,
        ocr: OcrEngine,
        sandbox: Sandbox,
        limits: DocumentLimits,
        workers: int,
        listener: ProgressListener,
        *,
        job_policy: AsyncJobPolicy,
        job: AsyncJobResult | None = None,
    ) -> None:
        self._ocr, self._sandbox, self._limits, self._workers, self._listener = ocr, sandbox, limits, workers, listener
        self._job, self._job_policy = job, job_policy

    def read(self, file: OpenFile, *, strict: bool, reencode: bool = False) -> Transcript | None:
        """Read the whole document. `strict` is for answer sheets: their text layers are verified by OCR. With
        `reencode` an image is not sent unmodified, but decoded and encoded again.

        Returns None if the listener has stopped the reading. Raises what `PageReader.read` raises.
        """
        if file.media_type in (media_types.JPEG, media_types.PNG) and not reencode:
            head = image_header.read_image_header(file.media_type, file.head)
            if can_send_unmodified(head, file.size, self._limits):
                if self._job and 1 in self._job.pages:
                    return self._read_image_from_job(self._job, head)
                return self._read_image(file, head)
        return self._read_in_sandbox(file, strict=strict)

    def _read_image(self, file: OpenFile, head: ImageHeader) -> Transcript | None:
        self._listener.pages(1)
        self._listener.ocr_call_started()
        try:
            lines = self._ocr.read_page(os.pread(file.descriptor, file.size, 0))
        except PageRefused:
            # The engine refuses the image as it is: decoded and encoded again it may be accepted.
            return self._read_in_sandbox(file, strict=False)
        self._listener.page_done()
        return build_transcript([build_image_page(lines, head, self._ocr.name)], ())

    def _read_image_from_job(self, job: AsyncJobResult, head: ImageHeader) -> Transcript:
        """The transcript of an image that an asynchronous job has read."""
        self._listener.pages(1)
        self._listener.page_done()
        return build_transcript([build_image_page(job.pages[1](), head, self._ocr.name)], ())

    def _read_in_sandbox(self, file: OpenFile, *, strict: bool) -> Transcript | None:
        reader = PageReader(
            self._ocr,
            self._sandbox,
            self._limits,
            self._workers,
            self._listener,
            job=self._job,
            job_policy=self._job_policy,
        )
        return reader.read(file, strict=strict)


def can_send_unmodified(head: ImageHeader, size: int, limits: DocumentLimits) -> bool:
    """Whether an image's own bytes can be sent to OCR.

    Raises
    ------
    PageTooLarge
        The image has more pixels than the limits allow.
    """
    if head.width * head.height > limits.max_pixels:
        raise errors.PageTooLarge(
            f"This picture has {head.width} × {head.height} pixels; at most {limits.max_pixels // 1_000_000} million "
            "can be read. Scan it again at 300 dpi and resend it."
        )
    return size <= MAX_CALL_BYTES and max(head.width, head.height) <= MAX_CALL_PIXELS_PER_SIDE and not head.is_mirrored


def build_image_page(lines: Sequence[DetectedLine], head: ImageHeader, source: str) -> Page:
    """The page of an image that was sent unmodified.

    An engine may apply the EXIF orientation or not (Textract does not document it), so the lines decide: if they run
    as in the stored pixels, the orientation was ignored; if they are upright, it was applied. Either way the boxes
    refer to the upright page, and `rotation` is relative to the image as every viewer shows it.
    """
    stored_aspect = head.aspect if head.display_rotation in (0, 180) else 1 / head.aspect
    page = build_page(lines, 1, source, aspect=stored_aspect)
    if page.rotation == head.display_rotation:
        return replace(page, rotation=0)
    if page.rotation == 0:
        return replace(build_page(lines, 1, source, aspect=head.aspect), rotation=0)
    return replace(page, rotation=(page.rotation - head.display_rotation) % 360)
