"""A document's pages read all at once: those with a layer as they come from the child, the others by OCR.

The child says page after page; each that needs OCR is sent off while the next is still being cut. A page that
OCR refuses as it is goes once more as a drawing. A document is never done with a page missing.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from core import errors
from core.filetypes import PDF
from core.transcript import Line, Page, Transcript, Word
from extract.agreement import agrees
from extract.document_file import OpenFile
from extract.frames import Frame
from extract.jobs import JobAnswer
from extract.limits import Limits
from extract.outlook import Outlook
from extract.sandbox import Sandbox
from extract.textract import Answer, PageRefused
from extract.transcript import page_from_answer, page_from_blocks, with_warnings
from extract.watch import Stopped, Watch

Ocr = Callable[[bytes], Answer]
_LYING = "Page {page}: its text layer does not say what can be seen, so the whole document was read as a scan."

_UNLIKELY = "This PDF is damaged and cannot be read. Export or scan it again and resend it."


class PageReading:
    """One reading of one document; `workers` calls of `ocr` may be under way at once. What `job` has read already
    is taken from there; what `outlook` says takes too long is given up."""

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
        self._ocr, self._sandbox, self._limits, self._watch = ocr, sandbox, limits, watch
        self._job, self._outlook = job or JobAnswer(), outlook
        self._pool = ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="page")
        # No more pages are cut than are soon to be sent: what waits is in the child, not in memory here.
        self._room = threading.BoundedSemaphore(max(1, workers) + 2)
        self._layers: dict[int, Page] = {}
        self._read: dict[int, Page] = {}
        self._calls: dict[Future[Page], int] = {}
        self._samples: dict[Future[Page], int] = {}
        self._refused: dict[int, str] = {}
        self._failed: dict[int, Exception] = {}
        self._warnings: dict[int, str] = {}

    def read(self, file: OpenFile, *, strict: bool) -> Transcript:
        """The whole document.

        Raises
        ------
        DocumentRejected
            One of its subclasses.
        ReadingIncomplete
            Some pages could not be read this time; it names them.
        Stopped
            The watch has stopped it.
        ReadingTakesLong
            The outlook is that a job would do better.
        """
        task: dict[str, Any] = {"media_type": file.media_type, "strict": strict}
        if self._job.pages:
            task["job"] = {"pages": self._job.total, "read": sorted(self._job.pages)}
        try:
            self._open(task, file)
            self._settle()
            self._question_layers(task, file)
            self._draw_refused(task, file)
            self._raise_for_failed()
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
        pages = {**self._layers, **self._read}
        return with_warnings(pages.values(), [self._warnings[number] for number in sorted(self._warnings)])

    def _open(self, task: dict[str, Any], file: OpenFile) -> None:
        """Let the child work on the file and send off what it cuts."""
        with self._sandbox.run(task, file.descriptor, self._limits) as frames:
            for frame in frames:
                self._check_stopped()
                if frame.head.get("type") == "document":
                    if not task.keys() & {"cut", "drawn"}:
                        self._watch.pages(int(frame.head["pages"]))
                        self._outlook.pages(int(frame.head["pages"]))
                    continue
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        number, head = int(frame.head["page"]), frame.head
        if head.get("warning"):
            self._warnings[number] = str(head["warning"])
        read_by_job = bool(head.get("read_by_job"))
        self._outlook.judged(by_ocr=bool(frame.body))
        if head["route"] == "ocr":
            self._calls[self._send(number, frame)] = number
            return
        self._layers[number] = _layer_page(head)
        if frame.body or read_by_job:
            self._samples[self._send(number, frame)] = number
        self._watch.page_done()

    def _send(self, number: int, frame: Frame) -> Future[Page]:
        while not self._room.acquire(timeout=0.5):
            self._check_stopped()
        self._collect(block=False)
        aspect = float(frame.head.get("aspect", 0.7071))
        if frame.head.get("read_by_job"):
            future = self._pool.submit(page_from_blocks, self._job.pages[number], number, aspect=aspect)
        else:
            future = self._pool.submit(self._recognise, number, [frame.body], aspect)
            future.add_done_callback(lambda _: self._outlook.answered())
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _recognise(self, number: int, cut: list[bytes], aspect: float) -> Page:
        """One page by OCR; `cut` gives its bytes away, so that nobody holds them while the answer is waited for."""
        self._watch.calling()
        return page_from_answer(self._ocr(cut.pop()), number, aspect=aspect)

    def _check_stopped(self) -> None:
        if self._watch.stopped():
            raise Stopped
        self._outlook.check()

    def _settle(self) -> None:
        """Wait until every call has come back."""
        while self._calls:
            self._check_stopped()
            self._collect(block=True)

    def _collect(self, *, block: bool) -> None:
        """Take in the calls that have come back; a fault that is neither the page's nor passing ends the reading."""
        done, _ = wait(self._calls, timeout=0.5 if block else 0, return_when=FIRST_COMPLETED)
        for future in done:
            number = self._calls.pop(future)
            try:
                self._read[number] = future.result()
                self._watch.page_done()
            except PageRefused as refusal:
                self._refused[number] = refusal.code
            except errors.TransientError as error:
                self._failed[number] = error

    def _question_layers(self, task: dict[str, Any], file: OpenFile) -> None:
        """On a sheet: hold the sampled pages' layers against OCR; where one lies, none is believed."""
        lying = [number for future, number in self._samples.items() if not self._sample_agrees(future, number)]
        if not lying:
            return
        self._warnings[min(lying)] = _LYING.format(page=min(lying))
        sampled: dict[int, Page] = {}
        for future, number in self._samples.items():
            if future.exception() is None:
                sampled[number] = future.result()
        again = sorted(number for number, page in self._layers.items() if page.lines and number not in sampled)
        self._layers = {number: page for number, page in self._layers.items() if not page.lines}
        self._read |= sampled
        if again:
            self._open({**task, "cut": again}, file)
            self._settle()

    def _sample_agrees(self, future: Future[Page], number: int) -> bool:
        """A sample that OCR could not read proves nothing, so its layer is not believed either."""
        while not future.done():
            self._check_stopped()
            wait([future], timeout=0.5)
        if isinstance(future.exception(), PageRefused | errors.TransientError):
            return False
        return agrees(self._layers[number].lines, future.result().lines)

    def _draw_refused(self, task: dict[str, Any], file: OpenFile) -> None:
        """Pages that OCR does not take as they are: once more, drawn. Pictures have been written anew already."""
        refused, self._refused = sorted(self._refused), {}
        if refused and file.media_type == PDF:
            self._open({**task, "drawn": refused}, file)
            self._settle()
            refused = sorted(self._refused)
        if refused:
            raise errors.PageUnreadable(f"{_named(refused)} cannot be read by OCR. Scan again and resend.")

    def _raise_for_failed(self) -> None:
        if self._failed:
            pages = tuple(sorted(self._failed))
            reason = next(iter(self._failed.values()))
            raise errors.ReadingIncomplete(f"{_named(pages)} could not be read this time: {reason}", pages)


