"""`benchmarks.textract_endpoint` that answers with what is written on the sheets of `benchmarks.flow.sheet_documents`.

python -m benchmarks.flow.sheet_endpoint
"""

import random

from benchmarks.flow.sheet_documents import SIZES, lines_of_label
from benchmarks.textract_endpoint import FakeTextract, main
from benchmarks.textract_responses import page_label, page_response


class FakeSheetTextract(FakeTextract):
    """Answers are kept; `prepare` makes them before the first call, so that none costs time while something runs."""

    def __init__(self) -> None:
        super().__init__([])
        self._written: dict[str, bytes] = {}

    def prepare(self) -> "FakeSheetTextract":
        for pages in SIZES:
            for page in range(1, pages + 1):
                self.page_response_body(page_label(pages, page), 0)
        return self

    def page_response_body(self, page: str, index: int) -> bytes:  # noqa: ARG002 - a page says the same whenever it comes
        if page not in self._written:
            self._written[page] = page_response(lines_of_label(page), random.Random(page)).before
        return self._written[page]


if __name__ == "__main__":
    main(FakeSheetTextract().prepare())
