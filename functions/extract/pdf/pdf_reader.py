"""A PDF, page by page: its text layer where that can be trusted, a cut for OCR where it cannot.

Runs in the child. Pages are judged and cut one after the other, so that page 1 is on its way to OCR while page 7
is still being cut.
"""

import mmap
from collections.abc import Callable
from typing import Any

from core.models import errors
from extract.layout.ocr_decision import OcrReason
from extract.limits import DocumentLimits
from extract.pdf.page_extractor import PageExtractor
from extract.pdf.pdf_file import PdfFile
from extract.pdf.text_layer import DIGITS, RejectedTextLayer, TextLayer, judge_text_layer
from extract.sandbox import process_limits

# The share of a page's letters that no sampled page has shown, above which the page is sampled itself.
_MAX_UNSAMPLED_SHARE = 0.02
_HIDDEN = "Page {page} holds text that cannot be seen; it was left out."

SendFrame = Callable[..., None]


def read_pdf(task: dict[str, Any], mapped: mmap.mmap, limits: DocumentLimits, send_frame: SendFrame) -> None:
    """All pages; or, where `task` names `cut` or `drawn` pages (numbers from 1), only those, as bytes for OCR.

    Where `task` tells of a `job` that has read this document as it lies, its pages need no bytes.
    """
    file = PdfFile(mapped, limits)
    process_limits.extend_cpu_limit(limits, file.pages)
    send_frame({"type": "document", "pages": file.pages})
    job = task.get("job") or {}
    # Who counts the pages otherwise does not mean the same page.
    read_by_job = frozenset(job["read"] if job.get("pages") == file.pages else ())
    pages = _PdfPages(file, mapped, limits, read_by_job, strict=bool(task.get("strict")))
    if "cut" in task or "drawn" in task:
        for number in task.get("cut", ()):
            pages.send_extracted_page(number, send_frame, reason="cut")
        for number in task.get("drawn", ()):
            send_frame(pages.head(number, "ocr") | {"reason": "drawn"}, file.render_jpeg(number - 1))
        return
    for number in range(1, file.pages + 1):
        pages.send_page(number, send_frame)
        # What has been read of the file need not stay in memory for the pages that follow.
        mapped.madvise(mmap.MADV_DONTNEED)


class _PdfPages:
    def __init__(
        self, file: PdfFile, mapped: mmap.mmap, limits: DocumentLimits, read_by_job: frozenset[int], *, strict: bool
    ) -> None:
        self._file = file
        self._limits = limits
        self._read_by_job = read_by_job
        self._strict = strict
        self._extractor = PageExtractor(file, mapped)
        self._sampled_fonts: set[str] = set()
        self._sampled_letters: set[str] = set()

    def head(self, number: int, route: str) -> dict[str, Any]:
        width, height = self._file.get_page_size(number - 1)
        aspect = width / height if width > 0 and height > 0 else 0.7071
        return {"type": "page", "page": number, "route": route, "aspect": round(aspect, DIGITS)}

    def send_page(self, number: int, send_frame: SendFrame) -> None:
        """One page, by the cheapest way that is right."""
        if max(self._file.get_page_size(number - 1)) > self._limits.max_points:
            raise errors.PageTooLarge(f"Page {number} of this PDF is larger than any sheet of paper.")
        with self._file.page(number - 1) as page:
            if not page:
                raise errors.DamagedDocument(f"Page {number} of this PDF is damaged and cannot be read.")
            layer_result = judge_text_layer(page, strict=self._strict)
        warning = _HIDDEN.format(page=number) if layer_result.hidden else None
        if isinstance(layer_result, RejectedTextLayer):
            has_annotations = layer_result.reason is OcrReason.WRITTEN_OVER
            self.send_extracted_page(
                number, send_frame, reason=layer_result.reason.value, flatten=has_annotations, warning=warning
            )
            return
        head = self.head(number, "text_layer" if layer_result.lines else "blank")
        head |= {"lines": layer_result.lines, "rotation": layer_result.rotation, "warning": warning}
        if layer_result.aspect:
            head["aspect"] = layer_result.aspect
        sample = self._strict and bool(layer_result.lines)
        if sample and number in self._read_by_job:
            send_frame(head | {"read_by_job": True})
            return
        send_frame(head, self._extract_sample(number, layer_result) if sample else b"")

    def send_extracted_page(
        self, number: int, send_frame: SendFrame, *, reason: str, flatten: bool = False, warning: str | None = None
    ) -> None:
        """The page's own bytes; a drawing of it where they are more than one call takes. None where a job has read
        the page, unless what is written over it has to be made part of it first."""
        if number in self._read_by_job and not flatten:
            send_frame(self.head(number, "ocr") | {"reason": reason, "warning": warning, "read_by_job": True})
            return
        body = self._extractor.extract_page(number - 1, flatten=flatten) or self._file.render_jpeg(number - 1)
        send_frame(self.head(number, "ocr") | {"reason": reason, "warning": warning}, body)

    def _extract_sample(self, number: int, layer: TextLayer) -> bytes:
        """A sheet's page as OCR is to see it too; empty where the sampled pages have shown all of it already.

        A font can be made to read as other words than it shows. So every font of a sheet, and nearly every
        letter, has to stand on a page whose layer was compared with what OCR sees.
        """
        fonts = self._extractor.fonts(number - 1)
        letters = [letter for line in layer.lines for letter in line[0] if not letter.isspace()]
        unseen = sum(letter not in self._sampled_letters for letter in letters)
        if fonts <= self._sampled_fonts and unseen <= _MAX_UNSAMPLED_SHARE * len(letters):
            return b""
        self._sampled_fonts |= fonts
        self._sampled_letters.update(letters)
        return self._extractor.extract_page(number - 1) or self._file.render_jpeg(number - 1)
