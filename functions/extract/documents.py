"""Reading one document without any cloud: OCR is any callable that takes a page's bytes.

A picture goes to OCR as it is, everything else by way of the child (`extract.pages`).
"""

import os
import tempfile
from dataclasses import replace

from core import errors, filetypes
from core.submission import Kind
from core.transcript import Page, Transcript
from extract import picture_head
from extract.document_file import HEAD_BYTES, OpenFile, check_type
from extract.jobs import JobAnswer
from extract.limits import CALL_BYTES, CALL_PIXELS_A_SIDE, Limits
from extract.outlook import Outlook
from extract.pages import Ocr, PageReading
from extract.picture_head import PictureHead
from extract.sandbox import Sandbox
from extract.textract import Answer, PageRefused
from extract.transcript import page_from_answer, with_warnings
from extract.watch import Unwatched, Watch


def read_document(
    body: bytes,
    *,
    ocr: Ocr,
    kind: Kind,
    name: str | None = None,
    limits: Limits | None = None,
    workers: int = 4,
    sandbox: Sandbox | None = None,
    watch: Watch | None = None,
    outlook: Outlook | None = None,
) -> Transcript:
    """Read a file's bytes without any cloud. `ocr` is called from up to `workers` threads at once. `outlook` says
    when an asynchronous job would do better; by default there is none, and the reading goes on to its end.

    Raises
    ------
    DocumentRejected
        One of its subclasses, with a sentence for a teacher.
    ReadingIncomplete
        Some pages could not be read this time.
    """
    limits = limits or Limits()
    media_type = check_type(body[:1024], len(body), name=name, header=None, limits=limits)
    own = None if sandbox else Sandbox()
    try:
        with tempfile.TemporaryFile() as file:
            file.write(body)
            file.flush()
            opened = OpenFile(file.fileno(), len(body), media_type, body[:HEAD_BYTES])
            outlook = outlook or Outlook.without_job()
            reader = DocumentReader(
                ocr, sandbox or own or Sandbox(), limits, workers, watch or Unwatched(), outlook=outlook
            )
            return reader.read(opened, strict=kind is Kind.ANSWER_SHEET)
    finally:
        if own:
            own.close()


class DocumentReader:
    """Reads one document; `workers` calls of `ocr` may be under way at once (see `PageReading`)."""

    def __init__(
        self,
        ocr: Ocr,
        sandbox: Sandbox,
        limits: Limits,
        workers: int,
        watch: Watch,
        *,
        outlook: Outlook,
        job: JobAnswer | None = None,
    ) -> None:
        self._ocr, self._sandbox, self._limits, self._workers, self._watch = ocr, sandbox, limits, workers, watch
        self._job, self._outlook = job, outlook

    def read(self, file: OpenFile, *, strict: bool, anew: bool = False) -> Transcript:
        """The whole document. `strict` is for answer sheets: their text layers have to prove themselves. With
        `anew` a picture is not sent as it is, but decoded and written again.

        Raises what `read_document` raises, and Stopped where the watch has stopped it.
        """
        if file.media_type in (filetypes.JPEG, filetypes.PNG) and not anew:
            head = picture_head.read(file.media_type, file.head)
            if can_go_as_it_is(head, file.size, self._limits):
                if self._job and 1 in self._job.pages:
                    return picture_by_job(self._job, head, self._watch)
                return self._picture(file, head)
        return self._by_child(file, strict=strict)

    def _picture(self, file: OpenFile, head: PictureHead) -> Transcript:
        self._watch.pages(1)
        self._watch.calling()
        try:
            answer = self._ocr(os.pread(file.descriptor, file.size, 0))
        except PageRefused:
            # As it is it will not do: decoded and written again it may.
            return self._by_child(file, strict=False)
        self._watch.page_done()
        return with_warnings([picture_page(answer, head)], ())

    def _by_child(self, file: OpenFile, *, strict: bool) -> Transcript:
        reading = PageReading(
            self._ocr,
            self._sandbox,
            self._limits,
            self._workers,
            self._watch,
            job=self._job,
            outlook=self._outlook,
        )
        return reading.read(file, strict=strict)


def picture_by_job(job: JobAnswer, head: PictureHead, watch: Watch) -> Transcript:
    """A picture that a job has read as it lies."""
    watch.pages(1)
    watch.page_done()
    return with_warnings([picture_page({"Blocks": job.pages[1]}, head)], ())


def can_go_as_it_is(head: PictureHead, size: int, limits: Limits) -> bool:
    """Whether a picture's own bytes can be sent.

    Raises
    ------
    PageTooLarge
        It has more pixels than are read at all.
    """
    if head.width * head.height > limits.max_pixels:
        raise errors.PageTooLarge(
            f"This picture has {head.width} × {head.height} pixels; at most {limits.max_pixels // 1_000_000} million "
            "can be read. Scan it again at 300 dpi and resend it."
        )
    return size <= CALL_BYTES and max(head.width, head.height) <= CALL_PIXELS_A_SIDE and not head.mirrored


def picture_page(answer: Answer, head: PictureHead) -> Page:
    """The page of a picture that was sent as it is stored.

    Whether Textract heeds EXIF is not documented. Its answer tells: lines that run as the stored pixels do were
    read without it, lines that stand upright with it. Either way boxes end on the upright page, and `rotation`
    counts from the picture as every viewer shows it.
    """
    stored = head.aspect if head.turn in (0, 180) else 1 / head.aspect
    page = page_from_answer(answer, 1, aspect=stored)
    if page.rotation == head.turn:
        return replace(page, rotation=0)
    if page.rotation == 0:
        return replace(page_from_answer(answer, 1, aspect=head.aspect), rotation=0)
    return replace(page, rotation=(page.rotation - head.turn) % 360)
