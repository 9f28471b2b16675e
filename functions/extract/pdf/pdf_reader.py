"""Reads a PDF page by page: by its text layer if that can be trusted, otherwise extracts the page for OCR.

Runs in the sandbox child. Pages are handled one after the other, so that page 1 is on its way to OCR while page 7 is
still being extracted.
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

# A page is sampled if more than this share of its letters does not occur on any page sampled before.
_MAX_UNSAMPLED_SHARE = 0.02
_HIDDEN = "Page {page} holds text that cannot be seen; it was left out."

SendFrame = Callable[..., None]


def read_pdf(task: dict[str, Any], mapped: mmap.mmap, limits: DocumentLimits, send_frame: SendFrame) -> None:
    """Send all pages. If `task` has `cut` or `drawn` page numbers (from 1), send only those, as bytes for OCR: `cut`
    pages extracted, `drawn` pages rendered.

    If `task` has a `job` that has read this document, the pages that it has read are sent without bytes.
    """
    file = PdfFile(mapped, limits)
    process_limits.extend_cpu_limit(limits, file.pages)
    send_frame({"type": "document", "pages": file.pages})
    job = task.get("job") or {}
    # If the job counted another number of pages, its page numbers are not the same as these.
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
        # Release the parts of the file read so far: the following pages do not need them in memory.
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
        """Send one page in the cheapest correct way.

        Raises
        ------
        PageTooLarge, DamagedDocument
            The page is larger than the limits allow, or cannot be loaded.
        """
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
        """Send the page extracted for OCR, or rendered if it does not fit into one call.

        Without bytes if a job has read the page, unless its annotations must be flattened first.
        """
        if number in self._read_by_job and not flatten:
            send_frame(self.head(number, "ocr") | {"reason": reason, "warning": warning, "read_by_job": True})
            return
        body = self._extractor.extract_page(number - 1, flatten=flatten) or self._file.render_jpeg(number - 1)
        send_frame(self.head(number, "ocr") | {"reason": reason, "warning": warning}, body)

    def _extract_sample(self, number: int, layer: TextLayer) -> bytes:
        """An answer sheet's page for comparison with OCR; empty if the pages sampled before cover it.

        A font can be made so that its text differs from what it shows. So every font of a sheet, and nearly every
        letter, must occur on a page whose text layer was compared with OCR.
        """
        fonts = self._extractor.fonts(number - 1)
        letters = [letter for line in layer.lines for letter in line[0] if not letter.isspace()]
        unseen = sum(letter not in self._sampled_letters for letter in letters)
        if fonts <= self._sampled_fonts and unseen <= _MAX_UNSAMPLED_SHARE * len(letters):
            return b""
        self._sampled_fonts |= fonts
        self._sampled_letters.update(letters)
        return self._extractor.extract_page(number - 1) or self._file.render_jpeg(number - 1)
