"""Reads a document's pages in parallel: pages with a text layer as the sandbox child sends them, the others by OCR.

The child sends page after page; each page that needs OCR is sent to the engine while the child extracts the next. A
page that OCR refuses is sent once more as a rendered image. A document with a missing page is never complete.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from core.models import errors
from core.models.media_types import PDF
from core.models.transcript import TEXT_LAYER, Line, Page, Transcript, Word
from extract.document_file import OpenFile
from extract.layout.text_agreement import text_layer_matches_ocr
from extract.layout.transcript_builder import build_page, build_transcript
from extract.limits import DocumentLimits
from extract.ocr.async_job_policy import AsyncJobPolicy
from extract.ocr.engine import AsyncJobResult, OcrEngine, PageRefused
from extract.progress_listener import ProgressListener
from extract.sandbox.frames import Frame
from extract.sandbox.process import Sandbox

_LAYER_REJECTED = "Page {page}: its text layer does not say what can be seen, so the whole document was read as a scan."
_DAMAGED = "This PDF is damaged and cannot be read. Export or scan it again and resend it."


class _Stopped(Exception):
    """Unwinds a stopped reading; `PageReader.read` handles it."""


class PageReader:
    """Reads one document once; up to `workers` pages are read by `ocr` at once.

    Pages that `job` has read are taken from its result. `job_policy` ends the reading if it would take too long.
    """

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
        self._ocr, self._sandbox, self._limits, self._listener = ocr, sandbox, limits, listener
        self._job, self._job_policy = job or AsyncJobResult(), job_policy
        self._pool = ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="page")
        # Bounds how many extracted pages wait here: the others stay in the child, not in this process's memory.
        self._in_flight_slots = threading.BoundedSemaphore(max(1, workers) + 2)
        self._layers: dict[int, Page] = {}
        self._ocr_pages: dict[int, Page] = {}
        self._calls: dict[Future[Page], int] = {}
        self._samples: dict[Future[Page], int] = {}
        self._refused: dict[int, str] = {}
        self._failed: dict[int, Exception] = {}
        self._warnings: dict[int, str] = {}

    def read(self, file: OpenFile, *, strict: bool) -> Transcript | None:
        """Read the whole document. `strict` is for answer sheets. Returns None if the listener has stopped the
        reading.

        Raises
        ------
        DocumentRejected
            One of its subclasses.
        ReadingIncomplete
            Some pages could not be read this time; it names them.
        ReadingTakesLong
            `job_policy` decided that an asynchronous job is better.
        """
        task: dict[str, Any] = {"media_type": file.media_type, "strict": strict}
        if self._job.pages:
            task["job"] = {"pages": self._job.total, "read": sorted(self._job.pages)}
        try:
            self._process(task, file)
            self._wait_for_calls()
            self._verify_layers(task, file)
            self._retry_as_images(task, file)
            self._raise_for_failed()
        except _Stopped:
            return None
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
        pages = {**self._layers, **self._ocr_pages}
        return build_transcript(pages.values(), [self._warnings[number] for number in sorted(self._warnings)])

    def _process(self, task: dict[str, Any], file: OpenFile) -> None:
        """Run the task in the sandbox and handle each page that the child sends."""
        with self._sandbox.run(task, file.descriptor, self._limits) as frames:
            for frame in frames:
                self._check_stopped()
                if frame.head.get("type") == "document":
                    if not task.keys() & {"cut", "drawn"}:
                        self._listener.pages(int(frame.head["pages"]))
                        self._job_policy.set_page_count(int(frame.head["pages"]))
                    continue
                self._handle_frame(frame)

    def _handle_frame(self, frame: Frame) -> None:
        number, head = int(frame.head["page"]), frame.head
        if head.get("warning"):
            self._warnings[number] = str(head["warning"])
        read_by_job = bool(head.get("read_by_job"))
        self._job_policy.record_page(by_ocr=bool(frame.body))
        if head["route"] == "ocr":
            self._calls[self._submit_page(number, frame)] = number
            return
        self._layers[number] = _parse_layer_page(head)
        if frame.body or read_by_job:
            self._samples[self._submit_page(number, frame)] = number
        self._listener.page_done()

    def _submit_page(self, number: int, frame: Frame) -> Future[Page]:
        while not self._in_flight_slots.acquire(timeout=0.5):
            self._check_stopped()
        self._collect_results(block=False)
        aspect = float(frame.head.get("aspect", 0.7071))
        if frame.head.get("read_by_job"):
            future = self._pool.submit(self._build_page_from_job, number, aspect)
        else:
            future = self._pool.submit(self._read_by_ocr, number, [frame.body], aspect)
            future.add_done_callback(lambda _: self._job_policy.record_response())
        future.add_done_callback(lambda _: self._in_flight_slots.release())
        return future

    def _read_by_ocr(self, number: int, page_bytes: list[bytes], aspect: float) -> Page:
        """Read one page by OCR. The bytes are popped from `page_bytes`, so that no reference keeps them in memory
        during the call."""
        self._listener.ocr_call_started()
        return build_page(self._ocr.read_page(page_bytes.pop()), number, self._ocr.name, aspect=aspect)

    def _build_page_from_job(self, number: int, aspect: float) -> Page:
        return build_page(self._job.pages[number](), number, self._ocr.name, aspect=aspect)

    def _check_stopped(self) -> None:
        if self._listener.should_stop():
            raise _Stopped
        self._job_policy.check()

    def _wait_for_calls(self) -> None:
        """Wait until every OCR call has finished."""
        while self._calls:
            self._check_stopped()
            self._collect_results(block=True)

    def _collect_results(self, *, block: bool) -> None:
        """Collect the finished calls. Refused pages and transient errors are recorded; any other error ends the
        reading."""
        done, _ = wait(self._calls, timeout=0.5 if block else 0, return_when=FIRST_COMPLETED)
        for future in done:
            number = self._calls.pop(future)
            try:
                self._ocr_pages[number] = future.result()
                self._listener.page_done()
            except PageRefused as refusal:
                self._refused[number] = refusal.code
            except errors.TransientError as error:
                self._failed[number] = error

    def _verify_layers(self, task: dict[str, Any], file: OpenFile) -> None:
        """Compare the sampled pages' text layers with OCR (answer sheets only). If one differs, the whole document
        is read by OCR."""
        unconfirmed = [
            number for future, number in self._samples.items() if not self._is_sample_confirmed(future, number)
        ]
        if not unconfirmed:
            return
        self._warnings[min(unconfirmed)] = _LAYER_REJECTED.format(page=min(unconfirmed))
        sampled: dict[int, Page] = {}
        for future, number in self._samples.items():
            if future.exception() is None:
                sampled[number] = future.result()
        remaining = sorted(number for number, page in self._layers.items() if page.lines and number not in sampled)
        self._layers = {number: page for number, page in self._layers.items() if not page.lines}
        self._ocr_pages |= sampled
        if remaining:
            self._process({**task, "cut": remaining}, file)
            self._wait_for_calls()

    def _is_sample_confirmed(self, future: Future[Page], number: int) -> bool:
        """Whether OCR confirms a sampled page's text layer. A sample that OCR could not read does not confirm it."""
        while not future.done():
            self._check_stopped()
            wait([future], timeout=0.5)
        if isinstance(future.exception(), PageRefused | errors.TransientError):
            return False
        return text_layer_matches_ocr(self._layers[number].lines, future.result().lines)

    def _retry_as_images(self, task: dict[str, Any], file: OpenFile) -> None:
        """Send refused PDF pages to OCR once more, as rendered images. Images are encoded again before they get here.

        Raises
        ------
        PageUnreadable
            Some pages were refused again; it names them.
        """
        refused, self._refused = sorted(self._refused), {}
        if refused and file.media_type == PDF:
            self._process({**task, "drawn": refused}, file)
            self._wait_for_calls()
            refused = sorted(self._refused)
        if refused:
            raise errors.PageUnreadable(
                f"{_format_page_numbers(refused)} cannot be read by OCR. Scan again and resend."
            )

    def _raise_for_failed(self) -> None:
        if self._failed:
            pages = tuple(sorted(self._failed))
            reason = next(iter(self._failed.values()))
            raise errors.ReadingIncomplete(
                f"{_format_page_numbers(pages)} could not be read this time: {reason}", pages
            )