def _named(pages: Iterable[int]) -> str:
    numbers = [str(number) for number in pages]
    return f"Page {numbers[0]}" if len(numbers) == 1 else f"Pages {', '.join(numbers[:-1])} and {numbers[-1]}"


def _layer_page(head: dict[str, Any]) -> Page:
    return Page(
        number=int(head["page"]),
        source="text_layer",
        lines=tuple(map(_layer_line, head["lines"])),
        rotation=int(head["rotation"]),
        aspect=float(head["aspect"]),
    )


def _layer_line(said: list[Any]) -> Line:
    """A line as the child says it: text, confidence, box, words as [text, confidence, box].

    Raises
    ------
    DamagedDocument
        It says something else, as a child might that a file has taken over.
    """
    try:
        text, confidence, (left, top, width, height), words = said
        made, sum_of_all = [], confidence + left + top + width + height + 0.0
        for word, sure, (x, y, w, h) in words:
            sum_of_all += sure + x + y + w + h  # fails on whatever is no number
            made.append(Word(word, sure, (x, y, w, h)))
        text + "".join([word.text for word in made])  # and this on whatever is no text
    except (TypeError, ValueError) as error:
        raise errors.DamagedDocument(_UNLIKELY) from error
    return Line(text, confidence, (left, top, width, height), words=tuple(made))