def _format_page_numbers(pages: Iterable[int]) -> str:
    numbers = [str(number) for number in pages]
    return f"Page {numbers[0]}" if len(numbers) == 1 else f"Pages {', '.join(numbers[:-1])} and {numbers[-1]}"


def _parse_layer_page(head: dict[str, Any]) -> Page:
    return Page(
        number=int(head["page"]),
        source=TEXT_LAYER,
        lines=tuple(map(_parse_layer_line, head["lines"])),
        rotation=int(head["rotation"]),
        aspect=float(head["aspect"]),
    )


def _parse_layer_line(fields: list[Any]) -> Line:
    """Decode a line as the child sends it: text, confidence, box, words as [text, confidence, box].

    Raises
    ------
    DamagedDocument
        The fields have other types, as from a child that a hostile file has taken over.
    """
    try:
        text, confidence, (left, top, width, height), words = fields
        built_words, numeric_check = [], confidence + left + top + width + height + 0.0
        for word, word_confidence, (x, y, w, h) in words:
            numeric_check += word_confidence + x + y + w + h  # raises TypeError for anything but numbers
            built_words.append(Word(word, word_confidence, (x, y, w, h)))
        text + "".join([word.text for word in built_words])  # raises TypeError for anything but text
    except (TypeError, ValueError) as error:
        raise errors.DamagedDocument(_DAMAGED) from error
    return Line(text, confidence, (left, top, width, height), words=tuple(built_words))
